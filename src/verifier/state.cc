// SPDX-License-Identifier: Apache-2.0
#include "verifier/state.h"

#include <algorithm>

namespace perdita::verifier {
namespace {

// Applies `change` to each value that `chosen` picks. Shared stacks are copied only where one of their cells is chosen.
template <typename Chosen, typename Change>
bool change_values(State& state, Chosen chosen, Change change) {
  auto apply = [&](RegValue& value) { return !chosen(value) || change(value); };
  for (RegValue& reg : state.regs) {
    if (!apply(reg)) return false;
  }
  for (size_t i = 0; i < state.frames.size(); i++) {
    for (RegValue& reg : state.frames[i].saved) {
      if (!apply(reg)) return false;
    }
    const auto& cells = state.stack(i).cells();
    if (std::none_of(cells.begin(), cells.end(), [&](const StackCell& cell) { return chosen(cell.value); })) continue;
    for (StackCell& cell : state.edit_stack(i).cells()) {
      if (!apply(cell.value)) return false;
    }
  }
  return true;
}

}  // namespace

StackContents& State::edit_stack(size_t frame) {
  auto& shared = frames[frame].stack;
  if (shared.use_count() > 1) shared = std::make_shared<StackContents>(*shared);
  return *shared;
}

int64_t State::packet_range(uint32_t id) const {
  if (id == kNoId) return static_cast<int64_t>(packet_size.wide.u.min);
  for (const PacketRange& range : packet_ranges) {
    if (range.id == id) return range.bytes;
  }
  return INT64_MIN / 2;
}

void State::raise_packet_range(uint32_t id, int64_t bytes) {
  if (id == kNoId || bytes <= -kOffsetLimit) return;
  auto at = std::lower_bound(packet_ranges.begin(), packet_ranges.end(), id,
                             [](const PacketRange& range, uint32_t wanted) { return range.id < wanted; });
  if (at != packet_ranges.end() && at->id == id) {
    at->bytes = std::max(at->bytes, bytes);
  } else {
    packet_ranges.insert(at, {id, bytes});
  }
}

bool State::narrow(uint32_t id, const Scalar64& number) {
  if (id == kNoId) return true;
  if (id == kPacketSizeId && !domain::meet(packet_size, number)) return false;
  return change_values(
      *this, [id](const RegValue& value) { return value.is_scalar() && value.id == id; },
      [&number](RegValue& value) { return domain::meet(value.value, number); });
}

void State::decide_null(uint32_t id, bool is_null) {
  change_values(
      *this,
      [id](const RegValue& value) {
        return value.may_be_null() && value.kind != RegKind::reservation_or_null && value.id == id;
      },
      [is_null](RegValue& value) {
        if (is_null) {
          value = RegValue::constant(0);
        } else {
          value.kind = certain(value.kind);
        }
        return true;
      });
}

void State::decide_reservation(uint32_t number, bool is_null) {
  change_values(
      *this,
      [number](const RegValue& value) { return value.kind == RegKind::reservation_or_null && value.id == number; },
      [is_null](RegValue& value) {
        if (is_null) {
          value = RegValue::constant(0);
        } else {
          value.kind = RegKind::reservation;
        }
        return true;
      });
  if (is_null) reservations[number] = {};
}

void State::release(uint32_t number, RegKind pointers) {
  change_values(
      *this,
      [number](const RegValue& value) {
        return (value.kind == RegKind::reservation || value.kind == RegKind::reservation_or_null) && value.id == number;
      },
      [pointers](RegValue& value) {
        value = RegValue::of_kind(pointers);
        return true;
      });
  reservations[number] = {};
}

uint8_t State::callback_depth() const {
  return static_cast<uint8_t>(
      std::count_if(frames.begin(), frames.end(), [](const Frame& frame) { return frame.is_callback; }));
}

bool State::limit_packet_offset(uint32_t id, int64_t limit) {
  if (id == kNoId) return limit >= 0;
  Scalar64 allowed = domain::signed_scalar<64, 32>(INT64_MIN, limit);
  return change_values(
      *this, [id](const RegValue& value) { return value.kind == RegKind::packet && value.id == id; },
      [&allowed](RegValue& value) { return domain::meet(value.value, allowed); });
}

void State::drop_unused_packet_ranges() {
  if (packet_ranges.size() < 4) return;
  std::vector<uint32_t> used;
  auto collect = [&used](const RegValue& value) {
    if (value.kind == RegKind::packet) used.push_back(value.id);
  };
  for (const RegValue& reg : regs) collect(reg);
  for (size_t i = 0; i < frames.size(); i++) {
    for (const RegValue& reg : frames[i].saved) collect(reg);
    for (const StackCell& cell : stack(i).cells()) collect(cell.value);
  }
  std::erase_if(packet_ranges, [&used](const PacketRange& range) {
    return std::find(used.begin(), used.end(), range.id) == used.end();
  });
}

}  // namespace perdita::verifier
