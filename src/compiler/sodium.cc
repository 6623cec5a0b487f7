// SPDX-License-Identifier: Apache-2.0
#include "compiler/sodium.h"

#include <sodium.h>

#include <cstdio>
#include <cstdlib>

#include "compiler/host_crypto.h"

namespace perdita::compiler {

namespace {

// libsodium wants this before anything else; it may be called again and from any thread.
void ensure_ready() {
  if (sodium_init() < 0) {
    std::fputs("libsodium finds no source of randomness on this machine\n", stderr);
    std::abort();
  }
}

void port_sha256(void*, const perdita_bytes* parts, size_t count, uint8_t digest[32]) {
  ensure_ready();
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  for (size_t i = 0; i < count; i++) {
    crypto_hash_sha256_update(&state, static_cast<const uint8_t*>(parts[i].data), parts[i].size);
  }
  crypto_hash_sha256_final(&state, digest);
}

int port_ed25519_verify(void*, const uint8_t key[32], const uint8_t signature[64], const uint8_t* message,
                        size_t size_bytes) {
  ensure_ready();
  return crypto_sign_verify_detached(signature, message, size_bytes, key) == 0 ? 1 : 0;
}

}  // namespace

Digest sha256(std::initializer_list<Bytes> parts) {
  std::vector<perdita_bytes> list;
  for (const Bytes part : parts) list.push_back({part.data(), part.size()});
  Digest digest;
  port_sha256(nullptr, list.data(), list.size(), digest.data());
  return digest;
}

Seed random_seed() {
  ensure_ready();
  Seed seed;
  randombytes_buf(seed.data(), seed.size());
  return seed;
}

KeyPair key_pair(const Seed& seed) {
  ensure_ready();
  KeyPair pair;
  crypto_sign_seed_keypair(pair.public_key.data(), pair.secret_key.data(), seed.data());
  return pair;
}

std::array<uint8_t, 64> ed25519_sign(const std::array<uint8_t, 64>& secret_key, Bytes message) {
  ensure_ready();
  std::array<uint8_t, 64> signature;
  crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), secret_key.data());
  return signature;
}

void wipe(void* secret, size_t size) { sodium_memzero(secret, size); }

perdita_port_crypto host_crypto() { return {port_sha256, port_ed25519_verify}; }

perdita_port crypto_port() {
  perdita_port port{};
  port.crypto = host_crypto();
  return port;
}

}  // namespace perdita::compiler
