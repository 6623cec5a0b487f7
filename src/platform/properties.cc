// SPDX-License-Identifier: Apache-2.0
#include "platform/properties.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace perdita::platform {
namespace {

constexpr const char* kMalformed = "platform-tag-malformed";

// The macro that writes the property.
std::string macro(std::string_view name) {
  std::string macro = "PERDITA_";
  for (char c : name) macro += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return macro;
}

// What people call a hook or function: the roots' names carry a prefix.
std::string entity_name(const Type& type) {
  for (std::string_view prefix : {"perdita_hook_", "perdita_function_"}) {
    if (type.kind == TypeKind::variable && type.name.starts_with(prefix)) return type.name.substr(prefix.size());
  }
  return type.kind == TypeKind::structure ? "struct " + type.name : type.name;
}

}  // namespace

Properties::Properties(const std::vector<Type>& types, FlawLatch& flaws) : types_(types), flaws_(flaws) {
  for (const Type& type : types) {
    if (type.kind != TypeKind::tag || !is_platform_tag(type.name)) continue;
    flaws_.about(entity_name(types[type.type]));
    Result<Tag> tag = read_tag(type.name);
    if (!tag) {
      const Diagnostic& error = tag.error();
      flaws_.fail(error.code, error.message, error.need, error.have, error.hint);
      return;
    }
    Place place{type.type, type.component};
    if (has(place, tag->name))
      flaws_.fail("platform-duplicate", fmt::format("{} stands twice at the same place", macro(tag->name)));
    entries_.emplace(place, Entry{*tag});
  }
}

const Tag* Properties::take(Place place, std::string_view name) {
  auto [first, last] = entries_.equal_range(place);
  for (auto entry = first; entry != last; ++entry) {
    if (entry->second.tag.name != name) continue;
    entry->second.taken = true;
    return &entry->second.tag;
  }
  return nullptr;
}

bool Properties::has(Place place, std::string_view name) const {
  auto [first, last] = entries_.equal_range(place);
  return std::any_of(first, last, [&](const auto& entry) { return entry.second.tag.name == name; });
}

bool Properties::flag(Place place, std::string_view name) {
  const Tag* tag = take(place, name);
  if (tag != nullptr && !tag->items.empty())
    flaws_.fail(kMalformed, fmt::format("{} takes nothing in parentheses", macro(name)));
  return tag != nullptr;
}

std::optional<std::pair<int64_t, int64_t>> Properties::numbers(Place place, std::string_view name) {
  const Tag* tag = take(place, name);
  if (tag == nullptr) return std::nullopt;
  if (tag->items.size() != 2 || !std::holds_alternative<int64_t>(tag->items[0]) ||
      !std::holds_alternative<int64_t>(tag->items[1])) {
    flaws_.fail(kMalformed, fmt::format("{} takes two numbers", macro(name)));
    return std::pair<int64_t, int64_t>{};
  }
  return std::pair{std::get<int64_t>(tag->items[0]), std::get<int64_t>(tag->items[1])};
}

std::optional<Properties::Range> Properties::range(Place place, std::string_view name) {
  auto pair = numbers(place, name);
  if (!pair) return std::nullopt;
  if (pair->first > pair->second) {
    flaws_.fail("platform-range", fmt::format("{} has its larger number first", macro(name)),
                "the smallest value, then the largest", fmt::format("{}, {}", pair->first, pair->second));
    return Range{};
  }
  return Range{pair->first, pair->second};
}

std::optional<int64_t> Properties::number(Place place, std::string_view name, int64_t min, int64_t max) {
  const Tag* tag = take(place, name);
  if (tag == nullptr) return std::nullopt;
  if (tag->items.size() != 1 || !std::holds_alternative<int64_t>(tag->items[0])) {
    flaws_.fail(kMalformed, fmt::format("{} takes one number", macro(name)));
    return min;
  }
  int64_t value = std::get<int64_t>(tag->items[0]);
  if (value < min || value > max) {
    flaws_.fail("platform-range", fmt::format("the number of {} is out of range", macro(name)),
                fmt::format("{} to {}", min, max), std::to_string(value));
    return min;
  }
  return value;
}

std::optional<std::vector<int64_t>> Properties::integers(Place place, std::string_view name) {
  const Tag* tag = take(place, name);
  if (tag == nullptr) return std::nullopt;
  std::vector<int64_t> numbers;
  for (const TagItem& item : tag->items) {
    if (std::holds_alternative<int64_t>(item)) {
      numbers.push_back(std::get<int64_t>(item));
    } else {
      flaws_.fail(kMalformed, fmt::format("{} takes numbers", macro(name)));
    }
  }
  return numbers;
}

std::optional<std::vector<std::string>> Properties::texts(Place place, std::string_view name) {
  const Tag* tag = take(place, name);
  if (tag == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  for (const TagItem& item : tag->items) {
    if (std::holds_alternative<std::string>(item)) {
      texts.push_back(std::get<std::string>(item));
    } else {
      flaws_.fail(kMalformed, fmt::format("{} takes texts in double quotes", macro(name)));
    }
  }
  return texts;
}

std::optional<std::string> Properties::text(Place place, std::string_view name) {
  auto all = texts(place, name);
  if (!all) return std::nullopt;
  if (all->size() != 1) {
    flaws_.fail(kMalformed, fmt::format("{} takes one text in double quotes", macro(name)));
    return std::string();
  }
  return all->front();
}

void Properties::finish() {
  for (const auto& [place, entry] : entries_) {
    if (entry.taken) continue;
    const Type& type = types_[place.first];
    auto member = static_cast<size_t>(place.second);
    bool has_member = place.second != kWhole && type.kind == TypeKind::structure && member < type.members.size();
    flaws_.about(entity_name(type), has_member ? type.members[member].name : "");
    std::string where = has_member ? fmt::format("member {} of {}", type.members[member].name, entity_name(type))
                        : place.second != kWhole ? fmt::format("parameter {} of {}", place.second + 1, type.name)
                                                 : entity_name(type);
    flaws_.fail("platform-tag-misplaced", fmt::format("{} means nothing on {}", macro(entry.tag.name), where), {}, {},
                "docs/guide/platform.md lists what each property stands on");
  }
}

}  // namespace perdita::platform
