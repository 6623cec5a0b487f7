// SPDX-License-Identifier: Apache-2.0
//
// The text of a declaration tag of include/perdita/platform.h (docs/spec/platform.md, "Tags"):
//
//   tag  = "perdita." name "(" [ item *( "," item ) ] ")"        item = text / number
//
// where a text stands in double quotes and a number is a constant expression of literals, + - * << and parentheses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "diag/result.h"

namespace perdita::platform {

using TagItem = std::variant<int64_t, std::string>;

struct Tag {
  std::string name;
  std::vector<TagItem> items;
};

// Whether a declaration tag is one of ours.
bool is_platform_tag(std::string_view text);

// Reads a tag of ours. "platform-tag-malformed".
Result<Tag> read_tag(std::string_view text);

}  // namespace perdita::platform
