// SPDX-License-Identifier: Apache-2.0
//
// The cost table (isa/cost.cc) against what the emulated board counts: every opcode in both engines, with operands and
// surroundings that take longest. No instruction may cost more than the table says, and no row of the table may say
// more than twice what the dearest instruction of that row takes.
#include "isa/cost.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "emulate/board.h"
#include "isa/form.h"
#include "isa/map.h"

namespace perdita::emulate {
namespace {

using namespace isa;  // NOLINT: names of opcodes

constexpr JobEngine kEngines[] = {kJobGuarded, kJobInterpreter};
// The board's own lock and unlock take next to nothing; the table allows a port this much more (docs/spec/cost.md).
constexpr uint32_t kPortLock = 180;

Insn make(unsigned opcode, unsigned dst, unsigned src, int offset, int32_t imm) {
  return {static_cast<uint8_t>(opcode), make_regs(dst, src), static_cast<int16_t>(offset), imm};
}
const Insn kReturn = make(kJmp | kExit, 0, 0, 0, 0);
using Code = std::vector<Insn>;

void load_constant(Code& code, unsigned dst, uint64_t value) {
  code.push_back(make(kLddw, dst, kLddwImm, 0, static_cast<int32_t>(value)));
  code.push_back(make(0, 0, 0, 0, static_cast<int32_t>(value >> 32)));
}

// What `measured` does more than `base` must not exceed `allowed` of the instruction that differs.
struct Comparison {
  size_t base, measured;
  uint32_t allowed;
  std::string what;
  std::string row;  // of the table, for its tightness; empty: not held to it
};

class BoardCosts : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    runner_ = find_runner(GetParam());
    if (!runner_) GTEST_SKIP() << "no runner firmware is built for " << GetParam() << ": script/build";
  }

  static const EngineCost& costs(JobEngine engine) {
    const std::string name = GetParam() + std::string(engine == kJobGuarded ? "/guarded" : "/interpreter");
    for (const EngineCost& candidate : engine_costs()) {
      if (candidate.engine == name) return candidate;
    }
    ADD_FAILURE() << "no engine " << name;
    return engine_costs()[0];
  }

  size_t add(JobEngine engine, const Code& code) {
    Program program;
    program.engine = engine;
    program.code = code;
    program.memory.resize(64);
    EXPECT_EQ(refusal(program, kMaxMaps), "");
    programs_.push_back(program);
    return programs_.size() - 1;
  }

  // `insn`, which goes on to what is behind it, after `before`.
  // The package has 64 maps; what is done is done as where it has only the first `maps` of them.
  void compare(const Code& before, const Insn& insn, const std::string& what, uint32_t maps = kMaxMaps) {
    for (const JobEngine engine : kEngines) {
      Code base = before;
      Code with = before;
      with.push_back(insn);
      base.push_back(kReturn);
      with.push_back(kReturn);
      Program tried;
      tried.code = with;
      if (!refusal(tried, kMaxMaps).empty()) return;
      const bool plain = form_of(insn.opcode) != Form::atomic;
      const uint32_t allowed = costs(engine).instruction(insn, maps) - (plain ? 0 : kPortLock);
      comparisons_.push_back({add(engine, base), add(engine, with), allowed, what + name(engine),
                              plain && maps == kMaxMaps ? std::to_string(allowed) + name(engine) : ""});
    }
  }

  static std::string name(JobEngine engine) { return engine == kJobGuarded ? " guarded" : " interpreter"; }

  void check() {
    const auto ran = run_on_board(*runner_, programs_);
    ASSERT_TRUE(ran) << ran.error().message << ": " << ran.error().have;
    std::map<std::string, std::pair<uint64_t, Comparison>> dearest;
    for (const Comparison& comparison : comparisons_) {
      const Ran& base = (*ran)[comparison.base];
      const Ran& measured = (*ran)[comparison.measured];
      ASSERT_EQ(base.status, Status::ok) << comparison.what;
      ASSERT_EQ(measured.status, Status::ok) << comparison.what;
      const uint64_t taken = measured.instructions - base.instructions;
      EXPECT_LE(taken, comparison.allowed) << comparison.what;
      auto& [most, which] = dearest[comparison.row];
      if (taken >= most) {
        most = taken;
        which = comparison;
      }
    }
    for (const auto& [row, entry] : dearest) {
      const auto& [most, comparison] = entry;
      if (!row.empty()) {
        EXPECT_LE(comparison.allowed, 2 * most) << comparison.what;
      }
    }
  }

  std::optional<std::filesystem::path> runner_;
  std::vector<Program> programs_;
  std::vector<Comparison> comparisons_;
};

