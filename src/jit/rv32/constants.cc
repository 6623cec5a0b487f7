// SPDX-License-Identifier: Apache-2.0
//
// Numbers that a subprogram's loops need again and again are in machine registers that it leaves over, from its
// prologue on: those of registers that it does not name, and of upper words that it does not read.
#include "jit/rv32/generator.h"

namespace perdita::jit::rv32 {
namespace {

constexpr uint32_t kKeptByC = 0x0ffc0300u;  // s0, s1, s2 to s11
constexpr uint32_t kNever = 1u << kFrame | 1u << kTable;

}  // namespace

Reg Generator::constant(uint32_t value, Reg scratch) {
  if (value == 0) return kZero;
  for (const Constant& one : kept_) {
    if (one.value == value && one.reg != kZero) return one.reg;
  }
  code().load_immediate(scratch, value);
  return scratch;
}

bool Generator::is_kept(uint32_t value) const {
  for (const Constant& one : kept_) {
    if (one.value == value && one.reg != kZero) return true;
  }
  return false;
}

// The registers that are used now; those that C preserves come last, for they must be saved.
uint32_t Generator::place_constants(const Survey& survey) {
  uint32_t first = 0;
  while (first < constant_count_ && constants_[first].subprogram != subprogram_) first++;
  uint32_t end = first;
  while (end < constant_count_ && constants_[end].subprogram == subprogram_) end++;
  kept_ = {constants_ + first, end - first};
  uint32_t free = 0;
  for (unsigned reg = 0; reg < kNumbers; reg++) {
    const bool named = (survey.named >> reg & 1) != 0;
    if (!named) free |= 1u << low(reg);
    if (!named || (survey.reads >> reg & 1) == 0) free |= 1u << high(reg);
  }
  if (survey.calls) free &= kKeptByC;
  free &= ~kNever;
  uint32_t used = 0;
  for (Constant& one : kept_) one.reg = kZero;
  for (size_t i = 0; i < kept_.size() && free != 0; i++) {
    Constant* best = nullptr;
    for (Constant& one : kept_) {
      if (one.reg == kZero && (best == nullptr || one.weight > best->weight)) best = &one;
    }
    const uint32_t cheap = free & ~kKeptByC;
    const uint32_t chosen = cheap != 0 ? cheap : free;
    best->reg = static_cast<uint8_t>(__builtin_ctz(chosen));
    free &= ~(1u << best->reg);
    used |= 1u << best->reg;
  }
  return used;
}

}  // namespace perdita::jit::rv32
