// SPDX-License-Identifier: Apache-2.0
//
// Program + Proof -> Image -> Package. Pure functions: the same input gives the same bytes, everywhere.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/key.h"
#include "diag/result.h"
#include "object/module.h"
#include "platform/platform.h"
#include "verifier/proof.h"

namespace perdita::jit {
struct Target;
}

namespace perdita::compiler {

// An image of a module's programs. `verdict` must be an accepting one of this very module, platform and options for the
// image to carry a claim; without a verdict the image carries none and each subprogram's stack is the most a frame may
// use. `hook` overrides what sections say where not empty.
Result<std::vector<uint8_t>> compile(const object::Module& module, const platform::Platform& platform,
                                     const verifier::Verdict* verdict, const std::string& hook);

// The image with machine code for `target` that a bytecode image becomes: a function of these two alone. Its claim says
// what the other's does, of itself. Refused without a claim: machine code checks nothing.
Result<std::vector<uint8_t>> compile_native(const std::vector<uint8_t>& image, const jit::Target& target);

// The module back from a bytecode image: without source lines; section = hook. The claim is not looked at.
Result<object::Module> lift(const std::vector<uint8_t>& image);

// What its claim says of each program's instructions, for isa::FactReader; empty where it says nothing. Refused where a
// string is not as long as its program asks for.
Result<std::vector<std::vector<uint8_t>>> facts_in(const std::vector<uint8_t>& image);

// The image without its claim.
Result<std::vector<uint8_t>> strip_claim(const std::vector<uint8_t>& image);

struct Addressee {
  std::array<uint8_t, 16> vendor_id{}, class_id{};
  std::optional<std::array<uint8_t, 16>> device_id;
};

struct SealOptions {
  std::string name;  // of the package
  uint64_t sequence = 1;
  bool attach = true;  // programs are attached once installed
  Addressee addressee;
};

// An envelope around an image, signed with `key`. A claim in the image is refused unless the key has the verifier's
// role. Callers pass an image with a claim only when they made the claim themselves by verifying (design, section 2).
Result<std::vector<uint8_t>> seal_image(const std::vector<uint8_t>& image, const SealOptions& options,
                                        const SigningKey& key);

enum class Order : uint8_t { attach = 1, detach = 2, remove = 3 };
Result<std::vector<uint8_t>> seal_order(Order order, const std::string& prog, const SealOptions& options,
                                        const SigningKey& key);

// A change of a map of the package: an update, or without a value a deletion.
struct MapOrder {
  std::string map;
  std::vector<uint8_t> key;
  std::optional<std::vector<uint8_t>> value;
  uint64_t flags = 0;  // Linux's BPF_ANY, BPF_NOEXIST, BPF_EXIST
};
Result<std::vector<uint8_t>> seal_map_order(const MapOrder& order, const SealOptions& options, const SigningKey& key);

// The same package with one more signature over the same manifest.
Result<std::vector<uint8_t>> add_signature(const std::vector<uint8_t>& package, const SigningKey& key);

}  // namespace perdita::compiler
