// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "isa/form.h"
#include "verifier/access.h"
#include "verifier/call_graph.h"
#include "verifier/describe.h"
#include "verifier/parts.h"
#include "verifier/record.h"
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

bool is_offset(const Scalar64& number) { return number.wide.s.min > -kOffsetLimit && number.wide.s.max < kOffsetLimit; }

// V(sum) is V(of) + added, exactly, all of them small. Such facts are what bounds loops whose steps differ.
void learn_sum(State& state, uint32_t sum, uint32_t of, const Scalar64& added) {
  state.learn(sum, of, added.wide.s.max);
  state.learn(of, sum, -added.wide.s.min);
}

RegValue reject(Analysis& analysis, uint32_t pc, const RegValue& pointer, const char* message, const char* hint) {
  analysis.error(pc, {"pointer-arithmetic", message, "64-bit addition or subtraction of a number",
                      describe(analysis.subject.module, pointer), hint});
  return RegValue::of_kind(RegKind::poison);
}

// Offsets add exactly: both parts stay below 2^29 in magnitude or the pointer is refused here, so that no address wraps
// and a 32-bit machine computes the same. `number` is negated already where it is subtracted.
RegValue moved_pointer(Analysis& analysis, State& state, uint32_t pc, RegValue pointer, const RegValue& number) {
  const Scalar64 added = is_offset(number.value) ? number.value : sharpened(state, number);
  pointer = state.as_packet(pointer);
  if (pointer.may_be_null()) {
    analysis.error(pc,
                   {"null-unchecked", "a pointer that may be null is moved", "a pointer that was compared with null",
                    describe(analysis.subject.module, pointer), "check it for null first"});
    return RegValue::of_kind(RegKind::poison);
  }
  if (!pointer.has_offset()) {
    return reject(analysis, pc, pointer, "this pointer cannot be moved",
                  pointer.kind == RegKind::packet_end ? "move the packet's start: compare data + n with data_end"
                                                      : "what it stands for has no bytes of its own");
  }
  RegValue moved = pointer;
  if (added.is_constant() && added.wide.s.min > -kOffsetLimit && added.wide.s.min < kOffsetLimit) {
    moved.fixed += added.wide.s.min;
  } else if (added.wide.s.min > -kOffsetLimit && added.wide.s.max < kOffsetLimit) {
    moved.value = domain::apply_wide(Operation::add, pointer.value, added);
    moved.offset_id = kNoId;
    if (pointer.value.is_constant() && pointer.value.wide.u.min == 0 && number.id != kNoId &&
        is_offset(base_of(number)) && number.fixed > -kOffsetLimit && number.fixed < kOffsetLimit) {
      // The number itself becomes the variable part: what is learnt about one is known of the other.
      (pointer.kind == RegKind::packet ? moved.id : moved.offset_id) = number.id;
      moved.fixed += number.fixed;
      moved.value = base_of(number);
    } else if (pointer.kind == RegKind::packet) {
      // v' = v + x with x <= x.max: the packet's bytes beyond v are at least that many less x.max beyond v'.
      moved.id = analysis.fresh_id();
      state.raise_packet_range(moved.id, state.packet_range(pointer.id) - added.wide.s.max);
      if (pointer.id != kNoId) learn_sum(state, moved.id, pointer.id, added);
    } else if (pointer.offset_id != kNoId) {
      moved.offset_id = analysis.fresh_id();
      learn_sum(state, moved.offset_id, pointer.offset_id, added);
    }
    if (number_id(moved) != number.id) record_offset(analysis, state, pointer, number, moved);
  } else {
    moved.fixed = kOffsetLimit;  // too far for certain, or not known: refused below
  }
  if (moved.fixed != kOffsetLimit) {
    if (is_offset(whole_offset(moved))) return moved;
    // What it was moved from may lie nearer than its range says.
    moved.value = moved_by(sharpened(state, moved), -moved.fixed);
    if (is_offset(whole_offset(moved))) return moved;
  }
  analysis.error(pc, {"pointer-offset-limit", "a pointer may be moved too far from its object",
                      fmt::format("an offset within {} bytes, before any check of the access", kOffsetLimit),
                      describe(added) + " is added to " + describe(analysis.subject.module, pointer),
                      "bound the number before it is added, or mask it: i &= 0xff"});
  return RegValue::of_kind(RegKind::poison);
}

