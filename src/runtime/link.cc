// SPDX-License-Identifier: Apache-2.0
#include "runtime/link.h"

#include "isa/helpers.h"
#include "isa/validate.h"
#include "runtime/frames.h"
#include "runtime/helper_calls.h"
#include "wire/reliance.h"

namespace perdita::runtime {
namespace {

// `relied` is what the package names, `digest` this device's.
Status compare(Status computed, const uint8_t (&digest)[wire::kRelianceBytes], Bytes relied, Text name,
               Report& report) {
  if (computed != Status::ok) return report.refuse(computed, name);
  return equal(Bytes(digest), relied) ? Status::ok : report.refuse(Status::platform_differs, name);
}

Status check_function(const perdita_function& function, const perdita_config& config, Bytes relied, Report& report) {
  uint8_t scratch[wire::kRelianceFormBytes];
  uint8_t digest[wire::kRelianceBytes];
  const Status status =
      wire::function_reliance(*config.platform, function, *config.port, MutableBytes(scratch), digest);
  return compare(status, digest, relied, text(function.name), report);
}

// Where an instruction refers to something that the package does not have: true.
bool dangles(const Prog& prog, const LinkTable& link, uint32_t pc) {
  const isa::Insn& insn = prog.code[pc];
  const bool is_call = insn.opcode == (isa::kJmp | isa::kCall);
  const bool is_lddw = insn.opcode == isa::kLddw;
  if (is_call && insn.src() == isa::kCallHelper) return find_helper_call(link.helpers, insn.imm) == nullptr;
  if ((is_call && insn.src() == isa::kCallLocal) || (is_lddw && insn.src() == isa::kLddwFunction)) {
    const int64_t target = static_cast<int64_t>(pc) + insn.imm + 1;
    return find_subprogram(prog.subprograms, target) == prog.subprograms.size();
  }
  if (is_lddw && insn.src() == isa::kLddwMapValue) {
    const isa::MapDef& def = link.maps[static_cast<uint32_t>(insn.imm)]->def;
    return def.type != isa::MapType::array || static_cast<uint32_t>(prog.code[pc + 1].imm) > def.value_size;
  }
  return false;
}

uint32_t capability_of(const LinkedCall& call) {
  const uint8_t capability = call.contract->capability;
  return capability < 32 ? 1u << capability : 0;
}

uint32_t capability_of(const Prog& prog, const LinkTable& link, uint32_t pc) {
  const isa::Insn& insn = prog.code[pc];
  if (insn.opcode != (isa::kJmp | isa::kCall) || insn.src() == isa::kCallLocal) return 0;
  const LinkedCall* call = insn.src() == isa::kCallHelper ? find_helper_call(link.helpers, insn.imm)
                                                          : &link.functions[static_cast<uint32_t>(insn.imm)];
  return call != nullptr ? capability_of(*call) : 0;
}

}  // namespace

Status find_function(const wire::FunctionView& wanted, const perdita_config& config, LinkedCall& call, Report& report) {
  const perdita_platform& platform = *config.platform;
  for (uint32_t i = 0; i < platform.function_count; i++) {
    const perdita_function& function = platform.functions[i];
    if (function.helper != 0 || function.call == nullptr || !equal(text(function.name), wanted.name)) continue;
    call = {&function, function.call};
    return check_function(function, config, wanted.reliance, report);
  }
  return report.refuse(Status::unknown_function, wanted.name);
}

Status find_helper(const wire::HelperView& wanted, const perdita_config& config, LinkedCall& call, Report& report) {
  const perdita_function* helper = isa::find_helper(wanted.number);
  const perdita_thunk routine = helper_call(wanted.number);
  if (helper == nullptr || routine == nullptr) {
    return report.refuse(Status::unknown_helper, helper == nullptr ? Text() : text(helper->name), wanted.number, 0);
  }
  call = {helper, routine};
  return check_function(*helper, config, wanted.reliance, report);
}

Status find_hook(const wire::ProgView& wanted, const perdita_config& config, uint8_t& hook, Report& report) {
  const perdita_platform& platform = *config.platform;
  for (hook = 0; hook < platform.hook_count; hook++) {
    if (!equal(text(platform.hooks[hook].name), wanted.hook)) continue;
    uint8_t scratch[wire::kRelianceFormBytes];
    uint8_t digest[wire::kRelianceBytes];
    const Status status =
        wire::hook_reliance(platform, platform.hooks[hook], *config.port, MutableBytes(scratch), digest);
    return compare(status, digest, wanted.reliance, wanted.hook, report);
  }
  return report.refuse(Status::unknown_hook, wanted.hook);
}

Status check_code(const Prog& prog, const LinkTable& link, uint32_t& capabilities, Report& report) {
  const isa::References references = {static_cast<uint32_t>(link.maps.size()),
                                      static_cast<uint32_t>(link.functions.size())};
  isa::Violation violation;
  if (!isa::validate(prog.code, references, violation)) {
    return report.refuse(Status::bad_instruction, prog.name, violation.instruction, 0);
  }
  capabilities = 0;
  for (uint32_t pc = 0; pc < prog.code.size(); pc++) {
    if (dangles(prog, link, pc)) return report.refuse(Status::bad_instruction, prog.name, pc, 0);
    capabilities |= capability_of(prog, link, pc);
    if (prog.code[pc].opcode == isa::kLddw) pc++;
  }
  return Status::ok;
}

uint32_t capabilities_of(const LinkTable& link) {
  uint32_t capabilities = 0;
  for (const LinkedCall& function : link.functions) capabilities |= capability_of(function);
  for (const LinkedCall& helper : link.helpers) capabilities |= capability_of(helper);
  return capabilities;
}

}  // namespace perdita::runtime
