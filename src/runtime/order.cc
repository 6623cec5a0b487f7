// SPDX-License-Identifier: Apache-2.0
#include "runtime/order.h"

#include "runtime/attach.h"
#include "runtime/change_map.h"
#include "runtime/install.h"

namespace perdita::runtime {
namespace {

// Brings one program, or all of them, into the state wanted. Where all are in it already there was nothing to do, and
// the answer says so.
Status set_attached(Runtime& runtime, Package& package, Prog* only, bool attached) {
  bool changed = false;
  for (Prog& prog : package.progs) {
    if ((only != nullptr && &prog != only) || prog.attached == attached) continue;
    if (attached) {
      attach(runtime, prog);
    } else {
      detach(runtime, prog);
    }
    changed = true;
  }
  if (changed) return Status::ok;
  return attached ? Status::already_attached : Status::not_attached;
}

}  // namespace

Status carry_out(Runtime& runtime, const wire::PackageView& package, const Signers& signers, Report& report,
                 bool& installed) {
  wire::OrderView order{};
  Status status = wire::read_order(package.payload, order);
  if (status != Status::ok) return status;
  Package* target = find_package(runtime, package.name);
  if (target == nullptr) return Status::unknown_package;
  status = check_permission(signers, platform_of(runtime), target->hooks, target->capabilities, report);
  if (status != Status::ok) return status;
  Prog* prog = nullptr;
  if (!order.prog.empty()) {
    prog = find_prog(*target, order.prog);
    report.about(order.prog);
    if (prog == nullptr) return Status::unknown_program;
  }
  if (is_map_order(order)) {
    if (runtime.config->allow_map_changes == 0) return report.refuse(Status::not_permitted, order.map);
    return change_map(runtime, *target, order, report);
  }
  installed = order.operation != wire::Operation::remove;
  if (!installed) {
    uninstall(runtime, *target);
    return Status::ok;
  }
  return set_attached(runtime, *target, prog, order.operation == wire::Operation::attach);
}

}  // namespace perdita::runtime
