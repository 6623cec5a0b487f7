// SPDX-License-Identifier: Apache-2.0
#include "verifier/values_of.h"

namespace perdita::verifier {

using Room = ValuePlace::Room;

std::optional<RegValue> value_at(const State& state, const ValuePlace& place) {
  switch (place.room) {
    case Room::reg:
      return state.regs[static_cast<size_t>(place.slot)];
    case Room::saved:
      return state.frames[place.frame].saved[static_cast<size_t>(place.slot)];
    case Room::stack:
      break;
  }
  return state.stack(place.frame).load(place.slot, place.size);
}

void set_value_at(State& state, const ValuePlace& place, const RegValue& value) {
  switch (place.room) {
    case Room::reg:
      state.regs[static_cast<size_t>(place.slot)] = value;
      break;
    case Room::saved:
      state.frames[place.frame].saved.edit(static_cast<size_t>(place.slot)) = value;
      break;
    case Room::stack:
      state.edit_stack(place.frame).store(place.slot, place.size, value);
      break;
  }
}

}  // namespace perdita::verifier
