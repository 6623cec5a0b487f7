// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a package. The crypto of the port says yes to every digest and signature, so that what lies behind them
// is reached; every view must lie inside the input.
#include <cstdlib>
#include <cstring>

#include "wire/package.h"

using namespace perdita;

namespace {

void touch(Bytes view) {
  volatile uint8_t sink = 0;
  for (const uint8_t byte : view) sink = static_cast<uint8_t>(sink + byte);
}

// The digest that each part is to have, in the order authenticate asks for them.
struct Expected {
  Bytes digests[2];
  unsigned next = 0;
};

void agree_sha256(void* user, const perdita_bytes* parts, size_t count, uint8_t digest[32]) {
  auto* expected = static_cast<Expected*>(user);
  for (size_t i = 0; i < count; i++) touch(Bytes(static_cast<const uint8_t*>(parts[i].data), parts[i].size));
  if (expected->next == 2) std::abort();
  std::memcpy(digest, expected->digests[expected->next++].data(), 32);
}

int agree_ed25519(void*, const uint8_t key[32], const uint8_t signature[64], const uint8_t* message, size_t size) {
  touch(Bytes(key, 32));
  touch(Bytes(signature, 64));
  touch(Bytes(message, size));
  return 1;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  wire::PackageView package;
  if (wire::read_package(Bytes(data, size), package) != Status::ok) return 0;
  if (package.signature_count == 0 || package.signature_count > wire::kMaxSignatures) std::abort();
  Expected expected;
  expected.digests[0] = package.manifest_digest;
  expected.digests[1] = package.payload_digest;
  perdita_port port{};
  port.user = &expected;
  port.crypto = {agree_sha256, agree_ed25519};
  perdita_key keys[wire::kMaxSignatures] = {};
  for (uint32_t i = 0; i < package.signature_count; i++) {
    std::memcpy(keys[i].id, package.signatures[i].key_id.data(), sizeof keys[i].id);
  }
  const perdita_key* used[wire::kMaxSignatures];
  const Status status = wire::authenticate(package, Span<const perdita_key>(keys), port, used);
  if (status != Status::ok && status != Status::unsupported_algorithm) std::abort();
  touch(Bytes(reinterpret_cast<const uint8_t*>(package.name.data()), package.name.size()));
  touch(package.vendor_id);
  touch(package.class_id);
  touch(package.device_id);
  wire::OrderView order;
  if (package.kind == wire::PayloadKind::order && wire::read_order(package.payload, order) == Status::ok) {
    touch(Bytes(reinterpret_cast<const uint8_t*>(order.prog.data()), order.prog.size()));
  }
  return 0;
}
