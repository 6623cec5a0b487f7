// SPDX-License-Identifier: Apache-2.0
//
// Hooks that interrupt hooks, and packages that are interrupted by hooks: an "interrupt" comes in wherever the runtime
// calls out, at its lock, its clock and the functions that programs call. On the board the same happens at every
// instruction (boards/mps2-an385/tests/levels_test.cc).
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "runtime/runtime.h"
#include "runtime/test_board.h"

namespace perdita::runtime {
namespace {

using namespace isa;  // NOLINT: names of opcodes

constexpr uint32_t kHooks[] = {kSensorHook, kTickHook, kPacketHook};  // by level
const char* const kNames[] = {"sensor", "tick", "packet"};

// Writes `seed` to its stack, calls out, and returns what it reads back.
object::Module holder(int32_t seed, const std::string& hook) {
  object::Module module = caller("call_back", 0, hook);
  module.progs[0] = prog("holder", hook,
                         {insn(kSt | kMem | kDw, 10, 0, -8, seed), insn(kJmp | kCall, 0, kCallFunction, 0, 0),
                          insn(kLdx | kMem | kDw, 0, 10, -8, 0), insn(kJmp | kExit, 0, 0, 0, 0)});
  return module;
}

// Says that it ran, and returns `number`.
object::Module speaker(int32_t number, const std::string& hook) {
  object::Module module = caller("set_led", number, hook);
  module.progs[0] = prog("speaker", hook,
                         {insn(kAlu64 | kMov | kK, 1, 0, 0, number), insn(kJmp | kCall, 0, kCallFunction, 0, 0),
                          insn(kAlu64 | kMov | kK, 0, 0, 0, number), insn(kJmp | kExit, 0, 0, 0, 0)});
  return module;
}

// A board whose three hooks have a level each, and where each call out is a place for an interrupt.
class Board : public TestBoard {
 public:
  Board() {
    current = this;
    platform.hooks[kPacketHook].level = 2;
    for (perdita_hook& hook : platform.hooks) {
      hook.result_min = INT64_MIN;
      hook.result_max = INT64_MAX;
      hook.capabilities = 3;
    }
    port.interrupt = [this] { place(); };
    port.port.core.clock_ns = [](void*) {
      current->place();
      return current->port.now_ns += 10;
    };
    callback = [this] {
      place();
      return 0;
    };
    start();
  }

  void install(const object::Module& module, const std::string& name) {
    ASSERT_EQ(deliver(seal(claimed(module, {"led"}), {.name = name, .sequence = ++sequence})), perdita_status_ok)
        << status_name(static_cast<Status>(report.status)) << " " << report.name;
  }

  int64_t fire(uint32_t hook) {
    SensorContext sensor = {5, 0};
    PacketContext packet = {};
    return perdita_fire(runtime, hook, hook == kPacketHook ? static_cast<void*>(&packet) : &sensor);
  }

  // What happens at the n-th place from now on, once; places inside of it count on.
  std::map<uint32_t, std::function<void()>> at;
  uint32_t places = 0;
  uint64_t sequence = 0;

