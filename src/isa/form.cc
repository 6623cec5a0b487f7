// SPDX-License-Identifier: Apache-2.0
#include "isa/form.h"

#include <stddef.h>

#include "isa/form_table.h"

namespace perdita::isa {
namespace {

using enum RegisterRule;

// In the order of Form.
constexpr FormRules kRules[] = {
    /* invalid          */ {reserved, reserved, OffsetRule::reserved, ImmRule::reserved},
    /* legacy           */ {reserved, reserved, OffsetRule::reserved, ImmRule::reserved},
    /* load_wide        */ {write, reference_kind, OffsetRule::reserved, ImmRule::reference},
    /* load             */ {write, read, OffsetRule::displacement, ImmRule::reserved},
    /* store_immediate  */ {read, reserved, OffsetRule::displacement, ImmRule::value},
    /* store_register   */ {read, read, OffsetRule::displacement, ImmRule::reserved},
    /* atomic           */ {read, by_operation, OffsetRule::displacement, ImmRule::atomic_operation},
    /* alu_immediate    */ {read_write, reserved, OffsetRule::reserved, ImmRule::value},
    /* alu_register     */ {read_write, read, OffsetRule::reserved, ImmRule::reserved},
    /* divide_immediate */ {read_write, reserved, OffsetRule::signed_division, ImmRule::value},
    /* divide_register  */ {read_write, read, OffsetRule::signed_division, ImmRule::reserved},
    /* move_immediate   */ {write, reserved, OffsetRule::reserved, ImmRule::value},
    /* move_register32  */ {write, read, OffsetRule::extension32, ImmRule::reserved},
    /* move_register64  */ {write, read, OffsetRule::extension64, ImmRule::reserved},
    /* negate           */ {read_write, reserved, OffsetRule::reserved, ImmRule::reserved},
    /* byte_order       */ {read_write, reserved, OffsetRule::reserved, ImmRule::swap_bits},
    /* jump             */ {reserved, reserved, OffsetRule::target, ImmRule::reserved},
    /* jump_wide        */ {reserved, reserved, OffsetRule::reserved, ImmRule::target},
    /* branch_immediate */ {read, reserved, OffsetRule::target, ImmRule::value},
    /* branch_register  */ {read, read, OffsetRule::target, ImmRule::reserved},
    /* call             */ {reserved, reference_kind, OffsetRule::reserved, ImmRule::reference},
    /* exit             */ {reserved, reserved, OffsetRule::reserved, ImmRule::reserved},
};
static_assert(sizeof(kRules) / sizeof(kRules[0]) == static_cast<size_t>(Form::exit) + 1);

// What the rules say of registers, in a byte per form.
enum : uint8_t { kReadsDst = 1, kReadsSrc = 2, kWritesDst = 4 };
struct UseTable {
  uint8_t uses[sizeof(kRules) / sizeof(kRules[0])];
  constexpr uint8_t operator[](uint8_t form) const { return uses[form]; }
};
constexpr UseTable make_use_table() {
  UseTable table{};
  for (size_t i = 0; i < sizeof table.uses; i++) {
    const FormRules& rules = kRules[i];
    const uint8_t dst = (rules.dst == read || rules.dst == read_write ? kReadsDst : 0) |
                        (rules.dst == write || rules.dst == read_write ? kWritesDst : 0);
    table.uses[i] = dst | (rules.src == read || rules.src == by_operation ? kReadsSrc : 0);
  }
  return table;
}
constexpr UseTable kUses = make_use_table();

}  // namespace

constexpr FormTable kForms = detail::make_form_table();

FormRules rules_of(Form form) { return kRules[static_cast<size_t>(form)]; }

bool is_atomic_operation(int32_t imm) {
  switch (imm) {
    case kAdd:
    case kOr:
    case kAnd:
    case kXor:
    case kAdd | kFetch:
    case kOr | kFetch:
    case kAnd | kFetch:
    case kXor | kFetch:
    case kXchg:
    case kCmpxchg:
      return true;
    default:
      return false;
  }
}

RegisterUse register_use(const Insn& insn) {
  const Form form = form_of(insn.opcode);
  const uint32_t use = kUses[static_cast<uint8_t>(form)];
  const uint32_t dst = 1u << insn.dst();
  const uint32_t src = 1u << insn.src();
  uint32_t reads = ((use & kReadsDst) != 0 ? dst : 0) | ((use & kReadsSrc) != 0 ? src : 0);
  uint32_t writes = (use & kWritesDst) != 0 ? dst : 0;
  if (form == Form::atomic && (insn.imm & kFetch) != 0) {
    // Section 5.3: compare-and-exchange compares with r0 and fetches into it, all others fetch into src.
    writes = insn.imm == kCmpxchg ? 1 : src;
    if (insn.imm == kCmpxchg) reads |= 1;
  }
  if (form == Form::call) writes = 0x3f;
  if (form == Form::exit) reads = 1;
  return {static_cast<uint16_t>(reads), static_cast<uint16_t>(writes)};
}

}  // namespace perdita::isa
