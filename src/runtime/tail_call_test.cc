// SPDX-License-Identifier: Apache-2.0
//
// Tail calls through the whole runtime: chains and their limit, faults and steps along them, what a program array
// admits, and how orders and replacement change what it holds. Each engine, with a claim and without.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "isa/helpers.h"
#include "isa/insn.h"
#include "isa/status.h"
#include "runtime/owned_map.h"
#include "runtime/test_board.h"

namespace perdita::runtime {
namespace {

using namespace isa;

constexpr uint32_t kDeclared = 3000;
constexpr uint32_t kSlots = 4;

Insn move(unsigned dst, int32_t value) { return insn(kAlu64 | kMov | kK, dst, 0, 0, value); }
const Insn kReturn = insn(kJmp | kExit, 0, 0, 0, 0);

std::vector<Insn> operator+(std::vector<Insn> first, const std::vector<Insn>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// Goes on at `slot` of map 0; where that fails, behind it with the error in r0.
std::vector<Insn> tail(int32_t slot) {
  return {insn(kLddw, 2, kLddwMap, 0, 0), insn(0, 0, 0, 0, 0), move(3, slot),
          insn(kJmp | kCall, 0, kCallHelper, 0, static_cast<int32_t>(kHelperTailCall))};
}

// Adds one to the context's `out`, and returns it once it is `last`.
std::vector<Insn> count_to(int32_t last) {
  return {insn(kLdx | kMem | kW, 0, 1, 4, 0), insn(kAlu64 | kAdd | kK, 0, 0, 0, 1), insn(kStx | kMem | kW, 1, 0, 4, 0),
          insn(kJmp | kJne | kK, 0, 0, 1, last), kReturn};
}

std::vector<Insn> returns(int32_t value) { return {move(0, value), kReturn}; }

object::Map array(uint32_t instructions = kDeclared, std::map<uint32_t, uint32_t> presets = {}) {
  object::Map map;
  map.name = "next";
  map.def = {MapType::prog_array, 4, 4, kSlots, 0};
  map.tail_instructions = instructions;
  map.tail_stack_bytes = instructions != 0 ? 64 : 0;
  map.presets = std::move(presets);
  return map;
}

struct Setting {
  const char* name;
  perdita_engine engine;
  bool claimed;
};

class TailCallTest : public testing::TestWithParam<Setting> {
 protected:
  void SetUp() override {
    board_.config.engine = GetParam().engine;
    board_.config.allow_unclaimed = 1;
    board_.config.allow_map_changes = 1;
    board_.config.guarded_steps = 1000;
    board_.platform.hooks[kSensorHook].budget_instructions = 1'000'000;
    board_.start();
  }

  // Without attaching, so that tests attach what they fire.
  perdita_status install(const object::Module& module) {
    verifier::Verdict accepted = verdict(module);
    for (verifier::ProgVerdict& one : accepted.progs) {
      const uint64_t share = 33u * kDeclared;
      one.bounds.tail_instructions = share;
      one.bounds.instructions += share;
      for (auto& [engine, most] : one.bounds.machine_instructions) most += share;
      if (change_) change_(one);
    }
    auto image = compiler::compile(module, board_.platform, GetParam().claimed ? &accepted : nullptr, "");
    EXPECT_TRUE(image) << (image ? "" : image.error().message);
    return board_.deliver(board_.seal(*image, {.sequence = ++sequence_, .attach = attach_}));
  }
  void install(const object::Module& module, const std::string& entry) {
    ASSERT_EQ(install(module), perdita_status_ok) << board_.report.name << " " << board_.report.need;
    ASSERT_EQ(board_.deliver(board_.order(compiler::Order::attach, entry, {.sequence = ++sequence_})),
              perdita_status_ok);
  }
  perdita_status put(uint32_t slot, const std::string& name) {
    compiler::MapOrder order;
    order.map = "next";
    order.key.resize(4);
    memcpy(order.key.data(), &slot, 4);
    order.value = std::vector<uint8_t>(name.begin(), name.end());
    return board_.deliver(board_.order(order, {.sequence = ++sequence_}));
  }
  perdita_status clear(uint32_t slot) {
    compiler::MapOrder order;
    order.map = "next";
    order.key.resize(4);
    memcpy(order.key.data(), &slot, 4);
    return board_.deliver(board_.order(order, {.sequence = ++sequence_}));
  }
  int64_t fire() {
    context_ = {5, 0};
    return perdita_fire(board_.runtime, kSensorHook, &context_);
  }
  // Programs in slots, in the order of the slots.
  std::vector<std::pair<uint32_t, uint32_t>> held() {
    std::vector<std::pair<uint32_t, uint32_t>> slots;
    uint32_t cursor = 0, key = 0, value = 0;
    while (perdita_map_next(board_.runtime, 0, &cursor, reinterpret_cast<uint8_t*>(&key),
                            reinterpret_cast<uint8_t*>(&value)) != 0) {
      slots.emplace_back(key, value);
    }
    return slots;
  }
  uint64_t runs(uint32_t index) { return board_.prog_info(index).runs; }

  object::Module module(std::vector<object::Prog> progs, object::Map map) {
    object::Module module;
    module.name = "chain";
    module.maps = {std::move(map)};
    module.progs = std::move(progs);
    return module;
  }

  TestBoard board_;
  SensorContext context_{};
  uint64_t sequence_ = 0;
  bool attach_ = false;
  std::function<void(verifier::ProgVerdict&)> change_;
};

TEST_P(TailCallTest, ThirtyThreeSucceed) {
  install(
      module({prog("a", "sensor", count_to(34) + tail(0) + std::vector<Insn>{kReturn})}, array(kDeclared, {{0, 0}})),
      "a");
  EXPECT_EQ(fire(), 34);
  EXPECT_EQ(runs(0), 34u);
  EXPECT_EQ(fire(), 34);  // each invocation counts anew
  EXPECT_EQ(board_.prog_info(0).faults, 0u);
}

TEST_P(TailCallTest, TheNextOneFallsThrough) {
  install(
      module({prog("a", "sensor", count_to(35) + tail(0) + std::vector<Insn>{kReturn})}, array(kDeclared, {{0, 0}})),
      "a");
  EXPECT_EQ(fire(), kErrorNotPermitted);
  EXPECT_EQ(context_.out, 34u);
  EXPECT_EQ(runs(0), 34u);
}

TEST_P(TailCallTest, ACycleOfTwoEnds) {
  install(module({prog("a", "sensor", count_to(-1) + tail(1) + std::vector<Insn>{kReturn}),
                  prog("b", "sensor", count_to(-1) + tail(0) + std::vector<Insn>{kReturn})},
                 array(kDeclared, {{0, 0}, {1, 1}})),
          "a");
  EXPECT_EQ(fire(), kErrorNotPermitted);
  EXPECT_EQ(runs(0), 17u);
  EXPECT_EQ(runs(1), 17u);
  EXPECT_EQ(board_.prog_info(1).last_result, kErrorNotPermitted);
}

TEST_P(TailCallTest, EmptyAndMissingSlotsFallThrough) {
  for (const int32_t slot : {0, 3, 4, 5, INT32_MAX, -1}) {
    install(module({prog("a", "sensor", tail(slot) + std::vector<Insn>{kReturn})}, array()), "a");
    EXPECT_EQ(fire(), kErrorNoEntry) << slot;
  }
}

TEST_P(TailCallTest, OrdersFillAndEmptySlots) {
  install(module({prog("a", "sensor", tail(2) + std::vector<Insn>{kReturn}), prog("b", "sensor", returns(7)),
                  prog("c", "sensor", returns(8))},
                 array()),
          "a");
  EXPECT_EQ(fire(), kErrorNoEntry);
  EXPECT_EQ(put(2, "b"), perdita_status_ok);
  EXPECT_EQ(fire(), 7);
  EXPECT_EQ(held(), (std::vector<std::pair<uint32_t, uint32_t>>{{2, 1}}));
  EXPECT_EQ(put(2, "c"), perdita_status_ok);
  EXPECT_EQ(fire(), 8);
  perdita_map_info info;
  ASSERT_NE(perdita_map_at(board_.runtime, 0, &info), 0);
  EXPECT_EQ(info.entries, 1u);
  EXPECT_EQ(clear(2), perdita_status_ok);
  EXPECT_EQ(fire(), kErrorNoEntry);
  EXPECT_TRUE(held().empty());

  EXPECT_EQ(clear(2), perdita_status_map_refuses);
  EXPECT_EQ(board_.report.need, 2u);
  EXPECT_EQ(put(kSlots, "b"), perdita_status_map_refuses);
  EXPECT_EQ(board_.report.need, 7u);
  EXPECT_EQ(put(0, "nobody"), perdita_status_unknown_program);
  EXPECT_EQ(put(0, ""), perdita_status_unknown_program);
}

TEST_P(TailCallTest, TimesAndRunsCountForEachProgram) {
  install(module({prog("a", "sensor", tail(0) + std::vector<Insn>{kReturn}), prog("b", "sensor", returns(7))},
                 array(kDeclared, {{0, 1}})),
          "a");
  EXPECT_EQ(fire(), 7);
  EXPECT_EQ(runs(0), 1u);
  EXPECT_EQ(runs(1), 1u);
  EXPECT_EQ(board_.prog_info(0).last_result, 0);
  EXPECT_EQ(board_.prog_info(1).last_result, 7);
  EXPECT_EQ(board_.prog_info(1).attached, 0);
}

// The second of three programs on the hook tail-calls one that faults: the fault is told of that one, and what it means
// for the hook is borne by the one that stands there. The others run on.
TEST_P(TailCallTest, AFaultInTheMiddleCountsWhereItHappened) {
  // Frames without end: what both engines refuse.
  const std::vector<Insn> endless = {insn(kJmp | kCall, 0, kCallLocal, 0, -1), kReturn};
  attach_ = true;
  ASSERT_EQ(install(module({prog("first", "sensor", returns(1)), prog("caller", "sensor", tail(0) + returns(2)),
                            prog("bad", "sensor", endless), prog("last", "sensor", returns(4))},
                           array(kDeclared, {{0, 2}}))),
            perdita_status_ok);
  EXPECT_EQ(fire(), 4);
  EXPECT_EQ(board_.prog_info(1).faults, 0u);
  EXPECT_EQ(board_.prog_info(1).attached, 0);
  EXPECT_EQ(board_.prog_info(2).last_fault, static_cast<perdita_status>(Status::out_of_stack));
  EXPECT_EQ(board_.prog_info(2).faults, 2u);  // called, and in its own turn
  EXPECT_EQ(board_.prog_info(2).attached, 0);
  EXPECT_EQ(runs(1), 1u);
  EXPECT_EQ(runs(3), 1u);
  EXPECT_EQ(fire(), 4);
  EXPECT_EQ(board_.prog_info(2).faults, 2u);
}

TEST_P(TailCallTest, SlotsFollowTheirProgramsWhenThePackageIsReplaced) {
  const auto version = [&](int32_t b, int32_t c) {
    return module({prog("c", "sensor", returns(c)), prog("a", "sensor", tail(1) + std::vector<Insn>{kReturn}),
                   prog("b", "sensor", returns(b))},
                  array(kDeclared, {{1, 2}}));
  };
  install(version(7, 8), "a");
  EXPECT_EQ(fire(), 7);
  install(version(17, 18), "a");
  EXPECT_EQ(fire(), 17);  // the new program of that name
  EXPECT_EQ(put(1, "c"), perdita_status_ok);
  EXPECT_EQ(put(3, "b"), perdita_status_ok);
  install(version(27, 28), "a");
  EXPECT_EQ(fire(), 28);  // what an order has put there stays
  EXPECT_EQ(held(), (std::vector<std::pair<uint32_t, uint32_t>>{{1, 0}, {3, 2}}));
  EXPECT_EQ(clear(1), perdita_status_ok);
  install(version(37, 38), "a");
  EXPECT_EQ(fire(), kErrorNoEntry);  // what an order has emptied too

  // Another preset of the slot is a word of its own; a program that is gone leaves its slot.
  install(module({prog("a", "sensor", tail(1) + std::vector<Insn>{kReturn}), prog("d", "sensor", returns(9))},
                 array(kDeclared, {{1, 1}})),
          "a");
  EXPECT_EQ(fire(), 9);
  EXPECT_EQ(held(), (std::vector<std::pair<uint32_t, uint32_t>>{{1, 1}}));
}

TEST_P(TailCallTest, OnlyProgramsOfOneHook) {
  const auto progs = [] {
    return std::vector<object::Prog>{prog("a", "sensor", tail(0) + std::vector<Insn>{kReturn}),
                                     prog("b", "sensor", returns(7)), prog("other", "packet", returns(1))};
  };
  EXPECT_EQ(install(module(progs(), array(kDeclared, {{0, 1}, {1, 2}}))), perdita_status_over_array);
  EXPECT_STREQ(board_.report.name, "other");
  // Alone there it stands, and a caller of another hook does not reach it.
  install(module(progs(), array(kDeclared, {{0, 2}})), "a");
  EXPECT_EQ(fire(), kErrorInvalid);
  EXPECT_EQ(runs(2), 0u);
  EXPECT_EQ(put(1, "b"), perdita_status_over_array);
  EXPECT_EQ(put(0, "b"), perdita_status_ok);
  EXPECT_EQ(fire(), 7);
}

TEST_P(TailCallTest, ProgramsCannotReachIntoAnArray) {
  OwnedMap owned({MapType::prog_array, 4, 4, 3, 0});
  const uint32_t key = 0, value = 0;
  EXPECT_EQ(map_lookup(owned.map, &key), nullptr);
  EXPECT_EQ(map_update(owned.map, board_.port.port, &key, &value, 0), kErrorInvalid);
  EXPECT_EQ(map_delete(owned.map, board_.port.port, &key), kErrorInvalid);
  EXPECT_FALSE(map_holds(owned.map, reinterpret_cast<uintptr_t>(owned.map.elements), 4));
}

// Claims say what programs take; an array admits what is within its declaration.
TEST_P(TailCallTest, BoundsDecideWhatAnArrayAdmits) {
  const auto chain = [&](std::map<uint32_t, uint32_t> presets) {
    return module({prog("a", "sensor", tail(0) + std::vector<Insn>{kReturn}), prog("b", "sensor", returns(7))},
                  array(kDeclared, std::move(presets)));
  };
  const bool claimed = GetParam().claimed;
  const auto refused = [&](uint64_t need, uint64_t have) {
    const perdita_status status = install(chain({{0, 1}}));
    if (!claimed) return status == perdita_status_ok;  // nothing is promised, steps end it
    EXPECT_EQ(board_.report.need, need);
    EXPECT_EQ(board_.report.have, have);
    EXPECT_STREQ(board_.report.name, "b");
    return status == perdita_status_over_array;
  };
  const std::string engine = GetParam().engine == PERDITA_ENGINE_GUARDED ? "armv7m/guarded" : "armv7m/interpreter";
  const auto only_b = [&](auto set) {
    change_ = [set](verifier::ProgVerdict& one) {
      if (one.name == "b") set(one.bounds);
    };
  };
  only_b([](auto& bounds) { bounds.instructions = bounds.tail_instructions + kDeclared + 1; });
  EXPECT_TRUE(refused(kDeclared + 1, kDeclared));
  only_b([&](auto& bounds) { bounds.machine_instructions[engine] = bounds.tail_instructions + kDeclared + 2; });
  EXPECT_TRUE(refused(kDeclared + 2, kDeclared));
  only_b([](auto& bounds) { bounds.stack_bytes = 72; });
  EXPECT_TRUE(refused(72, 64));
  // It calls on through an array that declares more.
  only_b([](auto& bounds) {
    bounds.tail_instructions += 33;
    bounds.instructions += 33;
    for (auto& [name, most] : bounds.machine_instructions) most += 33;
  });
  EXPECT_TRUE(refused(kDeclared + 1, kDeclared));
  // Exactly what is declared fits; orders are held to the same.
  only_b([&](auto& bounds) { bounds.machine_instructions[engine] = bounds.tail_instructions + kDeclared; });
  EXPECT_EQ(install(chain({{0, 1}})), perdita_status_ok);
  only_b([&](auto& bounds) { bounds.machine_instructions[engine] = bounds.tail_instructions + kDeclared + 1; });
  // The slot would keep the program of that name, which has grown.
  EXPECT_EQ(install(chain({{0, 1}})), claimed ? perdita_status_over_array : perdita_status_ok);
  EXPECT_EQ(board_.deliver(board_.order(compiler::Order::remove, "", {.sequence = ++sequence_})), perdita_status_ok);
  EXPECT_EQ(install(chain({})), perdita_status_ok);
  EXPECT_EQ(put(0, "b"), claimed ? perdita_status_over_array : perdita_status_ok);
  EXPECT_EQ(put(0, "a"), perdita_status_ok);
}

INSTANTIATE_TEST_SUITE_P(Engines, TailCallTest,
                         testing::Values(Setting{"interpreter", PERDITA_ENGINE_INTERPRETER, true},
                                         Setting{"guarded", PERDITA_ENGINE_GUARDED, true},
                                         Setting{"unclaimed", PERDITA_ENGINE_INTERPRETER, false}),
                         [](const auto& setting) { return setting.param.name; });

// Without a claim the steps are those of the whole chain: a cycle is no way around them.
TEST(TailCallSteps, AreOfTheChain) {
  object::Module module;
  module.name = "chain";
  module.maps = {array(0, {{0, 0}})};
  module.progs = {prog("a", "sensor", count_to(-1) + tail(0) + std::vector<Insn>{kReturn})};
  for (const auto& [steps, out] : {std::pair{70u, 10u}, {1000u, 34u}}) {
    TestBoard board;
    board.config.allow_unclaimed = 1;
    board.config.guarded_steps = steps;
    board.start();
    ASSERT_EQ(board.deliver(board.seal(board.unclaimed(module))), perdita_status_ok);
    SensorContext context = {5, 0};
    perdita_fire(board.runtime, kSensorHook, &context);
    // Seven each; the eleventh has none left to begin with.
    EXPECT_EQ(board.prog_info(0).runs, out == 34 ? 34u : 11u);
    EXPECT_EQ(context.out, out);
    EXPECT_EQ(board.prog_info(0).faults, out == 34 ? 0u : 1u);
  }
}

}  // namespace
}  // namespace perdita::runtime
