// SPDX-License-Identifier: Apache-2.0
//
// A request hook's programs run one at a time, each for the requests that name it.
#include "perdita/request.h"
#include "runtime/fire.h"

namespace perdita::runtime {
namespace {

Prog* attached_prog(const Runtime& runtime, Text package_name, Text name) {
  const Package* package = find_package(runtime, package_name);
  Prog* prog = package != nullptr ? find_prog(*package, name) : nullptr;
  return prog != nullptr && prog->attached && prog->hook->request != 0 ? prog : nullptr;
}

}  // namespace
}  // namespace perdita::runtime

using namespace perdita::runtime;  // NOLINT: this file is the C face of that namespace

extern "C" {

const perdita_hook* perdita_answers(const perdita_runtime* runtime, const char* package, const char* prog) {
  const Prog* found = attached_prog(*runtime, perdita::text(package), perdita::text(prog));
  return found != nullptr ? found->hook : nullptr;
}

perdita_status perdita_answer(perdita_runtime* runtime, const char* package, const char* prog,
                              struct perdita_request* context, int64_t* result) {
  Prog* found = attached_prog(*runtime, perdita::text(package), perdita::text(prog));
  if (found == nullptr) return perdita_status_unknown_program;
  const perdita_port& port = port_of(*runtime);
  if (!enter(*found->activity)) {
    Lock lock(port);
    found->stats.misses++;
    return perdita_status_busy;
  }
  context->time_ns = port.core.clock_ns(port.user);
  uint32_t clock_ns = static_cast<uint32_t>(context->time_ns);
  const bool ran = run_and_count(*runtime, *found, context, clock_ns, *result);
  leave(*found->activity);
  return ran ? perdita_status_ok : static_cast<perdita_status>(found->stats.last_fault);
}

}  // extern "C"
