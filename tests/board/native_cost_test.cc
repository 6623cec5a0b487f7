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

class NativeCosts : public testing::TestWithParam<runtime::RoutineCosts> {
 protected:
  void SetUp() override {
    runner_ = find_runner(GetParam().target);
    if (!runner_) GTEST_SKIP() << "no runner firmware is built for " << GetParam().target << ": script/build";
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
    EXPECT_TRUE(compile_here(*jit::find_target(text(GetParam().target)), program, &costs));
    uint64_t sum = 0;
    for (size_t i = first; i < first + count; i++) sum += costs[i];
    return sum;
  }

  void divisions(uint8_t group, const std::vector<std::pair<uint64_t, uint64_t>>& operands) {
    for (const uint8_t op : {kDiv, kMod}) {
      for (const int is_signed : {0, 1}) {
        for (const auto& [a, b] : operands) {
          std::vector<Insn> before;
          load_constant(before, 6, a);
          load_constant(before, 7, b);
          add(before, {make(kAlu64 | kMov | kX, 0, 6, 0, 0), make(group | op | kX, 0, 7, is_signed, 0)});
        }
      }
    }
  }

  void check(int64_t allowed) {
    const auto ran = run_on_board(*runner_, programs_);
    ASSERT_TRUE(ran) << ran.error().message << ": " << ran.error().have;
    int64_t most = 0;
    for (size_t i = 0; i < own_.size(); i++) {
      const Ran& once = (*ran)[2 * i];
      const Ran& twice = (*ran)[2 * i + 1];
      ASSERT_EQ(once.status, Status::ok);
      ASSERT_EQ(twice.status, Status::ok);
      const auto taken = static_cast<int64_t>(twice.instructions - once.instructions - own_[i]);
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
TEST_P(NativeCosts, Divisions) {
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
      {UINT32_MAX, 1},
      {1ull << 31, 1},
      {0, 1ull << 63},
  };
  std::mt19937_64 random(1);
  for (int i = 0; i < 30; i++) operands.emplace_back(random() >> random() % 64, random() >> random() % 64);
  divisions(kAlu64, operands);
  check(GetParam().division);
}

// Of words, where a routine does it; else the code is all that there is.
TEST_P(NativeCosts, DivisionsOfWords) {
  std::vector<std::pair<uint64_t, uint64_t>> operands = {
      {UINT32_MAX, 1},
      {1u << 31, 1},
      {1u << 31, UINT32_MAX},
      {(1u << 31) + 1, 1},
      {(1u << 31) + 1, UINT32_MAX},
      {UINT32_MAX, 3},
      {UINT32_MAX, 1 << 16},
      {INT32_MAX, 1},
      {1, 0},
      {INT32_MAX, UINT32_MAX},
      {UINT32_MAX, 2},
      {0, 1u << 31},
  };
  std::mt19937 random(1);
  for (int i = 0; i < 30; i++) operands.emplace_back(random() >> random() % 32, random() >> random() % 32);
  divisions(kAlu, operands);
  check(GetParam().word_division);
}

TEST_P(NativeCosts, Atomics) {
  for (const uint8_t size : {kW, kDw}) {
    for (const int32_t operation :
         {int32_t{kAdd}, kAdd | kFetch, kOr | kFetch, kAnd | kFetch, kXor | kFetch, kXchg, kCmpxchg}) {
      for (const int32_t expected : {0, 1}) {
        add({make(kAlu64 | kMov | kK, 0, 0, 0, expected), make(kAlu64 | kMov | kK, 4, 0, 0, 7)},
            {make(kStx | kAtomic | size, 1, 4, 8, operation)});
      }
    }
  }
  check(int64_t{GetParam().atomic} - kPortLock);
}

// From one callback of a loop to the next, and of a walk over an array, whose step to the next element is part of it.
TEST_P(NativeCosts, Callbacks) {
  // The callback, where it begins, and how often it is called.
  constexpr size_t kBody = 9;
  const auto walking = [](bool map, int32_t iterations, const std::vector<Insn>& callback) {
    Program program;
    program.engine = kJobNative;
    program.code = {
        map ? make(kLddw, 1, kLddwMap, 0, static_cast<int32_t>(kMaxMaps) - 1) : make(kLddw, 1, kLddwImm, 0, iterations),
        make(0, 0, 0, 0, 0),
        make(kLddw, 2, kLddwFunction, 0, 6),
        make(0, 0, 0, 0, 0),
        make(kAlu64 | kMov | kK, 3, 0, 0, 0),
        make(kAlu64 | kMov | kK, 4, 0, 0, 0),
        make(kJmp | kCall, 0, kCallHelper, 0, static_cast<int32_t>(map ? kHelperForEachMapElem : kHelperLoop)),
        kZero,
        kReturn};
    program.code.insert(program.code.end(), callback.begin(), callback.end());
    EXPECT_EQ(refusal(program, kMaxMaps), "");
    return program;
  };
  // The walk ends behind the second or the third of four elements: their indices' bits tell.
  const auto ending = [](int32_t bit) {
    return std::vector<Insn>{make(kLdx | kMem | kW, 0, 2, 0, 0), make(kAlu64 | kAnd | kK, 0, 0, 0, bit), kReturn};
  };
  const std::vector<Insn> nothing = {kZero, kReturn};
  const Program two = walking(true, 0, ending(1));
  const Program three = walking(true, 0, ending(2));
  const auto ran = run_on_board(*runner_, {walking(false, 10, nothing), walking(false, 11, nothing), two, three});
  ASSERT_TRUE(ran) << ran.error().message << ": " << ran.error().have;
  for (const Ran& one : *ran) ASSERT_EQ(one.status, Status::ok);
  const uint64_t loop =
      (*ran)[1].instructions - (*ran)[0].instructions - own_cost(walking(false, 11, nothing), kBody, 2);
  ASSERT_EQ((*ran)[2].result, 0u);
  const uint64_t walk =
      (*ran)[3].instructions - 3 * own_cost(three, kBody, 3) - ((*ran)[2].instructions - 2 * own_cost(two, kBody, 3));
  // To the next element of a hash it is a little further, and so it is over one that is not in use.
  const uint64_t most = std::max(loop, walk + 15);
  EXPECT_LE(most, GetParam().iteration);
  EXPECT_LE(GetParam().iteration, 2 * most);
  RecordProperty("loop", static_cast<int>(loop));
  RecordProperty("walk", static_cast<int>(walk));
}

// The runner enters programs by itself: what `enter` takes is in what it counts; the rest is its own.
TEST_P(NativeCosts, Programs) {
  Program nothing;
  nothing.engine = kJobNative;
  nothing.code = {kZero, kReturn};
  const auto ran = run_on_board(*runner_, {nothing});
  ASSERT_TRUE(ran) << ran.error().message << ": " << ran.error().have;
  const uint64_t entered = (*ran)[0].instructions - own_cost(nothing, 0, 2);
  EXPECT_LE(GetParam().enter, entered);
  RecordProperty("entered", static_cast<int>(entered));
}

INSTANTIATE_TEST_SUITE_P(Targets, NativeCosts, testing::ValuesIn(runtime::kRoutineCosts),
                         [](const auto& parameter) { return std::string(parameter.param.target); });

}  // namespace
}  // namespace perdita::emulate
