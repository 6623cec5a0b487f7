// SPDX-License-Identifier: Apache-2.0
#include "platform/sha256.h"

#include <fmt/format.h>
#include <sodium/crypto_hash_sha256.h>

namespace perdita::platform {

std::string sha256_hex(const std::vector<uint8_t>& bytes) {
  uint8_t digest[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(digest, bytes.data(), bytes.size());
  std::string hex;
  for (uint8_t byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

}  // namespace perdita::platform
