// SPDX-License-Identifier: Apache-2.0
//
// Ctrl-C for commands that go on until they are told to end: they end as they would by themselves, and say good-bye to
// the board. A second Ctrl-C ends the process at once.
#pragma once

#include <atomic>

namespace perdita::cli {

// Becomes true when the process is interrupted, from now on.
const std::atomic<bool>& stop_on_interrupt();

}  // namespace perdita::cli
