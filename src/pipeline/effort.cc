// SPDX-License-Identifier: Apache-2.0
#include "pipeline/effort.h"

#include <sys/resource.h>

#include <fstream>
#include <string>

namespace perdita::pipeline {
namespace {

// VmHWM of proc(5), which clear_refs resets; getrusage's mark where /proc is not there, which nothing resets.
uint64_t peak_kib() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    uint64_t kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib;
  }
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss);
}

}  // namespace

EffortMeter::EffortMeter() : start_(std::chrono::steady_clock::now()) {
  std::ofstream clear("/proc/self/clear_refs");
  clear << "5";  // proc(5): resets the peak resident set size
}

Effort EffortMeter::read() const {
  std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  return {elapsed.count(), peak_kib()};
}

}  // namespace perdita::pipeline
