// SPDX-License-Identifier: Apache-2.0
//
// What the trial firmware (boards/common/trial.cc) executes: signed packages for any platform, which a runtime takes
// and runs, with simulated functions. The emulator puts them into the board's memory before it starts; the firmware
// prints what came of each. Little endian, parts 8-aligned. Host and board compile this.
//
//   TrialFile, then per trial: Trial, and what it points to by offsets from its own start.
//
// Per trial these lines, numbers hexadecimal with eight digits:
//   log BYTES                          what programs printed, hexadecimal digits; where they did
//   refused STATUS NEED(2) HAVE(2) NAME    the runtime did not take the package; or
//   tried STATUS PC RESULT(2) STEPS(2) INSTRUCTIONS MOST CODE_BYTES CODE_SUM PROG_BYTES STACK_BYTES
//         CONTENTS
// RESULT and INSTRUCTIONS (of the machine, entering and leaving engines included) are the last invocation's, MOST the
// dearest one's; CODE_SUM is the FNV-1a of the package's machine code, PROG_BYTES what the program has of it, CONTENTS
// of context, packet and all maps afterwards. Then "end".
#pragma once

#include <stdint.h>

#include "emulate/platform_stream.h"
#include "perdita/perdita.h"

namespace perdita::emulate {

constexpr uint32_t kTrialMagic = 0x6c697274;
constexpr uint32_t kMostTrialBytes = 5u << 20;
constexpr uint32_t kMostTrialMemoryBytes = 8u << 20;  // of one trial's runtime
constexpr uint32_t kMostTrialContextBytes = 4096;     // of a context, and of a packet
constexpr uint32_t kMostTrialLogBytes = 64u << 10;    // what is printed beyond is lost

struct TrialFile {
  uint32_t magic;
  uint32_t count;
};

struct Trial {
  uint32_t bytes;   // with all that it points to
  uint32_t engine;  // perdita_engine
  uint32_t memory_bytes;
  uint32_t repeat;
  uint32_t guarded_steps;  // 0: programs without a claim are refused
  uint32_t platform_at;    // platform_stream.h
  uint32_t package_at, package_bytes;
  uint32_t context_at, context_bytes;  // zeros behind them
  uint32_t packet_at, packet_bytes;
  uint8_t vendor_id[16], class_id[16];
  uint8_t key[32], key_id[PERDITA_KEY_ID_BYTES];  // trusted for everything
  char package[PERDITA_NAME_BYTES], prog[PERDITA_NAME_BYTES];
};
static_assert(sizeof(Trial) % 8 == 0);

// Of the boards that programs are tried on, here and emulated: the same in every run.
constexpr uint64_t kTrialClockStepNs = 1000;  // with each reading
constexpr uint32_t kTrialRandomSeed = 0x9e3779b9;
constexpr uint32_t next_random(uint32_t x) {  // Marsaglia, "Xorshift RNGs", 2003
  x ^= x << 13;
  x ^= x >> 17;
  return x ^ x << 5;
}

// FNV-1a.
constexpr uint32_t sum_of(const uint8_t* bytes, uint32_t size_bytes, uint32_t sum = 2166136261u) {
  for (uint32_t i = 0; i < size_bytes; i++) sum = (sum ^ bytes[i]) * 16777619u;
  return sum;
}

}  // namespace perdita::emulate
