// SPDX-License-Identifier: Apache-2.0
//
// What the runner firmware (boards/common/runner.cc) executes: jobs that the emulator puts into the board's memory
// before it starts, and what the runner prints about each. Little endian, all parts 8-aligned. Host and board compile
// this.
//
//   JobFile, then per job: Job, its subprograms (runtime::Subprogram), its instructions (isa::Insn), its memory
//   and its facts, each padded to 8 bytes. Per job one line: "run" and ten hexadecimal numbers of eight digits: status,
//   pc, result (high, low), steps, machine instructions executed, checksum of the memory afterwards; of the machine
//   code its bytes, their checksum, and machine instructions that compiling took, all 0 in other engines. Then "end".
#pragma once

#include <stdint.h>

namespace perdita::emulate {

constexpr uint32_t kJobMagic = 0x626f6a70;

constexpr uint32_t kMostJobBytes = 8u << 20;  // what the runner compiles stands behind

struct JobFile {
  uint32_t magic;
  uint32_t count;
};

// Native: the board compiles the program first.
enum JobEngine : uint32_t { kJobGuarded = 0, kJobInterpreter = 1, kJobNative = 2 };

struct Job {
  uint32_t engine;  // JobEngine
  uint32_t subprograms;
  uint32_t instructions;
  uint32_t memory_bytes;  // r1 points to it, r2 is its length
  uint32_t steps;         // guarded: most instructions
  uint32_t stack_bytes;
  uint32_t fact_bytes;  // native: docs/spec/facts.md
  uint32_t unused;      // 0
};
static_assert(sizeof(Job) == 32);

// Helper that gives its first argument back, as the public conformance suite wants it.
constexpr uint32_t kEchoHelper = 5;

// The helpers of native code: as the runner links them, the table of helpers but the echo's number, and the echo last.
constexpr uint32_t kMostHelpers = 32;
template <typename Helpers>
constexpr uint32_t helper_numbers(const Helpers& helpers, uint32_t (&numbers)[kMostHelpers]) {
  uint32_t count = 0;
  for (const auto& helper : helpers) {
    if (helper.helper != kEchoHelper && count + 1 < kMostHelpers) numbers[count++] = helper.helper;
  }
  numbers[count++] = kEchoHelper;
  return count;
}

constexpr uint32_t padded(uint32_t bytes) { return (bytes + 7) & ~7u; }

// FNV-1a over the memory, so that a job's stores are seen without sending them back.
constexpr uint32_t checksum(const uint8_t* bytes, uint32_t size_bytes) {
  uint32_t sum = 2166136261u;
  for (uint32_t i = 0; i < size_bytes; i++) sum = (sum ^ bytes[i]) * 16777619u;
  return sum;
}

}  // namespace perdita::emulate
