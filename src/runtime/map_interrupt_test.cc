// SPDX-License-Identifier: Apache-2.0
//
// Every map operation, interrupted by every other one at every machine instruction where the lock is not held. The
// processor's trap flag stops after each instruction; the handler stands in for the interrupt. tests/board does the
// same with a timer's interrupt on the board's own instructions.
#include <gtest/gtest.h>
#include <signal.h>
#include <ucontext.h>

#include "runtime/testing/map_exercise.h"

#if defined(__x86_64__)

namespace perdita::runtime::testing {
namespace {

constexpr long long kTrapFlag = 0x100;
constexpr uint64_t kStride = 29;

// As short as a lock can be: its instructions are stepped through as well.
uint32_t depth;
const perdita_port kPort = {
    nullptr,
    {nullptr, [](void*) { return depth++; }, [](void*, uint32_t state) { depth = state; }, nullptr, nullptr, nullptr},
    {nullptr, nullptr}};

// What the handler does; set before stepping starts.
struct {
  uint64_t steps_left;
  bool fired;
  Map* map;
  const Operation* operation;
  int64_t result;
} interrupt;

void on_step(int, siginfo_t*, void* context) {
  auto& flags = static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EFL];
  if (interrupt.steps_left > 0) {
    interrupt.steps_left--;
    return;
  }
  // A real one would wait for the lock too.
  if (depth != 0) return;
  interrupt.fired = true;
  flags &= ~kTrapFlag;
  interrupt.result = interrupt.operation->run(*interrupt.map, kPort);
}

// The flag is changed on the stack, below what a leaf function may keep there.
inline void start_stepping() {
  __asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tlea 128(%%rsp), %%rsp" ::
                       : "memory", "cc");
}
inline void stop_stepping() {
  __asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\tandq $-0x101, (%%rsp)\n\tpopfq\n\tlea 128(%%rsp), %%rsp" ::
                       : "memory", "cc");
}

class MapInterrupt : public ::testing::TestWithParam<size_t> {
 protected:
  void SetUp() override {
    struct sigaction action = {};
    action.sa_sigaction = on_step;
    action.sa_flags = SA_SIGINFO;
    ASSERT_EQ(sigaction(SIGTRAP, &action, &before_), 0);
  }
  void TearDown() override { sigaction(SIGTRAP, &before_, nullptr); }

  // Returns how many points there were.
  uint64_t interrupt_everywhere(const Scene& scene, const Operation& first, const Operation& second) {
    const uint64_t start = pairs_++ % kStride;
    const Orders orders = both_orders(scene, first, second, storage_, kPort);
    for (uint64_t at = start;; at += kStride) {
      Map map;
      prepare(map, scene, storage_, kPort);
      interrupt = {at, false, &map, &second, 0};
      start_stepping();
      const int64_t result = first.run(map, kPort);
      stop_stepping();
      if (!interrupt.fired) return (at - start) / kStride;
      const Ending ending = {result, interrupt.result, contents(map)};
      const bool serial = ending == orders.first_then_second || ending == orders.second_then_first;
      EXPECT_TRUE(serial) << first.name << " interrupted by " << second.name << " after " << at << " instructions gave "
                          << ending.first << " and " << ending.second;
      EXPECT_TRUE(intact(map)) << first.name << " interrupted by " << second.name << " after " << at << " instructions";
      EXPECT_EQ(depth, 0u);
      if (HasFailure()) return at;
    }
  }

  alignas(8) uint8_t storage_[kSceneBytes] = {};

 private:
  uint64_t pairs_ = 0;
  struct sigaction before_ = {};
};

TEST_P(MapInterrupt, BetweenInstructions) {
  const Scene& scene = scenes()[GetParam()];
  ASSERT_LE(map_storage_bytes(scene.def), kSceneBytes);
  uint64_t points = 0;
  for (const Operation& first : operations(scene)) {
    for (const Operation& second : operations(scene)) {
      if (second.by_reader) continue;
      points += interrupt_everywhere(scene, first, second);
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(points, 20u);
  RecordProperty("points", static_cast<int>(points));
}

INSTANTIATE_TEST_SUITE_P(Scenes, MapInterrupt, ::testing::Range(size_t{0}, scenes().size()), [](const auto& test) {
  std::string name;
  for (const char* at = scenes()[test.param].name; *at != 0; at++) {
    if (isalnum(static_cast<unsigned char>(*at)) != 0) name += *at;
  }
  return name;
});

}  // namespace
}  // namespace perdita::runtime::testing

#else

TEST(MapInterrupt, BetweenInstructions) {
  GTEST_SKIP() << "single steps are x86-64's here; the board has a test of its own";
}

#endif
