// SPDX-License-Identifier: Apache-2.0
//
// A stage that runs in a process of its own: bytes in, bytes out. Programs that have stages hand them to serve() as the
// first thing in main(); the parent's side is worker/worker.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "diag/result.h"

namespace perdita::worker {

// What a stage may ask of the system. Neither may open a socket, start a process or trace one.
enum class Rights : uint8_t {
  compute,  // memory and its own request: whatever reads formats of strangers with other people's libraries
  files     // opens files as well, such as a signing key
};

struct Stage {
  std::string_view name;
  Result<std::vector<uint8_t>> (*run)(const std::vector<uint8_t>& request);
  Rights rights = Rights::compute;
};

// Where the process was started as a worker (`PROGRAM __worker STAGE …`): gives up its rights, runs the stage and
// returns the process's exit code. Nothing otherwise. Call before any thread is started.
std::optional<int> serve(int argc, const char* const* argv, const std::vector<Stage>& stages);

}  // namespace perdita::worker
