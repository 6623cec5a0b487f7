// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 (FIPS 180-4) for the host's part of this room: the adapter of libsodium.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace perdita::platform {

std::string sha256_hex(const std::vector<uint8_t>& bytes);

}  // namespace perdita::platform
