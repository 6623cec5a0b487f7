// SPDX-License-Identifier: Apache-2.0
#include "wire/cbor_reader.h"

#include "wire/image.h"

namespace perdita::wire {

namespace {

// Additional information of a head (RFC 8949, section 3): below kOneByte the value itself, then the size of what holds
// it. 28 to 30 are reserved, 31 is an indefinite length: not deterministic either.
constexpr uint8_t kOneByte = 24;
constexpr uint8_t kEightBytes = 27;

constexpr uint8_t kFalse = 20;
constexpr uint8_t kTrue = 21;
constexpr uint8_t kNull = 22;

}  // namespace

CborType CborReader::peek() const {
  if (!ok() || position_ >= input_.size()) return CborType::simple;
  return static_cast<CborType>(input_[position_] >> 5);
}

uint64_t CborReader::head(CborType type) {
  if (!ok()) return 0;
  if (position_ >= input_.size()) {
    fail(Status::truncated);
    return 0;
  }
  const uint8_t initial = input_[position_];
  if (static_cast<CborType>(initial >> 5) != type) {
    fail(Status::unexpected_type);
    return 0;
  }
  const uint8_t info = initial & 0x1f;
  if (info < kOneByte) {
    position_++;
    return info;
  }
  if (info > kEightBytes) {
    fail(Status::not_canonical);
    return 0;
  }
  const size_t size = static_cast<size_t>(1) << (info - kOneByte);
  if (input_.size() - position_ - 1 < size) {
    fail(Status::truncated);
    return 0;
  }
  uint64_t value = 0;
  for (size_t i = 0; i < size; i++) value = value << 8 | input_[position_ + 1 + i];
  // Shortest form: the value needs more than half of the bytes that hold it (one byte: is not below kOneByte).
  const bool shortest = size == 1 ? value >= kOneByte : value >> (size * 4) != 0;
  if (!shortest) {
    fail(Status::not_canonical);
    return 0;
  }
  position_ += 1 + size;
  return value;
}

Bytes CborReader::take(uint64_t size) {
  if (!ok()) return {};
  if (size > input_.size() - position_) {
    fail(Status::truncated);
    return {};
  }
  const Bytes taken = input_.subspan(position_, static_cast<size_t>(size));
  position_ += taken.size();
  return taken;
}

uint64_t CborReader::unsigned_integer(uint64_t max) {
  const uint64_t value = head(CborType::unsigned_integer);
  require(value <= max, Status::bad_value);
  return ok() ? value : 0;
}

int64_t CborReader::integer() {
  const bool negative = peek() == CborType::negative_integer;
  const uint64_t value = head(negative ? CborType::negative_integer : CborType::unsigned_integer);
  require(value <= static_cast<uint64_t>(INT64_MAX), Status::bad_value);
  if (!ok()) return 0;
  return negative ? -1 - static_cast<int64_t>(value) : static_cast<int64_t>(value);
}

Bytes CborReader::bytes() { return take(head(CborType::bytes)); }

Bytes CborReader::bytes(size_t size) {
  const Bytes value = bytes();
  require(value.size() == size, Status::bad_value);
  return ok() ? value : Bytes();
}

Text CborReader::text() {
  const Bytes value = take(head(CborType::text));
  return {reinterpret_cast<const char*>(value.data()), value.size()};
}

Text CborReader::name() {
  const Text value = text();
  if (ok()) require(is_name(value), Status::bad_value);
  return ok() ? value : Text();
}

uint32_t CborReader::array() {
  const uint64_t count = head(CborType::array);
  // Every item takes at least a byte.
  require(count <= input_.size() - position_, Status::truncated);
  return ok() ? static_cast<uint32_t>(count) : 0;
}

void CborReader::array(uint32_t count) {
  const uint64_t have = head(CborType::array);
  require(have == count, Status::bad_value);
}

uint32_t CborReader::map() {
  const uint64_t count = head(CborType::map);
  require(count <= (input_.size() - position_) / 2, Status::truncated);
  return ok() ? static_cast<uint32_t>(count) : 0;
}

bool CborReader::boolean() {
  const uint64_t value = head(CborType::simple);
  if (ok()) require(value == kFalse || value == kTrue, Status::unexpected_type);
  return ok() && value == kTrue;
}

bool CborReader::null() {
  if (!ok() || position_ >= input_.size() ||
      input_[position_] != (static_cast<uint8_t>(CborType::simple) << 5 | kNull)) {
    return false;
  }
  position_++;
  return true;
}

void CborReader::tag(uint64_t number) {
  const uint64_t have = head(CborType::tag);
  require(have == number, Status::bad_value);
}

void CborReader::key(uint64_t number) {
  if (ok() && peek() != CborType::unsigned_integer && position_ < input_.size()) {
    fail(Status::unknown_key);
    return;
  }
  const uint64_t have = head(CborType::unsigned_integer);
  if (ok() && have != number) fail(have > number ? Status::missing_key : Status::unknown_key);
}

void CborReader::key(MapKey& key) {
  const size_t start = position_;
  MapKey next;
  next.is_text = peek() == CborType::text;
  if (next.is_text) {
    next.text = text();
  } else {
    next.number = integer();
  }
  if (!ok()) return;
  next.encoded = since(start);
  // Ascending by encoding, which also makes them unique (RFC 8949, section 4.2.1).
  require(key.encoded.empty() || compare(key.encoded, next.encoded) < 0, Status::not_canonical);
  if (ok()) key = next;
}

Status CborReader::finish() {
  require(position_ == input_.size(), Status::trailing_bytes);
  return status_;
}

bool is_name(Text name) {
  if (name.empty() || name.size() > kMaxNameBytes) return false;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    const bool mark = c == '.' || c == '_' || c == '-' || c == '/' || c == ':' || c == '+';
    if (!letter && !digit && !mark) return false;
  }
  return true;
}

int compare(Bytes a, Bytes b) {
  const size_t common = a.size() < b.size() ? a.size() : b.size();
  for (size_t i = 0; i < common; i++) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  if (a.size() == b.size()) return 0;
  return a.size() < b.size() ? -1 : 1;
}

}  // namespace perdita::wire
