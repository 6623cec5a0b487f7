// SPDX-License-Identifier: Apache-2.0
#include "wire/package.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "compiler/encode.h"
#include "compiler/host_crypto.h"
#include "compiler/sample.h"
#include "compiler/sodium.h"
#include "wire/cose.h"
#include "wire/package_format.h"

namespace perdita::wire {
namespace {

using compiler::view;
using Buffer = std::vector<uint8_t>;

Status open(const Buffer& package, PackageView& content, const std::vector<perdita_key>& keys) {
  const Status status = read_package(view(package), content);
  if (status != Status::ok) return status;
  const perdita_key* used[kMaxSignatures];
  const perdita_port port = compiler::crypto_port();
  return authenticate(content, Span<const perdita_key>(keys.data(), keys.size()), port, used);
}

Status open(const Buffer& package) {
  PackageView content;
  return open(package, content, sample::trusted_keys());
}

Buffer image_package() {
  const auto image = compiler::compile(sample::small_module(), sample::platform(), nullptr, "").value();
  return compiler::seal_image(image, sample::options(), sample::author()).value();
}

Buffer order_package() {
  return compiler::seal_order(compiler::Order::detach, "zero", sample::options(), sample::author()).value();
}

Buffer device_package() {
  auto options = sample::options();
  options.attach = false;
  options.addressee.device_id.emplace();
  options.addressee.device_id->fill(0xdd);
  const auto image = compiler::compile(sample::small_module(), sample::platform(), nullptr, "").value();
  return compiler::seal_image(image, options, sample::author()).value();
}

Buffer twice_signed(const Buffer& package) { return compiler::add_signature(package, sample::verifier()).value(); }

std::vector<Buffer> all_packages() {
  const Buffer image = image_package();
  const Buffer order = order_package();
  return {image, order, device_package(), twice_signed(image), twice_signed(order)};
}

std::string string_of(Text text) { return {text.data(), text.size()}; }

TEST(Package, OpensWhatWasSealed) {
  PackageView content;
  const auto keys = sample::trusted_keys();
  const Buffer twice = twice_signed(image_package());
  ASSERT_EQ(open(twice, content, keys), Status::ok);
  EXPECT_EQ(content.kind, PayloadKind::image);
  EXPECT_EQ(string_of(content.name), "demo");
  EXPECT_EQ(content.sequence, 7u);
  EXPECT_TRUE(content.attach);
  EXPECT_TRUE(content.device_id.empty());
  EXPECT_EQ(content.signature_count, 2u);
  const perdita_key* used[kMaxSignatures];
  ASSERT_EQ(authenticate(content, Span<const perdita_key>(keys.data(), keys.size()), compiler::crypto_port(), used),
            Status::ok);
  EXPECT_EQ(used[0], &keys[0]);
  EXPECT_EQ(used[1], &keys[1]);
  EXPECT_EQ(used[2], nullptr);

  const Buffer device = device_package();
  ASSERT_EQ(open(device, content, keys), Status::ok);
  EXPECT_FALSE(content.attach);
  EXPECT_EQ(content.device_id.size(), 16u);

  const Buffer package = order_package();
  ASSERT_EQ(open(package, content, keys), Status::ok);
  ASSERT_EQ(content.kind, PayloadKind::order);
  OrderView order;
  ASSERT_EQ(read_order(content.payload, order), Status::ok);
  EXPECT_EQ(order.operation, Operation::detach);
  EXPECT_EQ(string_of(order.prog), "zero");
}

TEST(Package, EveryFlippedBitIsRefused) {
  for (const Buffer& package : all_packages()) {
    ASSERT_EQ(open(package), Status::ok);
    for (size_t bit = 0; bit < 8 * package.size(); bit++) {
      Buffer flipped = package;
      flipped[bit / 8] = static_cast<uint8_t>(flipped[bit / 8] ^ (1u << (bit % 8)));
      ASSERT_NE(open(flipped), Status::ok) << "bit " << bit << " of " << package.size() << " bytes";
    }
  }
}

TEST(Package, EveryTruncationAndEveryAppendixIsRefused) {
  for (const Buffer& package : all_packages()) {
    for (size_t size = 0; size < package.size(); size++) {
      ASSERT_NE(open(Buffer(package.begin(), package.begin() + static_cast<ptrdiff_t>(size))), Status::ok) << size;
    }
    for (int byte = 0; byte < 256; byte++) {
      Buffer longer = package;
      longer.push_back(static_cast<uint8_t>(byte));
      ASSERT_EQ(open(longer), Status::trailing_bytes);
    }
  }
}

TEST(Package, EveryRemovedAndEveryInsertedByteIsRefused) {
  const Buffer package = twice_signed(image_package());
  for (size_t i = 0; i < package.size(); i++) {
    Buffer shorter = package;
    shorter.erase(shorter.begin() + static_cast<ptrdiff_t>(i));
    ASSERT_NE(open(shorter), Status::ok) << i;
    for (const uint8_t byte : {0x00, 0x40, 0x80, 0xa0, 0xf6, 0xff}) {
      Buffer longer = package;
      longer.insert(longer.begin() + static_cast<ptrdiff_t>(i), byte);
      ASSERT_NE(open(longer), Status::ok) << i;
    }
  }
}

TEST(Package, SeededMutationsAreRefused) {
  const std::vector<Buffer> seeds = all_packages();
  std::mt19937 random(20261122);
  for (int round = 0; round < 20000; round++) {
    const Buffer& seed = seeds[random() % seeds.size()];
    Buffer package = seed;
    for (unsigned edits = 1 + random() % 4; edits > 0; edits--) {
      const size_t at = random() % package.size();
      const size_t from = random() % seed.size();
      switch (random() % 3) {
        case 0:
          package[at] = static_cast<uint8_t>(random());
          break;
        case 1:
          package[at] = seed[from];
          break;
        default:
          package.insert(package.begin() + static_cast<ptrdiff_t>(at), seed[from]);
          break;
      }
    }
    if (package == seed) continue;
    ASSERT_NE(open(package), Status::ok) << sample::hex(package);
  }
}

TEST(Package, ThePartsOfTwoPackagesDoNotMix) {
  auto options = sample::options();
  options.sequence = 8;
  const auto image = compiler::compile(sample::small_module(), sample::platform(), nullptr, "").value();
  const Buffer later = compiler::seal_image(image, options, sample::author()).value();
  const Buffer package = image_package();
  ASSERT_EQ(later.size(), package.size());
  // Any prefix of one with the rest of the other: accepted only where that is one of the two.
  for (size_t cut = 0; cut <= package.size(); cut++) {
    Buffer mixed(package.begin(), package.begin() + static_cast<ptrdiff_t>(cut));
    mixed.insert(mixed.end(), later.begin() + static_cast<ptrdiff_t>(cut), later.end());
    EXPECT_EQ(open(mixed) == Status::ok, mixed == package || mixed == later) << cut;
  }
}

TEST(Package, KeysDecide) {
  const Buffer package = twice_signed(image_package());
  PackageView content;
  auto keys = sample::trusted_keys();
  EXPECT_EQ(open(package, content, {}), Status::unknown_key_id);
  EXPECT_EQ(open(package, content, {keys[0]}), Status::unknown_key_id);
  EXPECT_EQ(open(package, content, {keys[1]}), Status::unknown_key_id);
  EXPECT_EQ(open(package, content, {keys[1], keys[0]}), Status::ok);
  // Another key under the same id.
  std::copy(std::begin(keys[2].public_key), std::end(keys[2].public_key), keys[0].public_key);
  EXPECT_EQ(open(package, content, keys), Status::bad_signature);
}

// ---- packages that our writer never makes, rightly signed: only the profile's rules stand against them ----

struct Shape {
  uint64_t tag = 107;
  int64_t algorithm = kCoseEd25519;
  std::vector<int> signers = {0};  // indices of trusted_keys
  bool digest_of_other_algorithm = false;
  bool untagged_signature = false;
  bool attached_payload = false;
  bool unprotected_key_id = false;
  bool extra_protected = false;
  std::string member = "#prog";
  bool extra_member = false;
  std::string root = "perdita";
  std::string kind = "image";
  std::string name = "demo";
  uint64_t manifest_version = 1;
  bool two_components = false;
  uint64_t size_error = 0;
  bool validate = true;
  Buffer validate_sequence = {0x82, 0x03, 0x0f};
  bool invoke = true;
  Buffer install_sequence = Buffer(std::begin(kInstallSequence), std::end(kInstallSequence));
  bool text_section = false;
  bool wrong_manifest_digest = false;
  bool wrong_payload_digest = false;
  uint64_t condition = kVendorId;
};

template <typename Write>
Buffer item(Write write) {
  return compiler::encode(write);
}

compiler::SigningKey signer(int index) {
  return index == 0 ? sample::author() : index == 1 ? sample::verifier() : sample::both();
}

Buffer digest_of(const Buffer& content, int64_t algorithm, bool wrong) {
  auto digest = compiler::sha256({view(content)});
  if (wrong) digest[5] ^= 1;
  return item([&](CborWriter& w) {
    w.array(2);
    w.integer(algorithm);
    w.bytes(view(digest));
  });
}

Buffer common_of(const Shape& shape, const Buffer& payload) {
  const Buffer digest = digest_of(payload, -16, shape.wrong_payload_digest);
  const Buffer id(16, 0x11);
  const Buffer sequence = item([&](CborWriter& w) {
    w.array(6);
    w.unsigned_integer(20);
    w.map(4);
    w.unsigned_integer(1);
    w.bytes(view(id));
    w.unsigned_integer(2);
    w.bytes(view(id));
    w.unsigned_integer(3);
    w.bytes(view(digest));
    w.unsigned_integer(14);
    w.unsigned_integer(payload.size() + shape.size_error);
    w.unsigned_integer(shape.condition);
    w.unsigned_integer(15);
    w.unsigned_integer(2);
    w.unsigned_integer(15);
  });
  return item([&](CborWriter& w) {
    w.map(2);
    w.unsigned_integer(2);
    w.array(shape.two_components ? 2 : 1);
    for (int i = 0; i < (shape.two_components ? 2 : 1); i++) {
      w.array(3);
      w.bytes(compiler::bytes_of(shape.root));
      w.bytes(compiler::bytes_of(shape.kind));
      w.bytes(compiler::bytes_of(shape.name));
    }
    w.unsigned_integer(4);
    w.bytes(view(sequence));
  });
}

Buffer manifest_of(const Shape& shape, const Buffer& payload) {
  const Buffer common = common_of(shape, payload);
  return item([&](CborWriter& w) {
    w.map(4u + (shape.validate ? 1 : 0) + (shape.invoke ? 1 : 0) + (shape.text_section ? 1 : 0));
    w.unsigned_integer(1);
    w.unsigned_integer(shape.manifest_version);
    w.unsigned_integer(2);
    w.unsigned_integer(3);
    w.unsigned_integer(3);
    w.bytes(view(common));
    if (shape.validate) {
      w.unsigned_integer(7);
      w.bytes(view(shape.validate_sequence));
    }
    if (shape.invoke) {
      w.unsigned_integer(9);
      w.bytes(Bytes(kInvokeSequence));
    }
    w.unsigned_integer(20);
    w.bytes(view(shape.install_sequence));
    if (shape.text_section) {
      w.unsigned_integer(23);
      w.bytes({});
    }
  });
}

Buffer signature_of(const Shape& shape, int index, const Buffer& digest) {
  const auto key = signer(index);
  const auto id = key.public_key().id();
  const Buffer header = item([&](CborWriter& w) {
    w.map(1u + (shape.unprotected_key_id ? 0 : 1) + (shape.extra_protected ? 1 : 0));
    w.unsigned_integer(1);
    w.integer(shape.algorithm);
    if (shape.extra_protected) {
      w.unsigned_integer(3);
      w.unsigned_integer(0);
    }
    if (!shape.unprotected_key_id) {
      w.unsigned_integer(4);
      w.bytes(view(id));
    }
  });
  Buffer message(128);
  size_t size = 0;
  EXPECT_EQ(write_sig_structure(view(header), {}, view(digest), MutableBytes(message.data(), message.size()), size),
            Status::ok);
  message.resize(size);
  const auto signature = key.sign(message);
  return item([&](CborWriter& w) {
    if (!shape.untagged_signature) w.tag(18);
    w.array(4);
    w.bytes(view(header));
    w.map(shape.unprotected_key_id ? 1 : 0);
    if (shape.unprotected_key_id) {
      w.unsigned_integer(4);
      w.bytes(view(id));
    }
    if (shape.attached_payload) {
      w.bytes(view(digest));
    } else {
      w.null();
    }
    w.bytes(view(signature));
  });
}

Buffer shaped(const Shape& shape) {
  const Buffer payload(24, 0x42);
  const Buffer manifest = manifest_of(shape, payload);
  const Buffer wrapped = item([&](CborWriter& w) { w.bytes(view(manifest)); });
  const Buffer digest = digest_of(wrapped, shape.digest_of_other_algorithm ? -43 : -16, shape.wrong_manifest_digest);
  const Buffer authentication = item([&](CborWriter& w) {
    w.array(1 + shape.signers.size());
    w.bytes(view(digest));
    for (const int index : shape.signers) {
      const Buffer signature = signature_of(shape, index, digest);
      w.bytes(view(signature));
    }
  });
  return item([&](CborWriter& w) {
    w.tag(shape.tag);
    w.map(shape.extra_member ? 4 : 3);
    w.unsigned_integer(2);
    w.bytes(view(authentication));
    w.unsigned_integer(3);
    w.raw(view(wrapped));
    w.text(view(shape.member));
    w.bytes(view(payload));
    if (shape.extra_member) {
      w.text(view(std::string("#zzzz")));
      w.bytes(view(payload));
    }
  });
}

TEST(Package, RulesOfTheProfile) {
  ASSERT_EQ(open(shaped({})), Status::ok);
  const struct {
    const char* what;
    Status status;
    std::function<void(Shape&)> change;
  } kCases[] = {
      {"an order to invoke", Status::unknown_key, [](Shape& s) { s.kind = "order"; }},
      {"another tag", Status::bad_value, [](Shape& s) { s.tag = 108; }},
      {"EdDSA, the polymorphic identifier", Status::unsupported_algorithm, [](Shape& s) { s.algorithm = -8; }},
      {"ES256", Status::unsupported_algorithm, [](Shape& s) { s.algorithm = -7; }},
      {"no signature", Status::no_signature, [](Shape& s) { s.signers = {}; }},
      {"a key twice", Status::bad_value, [](Shape& s) { s.signers = {0, 0}; }},
      {"five signatures", Status::too_large, [](Shape& s) { s.signers = {0, 1, 2, 0, 1}; }},
      {"another digest", Status::unsupported_algorithm, [](Shape& s) { s.digest_of_other_algorithm = true; }},
      {"an untagged signature", Status::unexpected_type, [](Shape& s) { s.untagged_signature = true; }},
      {"an attached payload", Status::unexpected_type, [](Shape& s) { s.attached_payload = true; }},
      {"the key id unprotected", Status::missing_key, [](Shape& s) { s.unprotected_key_id = true; }},
      {"one more protected parameter", Status::unknown_key, [](Shape& s) { s.extra_protected = true; }},
      {"the payload under another key", Status::unknown_key, [](Shape& s) { s.member = "#file"; }},
      {"another member", Status::unknown_key, [](Shape& s) { s.extra_member = true; }},
      {"another component root", Status::bad_value, [](Shape& s) { s.root = "perditb"; }},
      {"another kind", Status::bad_value, [](Shape& s) { s.kind = "firmware"; }},
      {"no name", Status::bad_value, [](Shape& s) { s.name = ""; }},
      {"a bad name", Status::bad_value, [](Shape& s) { s.name = "../\n"; }},
      {"a long name", Status::bad_value, [](Shape& s) { s.name = std::string(32, 'a'); }},
      {"manifest version 2", Status::unsupported_version, [](Shape& s) { s.manifest_version = 2; }},
      {"two components", Status::bad_value, [](Shape& s) { s.two_components = true; }},
      {"another payload size", Status::bad_value, [](Shape& s) { s.size_error = 1; }},
      {"no validate sequence", Status::missing_key,
       [](Shape& s) {
         s.validate = false;
         s.invoke = false;
       }},
      {"another validate sequence", Status::bad_value, [](Shape& s) { s.validate_sequence = {0x82, 0x03, 0x00}; }},
      {"another install sequence", Status::bad_value, [](Shape& s) { s.install_sequence = {0x80}; }},
      {"a text section", Status::unknown_key, [](Shape& s) { s.text_section = true; }},
      {"another condition", Status::bad_value, [](Shape& s) { s.condition = 24; }},
      {"the digest of another manifest", Status::digest_mismatch, [](Shape& s) { s.wrong_manifest_digest = true; }},
      {"the digest of another payload", Status::digest_mismatch, [](Shape& s) { s.wrong_payload_digest = true; }},
  };
  for (const auto& test : kCases) {
    Shape shape;
    test.change(shape);
    EXPECT_EQ(open(shaped(shape)), test.status) << test.what;
  }
  Shape three;
  three.signers = {0, 1, 2};
  EXPECT_EQ(open(shaped(three)), Status::ok);
}

TEST(Package, Orders) {
  const struct {
    const char* hex;
    Status status;
  } kCases[] = {
      {"a10101", Status::ok},
      {"a10102", Status::ok},
      {"a10103", Status::ok},
      {"a2010202647a65726f", Status::ok},
      {"a0", Status::bad_value},
      {"a10100", Status::bad_value},
      {"a10104", Status::bad_value},
      {"a2010302647a65726f", Status::unknown_key},  // a package is removed as a whole
      {"a5010406616d07410108410209"
       "00",
       Status::ok},  // update m: 01 = 02, flags 0
      {"a5010406616d0740084109091bffffffffffffffff", Status::ok},
      {"a3010506616d074101", Status::ok},         // delete m: 01
      {"a3010406616d074101", Status::bad_value},  // an update without a value
      {"a5010506616d074101084102"
       "0900",
       Status::bad_value},
      {"a301050660074101", Status::bad_value},  // no name
      {"a3010506616d0701", Status::unexpected_type},
      {"a3010506616d084101", Status::missing_key},
      {"a3010506616d07410100", Status::trailing_bytes},
      {"a5010406616d0741010841020a00", Status::missing_key},
      {"a5010406616d07410108410209", Status::truncated},
      {"a201020260", Status::bad_value},
      {"a101", Status::truncated},
      {"a1010200", Status::trailing_bytes},
      {"a102647a65726f", Status::missing_key},
      {"a1011801", Status::not_canonical},
      {"820102", Status::unexpected_type},
  };
  for (const auto& test : kCases) {
    OrderView order;
    const Buffer payload = sample::unhex(test.hex);
    EXPECT_EQ(read_order(view(payload), order), test.status) << test.hex;
  }
}

}  // namespace
}  // namespace perdita::wire
