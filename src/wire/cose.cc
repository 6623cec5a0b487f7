// SPDX-License-Identifier: Apache-2.0
#include "wire/cose.h"

#include "wire/cbor_reader.h"
#include "wire/cbor_writer.h"

namespace perdita::wire {

namespace {

constexpr uint64_t kCoseContentType = 3;

void read_header(CborReader& reader, CoseHeader& header) {
  header.parameters = reader.map();
  MapKey key;
  for (uint32_t i = 0; i < header.parameters && reader.ok(); i++) {
    reader.key(key);
    if (!reader.ok()) return;
    if (key.is_text) {
      reader.fail(Status::unknown_key);
    } else if (key.number == kCoseAlgorithm) {
      if (reader.peek() == CborType::text) reader.fail(Status::unsupported_algorithm);
      const int64_t algorithm = reader.integer();
      reader.require(algorithm >= INT32_MIN && algorithm <= INT32_MAX, Status::unsupported_algorithm);
      header.has_algorithm = true;
      header.algorithm = static_cast<int32_t>(algorithm);
    } else if (key.number == kCoseContentType) {
      if (reader.peek() == CborType::text) {
        static_cast<void>(reader.text());
      } else {
        static_cast<void>(reader.unsigned_integer(UINT16_MAX));
      }
    } else if (key.number == kCoseKeyId) {
      header.has_key_id = true;
      header.key_id = reader.bytes();
    } else {
      reader.fail(Status::unknown_key);
    }
  }
}

}  // namespace

Status read_sign1(Bytes message, CoseTag tag, Sign1View& view) {
  view = {};
  CborReader reader(message);
  if (tag == CoseTag::required) reader.tag(kCoseSign1Tag);
  reader.array(4);
  view.protected_bytes = reader.bytes();
  read_header(reader, view.unprotected_header);
  view.detached = reader.null();
  if (!view.detached) view.payload = reader.bytes();
  view.signature = reader.bytes();
  if (reader.finish() != Status::ok) return reader.status();

  if (view.protected_bytes.empty()) return Status::ok;
  CborReader protected_reader(view.protected_bytes);
  read_header(protected_reader, view.protected_header);
  if (protected_reader.finish() != Status::ok) return protected_reader.status();
  if (view.protected_header.parameters == 0) view.protected_bytes = {};
  // A parameter must not stand in both buckets (RFC 9052, section 3).
  const bool twice = (view.protected_header.has_algorithm && view.unprotected_header.has_algorithm) ||
                     (view.protected_header.has_key_id && view.unprotected_header.has_key_id);
  return twice ? Status::bad_value : Status::ok;
}

Status write_sig_structure(Bytes protected_bytes, Bytes external_aad, Bytes payload, MutableBytes buffer,
                           size_t& size) {
  CborWriter writer(buffer);
  writer.array(4);
  writer.text(text("Signature1"));
  writer.bytes(protected_bytes);
  writer.bytes(external_aad);
  writer.bytes(payload);
  size = writer.size();
  return writer.status();
}

}  // namespace perdita::wire
