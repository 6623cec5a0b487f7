// SPDX-License-Identifier: Apache-2.0
#include "runtime/install.h"

#include "runtime/attach.h"
#include "runtime/claim.h"
#include "runtime/draft.h"
#include "runtime/pin.h"
#include "wire/image_format.h"

namespace perdita::runtime {
namespace {

// A map that lives on changes hands before its old package's memory goes, names included.
void take_over_maps(Package& fresh) {
  for (Map* map : fresh.link.maps) {
    if (!static_cast<PackageMap*>(map)->pinned) Memory::hand_over(map, fresh.owner);
  }
}

// What an image says of a kept map lies in the new image from now on.
void rename_maps(const wire::ImageView& image, Package& fresh) {
  wire::ItemCursor cursor = image.maps;
  wire::MapView view{};
  for (Map* map : fresh.link.maps) {
    if (!wire::next(cursor, image, view)) return;
    PackageMap* kept = static_cast<PackageMap*>(map);
    if (kept->pinned) continue;
    kept->name = view.name;
    kept->initial = view.initial;
  }
}

void replace_in_list(Runtime& runtime, Package* old, Package& fresh) {
  Package** link = &runtime.packages;
  while (*link != nullptr && *link != old) link = &(*link)->next;
  fresh.next = *link != nullptr ? (*link)->next : nullptr;
  *link = &fresh;
}

// Levels keep no more than their programs need. What is cut off lies beyond what any of them uses.
void trim_stacks(Runtime& runtime) {
  for (uint32_t i = 0; i < PERDITA_MAX_LEVELS; i++) {
    Level& level = runtime.levels[i];
    const uint32_t needed = needed_stack_bytes(runtime, i, nullptr);
    if (level.stack == nullptr || needed == level.stack_bytes) continue;
    level.stack_bytes = needed;
    if (needed != 0) {
      runtime.memory.shrink(level.stack, needed);
    } else {
      runtime.memory.release(level.stack);
      level.stack = nullptr;
    }
  }
}

// With the lock held. Programs know their stack; each has the lowest part of its level's.
void place_on_stacks(const Runtime& runtime) {
  for (Package* package = runtime.packages; package != nullptr; package = package->next) {
    for (Prog& prog : package->progs) {
      prog.stack = MutableBytes(runtime.levels[prog.hook->level].stack, prog.stack.size());
    }
  }
}

void commit(Runtime& runtime, Draft& draft, bool attached) {
  Package& fresh = draft.package();
  Package* old = draft.replaced();
  uint8_t* outgrown[PERDITA_MAX_LEVELS] = {};
  {
    Lock lock(port_of(runtime));
    for (uint32_t i = 0; i < PERDITA_MAX_LEVELS; i++) {
      if (draft.stack(i) == nullptr) continue;
      outgrown[i] = runtime.levels[i].stack;
      runtime.levels[i].stack = draft.stack(i);
      runtime.levels[i].stack_bytes = draft.stack_bytes(i);
    }
    exchange_attached(runtime, old, &fresh, attached);
    replace_in_list(runtime, old, fresh);
    place_on_stacks(runtime);
  }
  for (uint32_t i = 0; i < PERDITA_MAX_LEVELS; i++) {
    if (draft.stack(i) != nullptr) Memory::hand_over(draft.stack(i), kRuntimeOwner);
    if (outgrown[i] != nullptr) runtime.memory.release(outgrown[i]);
  }
  list_pins(runtime, fresh);
  take_over_maps(fresh);
  rename_maps(draft.image(), fresh);
  if (old != nullptr) runtime.memory.release_all(old->owner);
  sweep_pins(runtime);
  trim_stacks(runtime);
}

}  // namespace

Status install(Runtime& runtime, const wire::PackageView& package, const Signers& signers, Report& report) {
  // What can be refused from the bytes alone comes before anything is copied.
  wire::ImageView incoming{};
  Status status = wire::read_image(package.payload, incoming);
  if (status != Status::ok) return status;
  if (!equal(incoming.target, text(wire::kTargetBytecode))) return report.refuse(Status::wrong_target, incoming.target);
  status = check_claim(incoming, signers, *runtime.config);
  if (status != Status::ok) return status;

  Draft draft(runtime, package, signers, report);
  status = draft.prepare();
  if (status != Status::ok) {
    draft.give_up();
    return status;
  }
  commit(runtime, draft, package.attach);
  return Status::ok;
}

void uninstall(Runtime& runtime, Package& package) {
  {
    Lock lock(port_of(runtime));
    exchange_attached(runtime, &package, nullptr, false);
    Package** link = &runtime.packages;
    while (*link != &package) link = &(*link)->next;
    *link = package.next;
  }
  runtime.memory.release_all(package.owner);
  sweep_pins(runtime);
  trim_stacks(runtime);
}

}  // namespace perdita::runtime
