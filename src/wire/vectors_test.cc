// SPDX-License-Identifier: Apache-2.0
//
// Public vectors of COSE_Sign1 and SUIT (the README beside them says where each is from), read from PERDITA_SHARED.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "compiler/encode.h"
#include "compiler/host_crypto.h"
#include "compiler/sample.h"
#include "compiler/sodium.h"
#include "wire/cose.h"
#include "wire/openssl_verify.h"
#include "wire/package.h"
#include "wire/suit_envelope.h"

namespace perdita::wire {
namespace {

using compiler::view;
using Buffer = std::vector<uint8_t>;

class Vectors : public testing::Test {
 protected:
  void SetUp() override {
    const char* shared = std::getenv("PERDITA_SHARED");
    if (shared != nullptr) folder_ = std::filesystem::path(shared) / "vectors" / "cose-suit";
    if (folder_.empty() || !std::filesystem::is_directory(folder_)) GTEST_SKIP() << "no vectors beside the checkout";
  }

  Buffer hex_file(const std::string& name) const {
    std::ifstream stream(folder_ / name);
    EXPECT_TRUE(stream) << name;
    return sample::unhex(std::string(std::istreambuf_iterator<char>(stream), {}));
  }

  std::filesystem::path folder_;
};

// What verifies a signature: the key, and what COSE calls its algorithm.
struct Verifier {
  std::string curve;
  openssl::EcKey ec;
  Buffer okp;

  // As RFC 9053 and RFC 9864 pair algorithms with curves; a pairing that they do not have is false.
  bool verify(int32_t algorithm, const Buffer& signature, const Buffer& message) const {
    if (curve == "P-256" && (algorithm == -7 || algorithm == -9)) {
      return openssl::verify_ecdsa(ec, "SHA256", signature, message);
    }
    if (curve == "P-384" && algorithm == -35) return openssl::verify_ecdsa(ec, "SHA384", signature, message);
    if (curve == "P-521" && algorithm == -36) return openssl::verify_ecdsa(ec, "SHA512", signature, message);
    if (curve == "Ed25519" && (algorithm == kCoseEdDsa || algorithm == kCoseEd25519)) {
      const perdita_port_crypto crypto = compiler::host_crypto();
      const bool ours = signature.size() == 64 && crypto.ed25519_verify(nullptr, okp.data(), signature.data(),
                                                                        message.data(), message.size()) == 1;
      EXPECT_EQ(ours, openssl::verify_eddsa("ED25519", okp, signature, message));
      return ours;
    }
    if (curve == "Ed448" && algorithm == kCoseEdDsa) return openssl::verify_eddsa("ED448", okp, signature, message);
    return false;
  }
};

Buffer vector_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

Status check_sign1(Bytes message, CoseTag tag, Bytes external_aad, Bytes detached, const Verifier& verifier,
                   Buffer* to_be_signed = nullptr) {
  Sign1View view_of;
  const Status status = read_sign1(message, tag, view_of);
  if (status != Status::ok) return status;
  Buffer structure(4096);
  size_t size = 0;
  EXPECT_EQ(write_sig_structure(view_of.protected_bytes, external_aad, view_of.detached ? detached : view_of.payload,
                                MutableBytes(structure.data(), structure.size()), size),
            Status::ok);
  structure.resize(size);
  if (to_be_signed != nullptr) *to_be_signed = structure;
  const CoseHeader& header =
      view_of.protected_header.has_algorithm ? view_of.protected_header : view_of.unprotected_header;
  if (!header.has_algorithm) return Status::missing_key;
  return verifier.verify(header.algorithm, vector_of(view_of.signature), structure) ? Status::ok
                                                                                    : Status::bad_signature;
}

Buffer base64url(const std::string& digits) {
  Buffer bytes;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : digits) {
    const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    bits = bits << 6 | static_cast<uint32_t>(alphabet.find(c));
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<uint8_t>(bits >> count));
    }
  }
  return bytes;
}

