// SPDX-License-Identifier: Apache-2.0
//
// Reads deterministically encoded CBOR (RFC 8949, sections 3 and 4.2.1) and nothing else: shortest heads, definite
// lengths, map keys ascending. The first error latches: from then on every read returns zeros or empty views and takes
// nothing, so that parsing reads straight down and asks for status() once. Views point into the input, which the caller
// owns. Freestanding; any context; no recursion, under 100 bytes of stack, linear in what is read.
//
// Text is not checked to be UTF-8: every text of our formats is either compared with a literal or a name (name()), and
// names are ASCII.
#pragma once

#include "isa/span.h"
#include "isa/status.h"

namespace perdita::wire {

// The major types (RFC 8949, section 3.1).
enum class CborType : uint8_t {
  unsigned_integer = 0,
  negative_integer = 1,
  bytes = 2,
  text = 3,
  array = 4,
  map = 5,
  tag = 6,
  simple = 7,
};

// A key of a general map: an integer or a text.
struct MapKey {
  Bytes encoded;  // also what the next key is compared with
  bool is_text = false;
  int64_t number = 0;
  Text text;
};

class CborReader {
 public:
  explicit CborReader(Bytes input) : input_(input) {}

  Status status() const { return status_; }
  bool ok() const { return status_ == Status::ok; }
  size_t position() const { return position_; }
  Bytes rest() const { return input_.subspan(position_); }
  // The bytes read since `start`, an earlier position().
  Bytes since(size_t start) const { return input_.subspan(start, position_ - start); }

  // Latches `error` unless something failed before; for rules that the caller checks.
  void fail(Status error) {
    if (status_ == Status::ok) status_ = error;
  }
  // Latches `error` unless `condition` holds.
  void require(bool condition, Status error) {
    if (!condition) fail(error);
  }

  // The type of the next item; `simple` at the end of the input or after an error.
  CborType peek() const;

  uint64_t unsigned_integer(uint64_t max);
  int64_t integer();
  Bytes bytes();
  Bytes bytes(size_t size);  // of exactly that size
  Text text();
  Text name();                 // a text that is_name
  uint32_t array();            // its count of items
  void array(uint32_t count);  // of exactly that many
  uint32_t map();              // its count of pairs
  bool boolean();
  bool null();  // takes a null if one is next
  void tag(uint64_t number);
  // The next key of a map of known shape must be `number`; a greater one means missing_key, another unknown_key.
  void key(uint64_t number);
  // The next key of any map: must come after `key`, the one before it (default: the first), which it replaces.
  void key(MapKey& key);
  // Nothing may follow.
  Status finish();

 private:
  uint64_t head(CborType type);
  Bytes take(uint64_t size);

  Bytes input_;
  size_t position_ = 0;
  Status status_ = Status::ok;
};

// Names of packages, programs, maps, functions, hooks, capabilities, engines, targets: 1 to kMaxNameBytes letters,
// digits and ". _ - / : +". Never anything that needs an escape in JSON or a C string.
bool is_name(Text name);

// Bytewise order of contents; a prefix comes first. Negative, zero or positive, like memcmp.
int compare(Bytes a, Bytes b);

}  // namespace perdita::wire
