// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <bit>

#include "verifier/access.h"
#include "verifier/describe.h"
#include "verifier/transfer.h"

namespace perdita::verifier {
namespace {

bool sign_extends(const isa::Insn& insn) { return isa::insn_mode(insn.opcode) == isa::kMemSx; }

// What a load of unknown memory gives: any number of that many bits. Memory outside the stack is shared with
// interrupts and other programs, so nothing about it is remembered from one load to the next.
Scalar64 loaded(const Scalar64& raw, unsigned size, bool extend) {
  constexpr Scalar64 kAny[] = {domain::zero_extended(Scalar64::unknown(), 8),
                               domain::zero_extended(Scalar64::unknown(), 16),
                               domain::zero_extended(Scalar64::unknown(), 32), Scalar64::unknown()};
  if (!extend && raw.wide.is_unknown() && raw.low.is_unknown()) return kAny[std::countr_zero(size)];
  return extend ? domain::sign_extended(raw, size * 8) : domain::zero_extended(raw, size * 8);
}

// Constants: nothing ever writes them, and what is signed with the code is what is read. A value at a place that is not
// known is one of those at the places it can be.
std::optional<Scalar64> load_constant(const Analysis& analysis, const RegValue& pointer, const Extent& extent,
                                      unsigned size) {
  constexpr int64_t kMostPlaces = 1024;
  if (pointer.kind != RegKind::map_value || analysis.subject.module.judged) return std::nullopt;
  const object::Map& map = analysis.map(pointer);
  if (map.origin != object::MapOrigin::rodata || map.initial.size() != map.def.value_size) return std::nullopt;
  if (extent.high - extent.low > kMostPlaces) return std::nullopt;
  const Scalar64 offset = whole_offset(pointer);
  const int64_t displacement = extent.low - offset.wide.s.min;
  std::optional<Scalar64> number;
  for (int64_t at = extent.low; at <= extent.high; at++) {
    if (!offset.contains(static_cast<uint64_t>(at - displacement))) continue;
    uint64_t word = 0;
    for (unsigned i = 0; i < size; i++) word |= uint64_t{map.initial[static_cast<size_t>(at) + i]} << (8 * i);
    number = number ? domain::join(*number, Scalar64::constant(word)) : Scalar64::constant(word);
  }
  return number;
}

RegValue load_stack(Analysis& analysis, const State& state, uint32_t pc, size_t frame, const Extent& extent,
                    unsigned size, bool extend) {
  const StackContents& stack = state.stack(frame);
  if (extent.low == extent.high) {
    std::optional<RegValue> value = stack.load(static_cast<int>(extent.low), size);
    if (value && (!value->is_scalar() || !extend || size == 8)) return *std::move(value);
    if (value) return RegValue::scalar(loaded(value->value, size, true));
  }
  if (!check_initialised(analysis, state, pc, frame, extent, size)) return RegValue::of_kind(RegKind::poison);
  return RegValue::scalar(loaded(Scalar64::unknown(), size, extend));
}

// After an error about a pointer that may be null, it is taken to be none: the next ones are about something else.
void let_pass(State& state, const RegValue& pointer) {
  if (pointer.kind == RegKind::map_value_or_null) state.decide_null(pointer.id, false);
  if (pointer.kind == RegKind::reservation_or_null) state.decide_reservation(pointer.id, false);
}

void report_leak(Analysis& analysis, uint32_t pc, const RegValue& value, const char* where) {
  analysis.error(pc, {"pointer-leaked", fmt::format("a pointer is stored {}", where), "a number",
                      describe(analysis.subject.module, value),
                      "addresses stay in registers and on the stack; store an index instead"});
}

// A pointer may be stored to a known place on the stack, whole. Anywhere else it would be shown to others, or lose what
// is known about it.
void store_to_stack(Analysis& analysis, State& state, uint32_t pc, size_t frame, const Extent& extent, unsigned size,
                    const RegValue& value) {
  bool known_place = extent.low == extent.high;
  if (value.is_pointer() && (!known_place || size != 8)) {
    report_leak(analysis, pc, value, known_place ? "in part" : "to a place on the stack that is not known");
    return;
  }
  if (known_place) {
    state.edit_stack(frame).store(static_cast<int>(extent.low), size, value);
  } else {
    uint64_t span = static_cast<uint64_t>(extent.high - extent.low) + size;
    state.edit_stack(frame).disturb(static_cast<int>(extent.low), static_cast<unsigned>(span));
  }
}

// A system that replaces the load of a narrow slot gives the whole pointer, too. Every load of an object may give
// another pointer: nothing is remembered of memory that others write.
RegValue context_pointer(Analysis& analysis, const perdita_field& field) {
  if (field.kind == PERDITA_FIELD_DATA) return RegValue::pointer(RegKind::packet);
  if (field.kind == PERDITA_FIELD_DATA_META) return RegValue::pointer(RegKind::packet_meta);
  if (field.kind == PERDITA_FIELD_DATA_END) return RegValue::pointer(RegKind::packet_end);
  const platform::Platform::ObjectSlot slot = analysis.subject.platform.object_of(analysis.subject.hook, field);
  RegValue value = RegValue::of_kind(slot.or_null ? RegKind::object_or_null : RegKind::object);
  value.map = slot.object;
  value.id = analysis.fresh_id();
  return value;
}

// Whether the field of the context that was read holds addresses of the system.
bool gives_system(const perdita_hook& hook, const RegValue& pointer, const Extent& extent) {
  if (pointer.kind != RegKind::context) return false;
  for (unsigned i = 0; i < hook.field_count; i++) {
    const perdita_field& field = hook.fields[i];
    if (field.kind != PERDITA_FIELD_SYSTEM) continue;
    if (extent.low >= field.offset && extent.high + 8 <= int64_t{field.offset} + field.size) return true;
  }
  return false;
}

}  // namespace

void transfer_load(Analysis& analysis, State& state, uint32_t pc) {
  const isa::Insn& insn = analysis.insn(pc);
  unsigned size = isa::access_bytes(insn.opcode);
  RegValue result = RegValue::of_kind(RegKind::poison);
  Access access{insn.offset, size, false, false};
  Extent extent;
  if (check_readable(analysis, state, pc, insn.src())) {
    const RegValue& pointer = state.regs[insn.src()];
    const perdita_field* field = packet_field(analysis.subject.hook, pointer, access);
    if (pointer.is_from_system()) {
      // Sound where the platform keeps its word that such reads are safe: what comes is any number, or such an address.
      result =
          size == 8 ? RegValue::from_system() : RegValue::scalar(loaded(Scalar64::unknown(), size, sign_extends(insn)));
    } else if (field != nullptr) {
      result = context_pointer(analysis, *field);
    } else if (check_access(analysis, state, pc, pointer, access, extent)) {
      const bool known_place = pointer.kind == RegKind::stack && extent.low == extent.high;
      const RegValue* held =
          known_place ? state.stack(pointer.frame).held_at(static_cast<int>(extent.low), size) : nullptr;
      if (held != nullptr && (!held->is_scalar() || !sign_extends(insn) || size == 8)) {
        state.regs[insn.dst()] = *held;
        return;
      }
      result =
          pointer.kind == RegKind::stack
              ? load_stack(analysis, state, pc, pointer.frame, extent, size, sign_extends(insn))
              : RegValue::scalar(loaded(load_constant(analysis, pointer, extent, size).value_or(Scalar64::unknown()),
                                        size, sign_extends(insn)));
      if (size == 8 && gives_system(analysis.subject.hook, pointer, extent)) result = RegValue::from_system();
    } else {
      let_pass(state, pointer);
    }
  }
  state.regs[insn.dst()] = result;
}

void transfer_store(Analysis& analysis, State& state, uint32_t pc) {
  const isa::Insn& insn = analysis.insn(pc);
  unsigned size = isa::access_bytes(insn.opcode);
  bool from_register = isa::insn_class(insn.opcode) == isa::kStx;
  if (!check_readable(analysis, state, pc, insn.dst())) return;
  RegValue value = RegValue::of_kind(RegKind::poison);
  if (!from_register) {
    value = RegValue::constant(static_cast<uint64_t>(static_cast<int64_t>(insn.imm)));  // sign-extended: section 5.1
  } else if (check_readable(analysis, state, pc, insn.src())) {
    RegValue& src = state.regs[insn.src()];
    // The stored copy is the same number: what is learnt about one later holds for the other.
    analysis.name(src);
    value = src;
  }
  const RegValue& pointer = state.regs[insn.dst()];
  Extent extent;
  if (!check_access(analysis, state, pc, pointer, {insn.offset, size, true, false}, extent)) {
    let_pass(state, pointer);
    return;
  }
  if (pointer.kind == RegKind::stack) {
    store_to_stack(analysis, state, pc, pointer.frame, extent, size, value);
  } else if (value.is_pointer()) {
    report_leak(analysis, pc, value, "where others can read it");
  }
}

// Section 5.3. The old value is any number of that size; a 32-bit operation that fetches zero-extends it.
void transfer_atomic(Analysis& analysis, State& state, uint32_t pc) {
  const isa::Insn& insn = analysis.insn(pc);
  unsigned size = isa::access_bytes(insn.opcode);
  bool compares = insn.imm == isa::kCmpxchg;
  bool ok = check_readable(analysis, state, pc, insn.dst()) && check_readable(analysis, state, pc, insn.src()) &&
            (!compares || check_readable(analysis, state, pc, 0));
  Extent extent;
  const RegValue pointer = state.regs[insn.dst()];
  ok = ok && check_access(analysis, state, pc, pointer, {insn.offset, size, true, true}, extent);
  if (ok && state.regs[insn.src()].is_pointer()) {
    report_leak(analysis, pc, state.regs[insn.src()], "by an atomic operation");
    ok = false;
  }
  if (ok && compares && state.regs[0].is_pointer()) {
    report_leak(analysis, pc, state.regs[0], "by an atomic operation");
    ok = false;
  }
  if (ok && pointer.kind == RegKind::stack) {
    ok = check_initialised(analysis, state, pc, pointer.frame, extent, size);
    uint64_t span = static_cast<uint64_t>(extent.high - extent.low) + size;
    if (ok) state.edit_stack(pointer.frame).disturb(static_cast<int>(extent.low), static_cast<unsigned>(span));
  }
  if ((insn.imm & isa::kFetch) != 0) {
    RegValue old = ok ? RegValue::scalar(loaded(Scalar64::unknown(), size, false)) : RegValue::of_kind(RegKind::poison);
    state.regs[compares ? 0u : insn.src()] = old;
  }
}

}  // namespace perdita::verifier
