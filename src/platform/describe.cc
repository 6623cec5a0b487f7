// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "platform/describe_parts.h"

namespace perdita::platform {
namespace {

// The names of the roots that include/perdita/platform.h declares.
constexpr std::string_view kPlatformRoot = "perdita_platform_";
constexpr std::string_view kCapabilitiesRoot = "perdita_capabilities_";
constexpr std::string_view kHookRoot = "perdita_hook_";
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

std::variant<Description, Flaw> describe(const std::vector<Type>& types) {
  FlawLatch flaws;
  Properties properties(types, flaws);
  PlatformSource source{types, flaws, properties, SharedTypes(types, flaws), {}};
  Description description;
  bool named = false;
  for (uint32_t id = 1; id < types.size() && flaws.ok(); id++) {
    if (types[id].kind != TypeKind::variable) continue;
    flaws.about({});
    if (types[id].name == kPlatformRoot && !std::exchange(named, true)) read_name(source, id, description);
    if (types[id].name == kCapabilitiesRoot && source.capabilities.empty()) read_capabilities(source, id);
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
  check_names(description.hooks, "hook", kMaxHooks, flaws);
  check_names(description.functions, "function", kMaxFunctions, flaws);
  check_sections(description.hooks, flaws);
  properties.finish();
  if (flaws.flaw()) return *flaws.flaw();
  description.capabilities = std::move(source.capabilities);
  return description;
}

}  // namespace perdita::platform
