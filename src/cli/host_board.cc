// SPDX-License-Identifier: Apache-2.0
#include "cli/host_board.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "cli/simulated_functions.h"
#include "compiler/host_crypto.h"
#include "emulate/trial_job.h"
#include "isa/status.h"
#include "runtime/reservation.h"
#include "runtime/runtime.h"

namespace perdita::cli {
namespace {

constexpr size_t kMemoryBytes = 64u << 20;       // for any maps a package may define
constexpr uint32_t kGuardedSteps = 100'000'000;  // a program without a proof ends some time
constexpr uint32_t kStackBytes = isa::kMaxFrames * isa::kFrameStackBytes;

Text text_of(const std::string& name) { return {name.data(), name.size()}; }

}  // namespace

Diagnostic not_taken(const perdita_report& report) {
  Diagnostic diagnostic;
  diagnostic.code = std::string("board-") + status_name(static_cast<Status>(report.status));
  std::replace(diagnostic.code.begin(), diagnostic.code.end(), '_', '-');
  diagnostic.message = fmt::format("a board would refuse this: {}", status_text(static_cast<Status>(report.status)));
  if (report.name[0] != '\0') diagnostic.message += fmt::format(" ({})", report.name);
  if (report.need != 0) diagnostic.need = std::to_string(report.need);
  if (report.need != 0) diagnostic.have = std::to_string(report.have);
  return diagnostic;
}

Diagnostic program_fault(const std::string& prog, Status status, uint32_t pc) {
  Diagnostic diagnostic;
  diagnostic.code = "program-fault";
  diagnostic.message = fmt::format("the program {} faults: {}", prog, status_text(status));
  diagnostic.place.instruction = pc;
  diagnostic.hint = "perdita verify says why, and for which inputs";
  return diagnostic;
}

struct HostBoard::State {
  std::shared_ptr<const platform::Platform> platform;
  SimulatedFunctions functions;
  perdita_key key{};
  perdita_port port{};
  perdita_config config{};
  std::vector<uint64_t> memory;
  alignas(8) uint8_t stack[kStackBytes] = {};
  perdita_runtime* runtime = nullptr;
  uint64_t clock_ns = 0;
  uint32_t random = emulate::kTrialRandomSeed;
  std::string output;

  explicit State(std::shared_ptr<const platform::Platform> with)
      : platform(std::move(with)), functions(*platform), memory(kMemoryBytes / sizeof(uint64_t)) {
    port.user = this;
    port.core.clock_ns = [](void* user) { return static_cast<State*>(user)->clock_ns += emulate::kTrialClockStepNs; };
    port.core.lock = [](void*) -> uint32_t { return 0; };
    port.core.unlock = [](void*, uint32_t) {};
    port.core.sync_code = [](void*, const void*, size_t) {};
    port.core.random = [](void* user) {
      uint32_t& x = static_cast<State*>(user)->random;
      return x = emulate::next_random(x);
    };
    port.core.log = [](void* user, const char* text, size_t size) {
      static_cast<State*>(user)->output.append(text, size).append("\n");
    };
    port.crypto = compiler::host_crypto();
  }
};

HostBoard::HostBoard(std::unique_ptr<State> state) : state_(std::move(state)) {}
HostBoard::~HostBoard() = default;
const std::string& HostBoard::output() const { return state_->output; }

Result<std::unique_ptr<HostBoard>> HostBoard::start(std::shared_ptr<const platform::Platform> platform,
                                                    const compiler::PublicKey& key, bool allow_unclaimed) {
  auto state = std::make_unique<State>(std::move(platform));
  auto addressee = pipeline::parse_addressee(pipeline::kDemoVendor, pipeline::kDemoClass, "");
  if (!addressee) return addressee.error();
  std::copy(key.bytes.begin(), key.bytes.end(), state->key.public_key);
  auto id = key.id();
  std::copy(id.begin(), id.end(), state->key.id);
  state->key.roles = key.roles;
  state->key.hooks = UINT32_MAX;
  state->key.capabilities = UINT32_MAX;
  perdita_config& config = state->config;
  config.platform = &state->functions.tables();
  config.port = &state->port;
  config.keys = &state->key;
  config.key_count = 1;
  std::copy(addressee->vendor_id.begin(), addressee->vendor_id.end(), config.vendor_id);
  std::copy(addressee->class_id.begin(), addressee->class_id.end(), config.class_id);
  config.target = "armv7m";  // whose budgets hold here
  config.engine = PERDITA_ENGINE_INTERPRETER;
  config.allow_unclaimed = allow_unclaimed ? 1 : 0;
  config.guarded_steps = kGuardedSteps;
  config.guarded_stack_bytes = kStackBytes;
  perdita_status status = perdita_init(&state->runtime, state->memory.data(), kMemoryBytes, &config);
  if (status != perdita_status_ok) {
    perdita_report report{};
    report.status = status;
    return not_taken(report);
  }
  return std::unique_ptr<HostBoard>(new HostBoard(std::move(state)));
}

Result<std::monostate> HostBoard::deliver(const pipeline::Blob& package) {
  perdita_report report{};
  perdita_status status = perdita_deliver(state_->runtime, package.data(), package.size(), &report);
  if (status != perdita_status_ok) return not_taken(report);
  return std::monostate{};
}

Result<Invoked> HostBoard::invoke(const std::string& package_name, const std::string& prog_name, void* context) {
  const runtime::Package* package = runtime::find_package(*state_->runtime, text_of(package_name));
  const runtime::Prog* prog = package == nullptr ? nullptr : runtime::find_prog(*package, text_of(prog_name));
  if (prog == nullptr) {
    perdita_report report{};
    report.status = perdita_status_unknown_program;
    return not_taken(report);
  }
  // As perdita_fire does it, of this one program and what it tail-calls, and with the count of steps.
  runtime::Outcome outcome{};
  uint64_t steps = 0;
  size_t stack_bytes = 0;
  runtime::Activity activity = {};
  const runtime::Prog* running = prog;
  for (;;) {
    runtime::Invocation invocation = *running;
    invocation.context = context;
    invocation.stack = MutableBytes(state_->stack, running->stack.size());
    invocation.steps = prog->steps - steps;
    invocation.activity = &activity;
    activity.next = nullptr;
    outcome = running->run(invocation);
    runtime::release_reservations(activity);
    steps += outcome.steps;
    stack_bytes = std::max(stack_bytes, running->stack.size());
    if (outcome.status != runtime::kTailCalled) break;
    running = activity.next;
  }
  if (outcome.status != Status::ok) {
    return program_fault({running->name.data(), running->name.size()}, outcome.status, outcome.pc);
  }
  return Invoked{static_cast<int64_t>(outcome.result), steps, static_cast<uint32_t>(stack_bytes),
                 static_cast<uint32_t>(prog->code.size() * sizeof(isa::Insn))};
}

}  // namespace perdita::cli
