// SPDX-License-Identifier: Apache-2.0
//
// Division and remainder (RFC 9669, section 4.1): of words by the machine, of 64 bits by the runtime's routines where
// facts do not make words of them.
#include "jit/rv32/generator.h"

namespace perdita::jit::rv32 {

using isa::Upper;

// Unsigned, by a constant. The upper word is left to the caller unless `wide`.
bool Generator::divide_by_power(bool wide) {
  const auto value = static_cast<uint32_t>(insn_.imm);
  if (by_register() || insn_.offset == 1 || !power_of_two(value) || (wide && insn_.imm < 0)) return false;
  if (isa::insn_op(insn_.opcode) == isa::kMod) {
    and_word(low(insn_.dst()), left(), value - 1);
    if (wide) set_upper(insn_.dst(), 0);
  } else if (wide) {
    shift64_immediate(Op::srl, log2_of(value));
  } else if (value == 1) {
    code().move(low(insn_.dst()), left());
  } else {
    code().shift(Op::srl, low(insn_.dst()), left(), log2_of(value));
  }
  return true;
}

void Generator::divide_words(bool is_signed) {
  const Reg d = low(insn_.dst());
  const Reg n = left();
  const bool modulo = isa::insn_op(insn_.opcode) == isa::kMod;
  const auto value = static_cast<uint32_t>(insn_.imm);
  const Op op = modulo ? (is_signed ? Op::rem : Op::remu) : is_signed ? Op::div : Op::divu;
  if (divide_by_power(false)) return;
  if (!by_register()) {
    if (value != 0) return code().operate(op, d, n, constant(value, kT0));
    return modulo ? code().move(d, n) : code().load_immediate(d, 0);
  }
  const Reg s = low(insn_.src());
  if (s == d) {
    // 1 or 0, and what is left of it.
    return modulo ? code().load_immediate(d, 0) : code().operate(Op::sltu, d, kZero, d);
  }
  code().operate(op, d, n, s);
  if (modulo || facts_.divisor_not_zero) return;
  const Skip end = skip_if(Condition::ne, s, kZero);
  code().load_immediate(d, 0);
  land(end);
}

// Words where the operands are extended ones (docs/spec/facts.md), else by the runtime's routine.
void Generator::divide64(bool is_signed) {
  const unsigned dst = insn_.dst();
  const unsigned src = insn_.src();
  const bool modulo = isa::insn_op(insn_.opcode) == isa::kMod;
  const bool left_zero = is_zero(facts_.dst) || left_number() >= kNumbers;
  if (left_zero && right_is_zero()) {
    divide_words(false);
    return set_upper(dst, 0);
  }
  if (divide_by_power(true)) return;
  if (is_signed && is_sign(facts_.dst) && right_is_sign()) {
    // The smallest word divided by -1 does not fit a word: its upper half is 0, not the sign.
    const bool fits = modulo || !upper_wanted(dst) || (!by_register() && insn_.imm != -1);
    if (fits) {
      divide_words(true);
      return set_upper_by_sign(dst);
    }
  }
  const auto block = static_cast<int32_t>(kBlock);
  code().store(Store::word, left(), kSp, block);
  code().store(Store::word, left_upper(), kSp, block + 4);
  const Reg right = by_register() ? low(src) : constant(static_cast<uint32_t>(insn_.imm), kT0);
  code().store(Store::word, right, kSp, block + 8);
  const Reg upper_right = by_register() ? upper(src, facts_.src, kT0) : constant(insn_.imm < 0 ? UINT32_MAX : 0, kT0);
  code().store(Store::word, upper_right, kSp, block + 12);
  call_routine((modulo ? 4u : 0u) + (is_signed ? 8u : 0u));
  code().load(Load::word, low(dst), kSp, block);
  if (upper_wanted(dst)) code().load(Load::word, high(dst), kSp, block + 4);
}

}  // namespace perdita::jit::rv32
