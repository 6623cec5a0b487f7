// SPDX-License-Identifier: Apache-2.0
#include "verifier/invalidate.h"

#include <algorithm>

namespace perdita::verifier {
namespace {

// Sound: these are all the places where a pointer can be.
template <typename Chosen>
void release_where(State& state, Chosen chosen, int64_t why) {
  auto apply = [&](RegValue& value) {
    if (!chosen(value)) return;
    value = RegValue::of_kind(RegKind::released);
    value.fixed = why;
  };
  for (RegValue& reg : state.regs) apply(reg);
  for (size_t i = 0; i < state.frames.size(); i++) {
    SavedRegisters& saved = state.frames[i].saved;
    for (size_t k = 0; k < saved.size(); k++) {
      if (chosen(saved[k])) apply(saved.edit(k));
    }
    const auto& cells = state.stack(i).cells();
    if (std::none_of(cells.begin(), cells.end(), [&](const StackCell& cell) { return chosen(cell.value); })) continue;
    for (StackCell& cell : state.edit_stack(i).cells()) apply(cell.value);
  }
}

// A number that was the packet's size stays the number that it is, and is the size no more.
void forget_size(State& state) {
  auto chosen = [](const RegValue& value) {
    return (number_id(value) == kPacketSizeId && value.is_scalar()) || value.offset_id == kPacketSizeId ||
           value.raised_id == kPacketSizeId;
  };
  auto apply = [](RegValue& value) {
    if (number_id(value) == kPacketSizeId && value.is_scalar()) value = RegValue::scalar(value.value);
    if (value.offset_id == kPacketSizeId) value.offset_id = kNoId;
    if (value.raised_id == kPacketSizeId) value = RegValue::scalar(value.value);
  };
  for (RegValue& reg : state.regs) apply(reg);
  for (size_t i = 0; i < state.frames.size(); i++) {
    SavedRegisters& saved = state.frames[i].saved;
    for (size_t k = 0; k < saved.size(); k++) {
      if (chosen(saved[k])) apply(saved.edit(k));
    }
    const auto& cells = state.stack(i).cells();
    if (std::none_of(cells.begin(), cells.end(), [&](const StackCell& cell) { return chosen(cell.value); })) continue;
    for (StackCell& cell : state.edit_stack(i).cells()) apply(cell.value);
  }
}

}  // namespace

void move_packet(State& state, uint32_t packet_max_bytes) {
  release_where(
      state,
      [](const RegValue& value) {
        return value.kind == RegKind::packet || value.kind == RegKind::packet_end ||
               value.kind == RegKind::packet_meta || value.kind == RegKind::pointer_half;
      },
      kMovedPacket);
  forget_size(state);
  std::erase_if(state.differences,
                [](const Difference& fact) { return fact.a == kPacketSizeId || fact.b == kPacketSizeId; });
  state.linear.forget(kPacketSizeId);
  state.meta_bytes = 0;
  state.packet_size = domain::unsigned_scalar<64, 32>(0, packet_max_bytes);
}

void release_owned(State& state, uint32_t reservation) {
  release_where(
      state,
      [reservation](const RegValue& value) {
        bool object = value.kind == RegKind::object || value.kind == RegKind::object_or_null;
        return object && value.frame == reservation + 1;
      },
      0);
}

}  // namespace perdita::verifier
