// SPDX-License-Identifier: Apache-2.0
//
// The one door to libsodium: SHA-256 (FIPS 180-4) and Ed25519 (RFC 8032) for the host. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "isa/span.h"

namespace perdita::compiler {

using Digest = std::array<uint8_t, 32>;
using Seed = std::array<uint8_t, 32>;

// Over the concatenation of the parts.
Digest sha256(std::initializer_list<Bytes> parts);

Seed random_seed();

struct KeyPair {
  std::array<uint8_t, 32> public_key{};
  std::array<uint8_t, 64> secret_key{};  // libsodium's form: seed, then public key
};
KeyPair key_pair(const Seed& seed);

std::array<uint8_t, 64> ed25519_sign(const std::array<uint8_t, 64>& secret_key, Bytes message);

// Overwrites a secret so that no optimiser drops it.
void wipe(void* secret, size_t size);

}  // namespace perdita::compiler
