// SPDX-License-Identifier: Apache-2.0
//
// The outside of a SUIT envelope (draft-ietf-suit-manifest-34 and later, final serialisation, sections 8.2 and 8.3):
// the authentication wrapper, the manifest, and what else travels with it, whatever the manifest says. Freestanding;
// any context; views into the bytes.
#pragma once

#include "isa/span.h"
#include "isa/status.h"
#include "wire/cbor_reader.h"
#include "wire/image.h"

namespace perdita::wire {

constexpr uint64_t kSuitEnvelopeTag = 107;
constexpr int64_t kSuitSha256 = -16;  // RFC 9054

struct EnvelopeView {
  Bytes digest_item;       // the encoded SUIT_Digest: detached payload of every signature
  Bytes digest;            // its bytes: SHA-256 over manifest_wrapped
  ItemCursor signatures;   // COSE blocks, each wrapped in a bstr
  Bytes manifest_wrapped;  // with the head of its bstr
  Bytes manifest;
  ItemCursor members;  // severed members and integrated payloads
};

Status read_envelope(Bytes envelope, EnvelopeView& view);

// Takes the next off a cursor of an envelope that read_envelope accepted. False behind the last one.
bool next_signature(ItemCursor& cursor, Bytes& cose);
bool next_member(ItemCursor& cursor, MapKey& key, Bytes& content);

// SUIT_Digest = [ -16, bstr .size 32 ]; another algorithm is unsupported_algorithm.
void read_digest(CborReader& reader, Bytes& digest);

}  // namespace perdita::wire
