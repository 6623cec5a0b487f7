// SPDX-License-Identifier: Apache-2.0
//
// The compiler as a child process, and where the headers of include/perdita stand.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "diag/result.h"

namespace perdita::platform {

// $PERDITA_CLANG, or clang-19 on the search path.
std::string clang_command();

// The folder that holds perdita/platform.h: $PERDITA_INCLUDE, or the `include` beside or above the running program (a
// build in its checkout, or an installation). "platform-include-missing".
Result<std::filesystem::path> include_folder();

// Compiles a platform header for the BPF target and returns its BTF. "platform-clang-missing", "platform-header-error"
// with the first error's place.
Result<std::vector<uint8_t>> compile_header(const std::filesystem::path& header);

}  // namespace perdita::platform
