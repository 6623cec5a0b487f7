// SPDX-License-Identifier: Apache-2.0
#include "runtime/version.h"

#include "runtime/attach.h"
#include "runtime/pin.h"
#include "runtime/stacks.h"

namespace perdita::runtime {
namespace {

void forget(Runtime& runtime, Package*& package) {
  if (package == nullptr) return;
  const Owner owner = owner_of(*package);
  package = nullptr;
  runtime.memory.release_all(owner);
}

}  // namespace

void bring_back(Runtime& runtime, Package& failed) {
  Package& good = *failed.previous;
  for (Prog& prog : good.progs) {
    const Prog* const leaving = find_prog(failed, prog.name);
    if (leaving != nullptr && leaving->hook_index == prog.hook_index) prog.wanted = leaving->wanted;
  }
  exchange_attached(runtime, &failed, &good);
  replace_in_list(runtime, failed, good);
  good.previous = &failed;
  failed.previous = nullptr;
}

void bring_back_failed(Runtime& runtime) {
  Lock lock(port_of(runtime));
  Package* following = nullptr;
  for (Package* package = runtime.packages; package != nullptr; package = following) {
    following = package->next;
    if (package->failed && has_good_version(*package)) bring_back(runtime, *package);
  }
}

void release_failed(Runtime& runtime) {
  bool any = false;
  for (Package* package = runtime.packages; package != nullptr; package = package->next) {
    if (package->previous == nullptr || has_good_version(*package)) continue;
    own_maps(*package);
    forget(runtime, package->previous);
    any = true;
  }
  if (!any) return;
  sweep_pins(runtime);
  trim_stacks(runtime);
}

void keep_version(Runtime& runtime, Package* old, Package& fresh) {
  if (old == nullptr) return;
  if (!old->failed) {
    forget(runtime, old->previous);
    fresh.previous = old;
    return;
  }
  fresh.previous = old->previous;
  if (fresh.previous != nullptr) own_maps(*fresh.previous);
  own_maps(fresh);
  forget(runtime, old);
}

void own_maps(const Package& package) {
  wire::ImageView image{};
  const Status status = wire::read_image(package.image, image);
  if (status != Status::ok) return;  // it was read when it was installed
  wire::ItemCursor cursor = image.maps;
  wire::MapView view{};
  for (Map* map : package.maps) {
    if (!wire::next(cursor, image, view)) return;
    PackageMap* const own = static_cast<PackageMap*>(map);
    if (own->pinned) continue;
    Memory::hand_over(own, owner_of(package));
    own->name = view.name;
    own->initial = view.initial;
  }
}

bool give_up_versions(Runtime& runtime) {
  bool any = false;
  for (Package* package = runtime.packages; package != nullptr; package = package->next) {
    any = any || package->previous != nullptr;
    forget(runtime, package->previous);
  }
  if (!any) return false;
  sweep_pins(runtime);
  trim_stacks(runtime);
  return true;
}

}  // namespace perdita::runtime
