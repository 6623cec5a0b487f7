// SPDX-License-Identifier: Apache-2.0
//
// What key, value and entries of each type of map have to be: the kernel's rules, so that programs mean the same, and
// the limits of isa/map.h.
#pragma once

#include <optional>
#include <string>

#include "isa/map.h"

namespace perdita::object {

// The first rule that a definition breaks, to follow the map's name in a message; nothing where it keeps them all. The
// type may be any number.
std::optional<std::string> broken_rule(const isa::MapDef& def);

// The same by Linux's rules, for maps that are judged only.
std::optional<std::string> broken_linux_rule(const isa::MapDef& def);

// Marks maps whose values programs of Linux may look at and not change.
void mark_read_only(isa::MapDef& def);

}  // namespace perdita::object
