// SPDX-License-Identifier: Apache-2.0
//
// The port's lock for a scope.
#pragma once

#include "perdita/port.h"

namespace perdita::runtime {

class Lock {
 public:
  explicit Lock(const perdita_port& port) : port_(port), state_(port.core.lock(port.user)) {}
  ~Lock() { port_.core.unlock(port_.user, state_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  const perdita_port& port_;
  uint32_t state_;
};

}  // namespace perdita::runtime
