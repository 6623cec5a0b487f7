// SPDX-License-Identifier: Apache-2.0
//
// The platform file (docs/spec/platform.md): one deterministic CBOR item around the header's BTF, the only truth in it.
#pragma once

#include <cstdint>
#include <vector>

#include "diag/result.h"

namespace perdita::platform {

constexpr uint64_t kFileVersion = 1;

std::vector<uint8_t> write_file(const std::vector<uint8_t>& btf);

// The BTF's bytes. "platform-malformed", "platform-version".
Result<std::vector<uint8_t>> read_file(const std::vector<uint8_t>& file);

}  // namespace perdita::platform
