// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "isa/insn.h"
#include "platform/describe_parts.h"

namespace perdita::platform {
namespace {

// The names of the roots that include/perdita/platform.h declares.
constexpr std::string_view kPlatformRoot = "perdita_platform_";
constexpr std::string_view kCapabilitiesRoot = "perdita_capabilities_";
constexpr std::string_view kHookRoot = "perdita_hook_";
constexpr std::string_view kVerifyOnlyRoot = "perdita_verify_only_";
constexpr std::string_view kTailCallsRoot = "perdita_tail_calls_";
constexpr std::string_view kObjectRoot = "perdita_object_";
constexpr int kWhole = Properties::kWhole;

void read_name(PlatformSource& source, uint32_t variable, Description& description) {
  description.name = source.properties.text({variable, kWhole}, "platform").value_or("");
  if (!is_identifier(description.name))
    source.flaws.fail("platform-name", fmt::format("'{}' cannot name a platform", description.name),
                      fmt::format("an identifier of at most {} characters", kMaxNameBytes));
}

void read_capabilities(PlatformSource& source, uint32_t variable) {
  auto names = source.properties.texts({variable, kWhole}, "capabilities").value_or(std::vector<std::string>{});
  if (names.size() > kMaxCapabilities)
    source.flaws.fail("platform-limit", "the platform has too many capabilities",
                      fmt::format("at most {}", kMaxCapabilities), std::to_string(names.size()));
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (!is_identifier(name))
      source.flaws.fail("platform-name", fmt::format("'{}' cannot name a capability", name),
                        fmt::format("an identifier of at most {} characters", kMaxNameBytes));
    if (!seen.insert(name).second)
      source.flaws.fail("platform-duplicate", fmt::format("the capability {} is declared twice", name));
  }
  source.capabilities = std::move(names);
}

void read_tail_calls(PlatformSource& source, uint32_t variable, Description& description) {
  auto numbers = source.properties.numbers({variable, kWhole}, "tail_calls");
  if (!numbers) return;
  source.needs_verify_only("what programs in program arrays may take");
  constexpr int64_t kMostStackBytes = isa::kFrameStackBytes * isa::kMaxFrames;
  if (numbers->first < 1 || numbers->first > UINT32_MAX || numbers->second < 0 || numbers->second > kMostStackBytes)
    source.flaws.fail("platform-range", "what programs in program arrays may take is out of range",
                      fmt::format("1 to {} instructions, 0 to {} bytes of stack", UINT32_MAX, kMostStackBytes),
                      fmt::format("{} and {}", numbers->first, numbers->second));
  description.tail_instructions = static_cast<uint64_t>(numbers->first);
  description.tail_stack_bytes = static_cast<uint32_t>(numbers->second);
}

void read_object(PlatformSource& source, uint32_t variable, std::string name) {
  source.needs_verify_only("objects of the system");
  const Type& pointer = source.types[source.types[variable].type];
  if (!is_identifier(name) || pointer.kind != TypeKind::pointer) {
    source.flaws.fail("platform-name", fmt::format("'{}' cannot be an object", name),
                      fmt::format("PERDITA_OBJECT with a name of at most {} characters", kMaxNameBytes));
    return;
  }
  if (source.objects.size() == kMaxObjects)
    source.flaws.fail("platform-limit", "the platform has too many objects", fmt::format("at most {}", kMaxObjects));
  SharedStruct layout = source.shared.structure(pointer.type, fmt::format("the object {}", name));
  source.objects.push_back({std::move(name), layout.size});
}

// Two hooks that want the same section: a program's section would not say which.
void check_sections(const std::vector<HookDescription>& hooks, FlawLatch& flaws) {
  std::set<std::string> seen;
  for (const HookDescription& hook : hooks) {
    flaws.about(hook.name);
    for (const std::string& pattern : hook.sections) {
      if (!seen.insert(pattern).second)
        flaws.fail("platform-duplicate", fmt::format("the section {} is named twice", pattern));
    }
  }
}

template <typename Entry>
void check_names(const std::vector<Entry>& entries, const char* kind, size_t max, FlawLatch& flaws) {
  std::set<std::string> seen;
  for (const Entry& entry : entries) {
    flaws.about(entry.name);
    if (!seen.insert(entry.name).second)
      flaws.fail("platform-duplicate", fmt::format("the {} {} is described twice", kind, entry.name));
  }
  if (entries.size() > max)
    flaws.fail("platform-limit", fmt::format("the platform has too many {}s", kind), fmt::format("at most {}", max),
               std::to_string(entries.size()));
}

}  // namespace

