// SPDX-License-Identifier: Apache-2.0
#include "runtime/pin.h"

#include "runtime/name.h"

namespace perdita::runtime {
namespace {

bool has(const Package& package, const PinnedMap& pin) {
  for (const Map* map : package.maps) {
    if (map == &pin) return true;
  }
  return false;
}

// As a number, most significant byte first; 0 where the image does not tell.
uint64_t types_of(const wire::MapView& view) {
  uint64_t types = 0;
  for (const uint8_t byte : view.types) types = types << 8 | byte;
  return types;
}

bool in_use(const Runtime& runtime, const PinnedMap& pin) {
  for (const Package* package = runtime.packages; package != nullptr; package = package->next) {
    if (has(*package, pin)) return true;
    if (package->previous != nullptr && has(*package->previous, pin)) return true;
  }
  return false;
}

}  // namespace

const perdita_key& owner_of_pins(const Signers& signers) {
  const perdita_key* const* key = signers.keys;
  while (((*key)->roles & PERDITA_ROLE_AUTHOR) == 0) key++;  // there is one, or delivery had refused the package
  return **key;
}

PinnedMap* find_pin(const Runtime& runtime, const perdita_key& owner, Text name) {
  for (PinnedMap* pin = runtime.pins; pin != nullptr; pin = pin->next) {
    if (equal(Bytes(pin->owner), Bytes(owner.id)) && equal(pin->name, name)) return pin;
  }
  return nullptr;
}

Status check_pin(const PinnedMap& pin, const wire::MapView& wanted, Report& report) {
  const isa::MapDef& def = wanted.def;
  const uint64_t pairs[][2] = {{static_cast<uint32_t>(def.type), static_cast<uint32_t>(pin.def.type)},
                               {def.key_size, pin.def.key_size},
                               {def.value_size, pin.def.value_size},
                               {def.max_entries, pin.def.max_entries},
                               {def.flags, pin.def.flags},
                               {types_of(wanted), pin.types}};
  for (const auto& [need, have] : pairs) {
    if (need != have) return report.refuse(Status::map_differs, pin.name, need, have);
  }
  return Status::ok;
}

void make_pin(PinnedMap& pin, const perdita_key& owner, const wire::MapView& view) {
  pin.pinned = true;
  __builtin_memcpy(pin.owner, owner.id, sizeof pin.owner);
  copy_name(pin.own_name, view.name);
  pin.types = types_of(view);
  pin.name = text(pin.own_name);  // packages come and go, and their images with them
}

void list_pins(Runtime& runtime, Package& package) {
  for (Map* map : package.maps) {
    if (!static_cast<PackageMap*>(map)->pinned) continue;
    PinnedMap* pin = static_cast<PinnedMap*>(map);
    if (pin->listed) continue;
    pin->listed = true;
    pin->next = runtime.pins;
    runtime.pins = pin;
    Memory::hand_over(pin, kRuntimeOwner);
  }
}

void sweep_pins(Runtime& runtime) {
  PinnedMap** link = &runtime.pins;
  while (*link != nullptr) {
    PinnedMap* pin = *link;
    if (in_use(runtime, *pin)) {
      link = &pin->next;
      continue;
    }
    *link = pin->next;
    runtime.memory.release(pin);
  }
}

}  // namespace perdita::runtime
