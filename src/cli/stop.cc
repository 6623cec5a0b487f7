// SPDX-License-Identifier: Apache-2.0
#include "cli/stop.h"

#include <csignal>

namespace perdita::cli {
namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void on_interrupt(int /*signal*/) { interrupted = true; }

}  // namespace

const std::atomic<bool>& stop_on_interrupt() {
  struct sigaction action{};
  action.sa_handler = on_interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return interrupted;
}

}  // namespace perdita::cli