// x - y with what is known about their difference: exact, as facts are about tame numbers.
Scalar64 difference_known(const State& state, Scalar64 result, const Origin& x, const Origin& y) {
  auto small = [](int64_t fixed) { return fixed > -kTame && fixed < kTame; };
  if (x.id == kNoId || y.id == kNoId || state.differences.empty() || !small(x.fixed) || !small(y.fixed)) return result;
  int64_t most = state.most_difference(x.id, y.id), least = state.most_difference(y.id, x.id);
  int64_t apart = x.fixed - y.fixed;
  Scalar64 known = domain::signed_scalar<64, 32>(least < kNoDifference ? apart - least : INT64_MIN,
                                                 most < kNoDifference ? apart + most : INT64_MAX);
  Scalar64 met = result;
  return domain::meet(met, known) ? met : result;  // not: no execution comes here
}

// The difference of two pointers into the same object is the difference of their offsets.
RegValue difference(Analysis& analysis, const State& state, uint32_t pc, const RegValue& a, const RegValue& b) {
  if (a.kind == RegKind::packet && b.kind == RegKind::packet_meta) return RegValue::unknown_scalar();
  const RegValue to = state.as_packet(a), from = state.as_packet(b);
  if (!same_object(to, from)) {
    return reject(analysis, pc, b, "pointers to different objects are subtracted",
                  "subtract pointers to one object only");
  }
  const Origin x = origin_of(to), y = origin_of(from);
  if (x.id != kNoId && x.id == y.id) return RegValue::constant(static_cast<uint64_t>(x.fixed - y.fixed));
  Scalar64 apart = domain::apply_wide(Operation::sub, whole_offset(to), whole_offset(from));
  // From a constant offset to the end: the size less that, which is counted from the size.
  if (a.kind == RegKind::packet_end && y.id == kZeroId) return RegValue::scalar(apart, kPacketSizeId, -y.fixed);
  return RegValue::scalar(difference_known(state, apart, x, y));
}

// What a pointer's low half is the half of; other values as they are.
RegValue whole_of(RegValue value) {
  if (value.kind == RegKind::pointer_half) value.kind = value.half_of;
  return value;
}

