// SPDX-License-Identifier: Apache-2.0
//
// What bench/native/board.cc measures: jobs that perdita_native_bench wrote and the emulator puts into the board's
// memory. Little endian, all parts 8-aligned. Host and board compile this.
//
//   File, then per job: Job, its subprograms (isa::Subprogram), its instructions, its helpers' numbers, its maps
//   (MapBytes and what is in them at the start), its facts, each padded to 8 bytes.
#pragma once

#include <stdint.h>

namespace perdita::bench {

constexpr uint32_t kMagic = 0x636e6562;
constexpr uint32_t kMostBytes = 4u << 20;

struct File {
  uint32_t magic, count;
};

struct Job {
  char name[32];  // of the program
  uint32_t subprograms, instructions, helpers, maps, fact_bytes, unused;
};

struct MapBytes {
  uint32_t bytes, initial_bytes;
};

constexpr uint32_t padded(uint32_t bytes) { return (bytes + 7) & ~7u; }

}  // namespace perdita::bench
