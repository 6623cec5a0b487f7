// SPDX-License-Identifier: Apache-2.0
//
// Packages on an emulated board: the trial firmware in QEMU takes and runs them, with simulated functions and an exact
// count of the machine instructions of an invocation. One emulator for all of them; nothing is left behind. Host only.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "diag/result.h"
#include "emulate/trial_job.h"
#include "isa/status.h"

namespace perdita::emulate {

// A package to be taken, and a program of it to be run.
struct PackageTrial {
  perdita_engine engine = PERDITA_ENGINE_NATIVE;
  const perdita_platform* platform = nullptr;
  std::vector<uint8_t> package;
  std::string package_name, prog;
  std::vector<uint8_t> context, packet;  // zeros behind the context where the hook's is larger
  uint32_t repeat = 1;
  uint32_t memory_bytes = 1u << 17;  // of the runtime
  uint32_t guarded_steps = 0;        // 0: a package without a claim is refused
  std::array<uint8_t, 16> vendor_id{}, class_id{};
  std::array<uint8_t, 32> key{};  // the public key that signed it
  std::array<uint8_t, PERDITA_KEY_ID_BYTES> key_id{};
};

struct Refused {
  Status status;
  uint64_t need, have;
  std::string name;
};

// What came of it: see trial_job.h.
struct Tried {
  std::optional<Refused> refused;  // then nothing else
  Status status;                   // ok, or the fault
  uint32_t pc;
  uint64_t result, steps;
  uint32_t instructions, most_instructions;
  uint32_t code_bytes, code_sum;  // of the package's machine code; 0 where there is none
  uint32_t prog_bytes;            // of the program's
  uint32_t stack_bytes, contents;
  std::string output;
};

// The trial firmware for a target ("armv7m"), where script/build leaves it beside this program. Nothing where it is not
// built.
std::optional<std::filesystem::path> find_trial_firmware(const std::string& target);

// In order. Refused where the emulator is not there or ends before it has tried all of them.
Result<std::vector<Tried>> run_trials(const std::filesystem::path& firmware, const std::vector<PackageTrial>& trials);

}  // namespace perdita::emulate