 private:
  void place() {
    const auto found = at.find(places++);
    if (found != at.end()) found->second();
  }
  static inline Board* current = nullptr;
};

// ---- hooks interrupted by hooks ----

struct Tally {
  uint32_t runs = 0, misses = 0;
};

class LevelsTest : public testing::Test {
 protected:
  // On each hook two programs; the second one's result counts, or the larger one's, or the first one's.
  static void fill(Board& board) {
    for (int level = 0; level < 3; level++) {
      board.install(holder(level == 2 ? 100 + level : 50 + level, kNames[level]), std::string("a") + kNames[level]);
      board.install(holder(level == 2 ? 50 + level : 100 + level, kNames[level]), std::string("b") + kNames[level]);
    }
  }
  static void fire_and_tell(Board& board, uint32_t level, Tally* tallies) {
    const int64_t result = board.fire(kHooks[level]);
    EXPECT_TRUE(result == 0 || result == 100 + level) << result;
    (result == 0 ? tallies[level].misses : tallies[level].runs)++;
  }
  static void check(Board& board, const Tally* tallies) {
    for (uint32_t level = 0; level < 3; level++) {
      const uint32_t programs = level == 2 ? 1 : 2;  // the packet's first result is other than 0
      for (uint32_t i = 0; i < 2; i++) {
        const perdita_prog_info info = board.prog_info(2 * level + i);
        ASSERT_EQ(info.hook, kHooks[level]);
        EXPECT_EQ(info.runs, i < programs ? tallies[level].runs : 0);
        EXPECT_EQ(info.misses, tallies[level].misses);
        EXPECT_EQ(info.faults, 0u);
        EXPECT_EQ(info.attached, 1);
        EXPECT_GE(info.time_ns, info.longest_ns);
      }
      EXPECT_FALSE(board.runtime->levels[level].active);
      const Prog* first = board.runtime->hooks[kHooks[level]].first;
      ASSERT_TRUE(first != nullptr && first->next != nullptr);
      EXPECT_EQ(first->next->next, nullptr);
    }
    EXPECT_EQ(board.port.depth, 0u);
  }
};

// Two interrupts at any two places, of any levels from the first one on; also the ones that no board would let in.
TEST_F(LevelsTest, EveryTwoInterruptsAtEveryTwoPlaces) {
  uint32_t missed = 0, ran = 0;
  for (uint32_t first = 0; first < 3; first++) {
    for (uint32_t second = first; second < 3; second++) {
      for (uint32_t third = first; third < 3; third++) {
        bool reached = true;
        for (uint32_t i = 0; reached; i++) {
          for (uint32_t j = i + 1;; j++) {
            Board board;
            fill(board);
            Tally tallies[3];
            board.places = 0;
            board.at[i] = [&] { fire_and_tell(board, second, tallies); };
            // Inside of the second or behind it.
            board.at[j] = [&] { fire_and_tell(board, third, tallies); };
            fire_and_tell(board, first, tallies);
            check(board, tallies);
            ASSERT_FALSE(HasFailure()) << first << second << third << " at " << i << ", " << j;
            for (const Tally& tally : tallies) {
              missed += tally.misses;
              ran += tally.runs;
            }
            if (j >= board.places) {
              reached = i < board.places;
              break;
            }
          }
        }
      }
    }
  }
  EXPECT_GT(missed, 100u);
  EXPECT_GT(ran, 1000u);
}

// ---- packages interrupted by hooks ----

// Delivers to a board that `prepare` made ready, with every hook fired at every single place; each firing's result has
// to be one of those that are right before or afterwards.
void deliver_interrupted(const std::function<void(Board&)>& prepare, const std::function<Envelope(Board&)>& package,
                         const std::set<int64_t>& right, const std::vector<uint64_t>& order_afterwards) {
  for (uint32_t i = 0;; i++) {
    Board board;
    prepare(board);
    const Envelope envelope = package(board);
    board.places = 0;
    board.at[i] = [&] {
      const int64_t result = board.fire(kTickHook);
      EXPECT_TRUE(right.contains(result)) << result << " at " << i;
    };
    ASSERT_EQ(board.deliver(envelope), perdita_status_ok);
    const bool reached = board.places > i;
    board.at.clear();
    board.leds.clear();
    EXPECT_TRUE(right.contains(board.fire(kTickHook)));
    EXPECT_EQ(board.leds, order_afterwards) << "at " << i;
    if (testing::Test::HasFailure()) return;
    if (reached) continue;
    EXPECT_GE(i, 1u);
    return;
  }
}

void three_speakers(Board& board) {
  board.platform.hooks[kTickHook].combine = PERDITA_COMBINE_LAST;
  board.install(speaker(1, "tick"), "one");
  board.install(speaker(2, "tick"), "two");
  board.install(speaker(3, "tick"), "three");
}

Envelope replace(Board& board, const std::string& name, int32_t number) {
  return board.seal(board.claimed(speaker(number, "tick"), {"led"}), {.name = name, .sequence = ++board.sequence});
}

Envelope order(Board& board, compiler::Order what, const std::string& name) {
  return board.order(what, "", {.name = name, .sequence = ++board.sequence});
}

// A package that is replaced keeps its place, and its hook never lacks a program.
TEST(InterruptedDelivery, Replacement) {
  deliver_interrupted(three_speakers, [](Board& board) { return replace(board, "one", 4); }, {3}, {4, 2, 3});
  deliver_interrupted(three_speakers, [](Board& board) { return replace(board, "two", 4); }, {3}, {1, 4, 3});
  deliver_interrupted(three_speakers, [](Board& board) { return replace(board, "three", 4); }, {3, 4}, {1, 2, 4});
}

TEST(InterruptedDelivery, DetachAttachRemove) {
  using compiler::Order;
  deliver_interrupted(three_speakers, [](Board& board) { return order(board, Order::detach, "three"); }, {3, 2},
                      {1, 2});
  deliver_interrupted(three_speakers, [](Board& board) { return order(board, Order::remove, "two"); }, {3}, {1, 3});
  // What comes back comes last.
  const auto without_one = [](Board& board) {
    three_speakers(board);
    ASSERT_EQ(board.deliver(order(board, Order::detach, "one")), perdita_status_ok);
  };
  deliver_interrupted(without_one, [](Board& board) { return order(board, Order::attach, "one"); }, {3, 1}, {2, 3, 1});
  // What is replaced while it is detached comes last as well: it has no place to keep.
  deliver_interrupted(without_one, [](Board& board) { return replace(board, "one", 4); }, {3, 4}, {2, 3, 4});
}

// Inside a program of any level every package waits, and nothing of it has happened.
TEST(InterruptedDelivery, BusyInsideAProgram) {
  for (int level = 0; level < 3; level++) {
    Board board;
    board.install(holder(7, kNames[level]), "holder");
    const Envelope package =
        board.seal(board.claimed(constant(9, kNames[level]), {}), {.name = "holder", .sequence = ++board.sequence});
    uint32_t asked = 0;
    board.callback = [&]() -> uint64_t {
      const std::string before = board.observe();
      EXPECT_EQ(board.deliver(package), perdita_status_busy);
      EXPECT_EQ(board.observe(), before);
      asked++;
      return 0;
    };
    EXPECT_EQ(board.fire(kHooks[level]), 7);
    EXPECT_EQ(asked, 1u);
    EXPECT_EQ(board.deliver(package), perdita_status_ok);
    EXPECT_EQ(board.fire(kHooks[level]), 9);
  }
}

// ---- several programs on a hook ----

struct Rule {
  perdita_combine combine;
  int32_t numbers[3];
  int64_t result;
  std::vector<uint64_t> ran;
};

class OrderTest : public testing::TestWithParam<Rule> {};

// The order is that of first attachment, whatever is replaced in between; the rule says who runs and what counts.
TEST_P(OrderTest, IsKept) {
  const Rule& rule = GetParam();
  Board board;
  board.platform.hooks[kTickHook].combine = static_cast<uint8_t>(rule.combine);
  const char* const kPackages[] = {"one", "two", "three"};
  const auto expect_now = [&](int64_t result, const std::vector<uint64_t>& ran, const char* when) {
    board.leds.clear();
    EXPECT_EQ(board.fire(kTickHook), result) << when;
    EXPECT_EQ(board.leds, ran) << when;
  };
  for (int i = 0; i < 3; i++) board.install(speaker(rule.numbers[i], "tick"), kPackages[i]);
  expect_now(rule.result, rule.ran, "at first");
  for (const int i : {1, 0, 2, 0}) {
    board.install(speaker(rule.numbers[i], "tick"), kPackages[i]);
    expect_now(rule.result, rule.ran, "replaced");
  }
  // All of them leave and come back in their order.
  for (const int i : {2, 0, 1}) {
    ASSERT_EQ(board.deliver(order(board, compiler::Order::detach, kPackages[i])), perdita_status_ok);
  }
  expect_now(0, {}, "detached");
  for (const char* package : kPackages) {
    ASSERT_EQ(board.deliver(order(board, compiler::Order::attach, package)), perdita_status_ok);
  }
  expect_now(rule.result, rule.ran, "attached again");
}

INSTANTIATE_TEST_SUITE_P(Rules, OrderTest,
                         testing::Values(Rule{PERDITA_COMBINE_LAST, {3, 9, 4}, 4, {3, 9, 4}},
                                         Rule{PERDITA_COMBINE_LAST, {3, 9, 0}, 0, {3, 9, 0}},
                                         Rule{PERDITA_COMBINE_FIRST_NONZERO, {0, 9, 4}, 9, {0, 9}},
                                         Rule{PERDITA_COMBINE_FIRST_NONZERO, {0, 0, 0}, 0, {0, 0, 0}},
                                         Rule{PERDITA_COMBINE_MAX, {3, 9, 4}, 9, {3, 9, 4}},
                                         Rule{PERDITA_COMBINE_MAX, {0, 0, 7}, 7, {0, 0, 7}}));

}  // namespace
}  // namespace perdita::runtime