// The vectors write coordinates as hex or as base64url.
Buffer coordinate(const nlohmann::json& key, const std::string& name) {
  if (key.contains(name + "_hex")) return sample::unhex(key[name + "_hex"].get<std::string>());
  return base64url(key[name].get<std::string>());
}

Verifier verifier_of(const nlohmann::json& key) {
  Verifier verifier;
  verifier.curve = key["crv"];
  if (key["kty"] == "EC") {
    verifier.ec = {verifier.curve, coordinate(key, "x"), coordinate(key, "y")};
  } else {
    verifier.okp = coordinate(key, "x");
  }
  return verifier;
}

TEST_F(Vectors, CoseSign1) {
  // What each must come to. eddsa-01 is a COSE_Sign of several signers: not ours to read.
  const std::map<std::string, Status> kExpected = {
      {"eddsa-sig-01", Status::ok},
      {"eddsa-sig-02", Status::ok},
      {"ecdsa-sig-01", Status::ok},
      {"ecdsa-sig-02", Status::ok},
      {"ecdsa-sig-03", Status::ok},
      {"ecdsa-sig-04", Status::bad_signature},  // ES512 with a P-256 key: RFC 8152 allowed it, we do not
      {"sign-pass-01", Status::ok},
      {"sign-pass-02", Status::ok},
      {"sign-pass-03", Status::ok},
      {"sign-fail-01", Status::bad_value},
      {"sign-fail-02", Status::bad_signature},
      {"sign-fail-03", Status::bad_signature},
      {"sign-fail-04", Status::unsupported_algorithm},
      {"sign-fail-06", Status::bad_signature},
      {"sign-fail-07", Status::bad_signature},
      {"eddsa-01", Status::bad_value},
  };
  size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    if (entry.path().extension() != ".json") continue;
    const std::string name = entry.path().stem();
    seen++;
    ASSERT_TRUE(kExpected.contains(name)) << name;
    std::ifstream stream(entry.path());
    const auto json = nlohmann::json::parse(stream);
    const Buffer message = sample::unhex(json["output"]["cbor"].get<std::string>());
    const auto& input = json["input"];
    const auto& signer = input.contains("sign0") ? input["sign0"] : input["sign"]["signers"][0];
    const Buffer aad = sample::unhex(signer.value("external", ""));
    const CoseTag tag = name == "sign-pass-03" ? CoseTag::forbidden : CoseTag::required;
    Buffer to_be_signed;
    EXPECT_EQ(check_sign1(view(message), tag, view(aad), {}, verifier_of(signer["key"]), &to_be_signed),
              kExpected.at(name))
        << name;
    if (kExpected.at(name) == Status::ok) {
      EXPECT_EQ(to_be_signed, sample::unhex(json["intermediates"]["ToBeSign_hex"].get<std::string>())) << name;
      // The caller says whether a tag is there; the other way round the same bytes are refused.
      const CoseTag other = tag == CoseTag::required ? CoseTag::forbidden : CoseTag::required;
      EXPECT_EQ(check_sign1(view(message), other, view(aad), {}, verifier_of(signer["key"])), Status::unexpected_type);
    }
  }
  EXPECT_EQ(seen, kExpected.size());
}

Verifier draft_key() {
  Verifier verifier;
  verifier.curve = "P-256";
  verifier.ec = {"P-256", sample::unhex("8496811aae0baaabd26157189eecda26beaa8bf11b6f3fe6e2b5659c85dbc0ad"),
                 sample::unhex("3b1f2a4b6c098131c0a36dacd1d78bd381dcdfb09c052db33991db7338b4a896")};
  return verifier;
}

Verifier rfc8032_key() {
  Verifier verifier;
  verifier.curve = "Ed25519";
  verifier.okp = sample::unhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  return verifier;
}

