// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cctype>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "wire/cbor_reader.h"
#include "wire/cbor_writer.h"

namespace perdita::wire {
namespace {

using Buffer = std::vector<uint8_t>;

Bytes view(const Buffer& buffer) { return {buffer.data(), buffer.size()}; }

template <typename Write>
Buffer written(Write write) {
  Buffer buffer(64);
  CborWriter writer(MutableBytes(buffer.data(), buffer.size()));
  write(writer);
  EXPECT_EQ(writer.status(), Status::ok);
  buffer.resize(writer.size());
  return buffer;
}

TEST(Cbor, IntegersOfRfc8949AppendixA) {
  const struct {
    int64_t value;
    Buffer encoded;
  } kCases[] = {
      {0, {0x00}},
      {23, {0x17}},
      {24, {0x18, 0x18}},
      {100, {0x18, 0x64}},
      {1000, {0x19, 0x03, 0xe8}},
      {1000000, {0x1a, 0x00, 0x0f, 0x42, 0x40}},
      {1000000000000, {0x1b, 0x00, 0x00, 0x00, 0xe8, 0xd4, 0xa5, 0x10, 0x00}},
      {-1, {0x20}},
      {-10, {0x29}},
      {-100, {0x38, 0x63}},
      {-1000, {0x39, 0x03, 0xe7}},
      {INT64_MAX, {0x1b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
      {INT64_MIN, {0x3b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(written([&](CborWriter& writer) { writer.integer(test.value); }), test.encoded) << test.value;
    CborReader reader(view(test.encoded));
    EXPECT_EQ(reader.integer(), test.value);
    EXPECT_EQ(reader.finish(), Status::ok);
  }
}

// The heads of all sizes, of every major type: one encoding is read, the longer ones are refused.
TEST(Cbor, OnlyTheShortestHeadIsRead) {
  for (const uint64_t value : {0ull, 23ull, 24ull, 255ull, 256ull, 65535ull, 65536ull, 0xffffffffull, 0x100000000ull}) {
    int accepted = 0;
    for (unsigned power = 0; power < 4; power++) {
      const unsigned size = 1u << power;
      if (size < 8 && value >> (8 * size) != 0) continue;
      Buffer encoded = {static_cast<uint8_t>(24 + power)};
      for (unsigned i = size; i-- > 0;) encoded.push_back(static_cast<uint8_t>(value >> (8 * i)));
      CborReader reader(view(encoded));
      const uint64_t read = reader.unsigned_integer(UINT64_MAX);
      if (reader.finish() == Status::ok) {
        EXPECT_EQ(read, value);
        accepted++;
      } else {
        EXPECT_EQ(reader.status(), Status::not_canonical) << value << " in " << size;
      }
    }
    EXPECT_EQ(accepted, value < 24 ? 0 : 1) << value;
  }
}

// Every input of up to three bytes: whatever reads as an item writes back to the very same bytes.
TEST(Cbor, EverySmallItemHasOneEncoding) {
  for (size_t size = 1; size <= 3; size++) {
    for (uint32_t number = 0; number < 1u << (8 * size); number++) {
      uint8_t input[3];
      for (size_t i = 0; i < size; i++) input[i] = static_cast<uint8_t>(number >> (8 * i));
      CborReader reader(Bytes(input, size));
      uint8_t output[8];
      CborWriter writer{MutableBytes(output)};
      switch (reader.peek()) {
        case CborType::unsigned_integer:
        case CborType::negative_integer:
          writer.integer(reader.integer());
          break;
        case CborType::bytes:
          writer.bytes(reader.bytes());
          break;
        case CborType::text:
          writer.text(reader.text());
          break;
        case CborType::simple:
          if (reader.null()) {
            writer.null();
          } else {
            writer.boolean(reader.boolean());
          }
          break;
        default:
          continue;
      }
      if (reader.finish() != Status::ok) continue;
      ASSERT_EQ(writer.size(), size) << number;
      ASSERT_EQ(memcmp(output, input, size), 0) << number;
    }
  }
}

TEST(Cbor, ReservedAndIndefiniteHeadsAreRefused) {
  for (uint8_t major = 0; major < 8; major++) {
    for (uint8_t info = 28; info < 32; info++) {
      const Buffer input = {static_cast<uint8_t>(major << 5 | info), 0, 0, 0, 0, 0, 0, 0, 0};
      CborReader reader(view(input));
      switch (static_cast<CborType>(major)) {
        case CborType::bytes:
          static_cast<void>(reader.bytes());
          break;
        case CborType::text:
          static_cast<void>(reader.text());
          break;
        case CborType::array:
          static_cast<void>(reader.array());
          break;
        case CborType::map:
          static_cast<void>(reader.map());
          break;
        case CborType::tag:
          reader.tag(0);
          break;
        case CborType::simple:
          static_cast<void>(reader.boolean());
          break;
        default:
          static_cast<void>(reader.integer());
          break;
      }
      EXPECT_EQ(reader.status(), Status::not_canonical) << int{major} << " " << int{info};
    }
  }
}

TEST(Cbor, TheFirstErrorLatches) {
  const Buffer input = {0x01, 0x61, 'a', 0x02};
  CborReader reader(view(input));
  EXPECT_EQ(reader.unsigned_integer(5), 1u);
  EXPECT_EQ(reader.unsigned_integer(5), 0u);  // a text
  EXPECT_EQ(reader.status(), Status::unexpected_type);
  EXPECT_TRUE(reader.text().empty());
  EXPECT_EQ(reader.position(), 1u);
  EXPECT_EQ(reader.finish(), Status::unexpected_type);
}

TEST(Cbor, CountsAndSizesBeyondTheInputAreRefusedBeforeUse) {
  const Buffer huge_bytes = {0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00};
  CborReader bytes_reader(view(huge_bytes));
  EXPECT_TRUE(bytes_reader.bytes().empty());
  EXPECT_EQ(bytes_reader.status(), Status::truncated);
  const Buffer huge_array = {0x9a, 0xff, 0xff, 0xff, 0xff, 0x00};
  CborReader array_reader(view(huge_array));
  EXPECT_EQ(array_reader.array(), 0u);
  EXPECT_EQ(array_reader.status(), Status::truncated);
  const Buffer huge_map = {0xa2, 0x00, 0x00, 0x00};
  CborReader map_reader(view(huge_map));
  EXPECT_EQ(map_reader.map(), 0u);
  EXPECT_EQ(map_reader.status(), Status::truncated);
}

TEST(Cbor, KeysMustAscend) {
  const struct {
    Buffer keys;
    Status status;
  } kCases[] = {
      {{0x01, 0x02, 0x20}, Status::ok},             // 1, 2, -1: by encoding
      {{0x18, 0x64, 0x20, 0x61, 'a'}, Status::ok},  // 100, -1, "a"
      {{0x61, 'b', 0x62, 'a', 'a'}, Status::ok},    // a shorter text first
      {{0x01, 0x01}, Status::not_canonical},        // twice
      {{0x02, 0x01}, Status::not_canonical},        // descending
      {{0x62, 'a', 'a', 0x61, 'b'}, Status::not_canonical},
      {{0x01, 0x41, 'a'}, Status::unexpected_type},  // a byte string is no key of ours
  };
  for (const auto& test : kCases) {
    CborReader reader(view(test.keys));
    MapKey key;
    while (reader.ok() && !reader.rest().empty()) reader.key(key);
    EXPECT_EQ(reader.status(), test.status);
  }
}

TEST(Cbor, AKeyOfAKnownMapIsMissingOrUnknown) {
  const Buffer input = {0x03};
  CborReader missing(view(input));
  missing.key(2);
  EXPECT_EQ(missing.status(), Status::missing_key);
  CborReader unknown(view(input));
  unknown.key(4);
  EXPECT_EQ(unknown.status(), Status::unknown_key);
  const Buffer text = {0x61, 'a'};
  CborReader other(view(text));
  other.key(4);
  EXPECT_EQ(other.status(), Status::unknown_key);
}

TEST(Cbor, TheWriterNeverPassesItsBufferAndGoesOnCounting) {
  const auto write = [](CborWriter& writer) {
    writer.map(2);
    writer.unsigned_integer(1000);
    writer.text(text("hello"));
    writer.unsigned_integer(1001);
    writer.boolean(true);
  };
  CborWriter measure((MutableBytes()));
  write(measure);
  EXPECT_EQ(measure.status(), Status::too_large);
  const size_t whole = measure.size();
  for (size_t room = 0; room <= whole; room++) {
    Buffer buffer(whole + 4, 0xee);
    CborWriter writer(MutableBytes(buffer.data(), room));
    write(writer);
    EXPECT_EQ(writer.size(), whole);
    EXPECT_EQ(writer.status(), room == whole ? Status::ok : Status::too_large);
    for (size_t i = room; i < buffer.size(); i++) EXPECT_EQ(buffer[i], 0xee);
  }
}

TEST(Cbor, Names) {
  EXPECT_TRUE(is_name(text("armv7m/interpreter")));
  EXPECT_TRUE(is_name(text("a.b_c-d/e:F+9")));
  EXPECT_TRUE(is_name(text("0123456789012345678901234567890")));
  EXPECT_FALSE(is_name(text("01234567890123456789012345678901")));
  EXPECT_FALSE(is_name(text("")));
  for (int c = 0; c < 256; c++) {
    const char name[] = {'a', static_cast<char>(c)};
    const bool expected = (c < 128 && std::isalnum(c) != 0) ||
                          (c != 0 && std::string("._-/:+").find(static_cast<char>(c)) != std::string::npos);
    EXPECT_EQ(is_name(Text(name, 2)), expected) << c;
  }
}

}  // namespace
}  // namespace perdita::wire
