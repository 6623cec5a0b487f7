// SPDX-License-Identifier: Apache-2.0
//
// The image as values, and its one encoding (docs/spec/image.md): the counterpart of the reader in wire/image.h.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/sodium.h"
#include "isa/insn.h"
#include "isa/map.h"
#include "object/module.h"
#include "wire/image.h"
#include "wire/image_format.h"

namespace perdita::compiler {

using Reliance = std::array<uint8_t, wire::kRelianceBytes>;

struct ImageProg {
  std::string name, hook;
  Reliance reliance{};
  std::vector<isa::Insn> code;
  std::vector<wire::SubprogramView> subprograms;
  uint32_t period_us = 0;            // 0: none
  std::vector<uint8_t> native = {};  // of a native image: machine code, in place of code and subprograms
};

struct ImageMap {
  std::string name;
  isa::MapDef def;
  wire::MapUse use = wire::MapUse::private_to_package;
  std::vector<uint8_t> initial;
  // Program array: what it declares, and slots that hold a program from the start.
  uint32_t tail_instructions = 0;
  uint32_t tail_stack_bytes = 0;
  std::map<uint32_t, uint32_t> presets = {};
  std::optional<object::TypesDigest> types = {};  // pinned
};

struct ImageFunction {
  std::string name;
  Reliance reliance{};
};

struct ImageHelper {
  uint32_t number = 0;
  Reliance reliance{};
};

// Of machine code: what it was made from, and by whom.
struct NativeOrigin {
  Digest bytecode;  // of the whole bytecode image
  uint32_t generator = 0;
  uint32_t abi = 0;
};

struct ImageContent {
  std::string target;
  std::optional<NativeOrigin> native = {};  // where the target is not bytecode
  std::vector<ImageProg> progs;
  std::vector<ImageMap> maps;
  std::vector<ImageFunction> functions;
  std::vector<ImageHelper> helpers;  // ascending
};

struct ClaimBounds {
  uint64_t instructions = 0;
  uint32_t stack_bytes = 0;
  std::map<std::string, uint64_t> machine_instructions;
  uint64_t tail_instructions = 0;
};

struct ClaimContent {
  std::string verifier;
  std::vector<std::string> capabilities;         // ascending, no name twice
  std::vector<ClaimBounds> bounds;               // one per program
  std::vector<std::vector<uint8_t>> facts = {};  // none, or one per program
};

// The code and the initial data, each section 8-aligned.
std::vector<uint8_t> encode_blob(const ImageContent& content);
std::vector<uint8_t> encode_header(const ImageContent& content);
// What a claim is about: SHA-256 over the header and the blob's content.
Digest claim_digest(Bytes header, Bytes blob);
std::vector<uint8_t> encode_claim(const ClaimContent& claim, const Digest& digest);
// `claim` may be empty: none.
std::vector<uint8_t> assemble_image(Bytes header, Bytes claim, Bytes blob);

}  // namespace perdita::compiler
