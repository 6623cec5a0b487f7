// SPDX-License-Identifier: Apache-2.0
//
// Periodic hooks by a clock that the test sets: when programs run, what they are told, what is counted as missed, and
// that a phase outlives its program.
#include <gtest/gtest.h>

#include "perdita/period.h"
#include "runtime/test_board.h"

namespace perdita::runtime {
namespace {

using namespace isa;  // NOLINT: names of opcodes

constexpr uint64_t kMs = 1'000'000;
constexpr perdita_field kPeriodFields[] = {{"time_ns", 0, 8, PERDITA_FIELD_SCALAR, 0},
                                           {"due_ns", 8, 8, PERDITA_FIELD_SCALAR, 0},
                                           {"period_us", 16, 4, PERDITA_FIELD_SCALAR, 0},
                                           {"missed", 20, 4, PERDITA_FIELD_SCALAR, 0}};

class PeriodicTest : public testing::Test {
 protected:
  void SetUp() override {
    perdita_hook& tick = board_.platform.hooks[kTickHook];
    tick.context_size = sizeof(perdita_period);
    tick.fields = kPeriodFields;
    tick.field_count = 4;
    tick.period_min_us = 1000;
    tick.period_max_us = 1'000'000;
    board_.config.allow_unclaimed = 1;
    board_.start();
    board_.port.now_ns = 5 * kMs;
  }

  // Returns what its context says, in one number: see told().
  static object::Module module(uint32_t period_us) {
    object::Module module = constant(0, "tick");
    module.progs[0] = prog(
        "prog", "tick",
        {insn(kLdx | kMem | kDw, 0, 1, 8, 0),  // due
         insn(kLdx | kMem | kW, 2, 1, 20, 0),  // missed
         insn(kLdx | kMem | kDw, 3, 1, 0, 0),  // time
         insn(kAlu64 | kDiv | kK, 0, 0, 0, 1'000'000), insn(kAlu64 | kMul | kK, 0, 0, 0, 1'000'000),
         insn(kAlu64 | kDiv | kK, 3, 0, 0, 1'000'000), insn(kAlu64 | kMul | kK, 3, 0, 0, 1000),
         insn(kAlu64 | kAdd | kX, 0, 3, 0, 0), insn(kAlu64 | kAdd | kX, 0, 2, 0, 0), insn(kJmp | kExit, 0, 0, 0, 0)});
    module.progs[0].period_us = period_us;
    return module;
  }
  // For times in whole milliseconds below 1000.
  static int64_t told(uint64_t due_ms, uint64_t time_ms, uint64_t missed) {
    return static_cast<int64_t>(due_ms * kMs + time_ms * 1000 + missed);
  }

  perdita_status install(uint32_t period_us, const std::string& name = "demo") {
    return board_.deliver(board_.seal(board_.claimed(module(period_us)), {.name = name, .sequence = ++sequence_}));
  }
  uint64_t run_at(uint64_t ms) {
    board_.port.now_ns = ms * kMs;
    return perdita_run_due(board_.runtime, kTickHook);
  }

