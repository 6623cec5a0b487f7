// SPDX-License-Identifier: Apache-2.0
//
// Running a stage on bytes of strangers in a fresh process with limits (design, section 7): a crash, a loop or a bomb
// costs that process and nothing else, and is a Diagnostic here (docs/guide/errors/worker.md). Each run is its own
// process, so one that an object took over while it was parsed is gone when the next verifies. Callable from any
// thread; blocks until the worker ended, at most for the wall-clock limit; leaves no process and no descriptor behind.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "diag/result.h"

namespace perdita::worker {

struct Limits {
  uint64_t memory_bytes = uint64_t{1} << 30;  // of address space
  uint64_t cpu_seconds = 20;
  uint64_t wall_ms = 30'000;
};

// Starts this very program again as a worker. Its main() must call serve() (worker/stage.h) with a stage of that name.
Result<std::vector<uint8_t>> run(std::string_view stage, const std::vector<uint8_t>& request,
                                 const Limits& limits = {});

// The same with another program.
Result<std::vector<uint8_t>> run(const std::filesystem::path& program, std::string_view stage,
                                 const std::vector<uint8_t>& request, const Limits& limits = {});

}  // namespace perdita::worker
