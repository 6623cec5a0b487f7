// SPDX-License-Identifier: Apache-2.0
#include "wire/package.h"

#include "wire/cbor_reader.h"
#include "wire/cose.h"
#include "wire/map_order.h"
#include "wire/package_format.h"
#include "wire/suit_envelope.h"

namespace perdita::wire {

namespace {

Bytes as_bytes(Text text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

Text as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// [ [ 'perdita', kind, name ] ]: one component.
void read_components(CborReader& reader, PackageView& view) {
  reader.array(1);
  reader.array(3);
  const Bytes root = reader.bytes();
  const Bytes kind = reader.bytes();
  view.name = as_text(reader.bytes());
  if (!reader.ok()) return;
  reader.require(equal(root, as_bytes(text(kComponentRoot))) && is_name(view.name), Status::bad_value);
  if (equal(kind, as_bytes(text(kComponentImage)))) {
    view.kind = PayloadKind::image;
  } else if (equal(kind, as_bytes(text(kComponentOrder)))) {
    view.kind = PayloadKind::order;
  } else {
    reader.fail(Status::bad_value);
  }
}

void read_condition(CborReader& reader, uint64_t condition) {
  reader.require(reader.unsigned_integer(UINT64_MAX) == condition, Status::bad_value);
  reader.require(reader.unsigned_integer(UINT64_MAX) == kReportConditions, Status::bad_value);
}

Status read_shared_sequence(Bytes sequence, PackageView& view) {
  CborReader reader(sequence);
  const uint32_t items = reader.array();
  reader.require(reader.unsigned_integer(UINT64_MAX) == kOverrideParameters, Status::bad_value);
  const uint32_t parameters = reader.map();
  const bool for_device = parameters == 5;
  reader.require(for_device || parameters == 4, Status::bad_value);
  reader.require(items == (for_device ? 8u : 6u), Status::bad_value);
  reader.key(kVendorId);
  view.vendor_id = reader.bytes(kIdBytes);
  reader.key(kClassId);
  view.class_id = reader.bytes(kIdBytes);
  reader.key(kImageDigest);
  const Bytes digest_item = reader.bytes();
  reader.key(kImageSize);
  reader.require(reader.unsigned_integer(UINT64_MAX) == view.payload.size(), Status::bad_value);
  if (for_device) {
    reader.key(kDeviceId);
    view.device_id = reader.bytes(kIdBytes);
  }
  read_condition(reader, kVendorId);
  read_condition(reader, kClassId);
  if (for_device) read_condition(reader, kDeviceId);
  if (reader.finish() != Status::ok) return reader.status();

  CborReader digest_reader(digest_item);
  read_digest(digest_reader, view.payload_digest);
  return digest_reader.finish();
}

Status read_common(Bytes common, PackageView& view) {
  CborReader reader(common);
  reader.require(reader.map() == 2, Status::bad_value);
  reader.key(kCommonComponents);
  read_components(reader, view);
  reader.key(kCommonSharedSequence);
  const Bytes sequence = reader.bytes();
  if (reader.finish() != Status::ok) return reader.status();
  return read_shared_sequence(sequence, view);
}

void read_sequence(CborReader& reader, uint64_t key, Bytes expected) {
  reader.key(key);
  const Bytes sequence = reader.bytes();
  if (reader.ok()) reader.require(equal(sequence, expected), Status::bad_value);
}

Status read_manifest(Bytes manifest, PackageView& view) {
  CborReader reader(manifest);
  const uint32_t pairs = reader.map();
  reader.key(kManifestVersionKey);
  const uint64_t version = reader.unsigned_integer(UINT64_MAX);
  if (reader.ok()) reader.require(version == kManifestVersion, Status::unsupported_version);
  if (reader.ok() && (pairs < 5 || pairs > 6)) reader.fail(pairs < 5 ? Status::missing_key : Status::unknown_key);
  view.attach = pairs == 6;
  reader.key(kManifestSequence);
  view.sequence = reader.unsigned_integer(UINT64_MAX);
  reader.key(kManifestCommon);
  const Bytes common = reader.bytes();
  read_sequence(reader, kManifestValidate, Bytes(kValidateSequence));
  if (view.attach) read_sequence(reader, kManifestInvoke, Bytes(kInvokeSequence));
  read_sequence(reader, kManifestInstall, Bytes(kInstallSequence));
  if (reader.finish() != Status::ok) return reader.status();
  const Status status = read_common(common, view);
  if (status != Status::ok) return status;
  // What an order asks for stands in its payload; there is nothing to invoke.
  return view.kind == PayloadKind::order && view.attach ? Status::unknown_key : Status::ok;
}

Status read_signature(Bytes cose, SignatureView& signature) {
  Sign1View sign1;
  const Status status = read_sign1(cose, CoseTag::required, sign1);
  if (status != Status::ok) return status;
  const CoseHeader& header = sign1.protected_header;
  if (!header.has_algorithm || !header.has_key_id) return Status::missing_key;
  if (header.parameters != 2 || sign1.unprotected_header.parameters != 0) return Status::unknown_key;
  if (!sign1.detached) return Status::unexpected_type;
  if (header.key_id.size() != PERDITA_KEY_ID_BYTES || sign1.signature.size() != kSignatureBytes) {
    return Status::bad_value;
  }
  signature = {header.algorithm, header.key_id, sign1.protected_bytes, sign1.signature};
  return Status::ok;
}

Status read_signatures(ItemCursor cursor, PackageView& view) {
  if (cursor.count == 0) return Status::no_signature;
  if (cursor.count > kMaxSignatures) return Status::too_large;
  view.signature_count = cursor.count;
  Bytes cose;
  for (uint32_t i = 0; next_signature(cursor, cose); i++) {
    const Status status = read_signature(cose, view.signatures[i]);
    if (status != Status::ok) return status;
    // A key signs once: a second time would say nothing and cost a check.
    for (uint32_t j = 0; j < i; j++) {
      if (equal(view.signatures[i].key_id, view.signatures[j].key_id)) return Status::bad_value;
    }
  }
  return Status::ok;
}

// The payload is the envelope's only other member.
Status read_payload(ItemCursor members, PackageView& view) {
  if (members.count == 0) return Status::missing_key;
  MapKey key;
  next_member(members, key, view.payload);
  if (members.count != 0 || !key.is_text || !equal(key.text, text(kPayloadKey))) return Status::unknown_key;
  return Status::ok;
}

const perdita_key* find_key(Span<const perdita_key> keys, Bytes id) {
  for (const perdita_key& key : keys) {
    if (equal(Bytes(key.id), id)) return &key;
  }
  return nullptr;
}

bool digest_matches(const perdita_port& port, Bytes content, Bytes expected) {
  const perdita_bytes part = {content.data(), content.size()};
  uint8_t digest[kDigestBytes];
  port.crypto.sha256(port.user, &part, 1, digest);
  return equal(Bytes(digest), expected);
}

Status check_signature(const PackageView& package, const SignatureView& signature, const perdita_key& key,
                       const perdita_port& port) {
  // Both parts have one size in our profile: 13 and 36 bytes, 66 with everything around them.
  uint8_t message[96];
  size_t size = 0;
  const Status status =
      write_sig_structure(signature.protected_bytes, {}, package.digest_item, MutableBytes(message), size);
  if (status != Status::ok) return status;
  const int good = port.crypto.ed25519_verify(port.user, key.public_key, signature.signature.data(), message, size);
  return good == 1 ? Status::ok : Status::bad_signature;
}

}  // namespace

Status read_package(Bytes package, PackageView& view) {
  view = {};
  EnvelopeView envelope;
  Status status = read_envelope(package, envelope);
  if (status != Status::ok) return status;
  view.manifest_wrapped = envelope.manifest_wrapped;
  view.manifest_digest = envelope.digest;
  view.digest_item = envelope.digest_item;
  status = read_payload(envelope.members, view);
  if (status != Status::ok) return status;
  status = read_manifest(envelope.manifest, view);
  if (status != Status::ok) return status;
  return read_signatures(envelope.signatures, view);
}

Status authenticate(const PackageView& package, Span<const perdita_key> keys, const perdita_port& port,
                    const perdita_key* (&keys_used)[kMaxSignatures]) {
  for (const perdita_key*& key : keys_used) key = nullptr;
  if (package.signature_count == 0) return Status::no_signature;
  // Cheap refusals first: a stranger's package costs no arithmetic.
  const perdita_key* found[kMaxSignatures] = {};
  for (uint32_t i = 0; i < package.signature_count; i++) {
    if (package.signatures[i].algorithm != kCoseEd25519) return Status::unsupported_algorithm;
    found[i] = find_key(keys, package.signatures[i].key_id);
    if (found[i] == nullptr) return Status::unknown_key_id;
  }
  if (!digest_matches(port, package.manifest_wrapped, package.manifest_digest)) return Status::digest_mismatch;
  for (uint32_t i = 0; i < package.signature_count; i++) {
    const Status status = check_signature(package, package.signatures[i], *found[i], port);
    if (status != Status::ok) return status;
  }
  // Only now is the payload's digest worth anything.
  if (!digest_matches(port, package.payload, package.payload_digest)) return Status::digest_mismatch;
  for (uint32_t i = 0; i < package.signature_count; i++) keys_used[i] = found[i];
  return Status::ok;
}

Status read_order(Bytes payload, OrderView& view) {
  view = {};
  if (is_map_order(payload)) return read_map_order(payload, view);
  CborReader reader(payload);
  const uint32_t pairs = reader.map();
  reader.require(pairs == 1 || pairs == 2, Status::bad_value);
  reader.key(kOrderOperation);
  const uint64_t operation = reader.unsigned_integer(static_cast<uint64_t>(Operation::remove));
  reader.require(operation >= static_cast<uint64_t>(Operation::attach), Status::bad_value);
  view.operation = static_cast<Operation>(operation);
  if (pairs == 2) {
    reader.key(kOrderProg);
    view.prog = reader.name();
    // A package is removed as a whole.
    reader.require(view.operation != Operation::remove, Status::unknown_key);
  }
  return reader.finish();
}

}  // namespace perdita::wire