RegValue pointer_arithmetic(Analysis& analysis, State& state, uint32_t pc, const RegValue& dst, const RegValue& src) {
  const isa::Insn& insn = analysis.insn(pc);
  // The low half of the difference of two addresses is a number like any other, and depends on their low halves alone.
  if (isa::insn_class(insn.opcode) == isa::kAlu && isa::insn_op(insn.opcode) == isa::kSub && dst.is_pointer() &&
      src.is_pointer()) {
    RegValue number = difference(analysis, state, pc, whole_of(dst), whole_of(src));
    if (!number.is_scalar()) return number;
    bool fits = is_unsigned_32(number.value);
    RegValue low = RegValue::scalar(domain::zero_extended(number.value, 32), fits ? number.id : kNoId, number.fixed);
    record_apart(analysis, state.as_packet(whole_of(dst)), state.as_packet(whole_of(src)), true, low);
    return low;
  }
  const RegValue& pointer = dst.is_pointer() ? dst : src;
  if (isa::insn_class(insn.opcode) != isa::kAlu64) {
    // Any other 32-bit operation would cut an address in two and give its half away as a number.
    return reject(analysis, pc, pointer, "a 32-bit operation on a pointer",
                  "keep pointers, and their differences, in 64-bit variables: uint64_t n = data_end - data");
  }
  switch (isa::insn_op(insn.opcode)) {
    case isa::kAdd:
      if (dst.is_pointer() && src.is_pointer())
        return reject(analysis, pc, src, "two pointers are added", "add a number to one pointer");
      return moved_pointer(analysis, state, pc, pointer, dst.is_pointer() ? src : dst);
    case isa::kSub:
      if (!dst.is_pointer())
        return reject(analysis, pc, src, "a pointer is subtracted from a number",
                      "subtract two pointers into one object");
      if (src.is_pointer()) {
        RegValue apart = difference(analysis, state, pc, dst, src);
        record_distance(analysis, state, dst, src, apart);
        if (apart.is_scalar()) record_apart(analysis, state.as_packet(dst), state.as_packet(src), false, apart);
        return apart;
      }
      {
        RegValue negated = RegValue::scalar(domain::apply_wide(Operation::sub, Scalar64::constant(0), src.value));
        record_negation(analysis, state, true, src, 0, negated);
        return moved_pointer(analysis, state, pc, dst, negated);
      }
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

bool fits_signed(const Scalar64& number, int bits) {
  return number.wide.s.min >= -(int64_t{1} << (bits - 1)) && number.wide.s.max < int64_t{1} << (bits - 1);
}

// dst = src, dst = (s8)src and so on. A copy of a number is the same number: it shares the source's identity.
RegValue moved(Analysis& analysis, uint32_t pc, RegValue& src) {
  const isa::Insn& insn = analysis.insn(pc);
  bool wide = isa::insn_class(insn.opcode) == isa::kAlu64;
  if (src.is_pointer()) {
    if (wide && insn.offset == 0) return src;
    if (insn.offset == 0 && (src.kind == RegKind::packet || src.kind == RegKind::packet_end)) {
      RegValue half = src;
      half.half_of = src.kind;
      half.kind = RegKind::pointer_half;
      return half;
    }
    if (insn.offset == 0 && src.kind == RegKind::pointer_half) return src;
    return reject(analysis, pc, src, "part of a pointer is copied",
                  "keep pointers, and their differences, in 64-bit variables: uint64_t n = data_end - data");
  }
  Scalar64 number = src.value;
  if (insn.offset != 0) number = domain::sign_extended(number, static_cast<unsigned>(insn.offset));
  if (!wide) number = domain::zero_extended(number, 32);
  // Nothing changed where the value is its own extension: then this is a copy as well.
  bool copy = insn.offset == 0 ? wide || is_unsigned_32(src.value) : wide && fits_signed(src.value, insn.offset);
  if (!copy) return RegValue::scalar(number);
  if (src.raised_id == kNoId) analysis.name(src);
  return src;
}

// ---- numbers that keep their distance ----

// dst + by, where the instruction adds a constant: still counted from the same number. Of 32 bits: where neither
// operand nor sum leaves them; otherwise the sum is a part of it.
RegValue number_moved_by(Analysis& analysis, const RegValue& number, const Scalar64& sum, int64_t by, bool wide) {
  if (number.id == kNoId) return RegValue::scalar(sum);
  domain::Int128 low = domain::Int128{number.value.wide.u.min} + by,
                 high = domain::Int128{number.value.wide.u.max} + by;
  bool exact = wide || (is_unsigned_32(number.value) && low >= 0 && high <= domain::Int128{UINT32_MAX});
  if (exact) return RegValue::scalar(sum, number.id, wrapped_sum(number.fixed, by));
  RegValue wrapped = RegValue::scalar(sum);
  record_part(analysis, Operation::add, false, number, static_cast<uint64_t>(by), wrapped);
  return wrapped;
}

// Of a loop's variable and another number: how far it went is what may bound the loop.
RegValue sum_of_two(Analysis& analysis, State& state, const RegValue& x, const RegValue& y, const Scalar64& result,
                    bool wide) {
  RegValue sum = RegValue::scalar(result);
  const bool in_loop = analysis.is_loop_number(x.id) || analysis.is_loop_number(y.id);
  if (!in_loop || !is_tame(x.value) || !is_tame(y.value)) return sum;
  if (!wide &&
      (!is_unsigned_32(x.value) || !is_unsigned_32(y.value) || x.value.wide.u.max + y.value.wide.u.max > UINT32_MAX)) {
    return sum;
  }
  analysis.name(sum);
  if (sum.id == kNoId) return sum;
  auto learn = [&](const RegValue& of, const Scalar64& added) {
    if (!analysis.is_loop_number(of.id) || of.fixed <= -kTame || of.fixed >= kTame) return;
    learn_sum(state, sum.id, of.id, moved_by(added, of.fixed));
  };
  learn(x, y.value);
  learn(y, x.value);
  return sum;
}

RegValue sum_or_difference(Analysis& analysis, State& state, const RegValue& dst, const RegValue& src, bool wide,
                           bool adds) {
  Operation operation = adds ? Operation::add : Operation::sub;
  Scalar64 result =
      wide ? domain::apply_wide(operation, dst.value, src.value) : domain::apply_low(operation, dst.value, src.value);
  int64_t constant = wide ? src.value.wide.s.min : src.value.low.s.min;
  if (src.value.is_constant())
    return number_moved_by(analysis, dst, result, adds ? constant : wrapped_difference(0, constant), wide);
  if (adds && dst.value.is_constant()) {
    return number_moved_by(analysis, src, result, wide ? dst.value.wide.s.min : dst.value.low.s.min, wide);
  }
  if (adds) return sum_of_two(analysis, state, dst, src, result, wide);
  if (dst.id != kNoId && dst.id == src.id) {
    uint64_t apart = static_cast<uint64_t>(wrapped_difference(dst.fixed, src.fixed));
    return RegValue::constant(wide ? apart : apart & 0xffffffff);
  }
  return RegValue::scalar(wide ? difference_known(state, result, {dst.id, dst.fixed}, {src.id, src.fixed}) : result);
}

// x & (x - 1) has one bit less than x, which is not 0. That bounds loops that take bit by bit.
RegValue one_bit_less(Analysis& analysis, State& state, const RegValue& x, const RegValue& y, RegValue result) {
  if (x.id == kNoId || x.id != y.id || !analysis.is_loop_number(x.id)) return result;
  const RegValue& whole = x.fixed == 0 ? x : y;
  const RegValue& less = x.fixed == 0 ? y : x;
  if (whole.fixed != 0 || less.fixed != -1 || whole.value.wide.u.min == 0) return result;
  analysis.name(result);
  if (result.id == kNoId) return result;
  analysis.one_bit_less.emplace_back(result.id, whole.id);
  state.lasting_ids = analysis.next_id;
  return result;
}

// What a constant mask leaves, on either side, is a part of the number on the other.
RegValue masked(Analysis& analysis, bool wide, const RegValue& x, const RegValue& y, RegValue result) {
  if (y.value.is_constant()) {
    record_part(analysis, Operation::bit_and, wide, x, y.value.wide.u.min, result);
  } else if (x.value.is_constant()) {
    record_part(analysis, Operation::bit_and, wide, y, x.value.wide.u.min, result);
  }
  return result;
}

// x << k with k >= 32 is the low half, read with its sign, times 2^k: what lies above is shifted out. So the sign
// extension by two shifts, which is what compilers make of an int that indexes something, keeps what 32-bit comparisons
// have told.
Scalar64 shifted_out_of_the_upper_half(const Scalar64& number, unsigned count) {
  Scalar64 shifted = domain::apply_wide(Operation::lsh, number, Scalar64::constant(count));
  domain::Int128 factor = domain::Int128{1} << count;
  domain::Integers exact{number.low.s.min * factor, number.low.s.max * factor};
  domain::meet(shifted, domain::scalar_of<64, 32>(domain::number_of<64>(exact)));
  return shifted;
}

// r <<= 32 and back: what comes back is the number itself where it is its own extension (raised_id).
RegValue shifted_by_half(Analysis& analysis, Operation operation, RegValue& dst, const Scalar64& result) {
  RegValue shifted = RegValue::scalar(result);
  if (operation == Operation::lsh && !result.is_constant()) {
    bool as_unsigned = is_unsigned_32(dst.value), as_signed = fits_signed(dst.value, 32);
    if (!as_unsigned && !as_signed) return shifted;
    analysis.name(dst);
    shifted.raised_id = dst.id;
    shifted.fixed = dst.fixed;
    shifted.raised_unsigned = as_unsigned;
    shifted.raised_signed = as_signed;
  } else if (dst.raised_id != kNoId &&
             (operation == Operation::rsh ? dst.raised_unsigned : operation == Operation::arsh && dst.raised_signed)) {
    return RegValue::scalar(result, dst.raised_id, dst.fixed);
  }
  return shifted;
}

}  // namespace

// Both numbers.
static void arithmetic(Analysis& analysis, State& state, const isa::Insn& insn) {
  RegValue& dst = state.regs[insn.dst()];
  // A constant and a number: what becomes of the two is counted from the number, or a part of it.
  if (dst.value.is_constant() && isa::uses_register(insn.opcode)) analysis.name(state.regs[insn.src()]);
  const RegValue src = source_operand(state, insn);
  RegValue before;  // for record_arithmetic
  if (analysis.linear) before = dst;
  const bool wide = isa::insn_class(insn.opcode) == isa::kAlu64;
  Operation operation = operation_of(insn);
  // Numbers that certainly share no bit are as good as added (clang: an address of an aligned field, bytes put
  // together).
  if (operation == Operation::bit_or) {
    const uint64_t shared = dst.value.wide.bits.largest() & src.value.wide.bits.largest();
    if ((wide ? shared : shared & UINT32_MAX) == 0) operation = Operation::add;
  }
  bool same = isa::uses_register(insn.opcode) && insn.src() == insn.dst();
  if (same && (operation == Operation::bit_xor || operation == Operation::sub)) {
    dst = RegValue::constant(0);  // x ^ x and x - x, whatever x is
    return;
  }
  if (operation == Operation::add || operation == Operation::sub) {
    // Another place in what an address of the system points to.
    const bool moved_place = wide && dst.is_from_system() && operation == Operation::add;
    dst = sum_or_difference(analysis, state, dst, src, wide, operation == Operation::add);
    if (moved_place) dst.map = kFromSystem;
    record_arithmetic(analysis, state, operation, wide, before, src, dst);
    return;
  }
  // A mask that takes no bit away leaves the same number: a check of the masked copy is one of the other.
  if (operation == Operation::bit_and && src.value.is_constant()) {
    uint64_t mask = wide ? src.value.wide.u.min : src.value.wide.u.min & UINT32_MAX;
    if ((dst.value.wide.bits.largest() & ~mask) == 0) return;
  }
  Scalar64 result =
      wide ? domain::apply_wide(operation, dst.value, src.value) : domain::apply_low(operation, dst.value, src.value);
  if (operation == Operation::bit_and) {
    dst = masked(analysis, wide, dst, src, one_bit_less(analysis, state, dst, src, RegValue::scalar(result)));
    record_arithmetic(analysis, state, operation, wide, before, src, dst);
    return;
  }
  if (wide && operation == Operation::lsh && src.value.is_constant() && src.value.wide.u.min % 64 >= 32) {
    domain::meet(result, shifted_out_of_the_upper_half(dst.value, static_cast<unsigned>(src.value.wide.u.min % 64)));
  }
  if (operation == Operation::bit_or && !src.value.is_constant() && !dst.value.is_constant()) {
    analysis.name(state.regs[insn.src()]);
    RegValue both = RegValue::scalar(result);
    record_part(analysis, operation, wide, dst, 0, both);
    record_part(analysis, operation, wide, state.regs[insn.src()], 0, both);
    dst = both;
    return;
  }
  bool by_half = wide && src.is_constant(32);
  RegValue shifted = by_half ? shifted_by_half(analysis, operation, dst, result) : RegValue::scalar(result);
  if (operation == Operation::rsh && src.value.is_constant())
    record_part(analysis, operation, wide, dst, src.value.wide.u.min, shifted);
  dst = shifted;
  record_arithmetic(analysis, state, operation, wide, before, src, dst);
}

// Whether all that the instruction reads may be read; the lower register first, where both may not.
static bool check_operands(Analysis& analysis, const State& state, uint32_t pc) {
  const isa::Insn& insn = analysis.insn(pc);
  auto readable = [&](unsigned reg) { return check_readable(analysis, state, pc, reg); };
  const uint8_t op = isa::insn_op(insn.opcode);
  const bool reads_dst = op != isa::kMov;
  const bool reads_src = isa::uses_register(insn.opcode) && op != isa::kEnd;  // there it tells the order of bytes
  if (!reads_src) return !reads_dst || readable(insn.dst());
  if (!reads_dst) return readable(insn.src());
  return readable(std::min(insn.dst(), insn.src())) && readable(std::max(insn.dst(), insn.src()));
}

void transfer_alu(Analysis& analysis, State& state, uint32_t pc) {
  const isa::Insn& insn = analysis.insn(pc);
  RegValue& dst = state.regs[insn.dst()];
  if (!check_operands(analysis, state, pc)) {
    dst = RegValue::of_kind(RegKind::poison);
    return;
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
        dst = reject(analysis, pc, dst, "arithmetic that pointers do not have",
                     "compute with the offset and add it to the pointer at the end");
      } else if (isa::insn_op(insn.opcode) == isa::kEnd) {
        dst = RegValue::scalar(byte_order(insn, dst.value));
      } else {
        Scalar64 zero = Scalar64::constant(0);
        if (analysis.linear) analysis.name(dst);
        RegValue negated = RegValue::scalar(wide ? domain::apply_wide(Operation::sub, zero, dst.value)
                                                 : domain::apply_low(Operation::sub, zero, dst.value));
        record_negation(analysis, state, wide, dst, 0, negated);
        dst = negated;
      }
      return;
    default:
      break;
  }
  const bool by_register = isa::uses_register(insn.opcode);
  if (dst.is_pointer() || (by_register && state.regs[insn.src()].is_pointer())) {
    RegValue src = source_operand(state, insn);
    // What the number is checked for later is then known of the pointer, too.
    if (by_register && src.is_scalar()) {
      analysis.name(state.regs[insn.src()]);
      src = state.regs[insn.src()];
    } else {
      analysis.name(dst);
    }
    dst = pointer_arithmetic(analysis, state, pc, dst, src);
    return;
  }
  if (analysis.linear) {
    analysis.name(dst);
    if (by_register) analysis.name(state.regs[insn.src()]);
  }
  arithmetic(analysis, state, insn);
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
                            "an array", describe_map_type(static_cast<uint32_t>(map.def.type)),
                            "look an element up: bpf_map_lookup_elem(&map, &key)"});
        dst = RegValue::of_kind(RegKind::poison);
      } else if (offset > map.def.value_size) {
        analysis.error(pc, {"out-of-bounds", fmt::format("an address outside the value of map '{}'", map.name),
                            fmt::format("an offset up to {}", map.def.value_size), fmt::format("offset {}", offset),
                            "take the address of what lies inside the variable"});
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
