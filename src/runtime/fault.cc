// SPDX-License-Identifier: Apache-2.0
#include "runtime/fault.h"

#include "runtime/attach.h"
#include "runtime/name.h"
#include "runtime/reservation.h"
#include "runtime/version.h"

namespace perdita::runtime {
namespace {

// The record of this program's name, or the one that is oldest. Records stand in order, the last fault's first.
FaultRecord& make_record(Runtime& runtime, Text package, Text prog) {
  uint32_t index = 0;
  while (index + 1 < kFaultRecords) {
    const FaultRecord& record = runtime.faults[index];
    if (equal(text(record.package), package) && equal(text(record.prog), prog)) break;
    index++;
  }
  for (; index > 0; index--) runtime.faults[index] = runtime.faults[index - 1];
  FaultRecord& record = runtime.faults[0];
  record = {};
  copy_name(record.package, package);
  copy_name(record.prog, prog);
  return record;
}

void tell(Runtime& runtime, const Prog& prog, const Outcome& outcome) {
  const Package& package = package_of(prog);
  FaultRecord& record = make_record(runtime, text(package.name), prog.name);
  record.sequence = package.sequence;
  record.status = outcome.status;
  record.pc = outcome.pc;
  record.address = outcome.address;
  record.frame_count = prog.activity->fault_frames;
  for (uint32_t i = 0; i < record.frame_count; i++) record.return_pcs[i] = prog.activity->return_pcs[i];
  prog.activity->fault_frames = 0;
}

}  // namespace

const FaultRecord* find_fault(const Runtime& runtime, Text package, Text prog) {
  for (const FaultRecord& record : runtime.faults) {
    if (equal(text(record.package), package) && equal(text(record.prog), prog)) return &record;
  }
  return nullptr;
}

void take_fault(Runtime& runtime, Prog& prog, Prog& fired, const Outcome& outcome) {
  release_reservations(*prog.activity);
  Lock lock(port_of(runtime));
  prog.stats.faults++;
  prog.stats.last_fault = outcome.status;
  tell(runtime, prog, outcome);
  // Another level may have taken it off meanwhile, and what was not the package's fault stays so.
  if (!fired.attached) return;
  uint16_t& faults = fired.stats.faults_attached;
  if (faults < UINT16_MAX) faults++;
  if (faults < UINT16_MAX && faults < runtime.config->fault_threshold) return;
  Package& package = package_of(fired);
  package.failed = true;
  if (has_good_version(package) && !runtime.delivering) {
    bring_back(runtime, package);
  } else {
    take_off(runtime, fired);
  }
}

}  // namespace perdita::runtime
