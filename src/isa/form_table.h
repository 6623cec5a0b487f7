// SPDX-License-Identifier: Apache-2.0
//
// How the table of forms is made, for those who make tables of their own out of it at compile time. Inside this room
// only; all others ask form_of().
#pragma once

#include "isa/form.h"

namespace perdita::isa::detail {

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

constexpr FormTable make_form_table() {
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

}  // namespace perdita::isa::detail
