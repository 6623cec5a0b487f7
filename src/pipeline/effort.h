// SPDX-License-Identifier: Apache-2.0
//
// Measures what a piece of work takes in this process: wall-clock seconds, and the largest resident memory that the
// process has had by then. Needs nothing that a confined worker may not do.
#pragma once

#include <chrono>

#include "pipeline/verified.h"

namespace perdita::pipeline {

class EffortMeter {
 public:
  EffortMeter();  // starts
  Effort read() const;

 private:
  std::chrono::steady_clock::time_point start_;
};

}  // namespace perdita::pipeline
