// SPDX-License-Identifier: Apache-2.0
//
// A bare program for an engine, without verifier, image or runtime around it, and what came of running it: here, or on
// an emulated board with an exact count of machine instructions. For tests, measurements and perdita-plugin. Host only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "emulate/job.h"
#include "isa/insn.h"
#include "jit/generate.h"
#include "runtime/engine.h"

namespace perdita::emulate {

struct Program {
  JobEngine engine = kJobGuarded;
  std::vector<isa::Insn> code;
  std::vector<uint8_t> memory;                   // r1 points to it, r2 is its length; may be read and written
  uint32_t steps = 10'000'000;                   // guarded: most instructions
  std::vector<uint8_t> facts;                    // native; docs/spec/facts.md
  uint32_t frame_bytes = isa::kFrameStackBytes;  // of each subprogram on the board; a multiple of 8
};

struct Ran {
  Status status;          // ok, or the fault
  uint32_t pc;            // of the instruction that faulted
  uint64_t result;        // r0
  uint64_t steps;         // guarded: instructions executed
  uint64_t instructions;  // of the machine, entering and leaving the engine included; 0: not counted
  uint32_t memory_sum;    // checksum() of the memory afterwards
  // Of native code: bytes, their checksum(), and machine instructions that compiling took.
  uint32_t code_bytes = 0, code_sum = 0, compile_instructions = 0;
};

// The entry and whatever is called or handed over as a callback, each with a frame of so many bytes, a whole one if
// nothing is said.
std::vector<runtime::Subprogram> whole_frames(const std::vector<isa::Insn>& code,
                                              uint32_t frame_bytes = isa::kFrameStackBytes);

// What keeps the program from being loaded ("instruction 3: jump out of the program"), or nothing. `maps` may be
// referred to: none here, isa::kMaxMaps arrays of four 16-byte values on a board.
std::string refusal(const Program& program, uint32_t maps = 0);

// What the runner makes of the program for its board, made here. Nothing where the generator refuses. With what each
// instruction costs (jit/generate.h), where that is asked for.
std::optional<std::vector<uint8_t>> compile_here(const jit::Target& target, const Program& program,
                                                 std::vector<uint16_t>* costs = nullptr);

// On this machine; what is native on the board is interpreted. Helper kEchoHelper gives its first argument back; loop
// and for_each_map_elem are there; no maps.
Ran run_here(const Program& program);

}  // namespace perdita::emulate
