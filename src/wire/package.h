// SPDX-License-Identifier: Apache-2.0
//
// The package: a SUIT envelope (draft-ietf-suit-manifest-34 and later, final serialisation) with its payload
// integrated, signed with COSE_Sign1 (RFC 9052), Ed25519 (algorithm -19). docs/spec/package.md holds our profile and
// its CDDL. `read_package` checks everything that needs no key, `authenticate` the signatures and the digests. Nothing
// of the manifest may be believed before authenticate returned ok. Freestanding; thread context; views into the bytes;
// at most 800 bytes of stack beside the port's own.
#pragma once

#include "isa/span.h"
#include "isa/status.h"
#include "perdita/perdita.h"
#include "wire/image.h"

namespace perdita::wire {

constexpr size_t kMaxSignatures = 4;

// What the payload is: the middle part of the component identifier ["perdita", kind, package name].
enum class PayloadKind : uint8_t { image, order };

struct SignatureView {
  int32_t algorithm;
  Bytes key_id;           // PERDITA_KEY_ID_BYTES, from the protected header
  Bytes protected_bytes;  // as encoded
  Bytes signature;        // 64 bytes
};

struct PackageView {
  PayloadKind kind;
  Text name;  // of the package that this is or is about
  uint64_t sequence;
  Bytes vendor_id, class_id;  // 16 bytes each
  Bytes device_id;            // 16 bytes, or empty: for any device of the class
  bool attach;                // image: the manifest has an invoke sequence: attach its programs once installed
  Bytes payload;
  Bytes payload_digest;    // as the manifest states it
  Bytes manifest_wrapped;  // the manifest in its bstr wrapping: what the envelope's digest covers
  Bytes manifest_digest;   // SUIT_Digest's bytes as the authentication wrapper states them
  Bytes digest_item;       // the encoded SUIT_Digest: the detached payload of each signature
  SignatureView signatures[kMaxSignatures];
  uint32_t signature_count;  // at least 1, or read_package returns no_signature
};

Status read_package(Bytes package, PackageView& view);

// Checks digests of manifest and payload, and every signature: each must be by a key of `keys` and verify. `keys_used`
// receives the keys in the signatures' order. unknown_key_id, unsupported_algorithm, bad_signature, digest_mismatch.
Status authenticate(const PackageView& package, Span<const perdita_key> keys, const perdita_port& port,
                    const perdita_key* (&keys_used)[kMaxSignatures]);

// What an order package asks for: payload = { 1: operation, ? 2: program name }. Without a program: all of the
// package's.
enum class Operation : uint8_t { attach = 1, detach = 2, remove = 3, map_update = 4, map_delete = 5 };
struct OrderView {
  Operation operation;
  Text prog;  // empty: all
  // Of the last two (wire/map_order.h):
  Text map;
  Bytes key, value;
  uint64_t flags;
};
Status read_order(Bytes payload, OrderView& view);

}  // namespace perdita::wire
