// SPDX-License-Identifier: Apache-2.0
//
// The properties of a platform's entries: the declaration tags of its types, each to be asked for once. What nobody
// asked for stands where it means nothing, and is refused at the end.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/btf.h"
#include "platform/flaw.h"
#include "platform/tag.h"

namespace perdita::platform {

class Properties {
 public:
  // Where properties stand: a type, and of it a member or parameter counted from 0, or kWhole.
  using Place = std::pair<uint32_t, int>;
  static constexpr int kWhole = -1;

  struct Range {
    int64_t min = 0, max = 0;
  };

  // Reads all tags of ours. Keeps references to both arguments.
  Properties(const std::vector<Type>& types, FlawLatch& flaws);

  // Without taking it.
  bool has(Place place, std::string_view name) const;
  // Each takes the property with that name, and complains where its items are not what the property wants.
  bool flag(Place place, std::string_view name);
  std::optional<int64_t> number(Place place, std::string_view name, int64_t min, int64_t max);
  std::optional<std::pair<int64_t, int64_t>> numbers(Place place, std::string_view name);
  std::optional<Range> range(Place place, std::string_view name);  // the smaller one first
  std::optional<std::string> text(Place place, std::string_view name);
  std::optional<std::vector<int64_t>> integers(Place place, std::string_view name);  // any count
  std::optional<std::vector<std::string>> texts(Place place, std::string_view name);

  // Complains about a property that was not taken.
  void finish();

 private:
  struct Entry {
    Tag tag;
    bool taken = false;
  };

  const Tag* take(Place place, std::string_view name);

  const std::vector<Type>& types_;
  FlawLatch& flaws_;
  std::multimap<Place, Entry> entries_;
};

}  // namespace perdita::platform
