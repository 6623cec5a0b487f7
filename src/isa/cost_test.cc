// SPDX-License-Identifier: Apache-2.0
#include "isa/cost.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "isa/form.h"

namespace perdita::isa {
namespace {

const EngineCost& engine(const char* name) {
  for (const EngineCost& candidate : engine_costs()) {
    if (std::strcmp(candidate.engine, name) == 0) return candidate;
  }
  ADD_FAILURE() << "no engine " << name;
  return engine_costs()[0];
}

TEST(Cost, EveryInstructionOfEveryEngineHasOne) {
  ASSERT_FALSE(engine_costs().empty());
  for (const EngineCost& candidate : engine_costs()) {
    EXPECT_GT(candidate.invocation, 0u);
    for (unsigned opcode = 0; opcode < 256; opcode++) {
      const Form form = form_of(static_cast<uint8_t>(opcode));
      const bool exists = form != Form::invalid && form != Form::legacy;
      EXPECT_EQ(candidate.instruction({static_cast<uint8_t>(opcode), 0, 0, 0}, 0) != 0, exists) << opcode;
    }
  }
}

// A claim lists its machine bounds by engine; names are unique and in order so that it is the same every time.
TEST(Cost, EnginesStandInOrderOfTheirNames) {
  for (size_t i = 1; i < engine_costs().size(); i++) {
    EXPECT_LT(std::string(engine_costs()[i - 1].engine), engine_costs()[i].engine);
  }
}

TEST(Cost, CheckingIsNeverCheaperThanTrusting) {
  const EngineCost& guarded = engine("armv7m/guarded");
  const EngineCost& interpreter = engine("armv7m/interpreter");
  EXPECT_GE(guarded.invocation, interpreter.invocation);
  for (unsigned opcode = 0; opcode < 256; opcode++) {
    for (unsigned src = 0; src < 3; src++) {
      const Insn insn{static_cast<uint8_t>(opcode), make_regs(0, src), 0, 0};
      EXPECT_GE(guarded.instruction(insn, 0), interpreter.instruction(insn, 0)) << opcode;
      EXPECT_GE(guarded.instruction(insn, 64), guarded.instruction(insn, 1)) << opcode;
      EXPECT_EQ(interpreter.instruction(insn, 64), interpreter.instruction(insn, 0)) << opcode;
    }
  }
}

TEST(Cost, KnowsWhatIsDearOn32Bits) {
  const auto cost = [](const Insn& insn) { return engine("armv7m/interpreter").instruction(insn, 1); };
  EXPECT_GT(cost({kAlu64 | kDiv, 0, 0, 3}), cost({kAlu | kDiv, 0, 0, 3}));
  EXPECT_GT(cost({kAlu64 | kMod | kX, 0, 1, 0}), cost({kAlu64 | kMul, 0, 0, 3}));
  EXPECT_GT(cost({kAlu64 | kLsh | kX, 0, 0, 0}), cost({kAlu | kLsh | kX, 0, 0, 0}));
}

TEST(Cost, CheckedCallsCostByTheirArguments) {
  const auto cost = [](const Insn& insn) { return engine("armv7m/guarded").instruction(insn, 1); };
  const uint8_t call = kJmp | kCall;
  const uint32_t clock = cost({call, make_regs(0, kCallHelper), 0, 5});
  const uint32_t lookup = cost({call, make_regs(0, kCallHelper), 0, 1});
  const uint32_t update = cost({call, make_regs(0, kCallHelper), 0, 2});
  const uint32_t function = cost({call, make_regs(0, kCallFunction), 0, 0});
  EXPECT_GT(lookup, clock);
  EXPECT_GT(update, lookup);
  EXPECT_GT(function, update) << "its contract is not known here";
}

}  // namespace
}  // namespace perdita::isa
