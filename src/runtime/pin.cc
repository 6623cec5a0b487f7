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

Status check_pin(const PinnedMap& pin, const isa::MapDef& wanted, Report& report) {
  const uint32_t pairs[][2] = {{static_cast<uint32_t>(wanted.type), static_cast<uint32_t>(pin.def.type)},
                               {wanted.key_size, pin.def.key_size},
                               {wanted.value_size, pin.def.value_size},
                               {wanted.max_entries, pin.def.max_entries},
                               {wanted.flags, pin.def.flags}};
  for (const auto& [need, have] : pairs) {
    if (need != have) return report.refuse(Status::map_differs, pin.name, need, have);
  }
  return Status::ok;
}

void make_pin(PinnedMap& pin, const perdita_key& owner, Text name) {
  pin.pinned = true;
  __builtin_memcpy(pin.owner, owner.id, sizeof pin.owner);
  copy_name(pin.own_name, name);
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
