// SPDX-License-Identifier: Apache-2.0
//
// Bytes that somebody owns: objects, images, packages, files.
#pragma once

#include <cstdint>
#include <vector>

namespace perdita::pipeline {

using Blob = std::vector<uint8_t>;

}  // namespace perdita::pipeline
