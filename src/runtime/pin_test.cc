// SPDX-License-Identifier: Apache-2.0
//
// Pinned maps: shared by the packages of one author, and only by them.
#include <gtest/gtest.h>

#include "runtime/test_board.h"

namespace perdita::runtime {
namespace {

object::Module pinned_counter(int32_t step, const std::string& hook = "sensor") {
  object::Module module = counter(step, hook);
  module.maps[0].pinned = true;
  return module;
}

struct PinTest : testing::Test {
  PinTest() { board.start(); }

  perdita_status deliver(const std::string& name, const object::Module& module, uint64_t sequence = 1,
                         std::vector<Signer> signers = {Signer::both}) {
    return board.deliver(board.seal(board.claimed(module), {.name = name, .sequence = sequence, .signers = signers}));
  }
  void remove(const std::string& name, uint64_t sequence) {
    ASSERT_EQ(board.deliver(board.order(compiler::Order::remove, "", {.name = name, .sequence = sequence})),
              perdita_status_ok);
  }
  int64_t fire() {
    SensorContext context = {5, 0};
    return perdita_fire(board.runtime, kSensorHook, &context);
  }
  uint32_t used_bytes() const {
    perdita_memory_info info;
    perdita_memory(board.runtime, &info);
    return info.used_bytes;
  }

  TestBoard board;
};

// Both count in one map: each firing runs both, and the last one's result is what both have added.
TEST_F(PinTest, PackagesOfOneAuthorShare) {
  const uint32_t empty = used_bytes();
  ASSERT_EQ(deliver("first", pinned_counter(1)), perdita_status_ok);
  const uint32_t one = used_bytes();
  ASSERT_EQ(deliver("second", pinned_counter(10)), perdita_status_ok);
  EXPECT_EQ(fire(), 11);
  EXPECT_EQ(fire(), 22);
  perdita_map_info info{};
  ASSERT_EQ(perdita_map_at(board.runtime, 0, &info), 1);
  EXPECT_STREQ(info.package, "first");
  EXPECT_STREQ(info.name, "counts");
  ASSERT_EQ(perdita_map_at(board.runtime, 1, &info), 1);
  EXPECT_STREQ(info.package, "second");
  // It stays while one of them is there, whoever brought it, and goes with the last.
  remove("first", 2);
  EXPECT_EQ(fire(), 32);
  ASSERT_EQ(perdita_map_at(board.runtime, 0, &info), 1);
  EXPECT_STREQ(info.name, "counts");
  remove("second", 2);
  EXPECT_EQ(used_bytes(), empty);
  ASSERT_EQ(deliver("first", pinned_counter(1), 3), perdita_status_ok);
  EXPECT_EQ(fire(), 1) << "a new map";
  EXPECT_EQ(used_bytes(), one);
}

TEST_F(PinTest, LivesThroughReplacementOfAllThatHaveIt) {
  ASSERT_EQ(deliver("first", pinned_counter(1)), perdita_status_ok);
  EXPECT_EQ(fire(), 1);
  ASSERT_EQ(deliver("first", pinned_counter(5), 2), perdita_status_ok);
  EXPECT_EQ(fire(), 6);
}

TEST_F(PinTest, APrivateMapOfThatNameIsAnother) {
  ASSERT_EQ(deliver("first", pinned_counter(1)), perdita_status_ok);
  EXPECT_EQ(fire(), 1);
  ASSERT_EQ(deliver("first", counter(1), 2), perdita_status_ok);
  EXPECT_EQ(fire(), 1);
  ASSERT_EQ(deliver("first", pinned_counter(1), 3), perdita_status_ok);
  EXPECT_EQ(fire(), 2) << "the version that was kept has it";
  ASSERT_EQ(deliver("first", counter(1), 4), perdita_status_ok);
  ASSERT_EQ(deliver("first", counter(1), 5), perdita_status_ok);
  ASSERT_EQ(deliver("first", pinned_counter(1), 6), perdita_status_ok);
  EXPECT_EQ(fire(), 1) << "nobody had the pinned one meanwhile";
}

TEST_F(PinTest, AnotherAuthorHasAMapOfItsOwn) {
  ASSERT_EQ(deliver("first", pinned_counter(1)), perdita_status_ok);
  ASSERT_EQ(deliver("second", pinned_counter(10), 1, {Signer::verifier, Signer::author}), perdita_status_ok);
  EXPECT_EQ(fire(), 10);
}

TEST_F(PinTest, AnotherDefinitionIsRefusedWithTheNumbers) {
  ASSERT_EQ(deliver("first", pinned_counter(1)), perdita_status_ok);
  const std::string before = board.observe();
  const auto refused = [&](const isa::MapDef& def, uint64_t need, uint64_t have) {
    object::Module module = pinned_counter(1);
    module.maps[0].def = def;
    EXPECT_EQ(deliver("second", module), perdita_status_map_differs);
    EXPECT_STREQ(board.report.name, "counts");
    EXPECT_EQ(board.report.need, need);
    EXPECT_EQ(board.report.have, have);
    EXPECT_EQ(board.observe(), before);
  };
  using isa::MapType;
  refused({MapType::hash, 4, 8, 4, 0}, 1, 2);
  refused({MapType::array, 4, 16, 4, 0}, 16, 8);
  refused({MapType::array, 4, 8, 5, 0}, 5, 4);
  refused({MapType::array, 4, 8, 4, isa::kMapReadOnlyForProg}, isa::kMapReadOnlyForProg, 0);
}

// The sizes are equal; what is in them is not.
TEST_F(PinTest, OtherTypesAreRefused) {
  const auto typed = [](std::optional<object::TypesDigest> types) {
    object::Module module = pinned_counter(1);
    module.maps[0].types = types;
    return module;
  };
  const object::TypesDigest types = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08};
  constexpr uint64_t kTypes = 0x0102030405060708;
  ASSERT_EQ(deliver("first", typed(types)), perdita_status_ok);
  ASSERT_EQ(deliver("second", typed(types)), perdita_status_ok);
  EXPECT_EQ(fire(), 2) << "they share it";
  const std::string before = board.observe();
  for (size_t byte = 0; byte < types.size(); byte++) {
    object::TypesDigest others = types;
    others[byte] ^= 0x80;
    EXPECT_EQ(deliver("third", typed(others)), perdita_status_map_differs);
    EXPECT_STREQ(board.report.name, "counts");
    EXPECT_EQ(board.report.need, kTypes ^ (uint64_t{0x80} << 8 * (types.size() - 1 - byte)));
    EXPECT_EQ(board.report.have, kTypes);
  }
  EXPECT_EQ(deliver("third", typed(std::nullopt)), perdita_status_map_differs);
  EXPECT_EQ(board.report.need, 0u);
  EXPECT_EQ(board.observe(), before);
  // Gone with the last that had it: the next one says what it is.
  remove("first", 2);
  remove("second", 2);
  ASSERT_EQ(deliver("third", typed(std::nullopt)), perdita_status_ok);
  EXPECT_EQ(deliver("first", typed(types), 3), perdita_status_map_differs);
  EXPECT_EQ(board.report.have, 0u);
}

// What fails after its pinned map was made leaves nothing behind.
TEST_F(PinTest, ARefusedPackageBringsNone) {
  const std::string before = board.observe();
  board.platform.hooks[kSensorHook].budget_instructions = 999;
  EXPECT_EQ(deliver("first", pinned_counter(1)), perdita_status_over_budget);
  EXPECT_EQ(board.observe(), before);
}

}  // namespace
}  // namespace perdita::runtime
