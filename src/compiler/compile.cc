// SPDX-License-Identifier: Apache-2.0
#include "compiler/compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "compiler/encode.h"
#include "compiler/host_crypto.h"
#include "compiler/image_writer.h"
#include "compiler/native_code.h"
#include "compiler/period.h"
#include "compiler/refusal.h"
#include "isa/facts.h"
#include "isa/helpers.h"
#include "isa/validate.h"
#include "wire/reliance.h"

namespace perdita::compiler {

namespace {

using Done = std::monostate;

constexpr const char* kNameHint = "1 to 31 letters, digits and . _ - / : +";

Result<Done> check_name(const std::string& name, const char* what) {
  if (wire::is_name(view(name))) return Done();
  return refusal("compile-name", fmt::format("'{}' cannot be the name of a {} in an image", name, what), kNameHint);
}

Result<Done> check_count(size_t have, size_t most, const char* what) {
  if (have <= most) return Done();
  auto diagnostic = refusal("compile-too-many", fmt::format("more {} than an image can hold", what));
  diagnostic.need = fmt::format("at most {}", most);
  diagnostic.have = std::to_string(have);
  diagnostic.hint = "split the object";
  return diagnostic;
}

template <typename Item>
Result<Done> check_names_differ(const std::vector<Item>& items, const char* what) {
  std::set<std::string> seen;
  for (const Item& item : items) {
    if (!seen.insert(item.name).second) {
      return refusal("compile-duplicate-name", fmt::format("two {}s are named '{}'", what, item.name),
                     "rename one of them");
    }
  }
  return Done();
}

// ---- programs ----

Result<const perdita_hook*> hook_of(const object::Prog& prog, const platform::Platform& platform,
                                    const std::string& hook) {
  const perdita_hook* found = nullptr;
  if (!hook.empty()) {
    found = platform.hook(hook);
  } else {
    found = platform.hook_for_section(prog.section);
    // A lifted program's section is its hook's name, whatever patterns the platform has.
    if (found == nullptr) found = platform.hook(prog.section);
  }
  if (found != nullptr) return found;
  const std::string& name = hook.empty() ? prog.section : hook;
  return refusal(
      "unknown-hook",
      fmt::format("the platform '{}' has no hook for '{}' (program '{}')", platform.tables().name, name, prog.name),
      "name a hook of the platform in SEC(), or with --hook");
}

Result<Done> check_code(const object::Module& module, const object::Prog& prog) {
  const isa::References references{static_cast<uint32_t>(module.maps.size()),
                                   static_cast<uint32_t>(module.functions.size())};
  isa::Violation violation;
  if (isa::validate(Span<const isa::Insn>(prog.code.data(), prog.code.size()), references, violation)) return Done();
  auto diagnostic = refusal("compile-invalid-code",
                            fmt::format("program '{}' breaks a rule of bytecode: {}", prog.name, violation.reason));
  diagnostic.place.instruction = violation.instruction;
  return diagnostic;
}

Result<Done> check_subprograms(const object::Prog& prog) {
  uint64_t end = 0;
  for (const object::Subprogram& subprogram : prog.subprograms) {
    if (subprogram.first != end || subprogram.count == 0) break;
    end += subprogram.count;
  }
  if (!prog.subprograms.empty() && end == prog.code.size()) {
    return check_count(prog.subprograms.size(), wire::kMaxSubprograms, "subprograms");
  }
  return refusal("compile-subprograms",
                 fmt::format("the subprograms of '{}' do not cover its instructions one after the other", prog.name));
}

Result<Reliance> reliance_of(const platform::Platform& platform, const perdita_hook& hook) {
  const perdita_port port = crypto_port();
  uint8_t form[wire::kRelianceFormBytes];
  uint8_t digest[wire::kRelianceBytes];
  const Status status = wire::hook_reliance(platform.tables(), hook, port, MutableBytes(form), digest);
  if (status != Status::ok) {
    return unreadable("compile-reliance", fmt::format("the hook '{}' has no canonical form", hook.name), status);
  }
  return std::to_array(digest);
}

Result<Reliance> reliance_of(const platform::Platform& platform, const perdita_function& function) {
  const perdita_port port = crypto_port();
  uint8_t form[wire::kRelianceFormBytes];
  uint8_t digest[wire::kRelianceBytes];
  const Status status = wire::function_reliance(platform.tables(), function, port, MutableBytes(form), digest);
  if (status != Status::ok) {
    return unreadable("compile-reliance", fmt::format("the function '{}' has no canonical form", function.name),
                      status);
  }
  return std::to_array(digest);
}

Result<ImageProg> compile_prog(const object::Module& module, const object::Prog& prog,
                               const platform::Platform& platform, const verifier::ProgVerdict* verdict,
                               const std::string& hook_name) {
  if (auto named = check_name(prog.name, "program"); !named) return named.error();
  if (auto code = check_code(module, prog); !code) return code.error();
  if (auto subprograms = check_subprograms(prog); !subprograms) return subprograms.error();
  const auto hook = hook_of(prog, platform, hook_name);
  if (!hook) return hook.error();
  if (auto named = check_name((*hook)->name, "hook"); !named) return named.error();
  const auto reliance = reliance_of(platform, **hook);
  if (!reliance) return reliance.error();

  const auto period_us = period_of(prog, **hook);
  if (!period_us) return period_us.error();

  ImageProg result{prog.name, (*hook)->name, *reliance, prog.code, {}, *period_us};
  for (size_t i = 0; i < prog.subprograms.size(); i++) {
    // Unproved, a frame may use all that the instruction set gives it; the guarded engine checks.
    const uint32_t stack_bytes = verdict != nullptr ? verdict->subprogram_stack_bytes[i] : isa::kFrameStackBytes;
    result.subprograms.push_back({prog.subprograms[i].first, stack_bytes});
  }
  return result;
}

// ---- maps ----

wire::MapUse use_of(const object::Map& map) {
  switch (map.origin) {
    case object::MapOrigin::rodata:
      return wire::MapUse::rodata;
    case object::MapOrigin::data:
      return wire::MapUse::data;
    case object::MapOrigin::bss:
      return wire::MapUse::bss;
    case object::MapOrigin::defined:
      break;
  }
  return map.pinned ? wire::MapUse::pinned_by_name : wire::MapUse::private_to_package;
}

Result<ImageMap> compile_map(const object::Map& map) {
  if (auto named = check_name(map.name, "map"); !named) return named.error();
  if (map.def.key_size > isa::kMaxKeyBytes || map.def.value_size > isa::kMaxValueBytes ||
      map.def.max_entries > isa::kMaxEntries) {
    auto diagnostic = refusal("compile-map-too-large", fmt::format("the map '{}' exceeds a limit", map.name));
    diagnostic.need = fmt::format("keys up to {} bytes, values up to {} bytes, up to {} entries", isa::kMaxKeyBytes,
                                  isa::kMaxValueBytes, isa::kMaxEntries);
    diagnostic.have = fmt::format("{}, {}, {}", map.def.key_size, map.def.value_size, map.def.max_entries);
    return diagnostic;
  }
  const wire::MapUse use = use_of(map);
  const bool has_initial = use == wire::MapUse::rodata || use == wire::MapUse::data;
  if (map.initial.size() != (has_initial ? map.def.value_size : 0) || (has_initial && map.initial.empty())) {
    return refusal("compile-map-initial",
                   fmt::format("the initial contents of map '{}' do not fit its value", map.name));
  }
  if (map.pinned && use != wire::MapUse::pinned_by_name) {
    return refusal("compile-map-initial", fmt::format("the data section '{}' cannot be pinned", map.name));
  }
  if (map.types && (use != wire::MapUse::pinned_by_name || map.def.type == isa::MapType::prog_array)) {
    return refusal("compile-map-types",
                   fmt::format("the map '{}' says its types, which only pinned maps do", map.name));
  }
  return ImageMap{
      map.name,    map.def,  use, map.initial, static_cast<uint32_t>(map.tail_instructions), map.tail_stack_bytes,
      map.presets, map.types};
}

// ---- imports ----

Result<ImageFunction> compile_function(const std::string& name, const platform::Platform& platform) {
  if (auto named = check_name(name, "function"); !named) return named.error();
  const perdita_function* function = platform.function(name);
  if (function == nullptr) {
    return refusal("unknown-function",
                   fmt::format("the platform '{}' has no function '{}'", platform.tables().name, name),
                   "`perdita inspect` on the platform lists its functions");
  }
  const auto reliance = reliance_of(platform, *function);
  if (!reliance) return reliance.error();
  return ImageFunction{name, *reliance};
}

Result<ImageHelper> compile_helper(uint32_t number, const platform::Platform& platform) {
  const perdita_function* helper = isa::find_helper(number);
  if (helper == nullptr) return refusal("unknown-helper", fmt::format("there is no helper {}", number));
  const auto reliance = reliance_of(platform, *helper);
  if (!reliance) return reliance.error();
  return ImageHelper{number, *reliance};
}

// ---- the claim ----

// The verdicts in the order of the module's programs, or why this verdict carries no claim for this module.
Result<std::vector<const verifier::ProgVerdict*>> match_verdicts(const object::Module& module,
                                                                 const platform::Platform& platform,
                                                                 const verifier::Verdict& verdict,
                                                                 const std::string& hook) {
  std::vector<const verifier::ProgVerdict*> matched;
  for (const object::Prog& prog : module.progs) {
    const auto found =
        std::find_if(verdict.progs.begin(), verdict.progs.end(),
                     [&](const verifier::ProgVerdict& candidate) { return candidate.name == prog.name; });
    if (found == verdict.progs.end()) {
      return refusal("claim-incomplete", fmt::format("program '{}' was not verified", prog.name),
                     "verify all programs of the object before compiling with a claim");
    }
    if (!verdict.accepted || !found->accepted) {
      return refusal("claim-not-accepted", fmt::format("program '{}' was not accepted", found->name),
                     "`perdita verify` says why");
    }
    const auto own_hook = hook_of(prog, platform, hook);
    if (!own_hook) return own_hook.error();
    bool fits = found->hook == (*own_hook)->name && found->instructions == prog.code.size() &&
                found->subprogram_stack_bytes.size() == prog.subprograms.size() && found->bounds.stack_bytes % 8 == 0 &&
                found->bounds.stack_bytes <= isa::kFrameStackBytes * isa::kMaxFrames;
    for (const uint32_t stack_bytes : found->subprogram_stack_bytes) {
      fits = fits && stack_bytes % 8 == 0 && stack_bytes <= isa::kFrameStackBytes;
    }
    // All programs have facts, or none has.
    fits = fits && found->facts.empty() == verdict.progs.front().facts.empty();
    fits = fits && (found->facts.empty() || isa::facts_fit({prog.code.data(), prog.code.size()}, view(found->facts)));
    if (!fits) {
      return refusal("claim-of-another-module", fmt::format("the verdict on '{}' is not about this program", prog.name),
                     "verify the very module, platform and hook that are compiled");
    }
    matched.push_back(&*found);
  }
  return matched;
}

Result<ClaimContent> make_claim(const std::vector<const verifier::ProgVerdict*>& verdicts) {
  ClaimContent claim;
  claim.verifier = verifier::version();
  if (auto named = check_name(claim.verifier, "verifier's version"); !named) return named.error();
  std::set<std::string> capabilities;
  for (const verifier::ProgVerdict* verdict : verdicts) {
    capabilities.insert(verdict->capabilities.begin(), verdict->capabilities.end());
    std::map<std::string, uint64_t> machine;
    for (const auto& [engine, worst_case] : verdict->bounds.machine_instructions) {
      const std::string name = engine_in_claim(engine);
      if (auto named = check_name(name, "engine"); !named) return named.error();
      machine[name] = worst_case;
    }
    if (auto count = check_count(verdict->bounds.machine_instructions.size(), wire::kMaxEngines, "engines"); !count) {
      return count.error();
    }
    claim.bounds.push_back({verdict->bounds.instructions, verdict->bounds.stack_bytes, std::move(machine),
                            verdict->bounds.tail_instructions});
    if (!verdict->facts.empty()) claim.facts.push_back(verdict->facts);
  }
  for (const std::string& capability : capabilities) {
    if (auto named = check_name(capability, "capability"); !named) return named.error();
  }
  if (auto count = check_count(capabilities.size(), wire::kMaxCapabilities, "capabilities"); !count) {
    return count.error();
  }
  claim.capabilities.assign(capabilities.begin(), capabilities.end());
  return claim;
}

Result<Done> check_limits(const object::Module& module, const platform::Platform& platform) {
  if (module.judged || platform.verify_only()) {
    return refusal("compile-verify-only",
                   fmt::format("platform '{}' is no firmware of Perdita's: its programs are judged, never compiled",
                               platform.tables().name),
                   "compile against the platform of the board that runs the program");
  }
  if (module.progs.empty()) {
    return refusal("compile-no-programs", "the object holds no program", "mark a function with SEC(\"hook\")");
  }
  if (auto count = check_count(module.progs.size(), wire::kMaxProgs, "programs"); !count) return count.error();
  if (auto count = check_count(module.maps.size(), isa::kMaxMaps, "maps"); !count) return count.error();
  return check_count(module.functions.size(), wire::kMaxImports, "functions of the platform");
}

Result<ImageContent> compile_content(const object::Module& module, const platform::Platform& platform,
                                     const std::vector<const verifier::ProgVerdict*>& verdicts,
                                     const std::string& hook) {
  ImageContent content;
  content.target = wire::kTargetBytecode;
  for (size_t i = 0; i < module.progs.size(); i++) {
    auto prog = compile_prog(module, module.progs[i], platform, verdicts.empty() ? nullptr : verdicts[i], hook);
    if (!prog) return prog.error();
    content.progs.push_back(std::move(*prog));
  }
  for (const object::Map& map : module.maps) {
    auto compiled = compile_map(map);
    if (!compiled) return compiled.error();
    content.maps.push_back(std::move(*compiled));
  }
  for (const std::string& name : module.functions) {
    auto function = compile_function(name, platform);
    if (!function) return function.error();
    content.functions.push_back(std::move(*function));
  }
  const std::vector<uint32_t> helpers = helpers_of(module);
  if (auto count = check_count(helpers.size(), wire::kMaxImports, "helpers"); !count) return count.error();
  for (const uint32_t number : helpers) {
    auto helper = compile_helper(number, platform);
    if (!helper) return helper.error();
    content.helpers.push_back(*helper);
  }
  if (auto names = check_names_differ(content.progs, "program"); !names) return names.error();
  if (auto names = check_names_differ(content.maps, "map"); !names) return names.error();
  if (auto names = check_names_differ(content.functions, "function"); !names) return names.error();
  return content;
}

}  // namespace

Result<std::vector<uint8_t>> compile(const object::Module& module, const platform::Platform& platform,
                                     const verifier::Verdict* verdict, const std::string& hook) {
  if (auto limits = check_limits(module, platform); !limits) return limits.error();
  std::vector<const verifier::ProgVerdict*> verdicts;
  if (verdict != nullptr) {
    auto matched = match_verdicts(module, platform, *verdict, hook);
    if (!matched) return matched.error();
    verdicts = std::move(*matched);
  }
  const auto content = compile_content(module, platform, verdicts, hook);
  if (!content) return content.error();
  const std::vector<uint8_t> header = encode_header(*content);
  const std::vector<uint8_t> blob = encode_blob(*content);
  if (verdict == nullptr) return assemble_image(view(header), {}, view(blob));

  const auto claim_content = make_claim(verdicts);
  if (!claim_content) return claim_content.error();
  const auto claim = encode_claim(*claim_content, claim_digest(view(header), view(blob)));
  return assemble_image(view(header), view(claim), view(blob));
}

}  // namespace perdita::compiler