uint8_t PlatformSource::capability(const std::string& name) {
  auto found = std::find(capabilities.begin(), capabilities.end(), name);
  if (found != capabilities.end()) return static_cast<uint8_t>(found - capabilities.begin());
  flaws.fail("platform-capability", fmt::format("the capability \"{}\" is not declared", name),
             "a name of PERDITA_CAPABILITIES", fmt::format("{}", fmt::join(capabilities, ", ")));
  return 0;
}

uint8_t PlatformSource::object(const std::string& name) {
  auto found = std::find_if(objects.begin(), objects.end(),
                            [&name](const ObjectDescription& object) { return object.name == name; });
  if (found != objects.end()) return static_cast<uint8_t>(found - objects.begin());
  flaws.fail("platform-object", fmt::format("the object \"{}\" is not declared", name), "a name of PERDITA_OBJECT");
  return 0;
}

void PlatformSource::needs_verify_only(const std::string& what) {
  if (verify_only) return;
  flaws.fail("platform-verify-only", fmt::format("{}: no firmware has that", what), "PERDITA_VERIFY_ONLY;", {},
             "only a platform that programs are judged for, and never compiled, may have it");
}

std::variant<Description, Flaw> describe(const std::vector<Type>& types) {
  FlawLatch flaws;
  Properties properties(types, flaws);
  PlatformSource source{types, flaws, properties, SharedTypes(types, flaws), {}, {}};
  Description description;
  bool named = false;
  for (uint32_t id = 1; id < types.size(); id++) {
    if (types[id].kind == TypeKind::variable && types[id].name == kVerifyOnlyRoot)
      source.verify_only = properties.flag({id, kWhole}, "verify_only");
  }
  for (uint32_t id = 1; id < types.size() && flaws.ok(); id++) {
    if (types[id].kind != TypeKind::variable) continue;
    flaws.about({});
    if (types[id].name == kPlatformRoot && !std::exchange(named, true)) read_name(source, id, description);
    if (types[id].name == kCapabilitiesRoot && source.capabilities.empty()) read_capabilities(source, id);
    if (types[id].name == kTailCallsRoot) read_tail_calls(source, id, description);
    if (types[id].name.starts_with(kObjectRoot)) read_object(source, id, types[id].name.substr(kObjectRoot.size()));
  }
  flaws.about({});
  if (!named)
    flaws.fail("platform-property-missing", "the header does not describe a platform", "PERDITA_PLATFORM(\"name\");");
  for (uint32_t id = 1; id < types.size() && flaws.ok(); id++) {
    const Type& type = types[id];
    if (type.kind == TypeKind::variable && type.name.starts_with(kHookRoot))
      description.hooks.push_back(describe_hook(source, id, type.name.substr(kHookRoot.size())));
    if (type.kind == TypeKind::function && type.is_extern)
      description.functions.push_back(describe_function(source, id));
  }
  check_names(description.hooks, "hook", source.verify_only ? kMaxVerifyOnlyHooks : kMaxHooks, flaws);
  check_names(description.functions, "function", source.verify_only ? kMaxVerifyOnlyFunctions : kMaxFunctions, flaws);
  check_sections(description.hooks, flaws);
  properties.finish();
  if (flaws.flaw()) return *flaws.flaw();
  description.capabilities = std::move(source.capabilities);
  description.objects = std::move(source.objects);
  description.verify_only = source.verify_only;
  return description;
}

}  // namespace perdita::platform
