// SPDX-License-Identifier: Apache-2.0
//
// What bounds of native code are made of, against the code: wherever a generator calls a routine for a division, in any
// form and with any facts, the bound has its cost.
#include "compiler/native_code.h"

#include <gtest/gtest.h>

#include "isa/fact_writer.h"

namespace perdita::compiler {
namespace {

using namespace isa;  // NOLINT: names of opcodes

Insn make(unsigned opcode, unsigned dst, unsigned src, int offset, int32_t imm) {
  return {static_cast<uint8_t>(opcode), make_regs(dst, src), static_cast<int16_t>(offset), imm};
}

// Whether the code reads the second word of the link table, where the routines are.
bool calls_routine(const jit::Target& target, const std::vector<uint8_t>& code) {
  const auto half = [&code](size_t at) { return static_cast<uint32_t>(code[at] | code[at + 1] << 8); };
  const size_t unit = &target == &jit::xtensa ? 1 : 2;
  for (size_t at = 0; at + 4 <= code.size(); at += unit) {
    const bool there = &target == &jit::xtensa ? half(at) == 0x1f88  // l32i.n a8, a15, 4
                       : &target == &jit::rv32imc
                           ? (half(at) & 0xf07f) == 0xa003 && half(at + 2) == 0x004c  // lw t, 4(s9)
                           : half(at) == 0xf8db && (half(at + 2) & 0xfff) == 4;       // ldr r, [r11, #4]
    if (there) return true;
  }
  return false;
}

struct NativeCost : testing::TestWithParam<const jit::Target*> {
  static bool calls(const Insn& insn, const Facts& facts) {
    const std::vector<Insn> code = {insn, make(kAlu64 | kMov | kX, 0, 3, 0, 0), make(kJmp | kExit, 0, 0, 0, 0)};
    FactWriter writer;
    writer.add(insn, facts);
    for (size_t i = 1; i < code.size(); i++) writer.add(code[i], {});
    const std::vector<uint8_t> known = writer.take();
    EXPECT_TRUE(facts_fit({code.data(), code.size()}, {known.data(), known.size()}));
    const Subprogram entry = {0, 0};
    const auto made =
        generate(*GetParam(), "test", {{code.data(), code.size()}, {&entry, 1}, {known.data(), known.size()}, {}, 0});
    EXPECT_TRUE(made);
    return calls_routine(*GetParam(), made->code);
  }
};

TEST_P(NativeCost, ARoutineThatIsCalledIsPaid) {
  const jit::Target& target = *GetParam();
  unsigned called = 0;
  unsigned idle = 0;  // paid and not called
  unsigned all = 0;
  for (const uint8_t group : {kAlu, kAlu64}) {
    for (const uint8_t op : {kDiv, kMod}) {
      for (const int is_signed : {0, 1}) {
        for (const int32_t imm : {0, 1, 2, 3, 4096, 1 << 30, INT32_MIN, -1, -2, 0x7fffffff}) {
          for (const uint8_t kind : {kK, kX}) {
            for (unsigned bits = 0; bits < 64; bits++) {
              Facts facts;
              facts.dst = static_cast<Upper>(bits & 3);
              facts.src = static_cast<Upper>(bits >> 2 & 3);
              facts.upper_dead = (bits >> 4 & 1) != 0;
              facts.divisor_not_zero = (bits >> 5 & 1) != 0;
              const Insn insn = make(group | op | kind, 3, kind == kX ? 4 : 0, is_signed, kind == kX ? 0 : imm);
              const bool calls = NativeCost::calls(insn, facts);
              const bool paid = routine_cost(target, insn, facts) != 0;
              EXPECT_TRUE(paid || !calls) << "opcode " << int{insn.opcode} << " offset " << is_signed << " imm "
                                          << insn.imm << " facts " << bits;
              all++;
              if (calls) called++;
              if (paid && !calls) idle++;
            }
          }
        }
      }
    }
  }
  EXPECT_GT(called, all / 8);
  EXPECT_EQ(idle, 0u);
  RecordProperty("called", static_cast<int>(called));
  RecordProperty("idle", static_cast<int>(idle));
}

INSTANTIATE_TEST_SUITE_P(Targets, NativeCost, testing::Values(&jit::armv7m, &jit::rv32imc, &jit::xtensa),
                         [](const auto& parameter) { return std::string(parameter.param->name); });

}  // namespace
}  // namespace perdita::compiler
