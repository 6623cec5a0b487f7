// SPDX-License-Identifier: Apache-2.0
#include "cli/emulated_board.h"

#include <fmt/core.h>

#include <algorithm>

#include "cli/host_board.h"
#include "cli/target.h"
#include "emulate/trial.h"
#include "jit/generate.h"
#include "pipeline/uuid.h"

namespace perdita::cli {
namespace {

constexpr uint32_t kGuardedSteps = 100'000'000;  // a program without a proof ends some time
constexpr uint64_t kOwnMemoryBytes = 256u << 10;
constexpr uint64_t kEntryBytes = 64;  // of a map, beside key and value

// Room for what the package defines, by far.
uint32_t memory_for(const object::Module& module, const pipeline::Blob& package) {
  uint64_t bytes = kOwnMemoryBytes + 8 * package.size();
  for (const object::Map& map : module.maps) {
    bytes += 2 * (uint64_t{map.def.max_entries} * (map.def.key_size + map.def.value_size + kEntryBytes));
  }
  return static_cast<uint32_t>(std::min<uint64_t>(bytes, emulate::kMostTrialMemoryBytes));
}

uint64_t code_bytes(const object::Module& module, const std::string& name) {
  const auto prog = std::ranges::find(module.progs, name, &object::Prog::name);
  return prog == module.progs.end() ? 0 : prog->code.size() * sizeof(isa::Insn);
}

}  // namespace

Result<std::monostate> check_emulated_target(const std::string& target) {
  if (emulate::find_trial_firmware(target)) return std::monostate{};
  if (jit::find_target({target.data(), target.size()}) == nullptr) {
    return not_there_yet("running for the target " + target,
                         "--target armv7m, rv32imc or xtensa, or leave it out to run on this machine");
  }
  Diagnostic diagnostic;
  diagnostic.code = "emulate-board";
  diagnostic.message = fmt::format("there is no emulated board for {}", target);
  diagnostic.need = "its trial firmware, beside this program's folder";
  diagnostic.hint = "script/build builds it";
  return diagnostic;
}

Result<Emulated> run_emulated(const EmulatedRun& run, const object::Module& module, const platform::Platform& platform,
                              const compiler::PublicKey& key, const pipeline::Blob& package) {
  auto addressee = pipeline::parse_addressee(pipeline::kDemoVendor, pipeline::kDemoClass, "");
  if (!addressee) return addressee.error();
  emulate::PackageTrial trial;
  trial.engine = run.engine;
  trial.platform = &platform.tables();
  trial.package = package;
  trial.package_name = run.package;
  trial.prog = run.prog;
  trial.context = run.context;
  trial.packet = run.packet;
  trial.repeat = static_cast<uint32_t>(std::min<uint64_t>(run.repeat, UINT32_MAX));
  trial.memory_bytes = memory_for(module, package);
  trial.guarded_steps = run.engine == PERDITA_ENGINE_GUARDED ? kGuardedSteps : 0;
  trial.vendor_id = addressee->vendor_id;
  trial.class_id = addressee->class_id;
  std::ranges::copy(key.bytes, trial.key.begin());
  std::ranges::copy(key.id(), trial.key_id.begin());
  auto all = emulate::run_trials(*emulate::find_trial_firmware(run.target), {trial});
  if (!all) return all.error();
  const emulate::Tried& tried = all->front();
  if (tried.refused) {
    perdita_report report{};
    report.status = static_cast<perdita_status>(tried.refused->status);
    report.need = tried.refused->need;
    report.have = tried.refused->have;
    tried.refused->name.copy(report.name, sizeof report.name - 1);
    return not_taken(report);
  }
  if (tried.status != Status::ok) return program_fault(run.prog, tried.status, tried.pc);
  const bool native = run.engine == PERDITA_ENGINE_NATIVE;
  return Emulated{static_cast<int64_t>(tried.result), tried.instructions, tried.stack_bytes,
                  native ? tried.prog_bytes : static_cast<uint32_t>(code_bytes(module, run.prog)), tried.output};
}

}  // namespace perdita::cli
