// SPDX-License-Identifier: Apache-2.0
//
// The version of the command; CMakeLists.txt of the project is where it stands.
#pragma once

#include <string_view>

namespace perdita::cli {

constexpr std::string_view kVersion = PERDITA_VERSION;

}  // namespace perdita::cli
