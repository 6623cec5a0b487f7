// SPDX-License-Identifier: Apache-2.0
//
// Where a state keeps values: registers, the callers' registers set aside, cells of the stacks. A place names one, the
// same in states of one call chain.
#pragma once

#include <compare>
#include <optional>

#include "verifier/state.h"

namespace perdita::verifier {

struct ValuePlace {
  enum class Room : uint8_t { reg, saved, stack } room = Room::reg;
  uint8_t frame = 0;  // saved, stack
  int16_t slot = 0;   // number of the register, or of the saved one; offset in the frame
  uint8_t size = 8;   // stack: bytes
  auto operator<=>(const ValuePlace&) const = default;
};

template <typename Visit>
void for_each_value(const State& state, Visit visit) {
  using Room = ValuePlace::Room;
  for (size_t i = 0; i < state.regs.size(); i++) {
    visit(ValuePlace{Room::reg, 0, static_cast<int16_t>(i), 8}, state.regs[i]);
  }
  for (size_t frame = 0; frame < state.frames.size(); frame++) {
    for (size_t i = 0; i < state.frames[frame].saved.size(); i++) {
      visit(ValuePlace{Room::saved, static_cast<uint8_t>(frame), static_cast<int16_t>(i), 8},
            state.frames[frame].saved[i]);
    }
    for (const StackCell& cell : state.stack(frame).cells()) {
      visit(ValuePlace{Room::stack, static_cast<uint8_t>(frame), cell.offset, cell.size}, cell.value);
    }
  }
}

// Nothing where there is no such cell; values that cells imply count.
std::optional<RegValue> value_at(const State& state, const ValuePlace& place);
void set_value_at(State& state, const ValuePlace& place, const RegValue& value);

}  // namespace perdita::verifier
