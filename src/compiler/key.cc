// SPDX-License-Identifier: Apache-2.0
#include "compiler/key.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "compiler/sodium.h"
#include "perdita/perdita.h"

namespace perdita::compiler {

namespace {

constexpr int kKeyFileVersion = 1;
constexpr size_t kMaxKeyFileBytes = 64 * 1024;

Diagnostic key_error(const std::filesystem::path& file, std::string code, std::string message, std::string hint) {
  Diagnostic diagnostic;
  diagnostic.code = std::move(code);
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.message = std::move(message);
  diagnostic.place.file = file.string();
  diagnostic.hint = std::move(hint);
  return diagnostic;
}

Diagnostic invalid(const std::filesystem::path& file, std::string message) {
  return key_error(file, "key-file-invalid", std::move(message), "`perdita key new` makes a key file");
}

std::string to_hex(const uint8_t* bytes, size_t size) {
  std::string hex;
  for (size_t i = 0; i < size; i++) hex += fmt::format("{:02x}", bytes[i]);
  return hex;
}

std::optional<uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  return std::nullopt;
}

std::optional<std::array<uint8_t, 32>> from_hex(const nlohmann::json& object, const char* member) {
  const auto found = object.find(member);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  const auto& hex = found->get_ref<const std::string&>();
  std::array<uint8_t, 32> bytes;
  if (hex.size() != 2 * bytes.size()) return std::nullopt;
  for (size_t i = 0; i < bytes.size(); i++) {
    const auto high = hex_digit(hex[2 * i]);
    const auto low = hex_digit(hex[2 * i + 1]);
    if (!high || !low) return std::nullopt;
    bytes[i] = static_cast<uint8_t>(*high << 4 | *low);
  }
  return bytes;
}

std::optional<uint8_t> read_roles(const nlohmann::json& object) {
  const auto found = object.find("roles");
  if (found == object.end() || !found->is_array()) return std::nullopt;
  uint8_t roles = 0;
  for (const auto& role : *found) {
    if (role == "author") {
      roles |= PERDITA_ROLE_AUTHOR;
    } else if (role == "verifier") {
      roles |= PERDITA_ROLE_VERIFIER;
    } else {
      return std::nullopt;
    }
  }
  return roles;
}

nlohmann::ordered_json json_of(const PublicKey& key) {
  nlohmann::ordered_json roles = nlohmann::ordered_json::array();
  if ((key.roles & PERDITA_ROLE_AUTHOR) != 0) roles.push_back("author");
  if ((key.roles & PERDITA_ROLE_VERIFIER) != 0) roles.push_back("verifier");
  return {{"perdita_key", kKeyFileVersion},
          {"name", key.name},
          {"roles", roles},
          {"public", to_hex(key.bytes.data(), key.bytes.size())}};
}

struct KeyFile {
  PublicKey key;
  std::optional<Seed> seed;
};

Result<KeyFile> read_key_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return key_error(file, "key-file-unreadable", fmt::format("cannot read the key file: {}", std::strerror(errno)),
                     "name a key file, or make one with `perdita key new`");
  }
  std::string content(kMaxKeyFileBytes, '\0');
  stream.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<size_t>(stream.gcount()));
  const auto json = nlohmann::json::parse(content, nullptr, false);
  wipe(content.data(), content.size());
  if (!json.is_object() || json.value("perdita_key", nlohmann::json()) != kKeyFileVersion) {
    return invalid(file, "this is not a key file of version 1");
  }
  KeyFile result;
  const auto name = json.find("name");
  if (name == json.end() || !name->is_string()) return invalid(file, "the key has no name");
  result.key.name = name->get<std::string>();
  const auto roles = read_roles(json);
  if (!roles) return invalid(file, "the key's roles are not a list of \"author\" and \"verifier\"");
  result.key.roles = *roles;
  const auto public_bytes = from_hex(json, "public");
  if (!public_bytes) return invalid(file, "the public key is not 64 lower-case hex digits");
  result.key.bytes = *public_bytes;
  if (!json.contains("secret")) return result;

  result.seed = from_hex(json, "secret");
  if (!result.seed) return invalid(file, "the secret key is not 64 lower-case hex digits");
  KeyPair pair = key_pair(*result.seed);
  wipe(pair.secret_key.data(), pair.secret_key.size());
  if (pair.public_key != result.key.bytes) return invalid(file, "the public key does not belong to the secret key");
  return result;
}

