// SPDX-License-Identifier: Apache-2.0
#include "pipeline/effort.h"

#include <sys/resource.h>

namespace perdita::pipeline {

EffortMeter::EffortMeter() : start_(std::chrono::steady_clock::now()) {}

Effort EffortMeter::read() const {
  std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  struct rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {elapsed.count(), static_cast<uint64_t>(usage.ru_maxrss)};
}

}  // namespace perdita::pipeline
