// SPDX-License-Identifier: Apache-2.0
#include "platform/tag.h"

#include <gtest/gtest.h>

#include <utility>

namespace perdita::platform {
namespace {

int64_t number(const std::string& expression) {
  Result<Tag> tag = read_tag("perdita.cost(" + expression + ")");
  if (!tag || tag->items.size() != 1) {
    ADD_FAILURE() << expression << ": " << (tag ? "not one item" : tag.error().message);
    return 0;
  }
  return std::get<int64_t>(tag->items[0]);
}

TEST(Tag, NumbersAreExpressionsAsInC) {
  const std::pair<const char*, int64_t> cases[] = {
      {"0", 0},
      {"42", 42},
      {"-4000", -4000},
      {"(-4000)", -4000},
      {"4 - 1", 3},
      {"10 - 3 - 2", 5},
      {"2 + 3 * 4", 14},
      {"(2 + 3) * 4", 20},
      {"1 << 4 + 1", 32},
      {"1u << 31", int64_t{1} << 31},
      {"0x7fff", 0x7fff},
      {"0XFFFFFFFFul", 0xffffffff},
      {"017", 15},
      {"- -5", 5},
      {"+5", 5},
      {"(-2147483647 -1)", INT32_MIN},
      {"(-9223372036854775807LL-1)", INT64_MIN},
      {"9223372036854775807", INT64_MAX},
  };
  for (auto [expression, value] : cases) EXPECT_EQ(number(expression), value) << expression;
}

TEST(Tag, ItemsAreTextsAndNumbersInOrder) {
  Result<Tag> tag = read_tag(R"(perdita.sections("sensor", "sensor/*", 3))");
  ASSERT_TRUE(tag);
  EXPECT_EQ(tag->name, "sections");
  EXPECT_EQ(tag->items, (std::vector<TagItem>{"sensor", "sensor/*", 3}));
  Result<Tag> empty = read_tag("perdita.out()");
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->items.empty());
}

TEST(Tag, WhatCannotBeReadIsRefused) {
  const char* const bad[] = {
      "perdita.",
      "perdita.cost",
      "perdita.cost(",
      "perdita.cost(1",
      "perdita.cost(1) ",
      "perdita.cost(1))",
      "perdita.(1)",
      "perdita.cost(1 2)",
      "perdita.cost(1,)",
      "perdita.cost(,1)",
      "perdita.cost(sizeof(int))",
      "perdita.cost(LIMIT)",
      "perdita.cost(1.5)",
      "perdita.cost(0x)",
      "perdita.cost(09)",
      "perdita.cost(1z)",
      "perdita.cost(9223372036854775808)",
      "perdita.cost(9223372036854775807 + 1)",
      "perdita.cost(-9223372036854775807 - 2)",
      "perdita.cost(-(-9223372036854775807 - 1))",
      "perdita.cost(4611686018427387904 * 2)",
      "perdita.cost(1 << 63)",
      "perdita.cost(-1 << 1)",
      "perdita.cost(1 << -1)",
      "perdita.cost(1 / 1)",
      "perdita.needs(\"leds)",
      "perdita.needs(\"a\\n\")",
      "perdita.needs(\"a\" \"b\")",
  };
  for (const char* text : bad) {
    Result<Tag> tag = read_tag(text);
    ASSERT_FALSE(tag) << text;
    EXPECT_EQ(tag.error().code, "platform-tag-malformed");
  }
}

// Depth is bounded whatever the text: parentheses and signs cannot exhaust the stack.
TEST(Tag, DeepNestingIsRefused) {
  for (const char* opening : {"(", "-", "+"}) {
    std::string text = "perdita.cost(";
    for (int i = 0; i < 1000; i++) text += opening;
    EXPECT_FALSE(read_tag(text + "1)")) << opening;
  }
}

// All texts of up to five characters over the alphabet of the grammar: each is read or refused, none crashes.
TEST(Tag, EveryShortItemEndsWell) {
  const std::string alphabet = "09x\"(-+*<,u ";
  size_t read = 0, refused = 0;
  std::vector<size_t> digits(5, 0);
  while (true) {
    std::string item;
    for (size_t digit : digits) item += alphabet[digit];
    (read_tag("perdita.cost(" + item + ")") ? read : refused)++;
    size_t i = 0;
    while (i < digits.size() && ++digits[i] == alphabet.size()) digits[i++] = 0;
    if (i == digits.size()) break;
  }
  EXPECT_GT(read, 100u);
  EXPECT_GT(refused, 1000u);
}

}  // namespace
}  // namespace perdita::platform
