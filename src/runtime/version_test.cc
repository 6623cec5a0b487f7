// SPDX-License-Identifier: Apache-2.0
//
// The last good version: it comes back where its successor faults, at whatever level, with its maps, and its memory is
// given up where something else needs it. And what is told of a fault.
#include <gtest/gtest.h>

#include "isa/assemble.h"
#include "runtime/runtime.h"
#include "runtime/test_board.h"

namespace perdita::runtime {
namespace {

using compiler::Order;

std::vector<isa::Insn> code(const std::string& text) {
  const auto assembled = isa::assemble(text);
  EXPECT_TRUE(assembled) << text;
  return assembled ? *assembled : std::vector<isa::Insn>{};
}

constexpr char kFaults[] = "mov %r0, 0\nldxw %r0, [%r0+0]\nexit";
constexpr char kCallsThenFaults[] = "call function[0]\nmov %r0, 0\nldxw %r0, [%r0+0]\nexit";
constexpr char kCalls[] = "call function[0]\nexit";

// counts: adds its step to the map and returns it. tick: what it is given.
object::Module version(int32_t step, const std::string& tick, const std::string& sensor = "") {
  object::Module module = counter(step);
  module.functions = {"call_back"};
  if (!sensor.empty()) module.progs[0] = prog("count", "sensor", code(sensor));
  module.progs.push_back(prog("tick", "tick", code(tick)));
  return module;
}

class VersionTest : public testing::Test {
 protected:
  void start(uint32_t threshold = 0, size_t memory_bytes = TestBoard::kMemoryBytes) {
    board_.emplace(memory_bytes);
    board_->config.allow_unclaimed = 1;
    board_->config.fault_threshold = threshold;
    board_->start();
  }
  perdita_status install(const object::Module& module, uint64_t sequence, const std::string& name = "demo") {
    return board_->deliver(board_->seal(board_->unclaimed(module), {.name = name, .sequence = sequence}));
  }
  int64_t fire(HookIndex hook) {
    SensorContext context = {5, 0};
    return perdita_fire(board_->runtime, hook, &context);
  }
  perdita_package_info package() const {
    perdita_package_info info{};
    EXPECT_EQ(perdita_package_at(board_->runtime, 0, &info), 1);
    return info;
  }
  uint32_t used_bytes() const {
    perdita_memory_info info{};
    perdita_memory(board_->runtime, &info);
    return info.used_bytes;
  }
  std::optional<TestBoard> board_;
};

TEST_F(VersionTest, ComesBackWithItsMapsAndNotItsNumber) {
  start();
  ASSERT_EQ(install(version(1, "mov %r0, 1\nexit"), 1), perdita_status_ok);
  EXPECT_EQ(fire(kSensorHook), 1);
  const uint32_t one_version = used_bytes();
  ASSERT_EQ(install(version(10, kFaults), 2), perdita_status_ok);
  EXPECT_EQ(package().kept_sequence, 1u);
  EXPECT_GT(package().kept_bytes, 0u);
  EXPECT_EQ(fire(kSensorHook), 11);
  EXPECT_EQ(fire(kTickHook), 0);  // faults
  EXPECT_EQ(package().sequence, 1u);
  EXPECT_EQ(package().kept_sequence, 0u);
  EXPECT_EQ(fire(kSensorHook), 12) << "by one, in the map that both had";
  EXPECT_EQ(fire(kTickHook), 1);
  const perdita_prog_info told = board_->prog_info(1);
  EXPECT_EQ(told.attached, 1);
  EXPECT_EQ(told.last_fault, perdita_status_bad_access);
  EXPECT_EQ(told.last_fault_pc, 1u);
  EXPECT_EQ(told.last_fault_sequence, 2u);

  EXPECT_EQ(install(version(1, kFaults), 2), perdita_status_old_sequence);
  EXPECT_EQ(used_bytes(), one_version) << "the failed one is gone with the next delivery";
  EXPECT_EQ(fire(kSensorHook), 13);
  ASSERT_EQ(install(version(100, "mov %r0, 3\nexit"), 3), perdita_status_ok);
  EXPECT_EQ(fire(kSensorHook), 113);
  ASSERT_EQ(board_->deliver(board_->order(Order::remove, "", {.sequence = 4})), perdita_status_ok);
}

// A version that failed is not what comes back, and without one a program is taken off and nothing else.
TEST_F(VersionTest, WhatFailedNeverComesBack) {
  start();
  ASSERT_EQ(install(version(1, kFaults), 1), perdita_status_ok);
  fire(kTickHook);
  EXPECT_EQ(board_->prog_info(1).attached, 0);
  EXPECT_EQ(fire(kSensorHook), 1);
  ASSERT_EQ(install(version(10, kFaults), 2), perdita_status_ok);
  EXPECT_EQ(package().kept_sequence, 0u);
  fire(kTickHook);
  EXPECT_EQ(package().sequence, 2u);
  EXPECT_EQ(board_->prog_info(1).attached, 0);
  EXPECT_EQ(fire(kSensorHook), 11);
}

TEST_F(VersionTest, OrderedDetachmentsStay) {
  start();
  ASSERT_EQ(install(version(1, "mov %r0, 1\nexit"), 1), perdita_status_ok);
  ASSERT_EQ(install(version(10, kFaults), 2), perdita_status_ok);
  ASSERT_EQ(board_->deliver(board_->order(Order::detach, "count", {.sequence = 3})), perdita_status_ok);
  fire(kTickHook);
  EXPECT_EQ(package().sequence, 1u);
  EXPECT_EQ(board_->prog_info(0).attached, 0);
  EXPECT_EQ(board_->prog_info(1).attached, 1);
}

TEST_F(VersionTest, OnlyAtTheThresholdCountedSinceAttached) {
  start(3);
  ASSERT_EQ(install(version(1, kFaults), 1), perdita_status_ok);
  for (const uint8_t attached : {1, 1, 0}) {
    fire(kTickHook);
    EXPECT_EQ(board_->prog_info(1).attached, attached);
  }
  ASSERT_EQ(board_->deliver(board_->order(Order::attach, "tick", {.sequence = 2})), perdita_status_ok);
  for (const uint8_t attached : {1, 1, 0}) {
    fire(kTickHook);
    EXPECT_EQ(board_->prog_info(1).attached, attached);
  }
  EXPECT_EQ(board_->prog_info(1).faults, 6u);
}

// The interrupt's program fails while the thread's of the same package runs below it.
TEST_F(VersionTest, ComesBackAboveAProgramThatRuns) {
  start();
  ASSERT_EQ(install(version(1, "mov %r0, 1\nexit"), 1), perdita_status_ok);
  EXPECT_EQ(fire(kSensorHook), 1);
  ASSERT_EQ(install(version(10, kFaults, kCalls), 2), perdita_status_ok);
  board_->callback = [&]() -> uint64_t {
    EXPECT_EQ(fire(kTickHook), 0);  // faults: the old version is back
    EXPECT_EQ(fire(kTickHook), 1);
    return 77;
  };
  EXPECT_EQ(fire(kSensorHook), 77) << "what was interrupted runs to its end";
  EXPECT_EQ(fire(kSensorHook), 2);
  ASSERT_EQ(install(version(100, "mov %r0, 3\nexit"), 3), perdita_status_ok);
  EXPECT_EQ(fire(kSensorHook), 102);
}

// And the other way round: the thread's program fails when the interrupt's has run in the middle of it.
TEST_F(VersionTest, ComesBackBelowAProgramThatRan) {
  start();
  ASSERT_EQ(install(version(1, "mov %r0, 1\nexit"), 1), perdita_status_ok);
  EXPECT_EQ(fire(kSensorHook), 1);
  ASSERT_EQ(install(version(10, "mov %r0, 2\nexit", kCallsThenFaults), 2), perdita_status_ok);
  board_->callback = [&]() -> uint64_t { return static_cast<uint64_t>(fire(kTickHook)); };
  EXPECT_EQ(fire(kSensorHook), 0);
  EXPECT_EQ(fire(kTickHook), 1);
  EXPECT_EQ(fire(kSensorHook), 2);
}

// Both fail, one inside the other: it comes back once.
TEST_F(VersionTest, ComesBackOnceWhereBothFail) {
  start();
  ASSERT_EQ(install(version(1, "mov %r0, 1\nexit"), 1), perdita_status_ok);
  EXPECT_EQ(fire(kSensorHook), 1);
  ASSERT_EQ(install(version(10, kFaults, kCallsThenFaults), 2), perdita_status_ok);
  board_->callback = [&]() -> uint64_t { return static_cast<uint64_t>(fire(kTickHook)); };
  EXPECT_EQ(fire(kSensorHook), 0);
  EXPECT_EQ(fire(kTickHook), 1);
  EXPECT_EQ(fire(kSensorHook), 2);
  EXPECT_EQ(package().sequence, 1u);
}

// A fault at each moment of a delivery at which an interrupt can come: no version is lost and none runs beside another.
TEST_F(VersionTest, ComesBackInTheMiddleOfADelivery) {
  for (uint32_t moment = 1; moment <= 12; moment++) {
    SCOPED_TRACE(moment);
    start();
    ASSERT_EQ(install(version(1, "mov %r0, 1\nexit"), 1), perdita_status_ok);
    ASSERT_EQ(install(version(10, kFaults), 2), perdita_status_ok);
    uint32_t locks = 0;
    board_->port.interrupt = [&] {
      if (++locks == moment) fire(kTickHook);
    };
    ASSERT_EQ(install(version(100, "mov %r0, 3\nexit"), 3), perdita_status_ok);
    board_->port.interrupt = {};
    EXPECT_EQ(package().sequence, 3u);
    EXPECT_EQ(fire(kSensorHook), 100);
    EXPECT_EQ(fire(kTickHook), 3);
    ASSERT_EQ(install(version(1000, kFaults), 4), perdita_status_ok);
    EXPECT_EQ(fire(kSensorHook), 1100);
    fire(kTickHook);
    EXPECT_EQ(fire(kTickHook), 3);
    EXPECT_EQ(fire(kSensorHook), 1200);
  }
}

TEST_F(VersionTest, GivenUpWhereMemoryIsNeeded) {
  start();
  ASSERT_EQ(install(version(1, "mov %r0, 1\nexit"), 1), perdita_status_ok);
  ASSERT_EQ(install(version(10, kFaults), 2), perdita_status_ok);
  perdita_memory_info memory{};
  perdita_memory(board_->runtime, &memory);
  object::Module large = counter(1);
  const uint32_t kept = package().kept_bytes;
  ASSERT_GT(kept, 500u);
  large.maps[0].def.max_entries = (memory.total_bytes - memory.used_bytes) / 8;
  EXPECT_EQ(install(large, 1, "huge"), perdita_status_out_of_memory) << "more than there is without the kept one";
  EXPECT_EQ(package().kept_sequence, 0u);
  EXPECT_EQ(package().kept_bytes, 0u);
  perdita_memory(board_->runtime, &memory);
  EXPECT_GE(board_->report.need, board_->report.have);
  fire(kTickHook);
  EXPECT_EQ(package().sequence, 2u) << "nothing comes back";
  EXPECT_EQ(fire(kSensorHook), 10);
}

TEST_F(VersionTest, WhatFitsWithoutTheKeptVersionIsInstalled) {
  start();
  ASSERT_EQ(install(version(1, "mov %r0, 1\nexit"), 1), perdita_status_ok);
  ASSERT_EQ(install(version(10, kFaults), 2), perdita_status_ok);
  // Leaves less than the kept version takes.
  perdita_memory_info memory{};
  perdita_memory(board_->runtime, &memory);
  object::Module large = counter(1);
  large.maps[0].def.max_entries = (memory.largest_free_bytes - 1100) / 8;
  ASSERT_EQ(install(large, 1, "large"), perdita_status_ok);
  ASSERT_EQ(package().kept_sequence, 1u);
  perdita_memory(board_->runtime, &memory);
  const object::Module more = constant(9);
  EXPECT_EQ(install(more, 1, "more"), perdita_status_ok) << board_->report.need << " " << board_->report.have;
  EXPECT_EQ(package().kept_sequence, 0u) << "given up";
  EXPECT_EQ(fire(kSensorHook), 9) << "the last";
}

// Every byte in use is somebody's, after each step.
TEST_F(VersionTest, TheAccountAddsUp) {
  start();
  const auto adds_up = [&] {
    perdita_memory_info memory{};
    perdita_memory(board_->runtime, &memory);
    uint32_t sum = memory.runtime_bytes + memory.pinned_bytes;
    for (const uint32_t bytes : memory.stack_bytes) sum += bytes;
    perdita_package_info info{};
    for (uint32_t i = 0; perdita_package_at(board_->runtime, i, &info) == 1; i++) {
      EXPECT_GE(info.memory_bytes, info.image_bytes + info.map_bytes + info.kept_bytes);
      sum += info.memory_bytes;
    }
    EXPECT_EQ(sum, memory.used_bytes);
  };
  adds_up();
  object::Module pinned = version(1, kFaults);
  pinned.maps[0].pinned = true;
  const object::Module steps[] = {version(1, "mov %r0, 1\nexit"), version(10, kFaults), pinned, version(1, kFaults)};
  uint64_t sequence = 0;
  for (const object::Module& module : steps) {
    ASSERT_EQ(install(module, ++sequence), perdita_status_ok);
    adds_up();
    ASSERT_EQ(install(module, sequence, "second"), perdita_status_ok);
    adds_up();
  }
  fire(kTickHook);
  adds_up();
  ASSERT_EQ(board_->deliver(board_->order(Order::detach, "count", {.sequence = ++sequence})), perdita_status_ok);
  adds_up();
  ASSERT_EQ(board_->deliver(board_->order(Order::remove, "", {.sequence = ++sequence})), perdita_status_ok);
  adds_up();
  ASSERT_EQ(board_->deliver(board_->order(Order::remove, "", {.name = "second", .sequence = sequence})),
            perdita_status_ok);
  adds_up();
  perdita_memory_info memory{};
  perdita_memory(board_->runtime, &memory);
  EXPECT_EQ(memory.used_bytes, memory.runtime_bytes);
}

// Where a fault was: the frames that waited, innermost first.
TEST_F(VersionTest, TellsTheCallChain) {
  start();
  object::Module module = constant(0);
  module.progs[0] = prog("deep", "sensor",
                         code("call local middle\nexit\nmiddle:\nmov %r6, 1\ncall local inner\nexit\n"
                              "inner:\nmov %r1, 4660\nldxb %r0, [%r1+0]\nexit"));
  module.progs[0].subprograms = {{"deep", 0, 2}, {"middle", 2, 3}, {"inner", 5, 3}};
  board_->config.guarded_stack_bytes = 2048;
  ASSERT_EQ(install(module, 1), perdita_status_ok);
  EXPECT_EQ(fire(kSensorHook), 0);
  const perdita_prog_info told = board_->prog_info(0);
  EXPECT_EQ(told.last_fault, perdita_status_bad_access);
  EXPECT_EQ(told.last_fault_pc, 6u);
  EXPECT_EQ(told.last_fault_address, 4660u);
  ASSERT_EQ(told.last_fault_frames, 2u);
  EXPECT_EQ(told.last_fault_return_pcs[0], 4u);
  EXPECT_EQ(told.last_fault_return_pcs[1], 1u);
}

}  // namespace
}  // namespace perdita::runtime
