// SPDX-License-Identifier: Apache-2.0
#include "verifier/references.h"

#include <fmt/format.h>

#include <set>

#include "isa/form.h"

namespace perdita::verifier {
namespace {

class Collector {
 public:
  Collector(const Subject& subject, const perdita_platform& platform, Report& report)
      : subject_(subject), platform_(platform), report_(report) {}

  void run(ProgVerdict& verdict) {
    const auto& code = subject_.prog.code;
    for (uint32_t pc = 0; pc < code.size(); pc++) {
      isa::Form form = isa::form_of(code[pc].opcode);
      if (form == isa::Form::call) note_call(pc, code[pc]);
      if (form == isa::Form::load_wide) {
        note_load_wide(pc, code[pc]);
        pc++;  // its second half
      }
    }
    verdict.helpers.assign(helpers_.begin(), helpers_.end());
    verdict.functions.assign(names_.begin(), names_.end());
    verdict.maps.assign(maps_.begin(), maps_.end());
    verdict.capabilities.assign(capabilities_.begin(), capabilities_.end());
  }

 private:
  void note_call(uint32_t pc, const isa::Insn& insn) {
    if (insn.src() == isa::kCallHelper) {
      const perdita_function* helper = subject_.helper(static_cast<uint32_t>(insn.imm));
      if (helper == nullptr) {
        report_.error(pc, {"unknown-function", fmt::format("the platform has no helper {}", insn.imm),
                           fmt::format("a helper of platform '{}'", platform_.name), fmt::format("number {}", insn.imm),
                           "do without it, or describe it in the platform's header: PERDITA_HELPER"});
        return;
      }
      helpers_.insert(static_cast<uint32_t>(insn.imm));
      note_function(pc, *helper);
    } else if (insn.src() == isa::kCallFunction) {
      const std::string& name = subject_.module.functions[static_cast<size_t>(insn.imm)];
      const perdita_function* function = subject_.functions[static_cast<size_t>(insn.imm)];
      if (function == nullptr) {
        report_.error(pc, {"unknown-function", fmt::format("the platform has no function '{}'", name),
                           fmt::format("a function of platform '{}'", platform_.name), name,
                           name.starts_with("bpf_iter_")
                               ? "open-coded iterators are not supported: write a loop with a bound, or use bpf_loop"
                               : "compile against the platform's header, or verify against the right platform"});
        return;
      }
      names_.insert(name);
      note_function(pc, *function);
    }
  }

  void note_function(uint32_t pc, const perdita_function& function) {
    if (function.capability == PERDITA_NO_CAPABILITY) return;
    std::string capability = function.capability < platform_.capability_count
                                 ? platform_.capabilities[function.capability]
                                 : fmt::format("number {}", function.capability);
    const perdita_hook& hook = subject_.hook;
    if (function.capability >= 32 || (hook.capabilities >> function.capability & 1) == 0) {
      report_.error(pc,
                    {"capability", fmt::format("'{}' may not be called on hook '{}'", function.name, hook.name),
                     fmt::format("a hook that grants capability '{}'", capability),
                     fmt::format("hook '{}' without it", hook.name), "use another hook, or do without this function"});
      return;
    }
    capabilities_.insert(capability);
  }

  void note_load_wide(uint32_t pc, const isa::Insn& insn) {
    if (insn.src() == isa::kLddwMap || insn.src() == isa::kLddwMapValue) {
      const object::Map& map = subject_.module.maps[static_cast<size_t>(insn.imm)];
      if (maps_.insert(map.name).second) check_map(pc, map);
    }
  }

  void check_map(uint32_t pc, const object::Map& map) {
    const isa::MapDef& def = map.def;
    // Of maps that are judged only the loader has seen to the other system's rules.
    if (subject_.module.judged || isa::check_definition(def) == isa::MapFlaw::none) return;
    report_.error(
        pc, {"bad-map", fmt::format("map '{}' is outside the rules for maps", map.name),
             fmt::format("keys up to {} bytes, values up to {}, 1 to {} entries, as its type has them",
                         isa::kMaxKeyBytes, isa::kMaxValueBytes, isa::kMaxEntries),
             fmt::format("type {}, keys of {} bytes, values of {}, {} entries, flags {:#x}",
                         static_cast<uint32_t>(def.type), def.key_size, def.value_size, def.max_entries, def.flags),
             "correct the map's definition"});
  }

  const Subject& subject_;
  const perdita_platform& platform_;
  Report& report_;
  std::set<uint32_t> helpers_;
  std::set<std::string> names_, maps_, capabilities_;
};

}  // namespace

std::vector<const perdita_function*> functions_of(const object::Module& module, const platform::Platform& platform) {
  std::vector<const perdita_function*> functions;
  functions.reserve(module.functions.size());
  for (const std::string& name : module.functions) functions.push_back(platform.function(name));
  return functions;
}

void collect_references(const Subject& subject, const perdita_platform& platform, Report& report,
                        ProgVerdict& verdict) {
  Collector(subject, platform, report).run(verdict);
}

}  // namespace perdita::verifier
