// SPDX-License-Identifier: Apache-2.0
//
// Measures what a piece of work takes in this process: wall-clock seconds and the largest resident memory while it ran.
#pragma once

#include <chrono>

#include "pipeline/verified.h"

namespace perdita::pipeline {

class EffortMeter {
 public:
  EffortMeter();  // starts, and resets the process' memory mark where the system allows it
  Effort read() const;

 private:
  std::chrono::steady_clock::time_point start_;
};

}  // namespace perdita::pipeline
