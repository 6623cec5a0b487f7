// SPDX-License-Identifier: Apache-2.0
//
// Image or order -> SUIT envelope (docs/spec/package.md), inside out: command sequences, manifest, digest, signature.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/compile.h"
#include "compiler/encode.h"
#include "compiler/refusal.h"
#include "compiler/sodium.h"
#include "perdita/perdita.h"
#include "wire/cose.h"
#include "wire/package.h"
#include "wire/package_format.h"
#include "wire/suit_envelope.h"

namespace perdita::compiler {

namespace {

using Encoded = std::vector<uint8_t>;
using wire::CborWriter;

Encoded suit_digest(Bytes content) {
  const Digest digest = sha256({content});
  return encode([&](CborWriter& writer) {
    writer.array(2);
    writer.integer(wire::kSuitSha256);
    writer.bytes(view(digest));
  });
}

void write_condition(CborWriter& writer, uint64_t condition) {
  writer.unsigned_integer(condition);
  writer.unsigned_integer(wire::kReportConditions);
}

Encoded shared_sequence(const Addressee& addressee, Bytes payload) {
  const bool for_device = addressee.device_id.has_value();
  const Encoded digest = suit_digest(payload);
  return encode([&](CborWriter& writer) {
    writer.array(for_device ? 8 : 6);
    writer.unsigned_integer(wire::kOverrideParameters);
    writer.map(for_device ? 5 : 4);
    writer.unsigned_integer(wire::kVendorId);
    writer.bytes(view(addressee.vendor_id));
    writer.unsigned_integer(wire::kClassId);
    writer.bytes(view(addressee.class_id));
    writer.unsigned_integer(wire::kImageDigest);
    writer.bytes(view(digest));
    writer.unsigned_integer(wire::kImageSize);
    writer.unsigned_integer(payload.size());
    if (for_device) {
      writer.unsigned_integer(wire::kDeviceId);
      writer.bytes(view(*addressee.device_id));
    }
    write_condition(writer, wire::kVendorId);
    write_condition(writer, wire::kClassId);
    if (for_device) write_condition(writer, wire::kDeviceId);
  });
}

Encoded common_section(const char* kind, const SealOptions& options, Bytes payload) {
  const Encoded sequence = shared_sequence(options.addressee, payload);
  return encode([&](CborWriter& writer) {
    writer.map(2);
    writer.unsigned_integer(wire::kCommonComponents);
    writer.array(1);
    writer.array(3);
    writer.bytes(bytes_of(wire::kComponentRoot));
    writer.bytes(bytes_of(kind));
    writer.bytes(bytes_of(options.name));
    writer.unsigned_integer(wire::kCommonSharedSequence);
    writer.bytes(view(sequence));
  });
}

// In its bstr wrapping, which the envelope's digest covers.
Encoded wrapped_manifest(const char* kind, const SealOptions& options, bool invoke, Bytes payload) {
  const Encoded common = common_section(kind, options, payload);
  const Encoded manifest = encode([&](CborWriter& writer) {
    writer.map(invoke ? 6 : 5);
    writer.unsigned_integer(wire::kManifestVersionKey);
    writer.unsigned_integer(wire::kManifestVersion);
    writer.unsigned_integer(wire::kManifestSequence);
    writer.unsigned_integer(options.sequence);
    writer.unsigned_integer(wire::kManifestCommon);
    writer.bytes(view(common));
    writer.unsigned_integer(wire::kManifestValidate);
    writer.bytes(Bytes(wire::kValidateSequence));
    if (invoke) {
      writer.unsigned_integer(wire::kManifestInvoke);
      writer.bytes(Bytes(wire::kInvokeSequence));
    }
    writer.unsigned_integer(wire::kManifestInstall);
    writer.bytes(Bytes(wire::kInstallSequence));
  });
  return encode([&](CborWriter& writer) { writer.bytes(view(manifest)); });
}

Encoded sign(Bytes digest_item, const SigningKey& key) {
  const auto key_id = key.public_key().id();
  const Encoded header = encode([&](CborWriter& writer) {
    writer.map(2);
    writer.unsigned_integer(wire::kCoseAlgorithm);
    writer.integer(wire::kCoseEd25519);
    writer.unsigned_integer(wire::kCoseKeyId);
    writer.bytes(view(key_id));
  });
  // Around its two parts a Sig_structure has less than 64 bytes.
  Encoded message(header.size() + digest_item.size() + 64);
  size_t size = 0;
  static_cast<void>(
      wire::write_sig_structure(view(header), {}, digest_item, MutableBytes(message.data(), message.size()), size));
  message.resize(size);
  const auto signature = key.sign(message);
  return encode([&](CborWriter& writer) {
    writer.tag(wire::kCoseSign1Tag);
    writer.array(4);
    writer.bytes(view(header));
    writer.map(0);
    writer.null();
    writer.bytes(view(signature));
  });
}

Encoded envelope(Bytes digest_item, const std::vector<Encoded>& signatures, Bytes manifest_wrapped, Bytes payload) {
  const Encoded authentication = encode([&](CborWriter& writer) {
    writer.array(1 + signatures.size());
    writer.bytes(digest_item);
    for (const Encoded& signature : signatures) writer.bytes(view(signature));
  });
  return encode([&](CborWriter& writer) {
    writer.tag(wire::kSuitEnvelopeTag);
    writer.map(3);
    writer.unsigned_integer(wire::kEnvelopeAuthentication);
    writer.bytes(view(authentication));
    writer.unsigned_integer(wire::kEnvelopeManifest);
    writer.raw(manifest_wrapped);
    writer.text(text(wire::kPayloadKey));
    writer.bytes(payload);
  });
}

Result<std::vector<uint8_t>> seal(const char* kind, bool invoke, Bytes payload, const SealOptions& options,
                                  const SigningKey& key) {
  if (!wire::is_name(view(options.name))) {
    return refusal("seal-name", fmt::format("'{}' cannot be the name of a package", options.name),
                   "1 to 31 letters, digits and . _ - / : +");
  }
  if (options.sequence == 0) {
    return refusal("seal-sequence", "sequence number 0 is below every device's floor", "count from 1");
  }
  const Encoded manifest = wrapped_manifest(kind, options, invoke, payload);
  const Encoded digest_item = suit_digest(view(manifest));
  return envelope(view(digest_item), {sign(view(digest_item), key)}, view(manifest), payload);
}

bool has_role(const SigningKey& key, uint8_t role) { return (key.public_key().roles & role) != 0; }

}  // namespace

Result<std::vector<uint8_t>> seal_image(const std::vector<uint8_t>& image, const SealOptions& options,
                                        const SigningKey& key) {
  wire::ImageView content;
  const Status status = wire::read_image(view(image), content);
  if (status != Status::ok) return unreadable("image-unreadable", "this is not an image", status);
  if (content.has_claim && !has_role(key, PERDITA_ROLE_VERIFIER)) {
    return refusal("seal-claim-needs-verifier",
                   fmt::format("the image carries a claim and the key '{}' is no verifier's", key.public_key().name),
                   "sign with the verifier's key, or seal the image without its claim");
  }
  return seal(wire::kComponentImage, options.attach, view(image), options, key);
}

Result<std::vector<uint8_t>> seal_order(Order order, const std::string& prog, const SealOptions& options,
                                        const SigningKey& key) {
  if (!prog.empty() && order == Order::remove) {
    return refusal("seal-order-program", "a package is removed as a whole", "name no program");
  }
  if (!prog.empty() && !wire::is_name(view(prog))) {
    return refusal("seal-order-program", fmt::format("'{}' cannot be the name of a program", prog),
                   "name a program of the package");
  }
  const Encoded payload = encode([&](CborWriter& writer) {
    writer.map(prog.empty() ? 1 : 2);
    writer.unsigned_integer(wire::kOrderOperation);
    writer.unsigned_integer(static_cast<uint64_t>(order));
    if (!prog.empty()) {
      writer.unsigned_integer(wire::kOrderProg);
      writer.text(view(prog));
    }
  });
  return seal(wire::kComponentOrder, false, view(payload), options, key);
}

Result<std::vector<uint8_t>> seal_map_order(const MapOrder& order, const SealOptions& options, const SigningKey& key) {
  if (!wire::is_name(view(order.map))) {
    return refusal("seal-order-map", fmt::format("'{}' cannot be the name of a map", order.map),
                   "name a map of the package");
  }
  const auto operation = order.value ? wire::Operation::map_update : wire::Operation::map_delete;
  const Encoded payload = encode([&](CborWriter& writer) {
    writer.map(order.value ? 5 : 3);
    writer.unsigned_integer(wire::kOrderOperation);
    writer.unsigned_integer(static_cast<uint64_t>(operation));
    writer.unsigned_integer(wire::kOrderMap);
    writer.text(view(order.map));
    writer.unsigned_integer(wire::kOrderKey);
    writer.bytes(view(order.key));
    if (!order.value) return;
    writer.unsigned_integer(wire::kOrderValue);
    writer.bytes(view(*order.value));
    writer.unsigned_integer(wire::kOrderFlags);
    writer.unsigned_integer(order.flags);
  });
  return seal(wire::kComponentOrder, false, view(payload), options, key);
}

Result<std::vector<uint8_t>> add_signature(const std::vector<uint8_t>& package, const SigningKey& key) {
  wire::PackageView content;
  Status status = wire::read_package(view(package), content);
  if (status != Status::ok) return unreadable("package-unreadable", "this is not a package", status);
  const Digest manifest_digest = sha256({content.manifest_wrapped});
  const Digest payload_digest = sha256({content.payload});
  if (!equal(content.manifest_digest, view(manifest_digest)) || !equal(content.payload_digest, view(payload_digest))) {
    return unreadable("package-unreadable", "the package was altered", Status::digest_mismatch);
  }
  if (content.signature_count == wire::kMaxSignatures) {
    return refusal("seal-too-many-signatures", fmt::format("the package has {} signatures", wire::kMaxSignatures));
  }
  const auto key_id = key.public_key().id();
  for (uint32_t i = 0; i < content.signature_count; i++) {
    if (equal(content.signatures[i].key_id, view(key_id))) {
      return refusal("seal-signed-already", fmt::format("the key '{}' has signed already", key.public_key().name));
    }
  }
  // A claim is signed only by who has just made it (design, section 2), which is seal_image's business.
  if (content.kind == wire::PayloadKind::image && has_role(key, PERDITA_ROLE_VERIFIER)) {
    wire::ImageView image;
    status = wire::read_image(content.payload, image);
    if (status != Status::ok) return unreadable("image-unreadable", "the package holds no image", status);
    if (image.has_claim) {
      return refusal(
          "seal-claim-of-another",
          fmt::format("a verifier's key, '{}', would vouch for a claim it did not make", key.public_key().name),
          "add the author's key, or verify and seal anew");
    }
  }
  wire::EnvelopeView outside;
  status = wire::read_envelope(view(package), outside);
  if (status != Status::ok) return unreadable("package-unreadable", "this is not a package", status);
  std::vector<Encoded> signatures;
  Bytes cose;
  while (wire::next_signature(outside.signatures, cose)) signatures.emplace_back(cose.begin(), cose.end());
  signatures.push_back(sign(content.digest_item, key));
  return envelope(content.digest_item, signatures, content.manifest_wrapped, content.payload);
}

}  // namespace perdita::compiler
