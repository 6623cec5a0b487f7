// SPDX-License-Identifier: Apache-2.0
#include "pipeline/hex.h"

#include <gtest/gtest.h>

namespace perdita::pipeline {
namespace {

TEST(Hex, EveryByteGoesThereAndBack) {
  for (unsigned byte = 0; byte < 256; byte++) {
    Blob bytes = {static_cast<uint8_t>(byte), static_cast<uint8_t>(255 - byte)};
    EXPECT_EQ(from_hex(to_hex(bytes)), bytes);
  }
}

TEST(Hex, OnlyDigitsInPairsAreRead) {
  EXPECT_EQ(from_hex(""), Blob());
  EXPECT_EQ(from_hex("aF09"), (Blob{0xaf, 0x09}));
  EXPECT_FALSE(from_hex("a"));
  for (unsigned c = 0; c < 256; c++) {
    bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    EXPECT_EQ(from_hex(std::string("0") + static_cast<char>(c)).has_value(), digit) << c;
  }
}

TEST(Hex, Sha256OfTheStandardsExamples) {  // FIPS 180-4 examples: "" and "abc"
  EXPECT_EQ(sha256_hex(Blob()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex(Blob{'a', 'b', 'c'}), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace perdita::pipeline
