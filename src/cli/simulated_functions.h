// SPDX-License-Identifier: Apache-2.0
//
// A platform's functions on a host that has no such hardware: each answers with the number nearest to zero that its
// contract allows, and fills the memory it writes with zeros. The same every time.
#pragma once

#include <vector>

#include "perdita/contract.h"
#include "platform/platform.h"

namespace perdita::cli {

// The platform's tables with a routine behind each function. They stay valid while this and the platform live; one at a
// time in a process, because the routines find their contracts through it.
class SimulatedFunctions {
 public:
  explicit SimulatedFunctions(const platform::Platform& platform);
  ~SimulatedFunctions();
  SimulatedFunctions(const SimulatedFunctions&) = delete;
  SimulatedFunctions& operator=(const SimulatedFunctions&) = delete;
  const perdita_platform& tables() const { return tables_; }

 private:
  std::vector<perdita_function> functions_;
  perdita_platform tables_;
};

}  // namespace perdita::cli