constexpr std::pair<uint64_t, uint64_t> kOperands[] = {
    {0, 0}, {5, 3}, {UINT64_MAX, 3}, {UINT64_MAX, 1}, {INT64_MIN, UINT64_MAX}, {INT64_MIN, 1}, {UINT64_MAX, 1ull << 32},
    {7, 7},
};

TEST_P(BoardCosts, ArithmeticAndJumps) {
  for (unsigned opcode = 0; opcode < 256; opcode++) {
    const uint8_t group = insn_class(static_cast<uint8_t>(opcode));
    const Form form = form_of(static_cast<uint8_t>(opcode));
    if (group != kAlu && group != kAlu64 && group != kJmp && group != kJmp32) continue;
    if (form == Form::call || form == Form::exit || form == Form::invalid) continue;
    const bool by_register = form == Form::alu_register || form == Form::divide_register ||
                             form == Form::move_register32 || form == Form::move_register64 ||
                             form == Form::branch_register;
    const bool jump = form == Form::jump || form == Form::jump_wide;
    for (const int offset : {0, 1, 8, 16, 32}) {
      for (const int32_t imm : {0, 1, -1, 3, 16, 32, 64, 63}) {
        for (const auto& [dst, src] : kOperands) {
          Code before;
          load_constant(before, 3, dst);
          load_constant(before, 4, src);
          before.push_back(make(kAlu64 | kMov | kK, 0, 0, 0, 0));
          const bool branches = group == kJmp || group == kJmp32;
          if (branches && offset != 0) continue;
          compare(before, make(opcode, jump ? 0 : 3, by_register ? 4 : 0, offset, jump ? 0 : imm),
                  "opcode " + std::to_string(opcode) + " imm " + std::to_string(imm));
        }
      }
    }
  }
  check();
}

// The guarded engine finds a value of the last of 64 maps after everything else.
TEST_P(BoardCosts, Memory) {
  Code last_map = {make(kLddw, 1, kLddwMapValue, 0, kMaxMaps - 1), make(0, 0, 0, 0, 0)};
  last_map.push_back(make(kAlu64 | kMov | kK, 0, 0, 0, 0));
  last_map.push_back(make(kAlu64 | kMov | kK, 4, 0, 0, 1));
  for (JobEngine engine : kEngines) {
    Code with = {make(kAlu64 | kMov | kK, 0, 0, 0, 0)};
    const size_t base = add(engine, {with[0], kReturn});
    load_constant(with, 1, 5);
    with.push_back(kReturn);
    comparisons_.push_back(
        {base, add(engine, with), costs(engine).instruction(make(kLddw, 1, 0, 0, 0), kMaxMaps), "lddw", ""});
  }
  for (unsigned opcode = 0; opcode < 256; opcode++) {
    const Form form = form_of(static_cast<uint8_t>(opcode));
    for (const int offset : {0, 1, 4}) {
      if (form == Form::load) compare(last_map, make(opcode, 0, 1, offset, 0), "load " + std::to_string(opcode));
      if (form == Form::store_register) compare(last_map, make(opcode, 1, 4, offset, 0), "store");
      if (form == Form::store_immediate) compare(last_map, make(opcode, 1, 0, offset, -1), "store immediate");
    }
    for (const int32_t operation : {int32_t{kAdd}, kAdd | kFetch, kXor | kFetch, kXchg, kCmpxchg}) {
      if (form == Form::atomic) compare(last_map, make(opcode, 1, 4, 0, operation), "atomic");
    }
  }
  check();
}

// And of the last of fewer after less.
TEST_P(BoardCosts, MemoryOfFewerMaps) {
  for (const uint32_t maps : {1u, 2u, 5u, 20u}) {
    const Code before = {make(kLddw, 1, kLddwMapValue, 0, static_cast<int32_t>(maps) - 1), make(0, 0, 0, 0, 0),
                         make(kAlu64 | kMov | kK, 0, 0, 0, 0), make(kAlu64 | kMov | kK, 4, 0, 0, 1)};
    const std::string what = " among " + std::to_string(maps) + " maps";
    compare(before, make(kLdx | kMem | kDw, 0, 1, 1, 0), "load" + what, maps);
    compare(before, make(kStx | kMem | kDw, 1, 4, 1, 0), "store" + what, maps);
    compare(before, make(kStx | kAtomic | kDw, 1, 4, 0, kCmpxchg), "atomic" + what, maps);
  }
  check();
}

