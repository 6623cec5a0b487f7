// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "verifier/contract_check.h"
#include "verifier/invalidate.h"
#include "verifier/leak.h"
#include "verifier/transfer.h"

namespace perdita::verifier {
namespace {

// Memory that the call wrote whole is initialised up to the smallest size it may have had; what may or may not have
// been written is forgotten. Memory outside the stack is never remembered in the first place.
void apply_written(State& state, const WrittenMemory& written) {
  StackContents& stack = state.edit_stack(written.pointer.frame);
  auto low = static_cast<int>(written.extent.low);
  uint64_t span = static_cast<uint64_t>(written.extent.high - written.extent.low) + written.most;
  stack.disturb(low, static_cast<unsigned>(span));
  if (written.extent.low == written.extent.high) stack.fill(low, static_cast<unsigned>(written.least));
}

// min to max as signed 64-bit; an unsigned type is zero-extended, a signed one sign-extended.
Scalar64 number_of(const perdita_result& result, std::optional<int64_t> most) {
  const int64_t max = most ? std::max(result.min, std::min(result.max, *most)) : result.max;
  Scalar64 number = domain::signed_scalar<64, 32>(result.min, max);
  if (result.width < 8) {
    auto bits = static_cast<unsigned>(result.width * 8);
    Scalar64 type = result.is_signed != 0 ? domain::sign_extended(Scalar64::unknown(), bits)
                                          : domain::zero_extended(Scalar64::unknown(), bits);
    // A contract whose range and type have nothing in common promises nothing.
    if (!domain::meet(number, type)) number = Scalar64::unknown();
  }
  return number;
}

// Takes a number that is free. Pointers to what had it before are marked as released, so it means one thing only.
RegValue reserve(Analysis& analysis, State& state, uint32_t pc, uint64_t size_bytes, uint8_t object = 0) {
  for (uint32_t number = 0; number < state.reservations.size(); number++) {
    Reservation& reservation = state.reservations[number];
    if (reservation.holding != Holding::none) continue;
    reservation = {Holding::held, state.callback_depth(), pc, static_cast<uint32_t>(size_bytes), object};
    RegValue pointer = RegValue::of_kind(RegKind::reservation_or_null);
    pointer.id = number;
    return pointer;
  }
  analysis.error(pc, {"reservation-limit", "too many reservations are held at a time",
                      fmt::format("at most {}", isa::kMaxReservations), "one more than that",
                      "submit or discard one before the next is made"});
  return RegValue::of_kind(RegKind::poison);
}

// What r0 holds afterwards, by the contract, which the firmware's thunk or the runtime's helper keeps.
RegValue result_of(Analysis& analysis, State& state, uint32_t pc, const perdita_function& function,
                   const CheckedCall& call) {
  switch (function.result.kind) {
    case PERDITA_RESULT_VOID:
      return RegValue::constant(0);
    case PERDITA_RESULT_SCALAR:
      return RegValue::scalar(number_of(function.result, call.result_most));
    case PERDITA_RESULT_RESERVATION_OR_NULL:
      return reserve(analysis, state, pc, *call.reserves_bytes);
    case PERDITA_RESULT_SYSTEM:
      return RegValue::from_system();
    case PERDITA_RESULT_OBJECT_OR_NULL: {
      RegValue value = RegValue::of_kind(RegKind::object_or_null);
      value.map = function.result.width;
      value.id = analysis.fresh_id();
      // Found through an object that has to be released: it is there for as long as that one.
      if (call.owner) value.frame = static_cast<uint8_t>(*call.owner + 1);
      return value;
    }
    case PERDITA_RESULT_ACQUIRED_OR_NULL: {
      const uint8_t number = function.result.width;
      return reserve(analysis, state, pc, analysis.subject.platform.object(number).size,
                     static_cast<uint8_t>(number + 1));
    }
    default: {
      const object::Map& map = analysis.subject.module.maps[*call.map];
      const bool never_null = function.result.kind == PERDITA_RESULT_MAP_VALUE;
      RegValue value = RegValue::of_kind(never_null ? RegKind::map_value : RegKind::map_value_or_null);
      value.map = *call.map;
      value.id = analysis.fresh_id();
      // What a map of maps holds are maps: of the definition of the one that it declares, which the system sees to.
      if (map.inner) {
        value.kind = RegKind::map_or_null;
        value.map = *map.inner;
      }
      return value;
    }
  }
}

uint64_t cost_of(const Analysis& analysis, const perdita_function& function, const CheckedCall& call) {
  const isa::MapDef* map = call.map ? &analysis.subject.module.maps[*call.map].def : nullptr;
  if (function.helper == 0) {
    uint64_t map_bytes = map != nullptr ? uint64_t{map->key_size} + map->value_size : 0;
    return function.cost_instructions + function.cost_instructions_per_byte * (call.memory_bytes + map_bytes);
  }
  return isa::helper_cost(function, map, call.memory_bytes);
}

// After a refused release the reservation is none of the errors to come.
void let_go(State& state, const perdita_function& function) {
  for (unsigned i = 0; i < function.arg_count; i++) {
    const RegValue& value = state.regs[i + 1];
    bool reserved = value.kind == RegKind::reservation || value.kind == RegKind::reservation_or_null;
    if (function.args[i].kind == PERDITA_ARG_RESERVATION && reserved) state.release(value.id, RegKind::poison);
  }
}

// What a result needs that the arguments have to say. Reservations and callbacks are the runtime's: it releases what a
// program that faults holds, and its engines call back, so only helpers can have them.
bool is_complete(const perdita_function& function, const CheckedCall& call) {
  bool reserves = function.result.kind == PERDITA_RESULT_RESERVATION_OR_NULL;
  bool gives_value =
      function.result.kind == PERDITA_RESULT_MAP_VALUE_OR_NULL || function.result.kind == PERDITA_RESULT_MAP_VALUE;
  if (gives_value && !call.map) return false;
  if (reserves != call.reserves_bytes.has_value()) return false;
  return function.helper != 0 || (!reserves && !call.released && !call.callback);
}

// The program that is called takes this one's place: its stack, the rest of its steps. What it may cost stands at the
// array (docs/verifier/tail-calls.md); verify.cc adds it.
bool check_tail_call(Analysis& analysis, State& state, uint32_t pc, const CheckedCall& call) {
  if (state.frames.size() > 1) {
    analysis.error(pc,
                   {"tail-call", "a tail call leaves the program, and this is not its entry",
                    "a tail call in the program's own function", "one in a function that it calls, or in a callback",
                    "return to the entry first, or inline: static __always_inline"});
    return false;
  }
  if (!check_nothing_held(analysis, state, pc, "is held where the program may leave by a tail call")) return false;
  const object::Map& map = analysis.subject.module.maps[*call.map];
  const platform::TailCalls by_default = analysis.subject.platform.tail_calls();
  const uint64_t tail_instructions = map.tail_instructions != 0 ? map.tail_instructions : by_default.instructions;
  const uint32_t tail_stack = map.tail_instructions != 0 ? map.tail_stack_bytes : by_default.stack_bytes;
  if (tail_instructions == 0) {
    analysis.error(pc,
                   {"tail-undeclared", fmt::format("program array '{}' does not say what it may hold", map.name),
                    "the most machine instructions, and bytes of stack, of a program put into it", "no declaration",
                    "declare it in the map's definition: __uint(tail_instructions, 20000); __uint(tail_stack, 256);"});
    return false;
  }
  analysis.tail_instructions = std::max(analysis.tail_instructions, tail_instructions);
  analysis.tail_stack_bytes = std::max(analysis.tail_stack_bytes, tail_stack);
  return true;
}

}  // namespace

const perdita_function& called_function(const Analysis& analysis, uint32_t pc) {
  const isa::Insn& insn = analysis.insn(pc);
  // Both exist: the references pass refused the program otherwise.
  return insn.src() == isa::kCallHelper ? *analysis.subject.helper(static_cast<uint32_t>(insn.imm))
                                        : *analysis.subject.functions[static_cast<size_t>(insn.imm)];
}

std::optional<CheckedCall> begin_call(Analysis& analysis, State& state, uint32_t pc) {
  const perdita_function& function = called_function(analysis, pc);
  std::optional<CheckedCall> call = check_call(analysis, state, pc, function);
  if (call && !is_complete(function, *call)) {
    analysis.error(pc, {"argument-type", "the contract does not say all that its result or its callback needs",
                        "a complete contract", function.name, ""});
    call.reset();
  }
  if (!call) let_go(state, function);
  for (unsigned reg = 1; reg <= 5; reg++) state.regs[reg] = {};  // calls destroy r1 to r5 (RFC 9669, section 2)
  state.regs[0] = RegValue::of_kind(RegKind::poison);
  if (call) {
    const uint64_t cost = cost_of(analysis, function, *call);
    state.cost.add_call(cost);
    analysis.use_call(pc, cost);
  }
  return call;
}

void transfer_call(Analysis& analysis, State& state, uint32_t pc) {
  const perdita_function& function = called_function(analysis, pc);
  std::optional<CheckedCall> call = begin_call(analysis, state, pc);
  if (!call) return;
  if (function.helper == isa::kHelperTailCall && !check_tail_call(analysis, state, pc, *call)) return;
  for (unsigned i = 0; i < call->written_count; i++) apply_written(state, call->written[i]);
  if (call->released) {
    state.release(*call->released);
    release_owned(state, *call->released);
  }
  if (call->moves_packet) {
    move_packet(state, analysis.subject.hook.packet_max_bytes);
    analysis.distances.clear();  // its size is another number now
  }
  state.regs[0] = result_of(analysis, state, pc, function, *call);
}

}  // namespace perdita::verifier
