// SPDX-License-Identifier: Apache-2.0
//
// What a package says of itself, for whoever made it or keeps it: nothing here is authenticated. The documents of
// `seal`, `deploy` and the service (docs/guide/cli.md) are made from this.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "diag/result.h"
#include "pipeline/blob.h"

namespace perdita::pipeline {

struct ContentBounds {
  uint64_t instructions = 0;
  uint32_t stack_bytes = 0;
  std::map<std::string, uint64_t> machine_instructions;  // "<target>/<engine>", as in verdicts
};

struct ContentProg {
  std::string name;
  uint32_t code_bytes = 0;
  std::optional<ContentBounds> bounds;  // as the claim says it
};

// Where machine code comes from, and what a board says of it (docs/spec/control.md, key 10 of a package).
struct ContentNative {
  std::string bytecode;  // digest of the bytecode image that it was made from
  uint32_t generator = 0, abi = 0;
  uint64_t code_bytes = 0;  // of all programs, each filled up to a multiple of 8
  std::string digest;       // SHA-256 of these
};

struct PackageContent {
  std::string name;
  uint64_t sequence = 0;
  std::vector<std::string> key_ids;  // hex
  std::string target;                // "bytecode", or whose machine code; empty: an order
  bool claim = false;
  std::vector<ContentProg> progs;
  std::optional<ContentNative> native;
};

// package-unreadable where it is none.
Result<PackageContent> read_content(const Blob& package);

// { "target", "programs": [ { "name", "code_bytes", "bounds" } ], "native": { … } | null }; of an order nothing.
nlohmann::ordered_json code_document(const PackageContent& content);

}  // namespace perdita::pipeline
