// SPDX-License-Identifier: Apache-2.0
#include "isa/form.h"

#include <stddef.h>

namespace perdita::isa {
namespace {

constexpr uint8_t kSizes[] = {kB, kH, kW, kDw};
constexpr uint8_t kPlainOperations[] = {kAdd, kSub, kMul, kOr, kAnd, kLsh, kRsh, kXor, kArsh};
constexpr uint8_t kDivisions[] = {kDiv, kMod};
constexpr uint8_t kConditions[] = {kJeq, kJgt, kJge, kJset, kJne, kJsgt, kJsge, kJlt, kJle, kJslt, kJsle};

constexpr void add_arithmetic(FormTable& table, uint8_t group) {
  for (uint8_t op : kPlainOperations) {
    table.forms[group | op | kK] = Form::alu_immediate;
    table.forms[group | op | kX] = Form::alu_register;
  }
  for (uint8_t op : kDivisions) {
    table.forms[group | op | kK] = Form::divide_immediate;
    table.forms[group | op | kX] = Form::divide_register;
  }
  table.forms[group | kMov | kK] = Form::move_immediate;
  table.forms[group | kMov | kX] = group == kAlu64 ? Form::move_register64 : Form::move_register32;
  // Section 4.1: negation is only defined with the source bit clear.
  table.forms[group | kNeg] = Form::negate;
  // Section 4.2: the source bit tells little from big endian in ALU, and is reserved in ALU64.
  table.forms[group | kEnd] = Form::byte_order;
  if (group == kAlu) table.forms[group | kEnd | kX] = Form::byte_order;
}

constexpr void add_jumps(FormTable& table, uint8_t group) {
  for (uint8_t op : kConditions) {
    table.forms[group | op | kK] = Form::branch_immediate;
    table.forms[group | op | kX] = Form::branch_register;
  }
}

constexpr FormTable make_table() {
  FormTable table{};  // Form::invalid everywhere
  add_arithmetic(table, kAlu);
  add_arithmetic(table, kAlu64);
  add_jumps(table, kJmp);
  add_jumps(table, kJmp32);
  table.forms[kJmp | kJa] = Form::jump;
  table.forms[kJmp32 | kJa] = Form::jump_wide;
  table.forms[kJmp | kCall] = Form::call;
  table.forms[kJmp | kExit] = Form::exit;
  for (uint8_t size : kSizes) {
    table.forms[kLdx | kMem | size] = Form::load;
    table.forms[kSt | kMem | size] = Form::store_immediate;
    table.forms[kStx | kMem | size] = Form::store_register;
    // Section 5.2: sign-extending loads extend to 64 bits, so there is none of 64.
    if (size != kDw) table.forms[kLdx | kMemSx | size] = Form::load;
    // Section 5.3: atomic operations exist for 32 and 64 bits.
    if (size == kW || size == kDw) table.forms[kStx | kAtomic | size] = Form::atomic;
    if (size != kDw) {
      table.forms[kLd | kAbs | size] = Form::legacy;
      table.forms[kLd | kInd | size] = Form::legacy;
    }
  }
  table.forms[kLddw] = Form::load_wide;
  return table;
}

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

constexpr uint16_t bit(unsigned reg) { return static_cast<uint16_t>(1u << reg); }

}  // namespace

constexpr FormTable kForms = make_table();

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
  const FormRules rules = rules_of(form);
  RegisterUse use{0, 0};
  if (rules.dst == read || rules.dst == read_write) use.reads |= bit(insn.dst());
  if (rules.dst == write || rules.dst == read_write) use.writes |= bit(insn.dst());
  if (rules.src == read || rules.src == by_operation) use.reads |= bit(insn.src());
  if (form == Form::atomic && (insn.imm & kFetch) != 0) {
    // Section 5.3: compare-and-exchange compares with r0 and fetches into it, all others fetch into src.
    use.writes |= insn.imm == kCmpxchg ? bit(0) : bit(insn.src());
    if (insn.imm == kCmpxchg) use.reads |= bit(0);
  }
  if (form == Form::call) use.writes |= bit(0) | bit(1) | bit(2) | bit(3) | bit(4) | bit(5);
  if (form == Form::exit) use.reads |= bit(0);
  return use;
}

}  // namespace perdita::isa
