// SPDX-License-Identifier: Apache-2.0
//
// A package from its bytes to what it orders. The order of the checks is the order of trust: nothing of the manifest is
// believed before its signatures are, and what a stranger can cause ends there. A sequence number is taken only where
// everything else has succeeded. Thread context; at most 2.3 KB of C stack on a Cortex-M3 beside what the port's crypto
// takes, and not at the same time as its signature check.
#include "runtime/install.h"
#include "runtime/order.h"
#include "runtime/version.h"

namespace perdita::runtime {
namespace {

Status check_sequence(const Runtime& runtime, const wire::PackageView& package, Report& report) {
  const uint64_t floor = runtime.sequences.floor(package.name);
  if (package.sequence <= floor) {
    return report.refuse(Status::old_sequence, package.name, floor == UINT64_MAX ? floor : floor + 1, package.sequence);
  }
  return runtime.sequences.admits(package.name);
}

// Who it is from, whom it is for, and whether it is new.
Status open(const Runtime& runtime, Bytes bytes, wire::PackageView& package, Signers& signers, Report& report) {
  const perdita_config& config = *runtime.config;
  Status status = wire::read_package(bytes, package);
  if (status != Status::ok) return status;
  status = wire::authenticate(package, {config.keys, config.key_count}, *config.port, signers.keys);
  if (status != Status::ok) return status;
  report.about(package.name);
  status = check_addressee(package, config);
  if (status != Status::ok) return status;
  if (!has_role(signers, PERDITA_ROLE_AUTHOR)) return Status::no_author;
  return check_sequence(runtime, package, report);
}

Status deliver(Runtime& runtime, Bytes bytes, Report& report) {
  release_failed(runtime);
  wire::PackageView package{};
  Signers signers{};
  Status status = open(runtime, bytes, package, signers, report);
  if (status != Status::ok) return status;
  bool installed = true;
  status = package.kind == wire::PayloadKind::image ? install(runtime, package, signers, report)
                                                    : carry_out(runtime, package, signers, report, installed);
  if (status != Status::ok) return status;
  runtime.sequences.take(package.name, package.sequence, installed);
  runtime.changes++;
  return status;
}

// Read at other levels, by faults.
void set_delivering(Runtime& runtime, bool delivering) {
  Lock lock(port_of(runtime));
  runtime.delivering = delivering;
}

}  // namespace
}  // namespace perdita::runtime

extern "C" perdita_status perdita_deliver(perdita_runtime* runtime, const uint8_t* package, size_t size_bytes,
                                          perdita_report* report) {
  perdita::runtime::Report answer(*report);
  // A program's own call would change the lists that its invocation stands on.
  perdita::Status status = perdita::Status::busy;
  if (!perdita::runtime::in_program(*runtime)) {
    perdita::runtime::set_delivering(*runtime, true);
    status = perdita::runtime::deliver(*runtime, {package, size_bytes}, answer);
    perdita::runtime::set_delivering(*runtime, false);
    perdita::runtime::bring_back_failed(*runtime);
  }
  answer.finish(status);
  return static_cast<perdita_status>(status);
}