// Everything is written or the file is gone again.
bool write_all(int descriptor, const std::string& content) {
  size_t done = 0;
  while (done < content.size()) {
    const ssize_t written = ::write(descriptor, content.data() + done, content.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    done += static_cast<size_t>(written);
  }
  return ::fsync(descriptor) == 0;
}

}  // namespace

std::array<uint8_t, 8> PublicKey::id() const {
  const Digest digest = sha256({Bytes(bytes.data(), bytes.size())});
  std::array<uint8_t, 8> id;
  std::copy_n(digest.begin(), id.size(), id.begin());
  return id;
}

Result<SigningKey> SigningKey::generate(std::string name, uint8_t roles) {
  Seed seed = random_seed();
  auto key = from_seed(std::move(name), roles, seed);
  wipe(seed.data(), seed.size());
  return key;
}

Result<SigningKey> SigningKey::from_seed(std::string name, uint8_t roles, const std::array<uint8_t, 32>& seed) {
  constexpr uint8_t kAllRoles = PERDITA_ROLE_AUTHOR | PERDITA_ROLE_VERIFIER;
  if (roles == 0 || (roles & ~kAllRoles) != 0) {
    Diagnostic diagnostic;
    diagnostic.code = "key-without-role";
    diagnostic.outcome = Outcome::unusable_input;
    diagnostic.message = fmt::format("the key '{}' would have no role", name);
    diagnostic.hint = "give it the role author, verifier, or both";
    return diagnostic;
  }
  SigningKey key;
  KeyPair pair = key_pair(seed);
  key.public_ = {std::move(name), roles, pair.public_key};
  key.secret_ = pair.secret_key;
  wipe(pair.secret_key.data(), pair.secret_key.size());
  return key;
}

Result<SigningKey> SigningKey::load(const std::filesystem::path& file) {
  auto content = read_key_file(file);
  if (!content) return content.error();
  if (!content->seed) {
    return key_error(file, "key-file-public", "this file holds a public key only; signing needs the secret one",
                     "name the file that `perdita key new` wrote");
  }
  struct stat info{};
  if (::stat(file.c_str(), &info) == 0 && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    wipe(content->seed->data(), content->seed->size());
    return key_error(file, "key-file-open-to-others", "others on this machine may read the secret key",
                     fmt::format("chmod 600 {}", file.string()));
  }
  auto key = from_seed(content->key.name, content->key.roles, *content->seed);
  wipe(content->seed->data(), content->seed->size());
  return key;
}

Result<std::monostate> SigningKey::save(const std::filesystem::path& file) const {
  auto json = json_of(public_);
  json["secret"] = to_hex(secret_.data(), 32);  // the seed: libsodium keeps it in front
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0 && errno == EEXIST) {
    return key_error(file, "key-file-exists", "the file exists already and a key is never overwritten",
                     "name another file, or move this one away");
  }
  std::string content = json.dump(2) + "\n";
  bool written = false;
  if (descriptor >= 0) {
    written = write_all(descriptor, content);
    written = ::close(descriptor) == 0 && written;
  }
  const int error = errno;
  wipe(content.data(), content.size());
  if (written) return std::monostate();
  if (descriptor >= 0) ::unlink(file.c_str());
  return key_error(file, "key-file-unwritable", fmt::format("cannot write the key file: {}", std::strerror(error)),
                   "name a file in a folder that you may write to");
}

std::array<uint8_t, 32> SigningKey::seed() const {
  std::array<uint8_t, 32> seed;
  std::copy_n(secret_.begin(), seed.size(), seed.begin());  // libsodium keeps it in front
  return seed;
}

std::array<uint8_t, 64> SigningKey::sign(const std::vector<uint8_t>& message) const {
  return ed25519_sign(secret_, Bytes(message.data(), message.size()));
}

SigningKey::~SigningKey() { wipe(secret_.data(), secret_.size()); }

Result<PublicKey> load_public_key(const std::filesystem::path& file) {
  auto content = read_key_file(file);
  if (!content) return content.error();
  if (content->seed) wipe(content->seed->data(), content->seed->size());
  return content->key;
}

std::string to_json(const PublicKey& key) { return json_of(key).dump(2) + "\n"; }

}  // namespace perdita::compiler
