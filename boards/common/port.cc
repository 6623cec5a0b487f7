// SPDX-License-Identifier: Apache-2.0
#include "port.h"

#include "board.h"
#include "clock.h"
#include "console.h"
#include "crypto.h"
#include "random.h"

namespace board {
namespace {

perdita_control* log_keeper;

}  // namespace

void keep_log_in(perdita_control* control) { log_keeper = control; }

void log_line(const char* text, size_t size_bytes) {
  print("log: ");
  print(text, size_bytes);
  print("\n");
  if (log_keeper == nullptr) return;
  perdita_control_log(log_keeper, text, size_bytes);
  perdita_control_log(log_keeper, "\n", 1);
}

constinit const perdita_port kPort = {
    nullptr,
    {
        [](void*) { return clock_ns(); },
        [](void*) { return lock(); },
        [](void*, uint32_t state) { unlock(state); },
        [](void*, const void*, size_t) { sync_code(); },
        [](void*) { return random_number(); },
        [](void*, const char* text, size_t size_bytes) { log_line(text, size_bytes); },
    },
    {crypto_sha256, crypto_ed25519_verify},
};

}  // namespace board
