// SPDX-License-Identifier: Apache-2.0
//
// What a worker gives up before it reads the first byte of its request: time, memory, core dumps, and every system call
// but those that compute and answer: the others fail with EPERM. A hostile object that takes over a process with
// Rights::compute can only write a wrong answer, which its parent does not trust anyway; it cannot open a file or a
// socket, start, trace or signal a process, or touch the one that verifies.
#pragma once

#include <cstdint>

#include "worker/stage.h"

namespace perdita::worker {

// False where the system refuses; the worker must not go on then. Cannot be undone.
bool confine(Rights rights, uint64_t memory_bytes, uint64_t cpu_seconds);

}  // namespace perdita::worker
