// SPDX-License-Identifier: Apache-2.0
#include "crypto.h"

#include "crypto_hash_sha256.h"
#include "crypto_hash_sha512.h"
#include "crypto_sign_ed25519.h"
#include "utils.h"

namespace board {

void crypto_sha256(void*, const perdita_bytes* parts, size_t count, uint8_t digest[32]) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  for (size_t i = 0; i < count; i++) {
    crypto_hash_sha256_update(&state, static_cast<const uint8_t*>(parts[i].data), parts[i].size);
  }
  crypto_hash_sha256_final(&state, digest);
}

int crypto_ed25519_verify(void*, const uint8_t key[32], const uint8_t signature[64], const uint8_t* message,
                          size_t size_bytes) {
  return crypto_sign_ed25519_verify_detached(signature, message, size_bytes, key) == 0 ? 1 : 0;
}

}  // namespace board

// ---- what those files of libsodium need of its others ----

extern "C" {

void sodium_memzero(void* memory, size_t size_bytes) {
  volatile uint8_t* bytes = static_cast<volatile uint8_t*>(memory);
  for (size_t i = 0; i < size_bytes; i++) bytes[i] = 0;
}

// In constant time, like the one it stands for.
int sodium_memcmp(const void* a, const void* b, size_t size_bytes) {
  const volatile uint8_t* x = static_cast<const volatile uint8_t*>(a);
  const volatile uint8_t* y = static_cast<const volatile uint8_t*>(b);
  uint8_t difference = 0;
  for (size_t i = 0; i < size_bytes; i++) difference = uint8_t(difference | (x[i] ^ y[i]));
  return difference == 0 ? 0 : -1;
}

int sodium_is_zero(const uint8_t* bytes, size_t size_bytes) {
  uint8_t all = 0;
  for (size_t i = 0; i < size_bytes; i++) all = uint8_t(all | bytes[i]);
  return all == 0 ? 1 : 0;
}

// Begins the hash of a signature: plain Ed25519, of which alone this board checks signatures, has no prefix (RFC 8032,
// section 5.1).
void _crypto_sign_ed25519_ref10_hinit(crypto_hash_sha512_state* state, int) { crypto_hash_sha512_init(state); }
}
