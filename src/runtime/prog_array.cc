// SPDX-License-Identifier: Apache-2.0
#include "runtime/prog_array.h"

#include <string.h>

namespace perdita::runtime {
namespace {

Prog*& slot_of(const Map& map, uint32_t slot) { return reinterpret_cast<Prog**>(map.elements)[slot]; }

uint32_t index_in_package(const Prog& prog) { return static_cast<uint32_t>(&prog - package_of(prog).progs.data()); }

// What stands in a slot from the start, by name; empty for nothing.
Text preset_name(wire::ItemCursor presets, uint32_t slot, const Package& package) {
  wire::PresetView preset{};
  while (wire::next(presets, preset)) {
    if (preset.slot == slot) return package.progs[preset.prog].name;
  }
  return {};
}

// Without a claim nothing is promised, and steps bound the chain.
Status check_bounds(const ProgArray& map, const Prog& prog, Report& report) {
  if (!map.package->claimed) return Status::ok;
  const TailBounds& bounds = map.bounds[index_in_package(prog)];
  const uint64_t pairs[][2] = {{bounds.own_instructions, map.tail_instructions},
                               {bounds.tail_instructions, map.tail_instructions},
                               {prog.stack.size(), map.tail_stack_bytes}};
  for (const auto& [need, have] : pairs) {
    if (need > have) return report.refuse(Status::over_array, prog.name, need, have);
  }
  return Status::ok;
}

}  // namespace

Prog* prog_array_at(const Map& map, uint32_t slot) {
  return slot < map.def.max_entries ? __atomic_load_n(&slot_of(map, slot), __ATOMIC_RELAXED) : nullptr;
}

Status prog_array_put(ProgArray& map, uint32_t slot, Prog& prog, Report& report) {
  for (uint32_t i = 0; i < map.def.max_entries; i++) {
    const Prog* other = i != slot ? prog_array_at(map, i) : nullptr;
    if (other != nullptr && other->hook != prog.hook) return report.refuse(Status::over_array, prog.name);
  }
  const Status status = check_bounds(map, prog, report);
  if (status != Status::ok) return status;
  if (slot_of(map, slot) == nullptr) map.entries++;
  __atomic_store_n(&slot_of(map, slot), &prog, __ATOMIC_RELAXED);
  return Status::ok;
}

void prog_array_clear(Map& map, uint32_t slot) {
  if (slot_of(map, slot) == nullptr) return;
  map.entries--;
  __atomic_store_n(&slot_of(map, slot), nullptr, __ATOMIC_RELAXED);
}

Status fill_prog_array(ProgArray& map, const wire::MapView& view, Package& package, const ProgArray* old,
                       Report& report) {
  map.presets = view.presets;
  for (uint32_t slot = 0; slot < map.def.max_entries; slot++) {
    Text name = preset_name(view.presets, slot, package);
    const Package* before = old != nullptr ? old->package : nullptr;
    if (before != nullptr && slot < old->def.max_entries && equal(preset_name(old->presets, slot, *before), name)) {
      const Prog* held = prog_array_at(*old, slot);
      // Emptied by an order: stays so. A program that is gone leaves the slot to the preset.
      if (held == nullptr) continue;
      if (find_prog(package, held->name) != nullptr) name = held->name;
    }
    Prog* prog = name.empty() ? nullptr : find_prog(package, name);
    if (prog == nullptr) continue;
    const Status status = prog_array_put(map, slot, *prog, report);
    if (status != Status::ok) return status;
  }
  return Status::ok;
}

bool prog_array_next(const Map& map, uint32_t& cursor, uint8_t* key, uint8_t* value) {
  for (; cursor < map.def.max_entries; cursor++) {
    const Prog* prog = prog_array_at(map, cursor);
    if (prog == nullptr) continue;
    const uint32_t index = index_in_package(*prog);
    memcpy(key, &cursor, sizeof cursor);
    memcpy(value, &index, sizeof index);
    cursor++;
    return true;
  }
  return false;
}

int64_t tail_call(const Invocation& invocation, const Map& map, uint32_t slot) {
  Activity& activity = *invocation.activity;
  if (activity.tail_calls >= isa::kMaxTailCalls) return kErrorNotPermitted;
  Prog* prog = prog_array_at(map, slot);
  if (prog == nullptr) return kErrorNoEntry;
  if (prog->hook != invocation.hook) return kErrorInvalid;
  activity.tail_calls++;
  activity.next = prog;
  return 0;
}

}  // namespace perdita::runtime
