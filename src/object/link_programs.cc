// SPDX-License-Identifier: Apache-2.0
#include "object/link_programs.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "object/refusal.h"
#include "wire/image.h"

namespace perdita::object {
namespace {

std::set<uint32_t> reached_from(const Code& code, uint32_t entry) {
  std::set<uint32_t> reached = {entry};
  std::vector<uint32_t> work = {entry};
  while (!work.empty()) {
    const Function& function = code.functions[work.back()];
    work.pop_back();
    auto reference = code.targets.lower_bound({function.section, function.first});
    auto end = code.targets.lower_bound({function.section, function.first + function.count});
    for (; reference != end; ++reference) {
      if (reached.insert(reference->second).second) work.push_back(reference->second);
    }
  }
  return reached;
}

// Appends the lines of one function, moved to where it stands in the program. A function whose first instruction has no
// line of its own must not inherit the line of whatever stands before it, so that one gets an empty place.
void append_lines(const CodeSection& section, const Function& function, uint32_t first, Prog& prog) {
  bool starts_bare = true;
  for (const SourceLine& line : section.lines) {
    if (line.instruction < function.first || line.instruction >= function.first + function.count) continue;
    if (starts_bare && line.instruction != function.first && !prog.lines.empty())
      prog.lines.push_back({first, {}, 0, 0, {}});
    starts_bare = false;
    prog.lines.push_back(line);
    prog.lines.back().instruction = line.instruction - function.first + first;
  }
  if (starts_bare && !prog.lines.empty()) prog.lines.push_back({first, {}, 0, 0, {}});
}

Diagnostic too_large(const Code& code, const Function& function, std::string what) {
  return refused("object-too-many", fmt::format("the program '{}' has {}", function.name, what),
                 code.sections[function.section].place(function.first),
                 "make the program smaller, or split it into several");
}

Result<Prog> link(const Code& code, uint32_t entry) {
  const Function& root = code.functions[entry];
  std::set<uint32_t> reached = reached_from(code, entry);
  if (reached.size() > wire::kMaxSubprograms) {
    return too_large(code, root, fmt::format("{} functions; at most {}", reached.size(), wire::kMaxSubprograms));
  }
  std::vector<uint32_t> order = {entry};
  for (uint32_t index : reached) {
    if (index != entry) order.push_back(index);
  }

  Prog prog;
  prog.name = root.name;
  prog.section = code.sections[root.section].name;
  prog.on_demand = root.on_demand;
  std::map<uint32_t, uint32_t> starts;
  for (uint32_t index : order) {
    const Function& function = code.functions[index];
    const CodeSection& section = code.sections[function.section];
    uint32_t first = static_cast<uint32_t>(prog.code.size());
    if (first + function.count > kMaxInstructions) {
      return too_large(code, root, fmt::format("more than {} instructions", kMaxInstructions));
    }
    starts[index] = first;
    prog.subprograms.push_back({function.name, first, function.count});
    prog.code.insert(prog.code.end(), section.code.begin() + function.first,
                     section.code.begin() + function.first + function.count);
    append_lines(section, function, first, prog);
  }
  for (uint32_t index : order) {
    const Function& function = code.functions[index];
    auto reference = code.targets.lower_bound({function.section, function.first});
    auto end = code.targets.lower_bound({function.section, function.first + function.count});
    for (; reference != end; ++reference) {
      uint32_t at = starts[index] + (reference->first.second - function.first);
      prog.code[at].imm = static_cast<int32_t>(int64_t{starts[reference->second]} - at - 1);
    }
  }
  return prog;
}

}  // namespace

Result<std::vector<Prog>> link_programs(const Code& code, bool judged) {
  std::vector<Prog> progs;
  for (uint32_t i = 0; i < code.functions.size(); i++) {
    if (!code.functions[i].entry) continue;
    if (!judged && progs.size() == wire::kMaxProgs) {
      return refused("object-too-many", fmt::format("the object has more than {} programs", wire::kMaxProgs), {},
                     "split the object");
    }
    Result<Prog> prog = link(code, i);
    if (!prog) return prog.error();
    progs.push_back(std::move(*prog));
  }
  if (progs.empty()) {
    return refused(
        "object-no-program", "the object holds no program", {},
        "give a function that is not static the name of a hook: SEC(\"hook\") int name(struct context *ctx)");
  }
  return progs;
}

}  // namespace perdita::object
