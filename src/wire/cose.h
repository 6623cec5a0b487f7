// SPDX-License-Identifier: Apache-2.0
//
// COSE_Sign1 (RFC 9052, section 4.2): reading one, and making the bytes its signature covers. Checking the signature is
// the caller's, which knows the key. General enough for other people's messages: header parameters alg, content type
// and kid (RFC 9052, section 3.1) in either bucket; any other is refused, since it may change what the message means.
// Freestanding; any context; views into the bytes.
#pragma once

#include "isa/span.h"
#include "isa/status.h"

namespace perdita::wire {

constexpr uint64_t kCoseSign1Tag = 18;

constexpr int32_t kCoseEdDsa = -8;     // RFC 9053: any Edwards curve; deprecated by RFC 9864
constexpr int32_t kCoseEd25519 = -19;  // RFC 9864

constexpr uint64_t kCoseAlgorithm = 1;
constexpr uint64_t kCoseKeyId = 4;

enum class CoseTag : uint8_t { required, forbidden };

struct CoseHeader {
  bool has_algorithm = false;
  int32_t algorithm = 0;
  bool has_key_id = false;
  Bytes key_id;
  uint32_t parameters = 0;  // how many stand in it
};

struct Sign1View {
  // As Sig_structure needs it: empty where the protected header is an empty map, however that was written (section
  // 4.4).
  Bytes protected_bytes;
  CoseHeader protected_header;
  CoseHeader unprotected_header;
  bool detached;  // the payload travels elsewhere
  Bytes payload;
  Bytes signature;
};

// unsupported_algorithm where the algorithm is named by a text.
Status read_sign1(Bytes message, CoseTag tag, Sign1View& view);

// Writes Sig_structure = ["Signature1", protected, external_aad, payload] (section 4.4) and its size; too_large where
// the buffer is too small.
Status write_sig_structure(Bytes protected_bytes, Bytes external_aad, Bytes payload, MutableBytes buffer, size_t& size);

}  // namespace perdita::wire
