// SPDX-License-Identifier: Apache-2.0
//
// Where in a header something stands, by name: type information keeps no lines of declarations.
#pragma once

#include <string_view>

#include "diag/result.h"

namespace perdita::platform {

// The line that describes `entity` (a hook, a function, or "struct name"), or `part` (a member) of it; line 0 where the
// header does not hold it (it may include another one that does).
Place locate(std::string_view header, std::string_view entity, std::string_view part);

}  // namespace perdita::platform
