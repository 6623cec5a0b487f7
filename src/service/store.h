// SPDX-License-Identifier: Apache-2.0
//
// What the service remembers, in one SQLite file: artefacts under the SHA-256 of their bytes (objects and packages,
// never changed), verdicts under everything they depend on, and the log of what was signed, which only grows. Each
// call is one transaction, durable when it returns: a killed service leaves a whole store. Thread-safe; calls wait for
// each other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "diag/result.h"
#include "pipeline/blob.h"

namespace perdita::service {

enum class ArtefactKind : uint8_t { object, package };

// A verdict is a function of these (design, section 7).
struct VerdictKey {
  std::string object_digest, platform_digest, verifier_version;
  std::string options;  // canonical text of whatever else the caller asked for
};

// One act of signing.
struct Signing {
  std::string package_digest, object_digest, platform_digest, verifier_version;
  std::string key_id;  // hex
  std::string name;
  uint64_t sequence = 0;
  std::string target;   // "bytecode", or whose machine code it is
  std::string content;  // what it holds, a document: pipeline/package_content.h
};

class Store {
 public:
  // Opens or makes the store, and brings one of an earlier version to this one; refuses one of a later version, or a
  // damaged one. "sqlite:FILE" or "FILE".
  static Result<std::unique_ptr<Store>> open(const std::string& url);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Keeps an object and returns its digest.
  Result<std::string> keep_object(const pipeline::Blob& object);
  // Keeps a package and logs that it was signed: both or neither.
  Result<std::monostate> keep_signed(const pipeline::Blob& package, const Signing& signing);
  // The bytes with that digest; nothing where there are none. Bytes that no longer match their digest are an error.
  Result<std::optional<pipeline::Blob>> find(ArtefactKind kind, const std::string& digest);

  Result<std::optional<std::string>> find_verdict(const VerdictKey& key);
  Result<std::monostate> keep_verdict(const VerdictKey& key, const std::string& document);

  Result<uint64_t> signings();  // rows of the log

 private:
  struct Database;
  explicit Store(std::unique_ptr<Database> database);
  std::unique_ptr<Database> database_;
};

}  // namespace perdita::service
