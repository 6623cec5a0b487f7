// SPDX-License-Identifier: Apache-2.0
#include "pipeline/uuid.h"

#include <gtest/gtest.h>

namespace perdita::pipeline {
namespace {

TEST(Uuid, TextGoesThereAndBack) {
  auto uuid = parse_uuid(kDemoVendor, "the vendor");
  ASSERT_TRUE(uuid);
  EXPECT_EQ((*uuid)[0], 0xcf);
  EXPECT_EQ((*uuid)[15], 0x17);
  EXPECT_EQ(to_text(*uuid), kDemoVendor);
}

TEST(Uuid, AnyCharacterInAWrongPlaceIsRefused) {
  for (size_t i = 0; i < kDemoVendor.size(); i++) {
    std::string text(kDemoVendor);
    text[i] = text[i] == '-' ? '0' : '-';
    auto uuid = parse_uuid(text, "the vendor");
    ASSERT_FALSE(uuid) << text;
    EXPECT_EQ(uuid.error().code, "uuid-malformed");
    EXPECT_EQ(uuid.error().outcome, Outcome::unusable_input);
    EXPECT_FALSE(parse_uuid(kDemoVendor.substr(0, i), "the vendor"));
  }
  EXPECT_FALSE(parse_uuid(std::string(kDemoVendor) + "0", "the vendor"));
}

TEST(Uuid, AnAddresseeMayNameADevice) {
  auto any = parse_addressee(kDemoVendor, kDemoClass, "");
  ASSERT_TRUE(any);
  EXPECT_FALSE(any->device_id);
  auto one = parse_addressee(kDemoVendor, kDemoClass, kDemoVendor);
  ASSERT_TRUE(one);
  EXPECT_EQ(one->device_id, one->vendor_id);
  EXPECT_NE(one->vendor_id, one->class_id);
  EXPECT_FALSE(parse_addressee("", kDemoClass, ""));
  EXPECT_FALSE(parse_addressee(kDemoVendor, "", ""));
  EXPECT_FALSE(parse_addressee(kDemoVendor, kDemoClass, "x"));
}

}  // namespace
}  // namespace perdita::pipeline
