// SPDX-License-Identifier: Apache-2.0
//
// For tests with other people's vectors: a second implementation of signatures, and of curves that we do not use. One
// door to OpenSSL.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace perdita::wire::openssl {

struct EcKey {
  std::string curve;  // "P-256", "P-384", "P-521"
  std::vector<uint8_t> x, y;
};

// `signature` is r || s as COSE has it (RFC 9053, section 2.1); `hash` is "SHA256", "SHA384" or "SHA512".
bool verify_ecdsa(const EcKey& key, const char* hash, const std::vector<uint8_t>& signature,
                  const std::vector<uint8_t>& message);

// `curve` is "ED25519" or "ED448".
bool verify_eddsa(const char* curve, const std::vector<uint8_t>& key, const std::vector<uint8_t>& signature,
                  const std::vector<uint8_t>& message);

}  // namespace perdita::wire::openssl
