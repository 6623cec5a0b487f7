// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "compiler/compile.h"
#include "compiler/encode.h"
#include "compiler/host_crypto.h"
#include "compiler/sample.h"
#include "perdita/perdita.h"
#include "wire/package.h"

namespace perdita::compiler {
namespace {

using Buffer = std::vector<uint8_t>;

Buffer image(bool claim) {
  const auto module = sample::full_module();
  const auto verdict = sample::verdict_on(module);
  return *compile(module, sample::platform(), claim ? &verdict : nullptr, "");
}

Status open(const Buffer& package, wire::PackageView& content) {
  const Status status = wire::read_package(view(package), content);
  if (status != Status::ok) return status;
  const auto keys = sample::trusted_keys();
  const perdita_key* used[wire::kMaxSignatures];
  return wire::authenticate(content, Span<const perdita_key>(keys.data(), keys.size()), crypto_port(), used);
}

TEST(Seal, TheSameInputGivesTheSameBytes) {
  const Buffer package = *seal_image(image(false), sample::options(), sample::author());
  EXPECT_EQ(*seal_image(image(false), sample::options(), sample::author()), package);
  wire::PackageView content;
  ASSERT_EQ(open(package, content), Status::ok);
  EXPECT_EQ(Buffer(content.payload.begin(), content.payload.end()), image(false));
}

TEST(Seal, AClaimNeedsAVerifiersKey) {
  const auto refused = seal_image(image(true), sample::options(), sample::author());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "seal-claim-needs-verifier");
  wire::PackageView content;
  const auto package = seal_image(image(true), sample::options(), sample::verifier());
  ASSERT_TRUE(package);
  EXPECT_EQ(open(*package, content), Status::ok);
  EXPECT_TRUE(seal_image(image(true), sample::options(), sample::both()));
}

TEST(Seal, ASecondSignatureOverTheSameManifest) {
  const Buffer once = *seal_image(image(true), sample::options(), sample::verifier());
  const auto twice = add_signature(once, sample::author());
  ASSERT_TRUE(twice) << twice.error().message;
  wire::PackageView content;
  ASSERT_EQ(open(*twice, content), Status::ok);
  EXPECT_EQ(content.signature_count, 2u);
  EXPECT_EQ(add_signature(*twice, sample::author()).error().code, "seal-signed-already");
  // Only seal_image signs a claim.
  EXPECT_EQ(add_signature(*twice, sample::both()).error().code, "seal-claim-of-another");
  // Without a claim a verifier's key is a key like any other.
  const Buffer unclaimed = *seal_image(image(false), sample::options(), sample::author());
  EXPECT_TRUE(add_signature(unclaimed, sample::verifier()));
}

TEST(Seal, AtMostFourSignatures) {
  Buffer package = *seal_order(Order::attach, "", sample::options(), sample::author());
  for (uint8_t i = 0; i < 3; i++) {
    std::array<uint8_t, 32> seed{};
    seed[0] = i;
    const auto more = add_signature(package, *SigningKey::from_seed("k", PERDITA_ROLE_AUTHOR, seed));
    ASSERT_TRUE(more);
    package = *more;
  }
  EXPECT_EQ(add_signature(package, sample::both()).error().code, "seal-too-many-signatures");
}

TEST(Seal, AnAlteredPackageIsNotSigned) {
  const Buffer package = *seal_image(image(false), sample::options(), sample::author());
  wire::PackageView content;
  ASSERT_EQ(wire::read_package(view(package), content), Status::ok);
  Buffer altered = package;
  altered.back() ^= 1;  // the payload's last byte
  EXPECT_EQ(add_signature(altered, sample::verifier()).error().code, "package-unreadable");
  altered = package;
  altered.pop_back();
  EXPECT_EQ(add_signature(altered, sample::verifier()).error().code, "package-unreadable");
}

TEST(Seal, Orders) {
  for (const Order order : {Order::attach, Order::detach, Order::remove}) {
    const auto package = seal_order(order, "", sample::options(), sample::author());
    ASSERT_TRUE(package);
    wire::PackageView content;
    ASSERT_EQ(open(*package, content), Status::ok);
    wire::OrderView view_of;
    ASSERT_EQ(wire::read_order(content.payload, view_of), Status::ok);
    EXPECT_EQ(static_cast<int>(view_of.operation), static_cast<int>(order));
    EXPECT_TRUE(view_of.prog.empty());
  }
  EXPECT_EQ(seal_order(Order::remove, "p", sample::options(), sample::author()).error().code, "seal-order-program");
  EXPECT_EQ(seal_order(Order::attach, "a b", sample::options(), sample::author()).error().code, "seal-order-program");
}

TEST(Seal, RefusesByCode) {
  auto options = sample::options();
  options.name = "my package";
  EXPECT_EQ(seal_image(image(false), options, sample::author()).error().code, "seal-name");
  options = sample::options();
  options.sequence = 0;
  EXPECT_EQ(seal_image(image(false), options, sample::author()).error().code, "seal-sequence");
  EXPECT_EQ(seal_image({0x80}, sample::options(), sample::author()).error().code, "image-unreadable");
}

}  // namespace
}  // namespace perdita::compiler