// Digest of the manifest and every signature, whatever the manifest says.
Status check_envelope(const Buffer& envelope, const Verifier& verifier) {
  EnvelopeView content;
  Status status = read_envelope(view(envelope), content);
  if (status != Status::ok) return status;
  const auto digest = compiler::sha256({content.manifest_wrapped});
  if (!equal(content.digest, view(digest))) return Status::digest_mismatch;
  if (content.signatures.count == 0) return Status::no_signature;
  Bytes cose;
  while (next_signature(content.signatures, cose)) {
    status = check_sign1(cose, CoseTag::required, {}, content.digest_item, verifier);
    if (status != Status::ok) return status;
  }
  return Status::ok;
}

TEST_F(Vectors, SuitEnvelopesOfTheFinalSerialisation) {
  std::map<std::string, Verifier> envelopes;
  for (int i = 0; i < 6; i++) envelopes["suit-draft37-example" + std::to_string(i)] = draft_key();
  for (const std::string shape : {"min", "integrated"}) {
    for (const std::string suffix : {"es256", "esp256"})
      envelopes["project-suit-" + shape + "-" + suffix] = draft_key();
    for (const std::string suffix : {"eddsa", "ed25519"}) {
      envelopes["project-suit-" + shape + "-" + suffix] = rfc8032_key();
    }
  }
  for (const auto& [name, verifier] : envelopes) {
    const Buffer envelope = hex_file(name + ".hex");
    EXPECT_EQ(check_envelope(envelope, verifier), Status::ok) << name;
    // A right envelope is not yet a package for us: the profile admits its own components only.
    PackageView package;
    EXPECT_NE(read_package(view(envelope), package), Status::ok) << name;
    // Nothing in an envelope's signed part may change.
    EnvelopeView content;
    ASSERT_EQ(read_envelope(view(envelope), content), Status::ok);
    Buffer altered = envelope;
    altered[static_cast<size_t>(content.manifest.data() - envelope.data()) + content.manifest.size() - 1] ^= 1;
    EXPECT_EQ(check_envelope(altered, verifier), Status::digest_mismatch) << name;
  }
}

TEST_F(Vectors, TheDialectOfDraft09IsRefused) {
  const char* const kNames[] = {
      "project-suit-riot-draft09",
      "project-suit-riot-draft09-reject-detached",
      "project-suit-riot-draft09-reject-dig-16",
      "project-suit-riot-draft09-reject-digest-first",
      "project-suit-riot-draft09-reject-run12",
      "project-suit-riot-draft09-reject-seq1",
      "project-suit-riot-draft09-reject-tag107",
      "project-suit-riot-draft09-reject-text13",
  };
  for (const char* name : kNames) {
    const Buffer envelope = hex_file(std::string(name) + ".hex");
    PackageView package;
    EXPECT_NE(read_package(view(envelope), package), Status::ok) << name;
    EXPECT_NE(check_envelope(envelope, rfc8032_key()), Status::ok) << name;
  }
}

// RFC 8032, section 7.1, tests 1 to 3: not from the folder, so they run everywhere.
TEST(Ed25519, Rfc8032) {
  const struct {
    const char *key, *message, *signature;
  } kCases[] = {
      {"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe2"
       "4"
       "655141438e7a100b"},
      {"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302ae"
       "e"
       "b00d291612bb0c00"},
      {"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28"
       "d"
       "c027beceea1ec40a"},
  };
  const perdita_port_crypto crypto = compiler::host_crypto();
  for (const auto& test : kCases) {
    const Buffer key = sample::unhex(test.key);
    const Buffer message = sample::unhex(test.message);
    const Buffer signature = sample::unhex(test.signature);
    ASSERT_EQ(crypto.ed25519_verify(nullptr, key.data(), signature.data(), message.data(), message.size()), 1);
    for (size_t bit = 0; bit < 8 * signature.size(); bit++) {
      Buffer flipped = signature;
      flipped[bit / 8] = static_cast<uint8_t>(flipped[bit / 8] ^ (1u << (bit % 8)));
      ASSERT_EQ(crypto.ed25519_verify(nullptr, key.data(), flipped.data(), message.data(), message.size()), 0);
    }
  }
}

}  // namespace
}  // namespace perdita::wire
