// SPDX-License-Identifier: Apache-2.0
//
// Machine code from bytecode: one generator per instruction set, the same on the board and off it. The output is a
// function of the program and the target, holds no address, and keeps docs/spec/calling.md. A fixed number of linear
// passes over the code, no heap; beside the output a workspace of about 2.4 bytes per instruction and 14 per
// subprogram (armv7m: 2.3 and 22). Freestanding; any context; at most 1,100 bytes of stack (armv7m: 700).
#pragma once

#include "isa/insn.h"
#include "isa/span.h"
#include "isa/subprogram.h"

namespace perdita::jit {

// What is compiled. The code is what isa::validate accepts, the subprograms cover it in ascending order, [0] starts at
// 0, and facts are of this code or none at all; whoever calls has seen to that. Wrong facts make wrong code.
struct Program {
  Span<const isa::Insn> code;
  Span<const isa::Subprogram> subprograms;
  Bytes facts;                   // docs/spec/facts.md; empty: nothing is known
  Span<const uint32_t> helpers;  // Linux's numbers, in the order of the image's imports
  uint32_t functions = 0;        // how many the image imports
};

enum class Failure : uint8_t {
  none,
  buffer_too_small,  // of the code; code_bytes says what it takes, and the buffer may hold anything
  workspace_too_small,
  program_too_large,  // more than 128 KB of code
  unknown_helper,     // one that the list of helpers does not name
  inconsistent        // two passes differ: never
};

struct Generated {
  Failure failure;
  uint32_t code_bytes;
};

// An instruction set, with its ABI and features, and the generator for it.
struct Target {
  const char* name;  // "armv7m": in images and on command lines
  // Of the generator: two of one version make the same bytes of the same program. It goes up with each change of those.
  uint32_t version;

  size_t (*workspace_bytes)(const Program& program);

  // `workspace` and `code` are 4-aligned. Without a buffer only the size is told, as if the buffer had room. What of
  // the buffer the code leaves over may hold anything afterwards; with more room (20 bytes an instruction) it is made
  // sooner. `costs`, where it is not empty, has an entry for each instruction of BPF: the most machine instructions
  // that are executed for it, with the prologue in a subprogram's first and epilogues in its exits, without what
  // helpers, functions and routines take. So the sum over a run of what each executed instruction costs is never below
  // what the code executes. Afterwards the workspace begins with where the code of each instruction begins, and where
  // all of it ends: 16 bits each, in the target's smallest unit of code, modulo 2^16; of a subprogram's first behind
  // its prologue, of the second half of a lddw nothing. Literals that stand before the code (xtensa) are not counted:
  // the end is that of all less their bytes.
  Generated (*generate)(const Program& program, MutableBytes workspace, MutableBytes code, Span<uint16_t> costs);
};

// NOLINTBEGIN(bugprone-dynamic-static-initializers): constants
extern const Target armv7m;   // Thumb-2 of Cortex-M3 and up
extern const Target rv32imc;  // RISC-V with multiplication and compressed instructions
extern const Target xtensa;   // call0 ABI; the core of an ESP8266 (lx106) and up
// NOLINTEND(bugprone-dynamic-static-initializers)

// All of them; who asks links every generator. The target of that name, or null.
Span<const Target* const> targets();
const Target* find_target(Text name);

}  // namespace perdita::jit