TEST_P(BoardCosts, CallsAndCallbacks) {
  for (const JobEngine engine : kEngines) {
    const auto cost = [&](const Insn& insn) { return costs(engine).instruction(insn, kMaxMaps); };
    const Insn call_local = make(kJmp | kCall, 0, kCallLocal, 0, 0);
    // 64 subprograms, of which the last is called: handles of all of them stand before.
    const auto program = [&](bool calls) {
      Code code = {make(kAlu64 | kMov | kK, 0, 0, 0, 0)};
      const int32_t handles = kMaxSubprograms - 1;
      const int32_t first = 1 + 2 * handles + 2;
      for (int32_t i = 0; i < handles; i++) {
        code.push_back(make(kLddw, 1, kLddwFunction, 0, first + i - (1 + 2 * i) - 1));
        code.push_back(make(0, 0, 0, 0, 0));
      }
      code.push_back(calls ? make(kJmp | kCall, 0, kCallLocal, 0, handles) : make(kAlu64 | kMov | kK, 1, 0, 0, 0));
      for (int32_t i = 0; i <= handles; i++) code.push_back(kReturn);
      return code;
    };
    const uint32_t simple = cost(make(kAlu64 | kMov | kK, 1, 0, 0, 0));
    comparisons_.push_back({add(engine, program(false)), add(engine, program(true)), cost(call_local) + cost(kReturn),
                            "call and exit" + name(engine), "call" + name(engine)});

    const Insn echo = make(kJmp | kCall, 0, kCallHelper, 0, kEchoHelper);
    const Insn zero = make(kAlu64 | kMov | kK, 0, 0, 0, 0);
    comparisons_.push_back(
        {add(engine, {zero, kReturn}), add(engine, {zero, echo, kReturn}), cost(echo), "helper" + name(engine), ""});

    // One more iteration of a loop is its callback: a move and the exit that goes on.
    const auto loop = [&](int32_t n) {
      return Code{make(kAlu64 | kMov | kK, 1, 0, 0, n),
                  make(kLddw, 2, kLddwFunction, 0, 5),
                  make(0, 0, 0, 0, 0),
                  make(kAlu64 | kMov | kK, 3, 0, 0, 0),
                  make(kAlu64 | kMov | kK, 4, 0, 0, 0),
                  make(kJmp | kCall, 0, kCallHelper, 0, 181),
                  kReturn,
                  zero,
                  kReturn};
    };
    comparisons_.push_back({add(engine, loop(1)), add(engine, loop(2)), simple + cost(kReturn),
                            "iteration of loop" + name(engine), "loop" + name(engine)});
    // The walk itself is the helper's to price.
    const auto walk = [&](bool ends) {
      return Code{make(kLddw, 1, kLddwMap, 0, kMaxMaps - 1),
                  make(0, 0, 0, 0, 0),
                  make(kLddw, 2, kLddwFunction, 0, 5),
                  make(0, 0, 0, 0, 0),
                  make(kAlu64 | kMov | kK, 3, 0, 0, 0),
                  make(kAlu64 | kMov | kK, 4, 0, 0, 0),
                  make(kJmp | kCall, 0, kCallHelper, 0, 164),
                  kReturn,
                  make(kAlu64 | kMov | kK, 0, 0, 0, ends ? 1 : 0),
                  kReturn};
    };
    // Entering a loop: the helper's call, and a frame as for a subprogram; then one iteration. Against a move in its
    // place.
    for (const Code& whole : {loop(1), walk(true)}) {
      Code without = whole;
      const auto call_at = static_cast<size_t>(std::ranges::find(whole, kReturn) - whole.begin()) - 1;
      without[call_at] = zero;
      comparisons_.push_back({add(engine, without), add(engine, whole),
                              cost(whole[call_at]) + cost(call_local) + simple + cost(kReturn),
                              "loop entered" + name(engine), ""});
    }
    // Four elements instead of one.
    comparisons_.push_back({add(engine, walk(true)), add(engine, walk(false)), 3 * (simple + cost(kReturn)),
                            "iterations over a map" + name(engine), ""});
  }
  check();
}

TEST_P(BoardCosts, EnteringAndLeaving) {
  for (const JobEngine engine : kEngines) add(engine, {kReturn});
  const auto ran = run_on_board(*runner_, programs_);
  ASSERT_TRUE(ran) << ran.error().message;
  for (size_t i = 0; i < 2; i++) {
    // The runner keeps the largest stack.
    const EngineCost& cost = costs(kEngines[i]);
    const uint32_t allowed = cost.invocation + cost.invocation_per_stack * kMaxFrames * kFrameStackBytes +
                             cost.instruction(kReturn, kMaxMaps);
    EXPECT_LE((*ran)[i].instructions, allowed) << name(kEngines[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, BoardCosts, testing::Values("armv7m", "rv32imc", "xtensa"),
                         [](const auto& target) { return std::string(target.param); });

}  // namespace
}  // namespace perdita::emulate
