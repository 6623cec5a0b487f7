// SPDX-License-Identifier: Apache-2.0
#include "wire/suit_envelope.h"

namespace perdita::wire {

namespace {

constexpr uint64_t kAuthenticationWrapper = 2;
constexpr uint64_t kManifest = 3;

Status read_authentication(Bytes wrapper, EnvelopeView& view) {
  CborReader reader(wrapper);
  const uint32_t count = reader.array();
  reader.require(count >= 1, Status::bad_value);
  view.digest_item = reader.bytes();
  const size_t start = reader.position();
  for (uint32_t i = 1; i < count && reader.ok(); i++) static_cast<void>(reader.bytes());
  if (reader.finish() != Status::ok) return reader.status();
  view.signatures = {reader.since(start), count - 1};

  CborReader digest_reader(view.digest_item);
  read_digest(digest_reader, view.digest);
  return digest_reader.finish();
}

}  // namespace

void read_digest(CborReader& reader, Bytes& digest) {
  reader.array(2);
  const int64_t algorithm = reader.integer();
  if (reader.ok()) reader.require(algorithm == kSuitSha256, Status::unsupported_algorithm);
  digest = reader.bytes(kDigestBytes);
}

Status read_envelope(Bytes envelope, EnvelopeView& view) {
  view = {};
  CborReader reader(envelope);
  reader.tag(kSuitEnvelopeTag);
  const uint32_t pairs = reader.map();
  reader.require(pairs >= 2, Status::missing_key);
  reader.key(kAuthenticationWrapper);
  const Bytes wrapper = reader.bytes();
  reader.key(kManifest);
  const size_t start = reader.position();
  view.manifest = reader.bytes();
  view.manifest_wrapped = reader.since(start);

  const size_t members_start = reader.position();
  MapKey key;
  for (uint32_t i = 2; i < pairs && reader.ok(); i++) {
    reader.key(key);
    // Keys 2 and 3 are taken: what follows comes after them.
    if (reader.ok()) {
      reader.require(key.is_text || key.number < 0 || key.number > static_cast<int64_t>(kManifest),
                     Status::not_canonical);
    }
    static_cast<void>(reader.bytes());
  }
  if (reader.finish() != Status::ok) return reader.status();
  view.members = {reader.since(members_start), pairs - 2};
  return read_authentication(wrapper, view);
}

bool next_signature(ItemCursor& cursor, Bytes& cose) {
  if (cursor.count == 0) return false;
  CborReader reader(cursor.rest);
  cose = reader.bytes();
  cursor = {reader.rest(), cursor.count - 1};
  return true;
}

bool next_member(ItemCursor& cursor, MapKey& key, Bytes& content) {
  if (cursor.count == 0) return false;
  CborReader reader(cursor.rest);
  key = {};
  reader.key(key);
  content = reader.bytes();
  cursor = {reader.rest(), cursor.count - 1};
  return true;
}

}  // namespace perdita::wire
