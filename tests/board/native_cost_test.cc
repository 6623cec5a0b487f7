// SPDX-License-Identifier: Apache-2.0
//
// What native code calls, against the worst cases that bounds are made of (runtime/native.h): each routine with the
// operands that take it longest. None takes more, and none is promised more than twice what it takes.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "emulate/board.h"
#include "isa/helpers.h"
#include "jit/generate.h"
#include "runtime/native.h"

namespace perdita::emulate {
namespace {

using namespace isa;  // NOLINT: names of opcodes

// The board's own lock and unlock take next to nothing; the figure allows a port this much more (docs/spec/cost.md).
constexpr uint32_t kPortLock = 180;

Insn make(unsigned opcode, unsigned dst, unsigned src, int offset, int32_t imm) {
  return {static_cast<uint8_t>(opcode), make_regs(dst, src), static_cast<int16_t>(offset), imm};
}
const Insn kReturn = make(kJmp | kExit, 0, 0, 0, 0);
const Insn kZero = make(kAlu64 | kMov | kK, 0, 0, 0, 0);

void load_constant(std::vector<Insn>& code, unsigned dst, uint64_t value) {
  code.push_back(make(kLddw, dst, kLddwImm, 0, static_cast<int32_t>(value)));
  code.push_back(make(0, 0, 0, 0, static_cast<int32_t>(value >> 32)));
}

class NativeCosts : public testing::Test {
 protected:
  void SetUp() override {
    runner_ = find_runner("armv7m");
    if (!runner_) GTEST_SKIP() << "the runner firmware is not built: script/build mps2-an385";
  }

  // `repeated` once and twice behind `before`: what the second time takes more than its own code is the routine's.
  void add(const std::vector<Insn>& before, const std::vector<Insn>& repeated) {
    std::vector<Insn> code = before;
    for (int times = 1; times <= 2; times++) {
      code.insert(code.end(), repeated.begin(), repeated.end());
      Program program;
      program.engine = kJobNative;
      program.memory.resize(64);
      program.code = code;
      program.code.push_back(kReturn);
      ASSERT_EQ(refusal(program), "");
      programs_.push_back(program);
    }
    own_.push_back(own_cost(programs_.back(), before.size() + repeated.size(), repeated.size()));
  }

  static uint64_t own_cost(const Program& program, size_t first, size_t count) {
    std::vector<uint16_t> costs;
    EXPECT_TRUE(compile_here(jit::armv7m, program, &costs));
    uint64_t sum = 0;
    for (size_t i = first; i < first + count; i++) sum += costs[i];
    return sum;
  }

  void check(uint64_t allowed) {
    const auto ran = run_on_board(*runner_, programs_);
    ASSERT_TRUE(ran) << ran.error().message << ": " << ran.error().have;
    uint64_t most = 0;
    for (size_t i = 0; i < own_.size(); i++) {
      const Ran& once = (*ran)[2 * i];
      const Ran& twice = (*ran)[2 * i + 1];
      ASSERT_EQ(once.status, Status::ok);
      ASSERT_EQ(twice.status, Status::ok);
      const uint64_t taken = twice.instructions - once.instructions - own_[i];
      EXPECT_LE(taken, allowed) << i;
      most = std::max(most, taken);
    }
    EXPECT_LE(allowed, 2 * most);
    RecordProperty("most", static_cast<int>(most));
    RecordProperty("allowed", static_cast<int>(allowed));
  }

  std::optional<std::filesystem::path> runner_;
  std::vector<Program> programs_;
  std::vector<uint64_t> own_;
};

// A division goes bit by bit over the quotient, so it takes a constant, so much for each bit, and more for those that
// are 1 or for those that are 0: the most is where there are most bits, all of them 1, or all but the first 0. Beside
// these, signs, and numbers at random.
TEST_F(NativeCosts, Divisions) {
  std::vector<std::pair<uint64_t, uint64_t>> operands = {
      {UINT64_MAX, 1},
      {1ull << 63, 1},
      {1ull << 63, UINT64_MAX},
      {(1ull << 63) + 1, 1},
      {(1ull << 63) + 1, UINT64_MAX},
      {UINT64_MAX, 3},
      {UINT64_MAX, 1ull << 32},
      {INT64_MAX, 1},
      {INT64_MAX, UINT64_MAX},
      {1, 0},
      {UINT64_MAX, 2},
      {UINT64_MAX, UINT32_MAX},
      {0, 1ull << 63},
  };
  std::mt19937_64 random(1);
  for (int i = 0; i < 30; i++) operands.emplace_back(random() >> random() % 64, random() >> random() % 64);
  for (const uint8_t op : {kDiv, kMod}) {
    for (const int is_signed : {0, 1}) {
      for (const auto& [a, b] : operands) {
        std::vector<Insn> before;
        load_constant(before, 6, a);
        load_constant(before, 7, b);
        add(before, {make(kAlu64 | kMov | kX, 0, 6, 0, 0), make(kAlu64 | op | kX, 0, 7, is_signed, 0)});
      }
    }
  }
  check(runtime::kDivisionMost);
}

TEST_F(NativeCosts, Atomics) {
  for (const uint8_t size : {kW, kDw}) {
    for (const int32_t operation :
         {int32_t{kAdd}, kAdd | kFetch, kOr | kFetch, kAnd | kFetch, kXor | kFetch, kXchg, kCmpxchg}) {
      for (const int32_t expected : {0, 1}) {
        add({make(kAlu64 | kMov | kK, 0, 0, 0, expected), make(kAlu64 | kMov | kK, 4, 0, 0, 7)},
            {make(kStx | kAtomic | size, 1, 4, 8, operation)});
      }
    }
  }
  check(runtime::kAtomicMost - kPortLock);
}

// From one iteration of a loop to the next; and around the code of a program.
TEST_F(NativeCosts, CallbacksAndPrograms) {
  const auto looping = [](int32_t iterations) {
    Program program;
    program.engine = kJobNative;
    program.code = {make(kAlu64 | kMov | kK, 1, 0, 0, iterations),
                    make(kLddw, 2, kLddwFunction, 0, 6),
                    make(0, 0, 0, 0, 0),
                    make(kAlu64 | kMov | kK, 3, 0, 0, 0),
                    make(kAlu64 | kMov | kK, 4, 0, 0, 0),
                    make(kJmp | kCall, 0, kCallHelper, 0, static_cast<int32_t>(kHelperLoop)),
                    kZero,
                    kReturn,
                    kZero,
                    kReturn};
    return program;
  };
  Program nothing;
  nothing.engine = kJobNative;
  nothing.code = {kZero, kReturn};
  ASSERT_EQ(refusal(looping(1)), "");
  const auto ran = run_on_board(*runner_, {looping(10), looping(11), nothing});
  ASSERT_TRUE(ran) << ran.error().message << ": " << ran.error().have;
  const uint64_t callback = own_cost(looping(11), 8, 2);
  const uint64_t iteration = (*ran)[1].instructions - (*ran)[0].instructions - callback;
  // A walk over a map takes some 40 more to find the next element.
  EXPECT_LE(iteration + 45, runtime::kIterationMost);
  EXPECT_LE(runtime::kIterationMost, 2 * (iteration + 45));
  // The runner enters programs by itself: what `enter` takes is in what it counts.
  const uint64_t entered = (*ran)[2].instructions - own_cost(nothing, 0, 2);
  EXPECT_LE(runtime::kEnterMost, entered);
  RecordProperty("iteration", static_cast<int>(iteration));
  RecordProperty("entered", static_cast<int>(entered));
}

}  // namespace
}  // namespace perdita::emulate
