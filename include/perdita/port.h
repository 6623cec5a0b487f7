/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the runtime needs from a board. The core group is mandatory; crypto is what `open` checks packages with.
 * All functions are called with the `user` pointer the application put beside them.
 */
#ifndef PERDITA_PORT_H
#define PERDITA_PORT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct perdita_bytes {
  const void* data;
  size_t size; /* bytes */
} perdita_bytes;

typedef struct perdita_port_core {
  /* Nanoseconds since start; never goes back. Any context. */
  uint64_t (*clock_ns)(void* user);
  /* Locks interrupts out and returns what unlock needs to restore. Nests. Any context. */
  uint32_t (*lock)(void* user);
  void (*unlock)(void* user, uint32_t state);
  /* Makes what was written as data, machine code, visible to instruction fetch. Thread context. */
  void (*sync_code)(void* user, const void* start, size_t size_bytes);
  /* 32 random bits. Any context. */
  uint32_t (*random)(void* user);
  /* Text of a program or of the runtime, not terminated, without a line end of its own. Any context. */
  void (*log)(void* user, const char* text, size_t size_bytes);
} perdita_port_core;

typedef struct perdita_port_crypto {
  /* SHA-256 (FIPS 180-4) over the concatenation of `count` parts. Thread context. */
  void (*sha256)(void* user, const perdita_bytes* parts, size_t count, uint8_t digest[32]);
  /* 1 where the Ed25519 signature (RFC 8032) verifies, 0 otherwise. Thread context. */
  int (*ed25519_verify)(void* user, const uint8_t key[32], const uint8_t signature[64], const uint8_t* message,
                        size_t size_bytes);
} perdita_port_crypto;

typedef struct perdita_port {
  void* user;
  perdita_port_core core;
  perdita_port_crypto crypto;
} perdita_port;

#ifdef __cplusplus
}
#endif
#endif
