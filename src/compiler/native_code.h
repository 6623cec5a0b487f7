// SPDX-License-Identifier: Apache-2.0
//
// Machine code for a target, made here as the board makes it, and bounds in its currency: the proof's executions of
// each instruction times what the generator made of it (docs/spec/cost.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "diag/result.h"
#include "isa/facts.h"
#include "jit/generate.h"
#include "object/module.h"
#include "verifier/proof.h"

namespace perdita::compiler {

// The numbers of the helpers that a module's programs call, ascending: the import list of its image.
std::vector<uint32_t> helpers_of(const object::Module& module);

struct NativeCode {
  std::vector<uint8_t> code;
  std::vector<uint16_t> costs;  // by instruction of BPF: jit::Target::generate
  // Offset in the code of what was made of each instruction, and the end; as generate() says it.
  std::vector<uint32_t> starts;
};

// How targets' instructions are laid out.
constexpr uint32_t unit_bytes(std::string_view target) { return target == "xtensa" ? 1 : 2; }

// Refused (code-generator) where the generator does not make code of it: it is too large.
Result<NativeCode> generate(const jit::Target& target, const std::string& prog, const jit::Program& program);

// What the routine takes at most that this code calls for an instruction where these facts hold (runtime/native.h); 0:
// it calls none.
uint32_t routine_cost(const jit::Target& target, const isa::Insn& insn, const isa::Facts& facts);

// Of each program of a bytecode image, with the facts in its claim.
Result<std::vector<NativeCode>> generate_all(const std::vector<uint8_t>& image, const jit::Target& target);

// "armv7m/native", as verdicts name the engine, and as claims do: bounds hold for one version of the generator.
std::string native_engine(const jit::Target& target);
std::string engine_in_claim(const std::string& engine);

// Adds to each accepted program of the verdict its bound for each target's native engine, and the size of its code. A
// program that a generator makes nothing of gets none, and no board that would run it so takes it.
void add_native_bounds(const object::Module& module, verifier::Verdict& verdict);

}  // namespace perdita::compiler
