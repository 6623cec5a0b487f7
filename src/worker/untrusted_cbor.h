// SPDX-License-Identifier: Apache-2.0
//
// CBOR that a worker wrote. nlohmann's reader recurses once per nesting level and makes a value of sixteen bytes from a
// single one, so a taken-over worker could exhaust its parent's stack or memory: depth and number of values are counted
// first.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

namespace perdita::worker {

// Throws a std::exception where the bytes are not one well-formed item, or too deep or too many for any answer.
nlohmann::json parse_untrusted_cbor(const std::vector<uint8_t>& bytes);

}  // namespace perdita::worker
