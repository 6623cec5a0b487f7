// SPDX-License-Identifier: Apache-2.0
#include "platform/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "isa/insn.h"
#include "wire/reliance.h"

namespace perdita::platform {
namespace {

using Properties = std::vector<std::pair<std::string, std::string>>;

constexpr std::array<const char*, 10> kArgKinds = {"",      "number", "context", "map",   "key",
                                                   "value", "in",     "out",     "inout", "value out"};
constexpr std::array<const char*, 3> kCombines = {"last", "first_nonzero", "max"};
constexpr std::array<const char*, 4> kFieldKinds = {"", "number", "data", "data_end"};

std::string range(int64_t min, int64_t max) { return fmt::format("{} to {}", min, max); }

std::string capabilities(const perdita_platform& platform, uint32_t bits) {
  std::set<std::string> names;
  for (int i = 0; i < platform.capability_count; i++) {
    if ((bits >> i & 1) != 0) names.insert(platform.capabilities[i]);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

Properties describe(const Platform& platform, const perdita_hook& hook) {
  Properties properties = {
      {"context size", std::to_string(hook.context_size)},
      {"level", std::to_string(hook.level)},
      {"combine", kCombines[hook.combine]},
      {"packet alignment", std::to_string(hook.data_alignment)},
      {"packet writable", hook.packet_writable != 0 ? "yes" : "no"},
      {"packet size", std::to_string(hook.packet_max_bytes)},
      {"capabilities", capabilities(platform.tables(), hook.capabilities)},
      {"budget", std::to_string(hook.budget_instructions)},
      {"result", range(hook.result_min, hook.result_max)},
      {"period", hook.period_max_us == 0 ? "none" : range(hook.period_min_us, hook.period_max_us) + " us"},
      {"answers requests", hook.request != 0 ? "yes" : "no"},
      {"sections", fmt::format("{}", fmt::join(platform.sections(hook), ", "))},
  };
  for (int i = 0; i < hook.field_count; i++) {
    const perdita_field& field = hook.fields[i];
    properties.emplace_back(fmt::format("member {}", field.name),
                            fmt::format("{} bytes at {}, {}{}", field.size, field.offset, kFieldKinds[field.kind],
                                        field.writable != 0 ? ", writable" : ""));
  }
  return properties;
}

std::string describe(const perdita_arg& arg) {
  std::string text = kArgKinds[arg.kind];
  if (arg.width != 0) text += fmt::format(", {}int{}", arg.is_signed != 0 ? "" : "u", arg.width * 8);
  if ((arg.flags & PERDITA_ARG_RANGE) != 0) text += ", " + range(arg.min, arg.max);
  if (arg.size != 0) text += fmt::format(", {}{} bytes", arg.size_arg != 0 ? "up to " : "", arg.size);
  if (arg.size_arg != 0) text += fmt::format(", size in parameter {}", arg.size_arg);
  if ((arg.flags & PERDITA_ARG_NULL_OK) != 0) text += ", may be null";
  if ((arg.flags & PERDITA_ARG_ZERO_OK) != 0) text += ", may be empty";
  return text;
}

Properties describe(const Platform& platform, const perdita_function& function) {
  const perdita_result& result = function.result;
  bool needs = function.capability != PERDITA_NO_CAPABILITY;
  Properties properties = {
      {"result", result.kind == PERDITA_RESULT_VOID ? "nothing"
                                                    : fmt::format("{}int{}, {}", result.is_signed != 0 ? "" : "u",
                                                                  result.width * 8, range(result.min, result.max))},
      {"capability", needs ? platform.tables().capabilities[function.capability] : ""},
      {"cost", std::to_string(function.cost_instructions)},
      {"cost per byte", std::to_string(function.cost_instructions_per_byte)},
      {"stack", std::to_string(function.stack_bytes)},
  };
  for (int i = 0; i < function.arg_count; i++)
    properties.emplace_back(fmt::format("parameter {}", i + 1), describe(function.args[i]));
  return properties;
}

const std::string* find(const Properties& properties, const std::string& name) {
  auto found =
      std::find_if(properties.begin(), properties.end(), [&](const auto& entry) { return entry.first == name; });
  return found == properties.end() ? nullptr : &found->second;
}

std::vector<PropertyChange> compare(const Properties& before, const Properties& after) {
  std::vector<PropertyChange> changes;
  for (const auto& [name, value] : before) {
    const std::string* other = find(after, name);
    if (other == nullptr || *other != value) changes.push_back({name, value, other == nullptr ? "" : *other});
  }
  for (const auto& [name, value] : after) {
    if (find(before, name) == nullptr) changes.push_back({name, "", value});
  }
  return changes;
}

// The canonical form; parse() made sure that it fits.
std::vector<uint8_t> form(const perdita_platform& platform, const perdita_hook& hook) {
  std::vector<uint8_t> bytes(wire::kRelianceFormBytes);
  size_t size = 0;
  Status status = wire::hook_form(platform, hook, MutableBytes(bytes.data(), bytes.size()), size);
  bytes.resize(status == Status::ok ? size : 0);
  return bytes;
}

std::vector<uint8_t> form(const perdita_platform& platform, const perdita_function& function) {
  std::vector<uint8_t> bytes(wire::kRelianceFormBytes);
  size_t size = 0;
  Status status = wire::function_form(platform, function, MutableBytes(bytes.data(), bytes.size()), size);
  bytes.resize(status == Status::ok ? size : 0);
  return bytes;
}

const perdita_hook* lookup(const Platform& platform, const perdita_hook& like) { return platform.hook(like.name); }
const perdita_function* lookup(const Platform& platform, const perdita_function& like) {
  return platform.function(like.name);
}

// Hooks or functions of both platforms, by name.
template <typename Entry>
void compare_entries(EntryKind kind, const Platform& before, const Entry* old_entries, size_t old_count,
                     const Platform& after, const Entry* new_entries, size_t new_count, std::vector<Change>& changes) {
  for (size_t i = 0; i < old_count; i++) {
    const Entry* other = lookup(after, old_entries[i]);
    if (other == nullptr) {
      changes.push_back({kind, ChangeKind::removed, old_entries[i].name, {}, true});
      continue;
    }
    auto properties = compare(describe(before, old_entries[i]), describe(after, *other));
    bool breaks = form(before.tables(), old_entries[i]) != form(after.tables(), *other);
    if (breaks || !properties.empty())
      changes.push_back({kind, ChangeKind::changed, old_entries[i].name, std::move(properties), breaks});
  }
  for (size_t i = 0; i < new_count; i++) {
    if (lookup(before, new_entries[i]) == nullptr)
      changes.push_back({kind, ChangeKind::added, new_entries[i].name, {}, false});
  }
}

// Slots of lddw carry opcode 0 in their second half, so no operand looks like a call.
bool is_function_call(const isa::Insn& insn) {
  return insn.opcode == (isa::kJmp | isa::kCall) && insn.src() == isa::kCallFunction;
}

std::set<std::string> capability_names(const perdita_platform& platform) {
  return {platform.capabilities, platform.capabilities + platform.capability_count};
}

}  // namespace

std::vector<Change> diff(const Platform& before, const Platform& after) {
  std::vector<Change> changes;
  const perdita_platform& a = before.tables();
  const perdita_platform& b = after.tables();
  if (std::string_view(a.name) != b.name)
    changes.push_back({EntryKind::platform, ChangeKind::changed, a.name, {{"name", a.name, b.name}}, false});
  auto old_names = capability_names(a), new_names = capability_names(b);
  for (const std::string& name : old_names) {
    if (!new_names.contains(name)) changes.push_back({EntryKind::capability, ChangeKind::removed, name, {}, false});
  }
  for (const std::string& name : new_names) {
    if (!old_names.contains(name)) changes.push_back({EntryKind::capability, ChangeKind::added, name, {}, false});
  }
  compare_entries(EntryKind::hook, before, a.hooks, a.hook_count, after, b.hooks, b.hook_count, changes);
  compare_entries(EntryKind::function, before, a.functions, a.function_count, after, b.functions, b.function_count,
                  changes);
  // Names of types and of members that no contract holds; programs notice only when they are compiled again.
  if (changes.empty() && before.btf() != after.btf())
    changes.push_back({EntryKind::platform, ChangeKind::changed, a.name, {{"type information", "", ""}}, false});
  return changes;
}

std::vector<Touched> touched(const std::vector<Change>& changes, const Platform& before, const object::Module& module) {
  std::vector<Touched> found;
  for (const object::Prog& prog : module.progs) {
    const perdita_hook* hook = before.hook_for_section(prog.section);
    std::set<std::string> functions;
    for (const isa::Insn& insn : prog.code) {
      if (is_function_call(insn) && insn.imm >= 0 && static_cast<size_t>(insn.imm) < module.functions.size())
        functions.insert(module.functions[static_cast<size_t>(insn.imm)]);
    }
    for (const Change& change : changes) {
      bool is_hook = change.entry == EntryKind::hook && hook != nullptr && change.name == hook->name;
      if (is_hook || (change.entry == EntryKind::function && functions.contains(change.name)))
        found.push_back({prog.name, &change});
    }
  }
  return found;
}

std::string render(const std::vector<Change>& changes) {
  constexpr std::array<const char*, 4> kEntries = {"platform", "capability", "hook", "function"};
  constexpr std::array<const char*, 3> kKinds = {"added", "removed", "changed"};
  std::string out;
  for (const Change& change : changes) {
    out += fmt::format("{} {} {}{}\n", kEntries[static_cast<size_t>(change.entry)], change.name,
                       kKinds[static_cast<size_t>(change.kind)],
                       change.breaks ? ": packages that rely on it no longer run" : "");
    for (const PropertyChange& property : change.properties) {
      if (property.before.empty() && property.after.empty()) {
        out += fmt::format("  {}\n", property.property);
      } else {
        out += fmt::format("  {}: {} -> {}\n", property.property, property.before.empty() ? "none" : property.before,
                           property.after.empty() ? "none" : property.after);
      }
    }
  }
  return out;
}

}  // namespace perdita::platform
