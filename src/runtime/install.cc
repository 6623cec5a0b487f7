// SPDX-License-Identifier: Apache-2.0
#include "runtime/install.h"

#include "runtime/attach.h"
#include "runtime/claim.h"
#include "runtime/draft.h"
#include "runtime/pin.h"
#include "runtime/stacks.h"
#include "runtime/version.h"

namespace perdita::runtime {
namespace {

void append_to_list(Runtime& runtime, Package& fresh) {
  Package** link = &runtime.packages;
  while (*link != nullptr) link = &(*link)->next;
  *link = &fresh;
}

void commit(Runtime& runtime, Draft& draft, bool attached) {
  Package& fresh = draft.package();
  Package* const old = draft.replaced();
  uint8_t* outgrown[PERDITA_MAX_LEVELS] = {};
  for (Prog& prog : fresh.progs) prog.wanted = attached;
  {
    Lock lock(port_of(runtime));
    for (uint32_t i = 0; i < PERDITA_MAX_LEVELS; i++) {
      if (draft.stack(i) == nullptr) continue;
      outgrown[i] = runtime.levels[i].stack;
      runtime.levels[i].stack = draft.stack(i);
      runtime.levels[i].stack_bytes = draft.stack_bytes(i);
    }
    exchange_attached(runtime, old, &fresh);
    if (old != nullptr) {
      replace_in_list(runtime, *old, fresh);
      fresh.previous = old;  // for place_on_stacks; keep_version decides
    } else {
      append_to_list(runtime, fresh);
    }
    place_on_stacks(runtime);
  }
  for (uint32_t i = 0; i < PERDITA_MAX_LEVELS; i++) {
    if (draft.stack(i) != nullptr) Memory::hand_over(draft.stack(i), kRuntimeOwner);
    if (outgrown[i] != nullptr) runtime.memory.release(outgrown[i]);
  }
  list_pins(runtime, fresh);
  keep_version(runtime, old, fresh);
  own_maps(fresh);
  sweep_pins(runtime);
  trim_stacks(runtime);
}

}  // namespace

Status install(Runtime& runtime, const wire::PackageView& package, const Signers& signers, Report& report) {
  // What can be refused from the bytes alone comes before anything is copied.
  wire::ImageView incoming{};
  Status status = wire::read_image(package.payload, incoming);
  if (status != Status::ok) return status;
  status = check_target(incoming, *runtime.config, report);
  if (status != Status::ok) return status;
  status = check_claim(incoming, signers, *runtime.config);
  if (status != Status::ok) return status;

  for (;;) {
    Draft draft(runtime, package, incoming, signers, report);
    status = draft.prepare();
    if (status == Status::ok) {
      commit(runtime, draft, package.attach);
      return Status::ok;
    }
    draft.give_up();
    // What is kept for a fault that may never come makes room for what is wanted now.
    if (status != Status::out_of_memory || !give_up_versions(runtime)) return status;
    status = report.refuse(Status::ok, package.name, 0, 0);
  }
}

void uninstall(Runtime& runtime, Package& package) {
  {
    Lock lock(port_of(runtime));
    exchange_attached(runtime, &package, nullptr);
    Package** link = &runtime.packages;
    while (*link != &package) link = &(*link)->next;
    *link = package.next;
  }
  if (package.previous != nullptr) runtime.memory.release_all(owner_of(*package.previous));
  runtime.memory.release_all(owner_of(package));
  sweep_pins(runtime);
  trim_stacks(runtime);
}

}  // namespace perdita::runtime
