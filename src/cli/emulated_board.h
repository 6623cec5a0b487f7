// SPDX-License-Identifier: Apache-2.0
//
// A program on an emulated board of a target, for `perdita run`: taken from a signed package as any board does it, run
// with the same clock, random numbers and simulated functions as on HostBoard, and counted.
#pragma once

#include <string>
#include <vector>

#include "compiler/key.h"
#include "diag/result.h"
#include "object/module.h"
#include "perdita/perdita.h"
#include "pipeline/blob.h"
#include "platform/platform.h"

namespace perdita::cli {

struct EmulatedRun {
  std::string target;
  perdita_engine engine = PERDITA_ENGINE_NATIVE;
  std::string package, prog;
  pipeline::Blob context, packet;
  uint64_t repeat = 1;
};

struct Emulated {
  int64_t result = 0;
  uint64_t machine_instructions = 0;  // of the last invocation
  uint32_t stack_bytes = 0, code_bytes = 0;
  std::string output;
};

// Of a target that runs under emulation, or why there is none.
Result<std::monostate> check_emulated_target(const std::string& target);

Result<Emulated> run_emulated(const EmulatedRun& run, const object::Module& module, const platform::Platform& platform,
                              const compiler::PublicKey& key, const pipeline::Blob& package);

}  // namespace perdita::cli
