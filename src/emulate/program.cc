// SPDX-License-Identifier: Apache-2.0
#include "emulate/program.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "isa/helpers.h"
#include "isa/validate.h"

namespace perdita::emulate {
namespace {

constexpr perdita_arg kScalar = {PERDITA_ARG_SCALAR, 0, 8, 0, 0, 0, 0, 0, 0};
constexpr perdita_arg kEchoArgs[] = {kScalar};
constexpr perdita_function kEcho = {
    "echo", kEchoHelper, nullptr, kEchoArgs, 1, PERDITA_NO_CAPABILITY, {PERDITA_RESULT_SCALAR, 8, 0, 0, 0}, 1, 0, 0};

uint64_t echo(void*, const uint64_t* args) { return args[0]; }
uint64_t never(void*, const uint64_t*) { return 0; }  // an engine runs the callbacks' helpers itself

perdita_port quiet_port() {
  perdita_port port{};
  port.core.clock_ns = [](void*) -> uint64_t { return 0; };
  port.core.lock = [](void*) -> uint32_t { return 0; };
  port.core.unlock = [](void*, uint32_t) {};
  port.core.sync_code = [](void*, const void*, size_t) {};
  port.core.random = [](void*) -> uint32_t { return 0; };
  port.core.log = [](void*, const char*, size_t) {};
  return port;
}

// The subprogram that an instruction names, or nothing.
std::optional<int64_t> named(const std::vector<isa::Insn>& code, size_t pc) {
  const isa::Insn& insn = code[pc];
  const bool call = insn.opcode == (isa::kJmp | isa::kCall) && insn.src() == isa::kCallLocal;
  const bool callback = insn.opcode == isa::kLddw && insn.src() == isa::kLddwFunction;
  if (!call && !callback) return std::nullopt;
  return static_cast<int64_t>(pc) + insn.imm + 1;
}

}  // namespace

std::vector<runtime::Subprogram> whole_frames(const std::vector<isa::Insn>& code, uint32_t frame_bytes) {
  std::vector<uint32_t> starts = {0};
  for (size_t pc = 0; pc < code.size(); pc++) {
    const auto target = named(code, pc);
    if (target && *target > 0) starts.push_back(static_cast<uint32_t>(*target));
    if (code[pc].opcode == isa::kLddw) pc++;
  }
  std::ranges::sort(starts);
  starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
  std::vector<runtime::Subprogram> found;
  for (const uint32_t start : starts) found.push_back({start, frame_bytes});
  return found;
}

std::string refusal(const Program& program, uint32_t maps) {
  isa::Violation violation;
  if (isa::validate({program.code.data(), program.code.size()}, {maps, 0}, violation)) return "";
  return fmt::format("instruction {}: {}", violation.instruction, violation.reason);
}

std::optional<std::vector<uint8_t>> compile_here(const jit::Target& target, const Program& program,
                                                 std::vector<uint16_t>* costs) {
  uint32_t helpers[kMostHelpers];
  const uint32_t count = helper_numbers(isa::helpers(), helpers);
  const auto subprograms = whole_frames(program.code, program.frame_bytes);
  const jit::Program input = {{program.code.data(), program.code.size()},
                              {subprograms.data(), subprograms.size()},
                              {program.facts.data(), program.facts.size()},
                              {helpers, count},
                              0};
  std::vector<uint32_t> workspace(target.workspace_bytes(input) / sizeof(uint32_t) + 1);
  const MutableBytes work = {reinterpret_cast<uint8_t*>(workspace.data()), workspace.size() * sizeof(uint32_t)};
  Span<uint16_t> to;
  if (costs != nullptr) {
    costs->assign(program.code.size(), 0);
    to = {costs->data(), costs->size()};
  }
  const jit::Generated size = target.generate(input, work, {}, to);
  if (size.failure != jit::Failure::none) return std::nullopt;
  std::vector<uint8_t> code(size.code_bytes);
  if (target.generate(input, work, {code.data(), code.size()}, {}).failure != jit::Failure::none) return std::nullopt;
  return code;
}

Ran run_here(const Program& program) {
  const perdita_port port = quiet_port();
  const runtime::LinkedCall helpers[] = {
      {&kEcho, echo},
      {isa::find_helper(isa::kHelperForEachMapElem), never},
      {isa::find_helper(isa::kHelperLoop), never},
  };
  runtime::LinkTable link;
  link.helpers = Span<const runtime::LinkedCall>(helpers);

  std::vector<uint8_t> memory = program.memory;
  const perdita_field field = {"memory", 0, static_cast<uint16_t>(memory.size()), PERDITA_FIELD_SCALAR, 1};
  perdita_hook hook{};
  hook.name = "program";
  hook.fields = &field;
  hook.field_count = 1;
  hook.context_size = static_cast<uint32_t>(memory.size());
  std::vector<uint64_t> stack(size_t{isa::kMaxFrames} * isa::kFrameStackBytes / sizeof(uint64_t));
  const auto subprograms = whole_frames(program.code);
  runtime::Activity activity{};
  const runtime::Invocation invocation = {&port,
                                          &link,
                                          {program.code.data(), program.code.size()},
                                          {subprograms.data(), subprograms.size()},
                                          &hook,
                                          memory.data(),
                                          static_cast<uint32_t>(memory.size()),
                                          {reinterpret_cast<uint8_t*>(stack.data()), stack.size() * sizeof(uint64_t)},
                                          &activity,
                                          program.steps};
  const auto engine = program.engine == kJobGuarded ? runtime::run_guarded : runtime::run_interpreter;
  const runtime::Outcome outcome = engine(invocation);
  return {outcome.status, outcome.pc, outcome.result,
          outcome.steps,  0,          checksum(memory.data(), static_cast<uint32_t>(memory.size()))};
}

}  // namespace perdita::emulate
