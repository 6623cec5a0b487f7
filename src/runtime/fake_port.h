// SPDX-License-Identifier: Apache-2.0
//
// A board's port for tests on the host: a clock that a test sets, a lock that counts its depth, a log that is kept, and
// a place to let an "interrupt" come in: right before the lock is taken, where a real one would.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compiler/host_crypto.h"
#include "perdita/port.h"

namespace perdita::runtime {

class FakePort {
 public:
  FakePort() {
    port.user = this;
    port.core.clock_ns = [](void* user) { return self(user).now_ns += self(user).tick_ns; };
    port.core.lock = [](void* user) { return self(user).take(); };
    port.core.unlock = [](void* user, uint32_t state) { self(user).depth = state; };
    port.core.sync_code = [](void* user, const void* start, size_t size) {
      const auto* const bytes = static_cast<const uint8_t*>(start);
      self(user).synced.emplace_back(bytes, bytes + size);
    };
    port.core.random = [](void* user) { return self(user).next_random++; };
    port.core.log = [](void* user, const char* text, size_t size) { self(user).log.append(text, size).append("\n"); };
    port.crypto = compiler::host_crypto();
  }
  FakePort(const FakePort&) = delete;
  FakePort& operator=(const FakePort&) = delete;

  perdita_port port{};
  uint64_t now_ns = 0;
  uint64_t tick_ns = 0;  // how far each look at the clock moves it
  uint32_t next_random = 4711;
  uint32_t depth = 0;
  std::string log;
  std::vector<std::vector<uint8_t>> synced;  // code as it stood when it was made visible to instruction fetch
  std::function<void()> interrupt;

 private:
  static FakePort& self(void* user) { return *static_cast<FakePort*>(user); }
  uint32_t take() {
    if (depth == 0 && interrupt) interrupt();
    return depth++;
  }
};

}  // namespace perdita::runtime
