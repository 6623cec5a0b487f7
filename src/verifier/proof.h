// SPDX-License-Identifier: Apache-2.0
//
// What verification yields: for each program a verdict, with the proof's bounds where it was accepted, or diagnostics.
// A function of (module, platform, verifier version) alone: no clock, no address, no order of a hash table reaches it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "diag/result.h"
#include "object/module.h"
#include "platform/platform.h"

namespace perdita::verifier {

// Changes whenever a verdict, a bound or a fact can change; stands in every claim.
std::string_view version();

struct Bounds {
  uint64_t instructions = 0;  // most BPF instructions executed in one invocation
  // Of these, and of each number in machine_instructions: counted for what the program tail-calls.
  uint64_t tail_instructions = 0;
  uint32_t stack_bytes = 0;  // most BPF stack in use over the call chain
  std::map<std::string, uint64_t>
      machine_instructions;  // "<target>/<engine>" -> worst case, helpers and functions included
};

struct ProgVerdict {
  std::string name, section, hook;
  bool accepted = false;
  uint32_t instructions = 0;                     // static count
  Bounds bounds;                                 // where accepted
  std::vector<uint32_t> subprogram_stack_bytes;  // proved stack of each of Prog::subprograms, multiples of 8
  std::vector<uint8_t> facts;                    // where accepted: for code generators (isa/facts.h)
  // Flow bounds: how often each instruction is executed at most in one invocation; the second half of a 64-bit
  // immediate as often as its first. What tail calls run is not in it.
  std::vector<uint64_t> executions;
  // The most machine instructions that a call of a helper or function takes in its routine, by instruction; others: 0.
  std::vector<uint64_t> call_costs;
  // What generators make of it, where accepted: "<target>/native" -> bytes of code. By compiler/native_code.h.
  std::map<std::string, uint64_t> code_bytes;
  std::vector<std::string> capabilities;  // sorted
  std::vector<uint32_t> helpers;          // numbers, ascending
  std::vector<std::string> functions;     // sorted
  std::vector<std::string> maps;          // sorted
  std::vector<Diagnostic> diagnostics;    // where rejected: at least one
  std::string log;                        // the state at each instruction, where asked for
};

struct Verdict {
  bool accepted = false;  // every program was
  std::vector<ProgVerdict> progs;
};

struct Options {
  std::string hook;  // overrides what sections say
  std::string prog;  // verify only this one
  bool log = false;
};

// Costs time and memory bounded by the options' budgets; never throws on any module.
Verdict verify(const object::Module& module, const platform::Platform& platform, const Options& options);

}  // namespace perdita::verifier
