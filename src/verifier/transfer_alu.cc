// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "isa/form.h"
#include "verifier/access.h"
#include "verifier/call_graph.h"
#include "verifier/describe.h"
#include "verifier/transfer.h"

namespace perdita::verifier {
namespace {

using domain::Operation;

Operation operation_of(const isa::Insn& insn) {
  bool is_signed = insn.offset == 1;
  switch (isa::insn_op(insn.opcode)) {
    case isa::kAdd:
      return Operation::add;
    case isa::kSub:
      return Operation::sub;
    case isa::kMul:
      return Operation::mul;
    case isa::kDiv:
      return is_signed ? Operation::sdiv : Operation::udiv;
    case isa::kMod:
      return is_signed ? Operation::smod : Operation::umod;
    case isa::kOr:
      return Operation::bit_or;
    case isa::kAnd:
      return Operation::bit_and;
    case isa::kLsh:
      return Operation::lsh;
    case isa::kRsh:
      return Operation::rsh;
    case isa::kXor:
      return Operation::bit_xor;
    default:
      return Operation::arsh;
  }
}

RegValue reject(Analysis& analysis, uint32_t pc, const RegValue& pointer, const char* message, const char* hint) {
  analysis.error(pc, {"pointer-arithmetic", message, "64-bit addition or subtraction of a number",
                      describe(analysis.subject.module, pointer), hint});
  return RegValue::of_kind(RegKind::poison);
}

// Offsets add exactly: both parts stay below 2^29 in magnitude or the pointer is refused here, so that no address wraps
// and a 32-bit machine computes the same. `added` is negated already where it is subtracted.
RegValue moved_pointer(Analysis& analysis, State& state, uint32_t pc, const RegValue& pointer, const Scalar64& added) {
  if (pointer.may_be_null()) {
    analysis.error(pc,
                   {"null-unchecked", "a pointer that may be null is moved", "a pointer that was compared with null",
                    describe(analysis.subject.module, pointer), "check it for null first"});
    return RegValue::of_kind(RegKind::poison);
  }
  if (!pointer.has_offset()) return reject(analysis, pc, pointer, "this pointer cannot be moved", "");
  RegValue moved = pointer;
  if (added.is_constant() && added.wide.s.min > -kOffsetLimit && added.wide.s.min < kOffsetLimit) {
    moved.fixed += added.wide.s.min;
  } else if (added.wide.s.min > -kOffsetLimit && added.wide.s.max < kOffsetLimit) {
    moved.value = domain::apply_wide(Operation::add, pointer.value, added);
    if (pointer.kind == RegKind::packet) {
      // v' = v + x with x <= x.max: the packet's bytes beyond v are at least that many less x.max beyond v'.
      moved.id = analysis.fresh_id();
      state.raise_packet_range(moved.id, state.packet_range(pointer.id) - added.wide.s.max);
    }
  } else {
    moved.fixed = kOffsetLimit;  // too far for certain, or not known: refused below
  }
  Scalar64 offset = whole_offset(moved);
  if (offset.wide.s.min > -kOffsetLimit && offset.wide.s.max < kOffsetLimit && moved.fixed != kOffsetLimit)
    return moved;
  analysis.error(pc, {"pointer-offset-limit", "a pointer may be moved too far from its object",
                      fmt::format("an offset within {} bytes, before any check of the access", kOffsetLimit),
                      describe(added) + " is added to " + describe(analysis.subject.module, pointer),
                      "bound the number before it is added, or mask it: i &= 0xff"});
  return RegValue::of_kind(RegKind::poison);
}

// The difference of two pointers into the same object is the difference of their offsets.
RegValue difference(Analysis& analysis, const State& state, uint32_t pc, const RegValue& a, const RegValue& b) {
  if (a.kind == RegKind::packet_end && b.kind == RegKind::packet) {
    Scalar64 offset = whole_offset(b);
    bool to_start = offset.is_constant() && offset.wide.u.min == 0;
    return RegValue::scalar(domain::apply_wide(Operation::sub, state.packet_size, offset),
                            to_start ? kPacketSizeId : kNoId);
  }
  if (a.kind == RegKind::packet && b.kind == RegKind::packet_meta) return RegValue::unknown_scalar();
  if (!same_object(a, b)) {
    return reject(analysis, pc, b, "pointers to different objects are subtracted",
                  "subtract pointers to one object only");
  }
  if (a.kind == RegKind::packet && a.id == b.id) {  // the same unknown on both sides: it cancels
    return RegValue::constant(static_cast<uint64_t>(a.fixed - b.fixed));
  }
  return RegValue::scalar(domain::apply_wide(Operation::sub, whole_offset(a), whole_offset(b)));
}

RegValue pointer_arithmetic(Analysis& analysis, State& state, uint32_t pc, const RegValue& dst, const RegValue& src) {
  const isa::Insn& insn = analysis.insn(pc);
  const RegValue& pointer = dst.is_pointer() ? dst : src;
  // A 32-bit operation would cut an address in two and give its half away as a number.
  if (isa::insn_class(insn.opcode) != isa::kAlu64) {
    if (isa::insn_op(insn.opcode) == isa::kSub && dst.is_pointer() && src.is_pointer()) {
      // The low half of a difference is that of the whole one: a size, and no part of an address.
      RegValue distance = difference(analysis, state, pc, dst, src);
      return distance.is_scalar() ? RegValue::scalar(domain::zero_extended(distance.value, 32)) : distance;
    }
    return reject(analysis, pc, pointer, "a 32-bit operation on a pointer", "keep pointers in 64-bit variables");
  }
  switch (isa::insn_op(insn.opcode)) {
    case isa::kAdd:
      if (dst.is_pointer() && src.is_pointer()) return reject(analysis, pc, src, "two pointers are added", "");
      return moved_pointer(analysis, state, pc, pointer, dst.is_pointer() ? src.value : dst.value);
    case isa::kSub:
      if (!dst.is_pointer()) return reject(analysis, pc, src, "a pointer is subtracted from a number", "");
      if (src.is_pointer()) return difference(analysis, state, pc, dst, src);
      return moved_pointer(analysis, state, pc, dst,
                           domain::apply_wide(Operation::sub, Scalar64::constant(0), src.value));
    default:
      return reject(analysis, pc, pointer, "arithmetic that pointers do not have",
                    "compute with the offset and add it to the pointer at the end");
  }
}

// Section 4.2. Hosts and boards are little endian: "to little endian" only cuts, "to big endian" and "swap" exchange.
Scalar64 byte_order(const isa::Insn& insn, const Scalar64& number) {
  auto bits = static_cast<unsigned>(insn.imm);
  bool keeps_order = isa::insn_class(insn.opcode) == isa::kAlu && !isa::uses_register(insn.opcode);
  if (keeps_order) return domain::zero_extended(number, bits);
  return domain::scalar_of<64, 32>(domain::swap_bytes(number.wide, bits / 8));
}

// dst = src, dst = (s8)src and so on. A copy of a number is the same number: it shares the source's identity.
RegValue moved(Analysis& analysis, uint32_t pc, RegValue& src) {
  const isa::Insn& insn = analysis.insn(pc);
  bool wide = isa::insn_class(insn.opcode) == isa::kAlu64;
  if (src.is_pointer()) {
    if (wide && insn.offset == 0) return src;
    return reject(analysis, pc, src, "part of a pointer is copied", "keep pointers in 64-bit variables");
  }
  Scalar64 number = src.value;
  if (insn.offset != 0) number = domain::sign_extended(number, static_cast<unsigned>(insn.offset));
  if (!wide) number = domain::zero_extended(number, 32);
  // Nothing changed where the value is its own extension: then this is a copy as well.
  bool copy = insn.offset == 0 && (wide || (src.value.wide.u.max >> 32) == 0);
  if (copy && !number.is_constant()) {
    if (src.id == kNoId) src.id = analysis.fresh_id();
    RegValue same = RegValue::scalar(number, src.id);
    if (wide) same.map = src.map;
    return same;
  }
  return RegValue::scalar(number);
}

}  // namespace

void transfer_alu(Analysis& analysis, State& state, uint32_t pc) {
  const isa::Insn& insn = analysis.insn(pc);
  isa::RegisterUse use = isa::register_use(insn);
  RegValue& dst = state.regs[insn.dst()];
  for (unsigned reg = 0; reg <= isa::kFrameRegister; reg++) {
    if ((use.reads >> reg & 1) != 0 && !check_readable(analysis, state, pc, reg)) {
      dst = RegValue::of_kind(RegKind::poison);
      return;
    }
  }
  bool wide = isa::insn_class(insn.opcode) == isa::kAlu64;
  switch (isa::insn_op(insn.opcode)) {
    case isa::kMov:
      if (isa::uses_register(insn.opcode)) {
        dst = moved(analysis, pc, state.regs[insn.src()]);
      } else {
        uint64_t word = static_cast<uint64_t>(static_cast<int64_t>(insn.imm));
        dst = RegValue::constant(wide ? word : word & 0xffffffff);
      }
      return;
    case isa::kNeg:
    case isa::kEnd:
      if (dst.is_pointer()) {
        dst = reject(analysis, pc, dst, "arithmetic that pointers do not have", "");
      } else if (isa::insn_op(insn.opcode) == isa::kEnd) {
        dst = RegValue::scalar(byte_order(insn, dst.value));
      } else {
        Scalar64 zero = Scalar64::constant(0);
        dst = RegValue::scalar(wide ? domain::apply_wide(Operation::sub, zero, dst.value)
                                    : domain::apply_low(Operation::sub, zero, dst.value));
      }
      return;
    default:
      break;
  }
  RegValue src = source_operand(state, insn);
  if (dst.is_pointer() || src.is_pointer()) {
    dst = pointer_arithmetic(analysis, state, pc, dst, src);
    return;
  }
  Operation operation = operation_of(insn);
  bool same = isa::uses_register(insn.opcode) && insn.src() == insn.dst();
  if (same && (operation == Operation::bit_xor || operation == Operation::sub)) {
    dst = RegValue::constant(0);  // x ^ x and x - x, whatever x is
    return;
  }
  // Another place in what an address of the system points to.
  bool moved_place = wide && dst.is_from_system() && operation == Operation::add;
  dst = RegValue::scalar(wide ? domain::apply_wide(operation, dst.value, src.value)
                              : domain::apply_low(operation, dst.value, src.value));
  if (moved_place) dst.map = kFromSystem;
}

void transfer_load_wide(Analysis& analysis, State& state, uint32_t pc) {
  const isa::Insn& insn = analysis.insn(pc);
  const isa::Insn& next = analysis.insn(pc + 1);
  RegValue& dst = state.regs[insn.dst()];
  switch (insn.src()) {
    case isa::kLddwMap:
      dst = RegValue::of_kind(RegKind::map);
      dst.map = static_cast<uint16_t>(insn.imm);
      return;
    case isa::kLddwFunction:
      dst = RegValue::of_kind(RegKind::subprogram);
      // Exists: structure.cc has seen to it.
      dst.map = static_cast<uint16_t>(subprogram_at(analysis.subject.prog, int64_t{pc} + 1 + insn.imm));
      return;
    case isa::kLddwMapValue: {
      // The offset is unsigned in Linux; what does not fit the limit is refused rather than read as negative.
      auto offset = static_cast<uint32_t>(next.imm);
      dst = RegValue::pointer(RegKind::map_value, offset);
      dst.map = static_cast<uint16_t>(insn.imm);
      const object::Map& map = analysis.map(dst);
      if (map.def.type != isa::MapType::array) {
        analysis.error(pc, {"map-type", fmt::format("map '{}' has no first value that could be addressed", map.name),
                            "an array", fmt::format("a map of type {}", static_cast<uint32_t>(map.def.type)), ""});
        dst = RegValue::of_kind(RegKind::poison);
      } else if (offset > map.def.value_size) {
        analysis.error(pc,
                       {"out-of-bounds", fmt::format("an address outside the value of map '{}'", map.name),
                        fmt::format("an offset up to {}", map.def.value_size), fmt::format("offset {}", offset), ""});
        dst = RegValue::of_kind(RegKind::poison);
      }
      return;
    }
    default: {
      uint64_t low = static_cast<uint32_t>(insn.imm), high = static_cast<uint32_t>(next.imm);
      dst = RegValue::constant(low | high << 32);
      return;
    }
  }
}

}  // namespace perdita::verifier
