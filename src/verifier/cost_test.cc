// SPDX-License-Identifier: Apache-2.0
//
// Costs that are remembered by kind of instruction are those of each instruction, whatever came before it.
#include "verifier/cost.h"

#include <gtest/gtest.h>

#include <random>

#include "isa/form.h"

namespace perdita::verifier {
namespace {

TEST(InstructionCosts, AreThoseOfEachInstruction) {
  constexpr uint32_t kMaps = 3;
  std::mt19937 random(1);
  std::vector<isa::Insn> code;
  for (unsigned i = 0; i < 20000; i++) {
    isa::Insn insn{};
    insn.opcode = static_cast<uint8_t>(random());
    if (isa::form_of(insn.opcode) == isa::Form::invalid || insn.opcode == isa::kLddw) continue;
    insn.regs = isa::make_regs(random() % 10, random() % 4);
    insn.offset = static_cast<int16_t>(random() % 3 == 0 ? random() : 0);
    insn.imm = static_cast<int32_t>(random() % 200);
    code.push_back(insn);
  }
  InstructionCosts remembered(kMaps);
  Cost sum;
  for (uint32_t pc = 0; pc < code.size(); pc++) {
    Cost each;
    each.add(code[pc], kMaps);
    EXPECT_EQ(remembered.of(code, pc, pc), each) << "opcode " << unsigned{code[pc].opcode};
    sum.add(each);
  }
  EXPECT_EQ(remembered.of(code, 0, static_cast<uint32_t>(code.size() - 1)), sum);
}

TEST(InstructionCosts, CountALoadOfTwoSlotsOnce) {
  std::vector<isa::Insn> code(3);
  code[0].opcode = isa::kLddw;
  code[2].opcode = isa::kJmp | isa::kExit;
  EXPECT_EQ(InstructionCosts(0).of(code, 0, 2).instructions, 2u);
  EXPECT_EQ(InstructionCosts(0).of(code, 0, 0).instructions, 1u);
}

TEST(Cost, OfWhatRunsBesidesSaturates) {
  Cost cost, most;
  most.instructions = UINT64_MAX;
  most.machine.fill(UINT64_MAX - 1);
  cost.instructions = 1;
  cost.machine.fill(1);
  cost.add(most);
  EXPECT_EQ(cost.instructions, UINT64_MAX);
  EXPECT_EQ(cost.machine[0], UINT64_MAX);
  cost.add(most);
  EXPECT_EQ(cost.machine[0], UINT64_MAX);
}

}  // namespace
}  // namespace perdita::verifier
