// SPDX-License-Identifier: Apache-2.0
#include "verifier/contract_check.h"
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

// What r0 holds afterwards, by the contract, which the firmware's thunk or the runtime's helper keeps.
RegValue result_of(Analysis& analysis, const perdita_function& function, const CheckedCall& call) {
  const perdita_result& result = function.result;
  switch (result.kind) {
    case PERDITA_RESULT_VOID:
      return RegValue::constant(0);
    case PERDITA_RESULT_SCALAR: {
      // min to max as signed 64-bit; an unsigned type is zero-extended, a signed one sign-extended.
      Scalar64 number = domain::signed_scalar<64, 32>(result.min, result.max);
      if (result.width < 8) {
        auto bits = static_cast<unsigned>(result.width * 8);
        Scalar64 type = result.is_signed != 0 ? domain::sign_extended(Scalar64::unknown(), bits)
                                              : domain::zero_extended(Scalar64::unknown(), bits);
        // A contract whose range and type have nothing in common promises nothing.
        if (!domain::meet(number, type)) number = Scalar64::unknown();
      }
      return RegValue::scalar(number);
    }
    default: {
      RegValue value = RegValue::of_kind(RegKind::map_value_or_null);
      value.map = *call.map;
      value.id = analysis.fresh_id();
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

}  // namespace

void transfer_call(Analysis& analysis, State& state, uint32_t pc) {
  const isa::Insn& insn = analysis.insn(pc);
  bool is_helper = insn.src() == isa::kCallHelper;
  // Both exist: the references pass refused the program otherwise.
  const perdita_function& function = is_helper ? *isa::find_helper(static_cast<uint32_t>(insn.imm))
                                               : *analysis.subject.functions[static_cast<size_t>(insn.imm)];
  std::optional<CheckedCall> call = check_call(analysis, state, pc, function);
  if (call && function.result.kind == PERDITA_RESULT_MAP_VALUE_OR_NULL && !call->map) {
    analysis.error(pc, {"argument-type", "the contract returns a map's value and names no map", "a complete contract",
                        function.name, ""});
    call.reset();
  }
  if (call && function.result.kind == PERDITA_RESULT_RESERVATION_OR_NULL) {
    analysis.error(pc, {"unsupported-helper", "this verifier does not follow reservations yet", "no reservations",
                        function.name, "ringbuf_output copies what a program has on its stack"});
    call.reset();
  }
  for (unsigned reg = 1; reg <= 5; reg++) state.regs[reg] = {};  // calls destroy r1 to r5 (RFC 9669, section 2)
  state.regs[0] = RegValue::of_kind(RegKind::poison);
  if (!call) return;
  for (unsigned i = 0; i < call->written_count; i++) apply_written(state, call->written[i]);
  state.regs[0] = result_of(analysis, function, *call);
  state.cost.add_call(cost_of(analysis, function, *call));
}

}  // namespace perdita::verifier
