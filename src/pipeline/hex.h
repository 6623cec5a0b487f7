// SPDX-License-Identifier: Apache-2.0
//
// Bytes as hexadecimal digits, and SHA-256 (FIPS 180-4) as the digest by which artefacts are addressed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/blob.h"

namespace perdita::pipeline {

std::string to_hex(const uint8_t* bytes, size_t size);  // lower case
std::string to_hex(const Blob& bytes);
std::optional<Blob> from_hex(std::string_view digits);  // either case, pairs only

std::string sha256_hex(const uint8_t* bytes, size_t size);
std::string sha256_hex(const Blob& bytes);

}  // namespace perdita::pipeline
