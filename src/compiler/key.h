// SPDX-License-Identifier: Apache-2.0
//
// Signing keys. A key file is JSON: {"perdita_key": 1, "name", "roles": ["author", "verifier"], "public", "secret"
// (seed)}, hex; mode 0600. A public file is the same without "secret". Ed25519 by libsodium.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "diag/result.h"

namespace perdita::compiler {

struct PublicKey {
  std::string name;
  uint8_t roles = 0;  // PERDITA_ROLE_AUTHOR | PERDITA_ROLE_VERIFIER
  std::array<uint8_t, 32> bytes{};
  std::array<uint8_t, 8> id() const;  // first bytes of SHA-256(bytes): the COSE kid
};

class SigningKey {
 public:
  static Result<SigningKey> generate(std::string name, uint8_t roles);
  static Result<SigningKey> from_seed(std::string name, uint8_t roles, const std::array<uint8_t, 32>& seed);
  static Result<SigningKey> load(const std::filesystem::path& file);
  // Writes the file with mode 0600; refuses to overwrite.
  Result<std::monostate> save(const std::filesystem::path& file) const;
  const PublicKey& public_key() const { return public_; }
  // The secret, for the one process that verifies and may open no file; whoever takes it wipes it.
  std::array<uint8_t, 32> seed() const;
  std::array<uint8_t, 64> sign(const std::vector<uint8_t>& message) const;
  ~SigningKey();  // wipes the secret
  SigningKey(SigningKey&&) noexcept = default;
  SigningKey& operator=(SigningKey&&) noexcept = default;

 private:
  SigningKey() = default;
  PublicKey public_;
  std::array<uint8_t, 64> secret_{};
};

Result<PublicKey> load_public_key(const std::filesystem::path& file);  // either kind of file
std::string to_json(const PublicKey& key);

}  // namespace perdita::compiler