  TestBoard board_;
  uint64_t sequence_ = 0;
};

TEST_F(PeriodicTest, NothingToRun) {
  EXPECT_EQ(run_at(5), UINT64_MAX);
  EXPECT_EQ(perdita_run_due(board_.runtime, kSensorHook), UINT64_MAX);
  EXPECT_EQ(perdita_run_due(board_.runtime, 40), UINT64_MAX);
  board_.deliver(board_.seal(board_.claimed(constant(1, "sensor")), {.name = "sensor", .sequence = ++sequence_}));
  EXPECT_EQ(perdita_run_due(board_.runtime, kSensorHook), UINT64_MAX);
  EXPECT_EQ(board_.prog_info(0).runs, 0u);
}

TEST_F(PeriodicTest, RunsWhenDueAndKeepsItsPhase) {
  ASSERT_EQ(install(10'000), perdita_status_ok);
  EXPECT_EQ(board_.prog_info(0).period_us, 10'000u);
  EXPECT_EQ(run_at(5), 15 * kMs);
  EXPECT_EQ(run_at(14), 15 * kMs);
  EXPECT_EQ(board_.prog_info(0).runs, 0u);
  EXPECT_EQ(run_at(15), 25 * kMs);
  EXPECT_EQ(board_.prog_info(0).last_result, told(15, 15, 0));
  EXPECT_EQ(run_at(15), 25 * kMs);
  EXPECT_EQ(run_at(29), 35 * kMs);  // late, and the next one is not
  EXPECT_EQ(board_.prog_info(0).last_result, told(25, 29, 0));
  EXPECT_EQ(run_at(35), 45 * kMs);
  EXPECT_EQ(board_.prog_info(0).runs, 3u);
  EXPECT_EQ(board_.prog_info(0).misses, 0u);
}

TEST_F(PeriodicTest, WhatCameDueMoreThanOnceRunsOnce) {
  ASSERT_EQ(install(10'000), perdita_status_ok);
  run_at(5);
  EXPECT_EQ(run_at(44), 45 * kMs);  // 15, 25, 35
  EXPECT_EQ(board_.prog_info(0).last_result, told(35, 44, 2));
  EXPECT_EQ(run_at(55), 65 * kMs);  // 45, 55
  EXPECT_EQ(board_.prog_info(0).last_result, told(55, 55, 1));
  EXPECT_EQ(board_.prog_info(0).runs, 2u);
  EXPECT_EQ(board_.prog_info(0).misses, 3u);
}

// However irregularly it is looked at: runs and misses are the due times that have passed, and none lies ahead.
TEST_F(PeriodicTest, RunsAndMissesAreAllThatCameDue) {
  ASSERT_EQ(install(7'000), perdita_status_ok);
  run_at(5);
  uint64_t now = 5;
  for (uint64_t i = 0; i < 500; i++) {
    now += i * 37 % 23;
    const uint64_t next = run_at(now);
    const perdita_prog_info info = board_.prog_info(0);
    ASSERT_EQ(info.runs + info.misses, (now - 5) / 7);
    ASSERT_EQ(next, (5 + ((now - 5) / 7 + 1) * 7) * kMs);
  }
}

TEST_F(PeriodicTest, EachAtItsOwnPaceInTheOrderOfTheHook) {
  ASSERT_EQ(install(10'000, "fast"), perdita_status_ok);
  ASSERT_EQ(install(25'000, "slow"), perdita_status_ok);
  EXPECT_EQ(run_at(5), 15 * kMs);
  for (uint64_t ms = 5; ms <= 105; ms++) run_at(ms);
  EXPECT_EQ(board_.prog_info(0).runs, 10u);
  EXPECT_EQ(board_.prog_info(1).runs, 4u);
  EXPECT_EQ(run_at(106), 115 * kMs);
}

TEST_F(PeriodicTest, AReplacedProgramKeepsThePhase) {
  ASSERT_EQ(install(10'000), perdita_status_ok);
  run_at(5);
  run_at(15);
  board_.port.now_ns = 18 * kMs;
  ASSERT_EQ(install(10'000), perdita_status_ok);
  EXPECT_EQ(run_at(18), 25 * kMs);
  EXPECT_EQ(run_at(25), 35 * kMs);
  EXPECT_EQ(board_.prog_info(0).runs, 1u);
  // Another period counts from what was due last.
  ASSERT_EQ(install(4'000), perdita_status_ok);
  EXPECT_EQ(run_at(26), 29 * kMs);
  ASSERT_EQ(install(100'000), perdita_status_ok);
  EXPECT_EQ(run_at(26), 125 * kMs);
}

TEST_F(PeriodicTest, WhatWasDetachedBeginsAnew) {
  ASSERT_EQ(install(10'000), perdita_status_ok);
  run_at(5);
  ASSERT_EQ(board_.deliver(board_.order(compiler::Order::detach, "", {.sequence = ++sequence_})), perdita_status_ok);
  EXPECT_EQ(run_at(99), UINT64_MAX);
  ASSERT_EQ(board_.deliver(board_.order(compiler::Order::attach, "", {.sequence = ++sequence_})), perdita_status_ok);
  EXPECT_EQ(run_at(101), 111 * kMs);
  EXPECT_EQ(board_.prog_info(0).misses, 0u);
}

TEST_F(PeriodicTest, AFaultTakesItOffItsHook) {
  object::Module faulty = constant(0, "tick");
  faulty.progs[0] = prog("prog", "tick", {insn(kLdx | kMem | kDw, 0, 1, 64, 0), insn(kJmp | kExit, 0, 0, 0, 0)});
  faulty.progs[0].period_us = 10'000;
  ASSERT_EQ(board_.deliver(board_.seal(board_.unclaimed(faulty), {.name = "faulty", .sequence = ++sequence_})),
            perdita_status_ok);
  ASSERT_EQ(install(30'000), perdita_status_ok);
  EXPECT_EQ(run_at(5), 15 * kMs);
  EXPECT_EQ(run_at(15), 35 * kMs);
  EXPECT_EQ(board_.prog_info(0).faults, 1u);
  EXPECT_EQ(board_.prog_info(0).attached, 0);
}

// Beneath a program of its level nothing runs, and nothing is lost.
TEST_F(PeriodicTest, InsideAProgramOfItsLevelItWaits) {
  board_.platform.hooks[kTickHook].level = 0;
  ASSERT_EQ(install(10'000), perdita_status_ok);
  ASSERT_EQ(
      board_.deliver(board_.seal(board_.claimed(caller("call_back", 0)), {.name = "outer", .sequence = ++sequence_})),
      perdita_status_ok);
  run_at(5);
  board_.callback = [&]() -> uint64_t { return run_at(16); };
  SensorContext sensor = {};
  EXPECT_EQ(perdita_fire(board_.runtime, kSensorHook, &sensor), static_cast<int64_t>(16 * kMs));
  EXPECT_EQ(board_.prog_info(0).runs, 0u);
  EXPECT_EQ(run_at(17), 25 * kMs);
  EXPECT_EQ(board_.prog_info(0).last_result, told(15, 17, 0));
}

// What the compiler would refuse as well, from an image that was made for another platform.
TEST_F(PeriodicTest, TheBoardChecksThePeriod) {
  const std::vector<uint8_t> slow = board_.unclaimed(module(900'000));
  perdita_hook& tick = board_.platform.hooks[kTickHook];
  tick.period_max_us = 800'000;
  EXPECT_EQ(board_.deliver(board_.seal(slow, {.sequence = ++sequence_})), perdita_status_bad_period);
  EXPECT_STREQ(board_.report.name, "prog");
  EXPECT_EQ(board_.report.need, 800'000u);
  EXPECT_EQ(board_.report.have, 900'000u);
  tick.period_max_us = 2'000'000;
  tick.period_min_us = 1'000'000;
  EXPECT_EQ(board_.deliver(board_.seal(slow, {.sequence = ++sequence_})), perdita_status_bad_period);
  EXPECT_EQ(board_.report.need, 1'000'000u);
  // A hook that is not periodic is another hook.
  tick.period_min_us = tick.period_max_us = 0;
  EXPECT_EQ(board_.deliver(board_.seal(slow, {.sequence = ++sequence_})), perdita_status_platform_differs);
  tick.period_min_us = 1000;
  tick.period_max_us = 900'000;
  EXPECT_EQ(board_.deliver(board_.seal(slow, {.sequence = ++sequence_})), perdita_status_ok);
}

}  // namespace
}  // namespace perdita::runtime
