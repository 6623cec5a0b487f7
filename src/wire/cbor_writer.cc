// SPDX-License-Identifier: Apache-2.0
#include "wire/cbor_writer.h"

#include <string.h>

namespace perdita::wire {

void CborWriter::put(uint8_t byte) { raw(Bytes(&byte, 1)); }

void CborWriter::raw(Bytes value) {
  // Once something did not fit, size_ is above the buffer's size and stays there.
  if (size_ <= buffer_.size() && value.size() <= buffer_.size() - size_ && !value.empty()) {
    memcpy(buffer_.data() + size_, value.data(), value.size());
  }
  size_ += value.size();
}

void CborWriter::head(CborType type, uint64_t value) {
  const auto major = static_cast<uint8_t>(static_cast<uint8_t>(type) << 5);
  if (value < 24) {
    put(static_cast<uint8_t>(major | value));
    return;
  }
  unsigned power = 0;  // the value takes 1 << power bytes
  while (power < 3 && value >> (8u << power) != 0) power++;
  put(static_cast<uint8_t>(major | (24 + power)));
  for (unsigned shift = 8u << power; shift != 0; shift -= 8) put(static_cast<uint8_t>(value >> (shift - 8)));
}

void CborWriter::integer(int64_t value) {
  if (value >= 0) {
    head(CborType::unsigned_integer, static_cast<uint64_t>(value));
  } else {
    head(CborType::negative_integer, static_cast<uint64_t>(-1 - value));
  }
}

void CborWriter::bytes(Bytes value) {
  bytes_head(value.size());
  raw(value);
}

void CborWriter::text(Text value) {
  head(CborType::text, value.size());
  raw(Bytes(reinterpret_cast<const uint8_t*>(value.data()), value.size()));
}

void CborWriter::boolean(bool value) { head(CborType::simple, value ? 21 : 20); }

void CborWriter::null() { head(CborType::simple, 22); }

}  // namespace perdita::wire
