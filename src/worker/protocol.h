// SPDX-License-Identifier: Apache-2.0
//
// What a worker and its parent agree on beside the answer: the command line `PROGRAM __worker STAGE MEMORY CPU` (bytes,
// seconds), and what the worker's exit code means.
#pragma once

#include <cstddef>
#include <string_view>

namespace perdita::worker {

constexpr std::string_view kWorkerArgument = "__worker";
constexpr size_t kMaxRequestBytes = 64u << 20;

constexpr int kExitAnswered = 0;
constexpr int kExitBroken = 70;       // the request could not be read or the answer not be written
constexpr int kExitMemory = 71;       // no memory left
constexpr int kExitNoStage = 72;      // this program has no such stage
constexpr int kExitNotConfined = 73;  // the system did not take the worker's rights away

}  // namespace perdita::worker
