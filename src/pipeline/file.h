// SPDX-License-Identifier: Apache-2.0
//
// Files in and out, whole. Reading is bounded; writing replaces a file in one step, so that nobody ever sees half of
// it. Errors name the file and what to do.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <variant>

#include "diag/result.h"
#include "pipeline/blob.h"

namespace perdita::pipeline {

constexpr size_t kMaxFileBytes = 16u << 20;  // far above any object, image or package

Result<Blob> read_file(const std::filesystem::path& file, size_t max_bytes = kMaxFileBytes);
Result<std::monostate> write_file(const std::filesystem::path& file, std::string_view bytes);
Result<std::monostate> write_file(const std::filesystem::path& file, const Blob& bytes);

}  // namespace perdita::pipeline
