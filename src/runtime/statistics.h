// SPDX-License-Identifier: Apache-2.0
//
// What is counted of a program's invocations. Written at the program's level, so nothing else writes meanwhile; read
// with the port's lock held. Narrow where a firing hook pays for width and nobody misses it.
#pragma once

#include <stdint.h>

#include "isa/status.h"

namespace perdita::runtime {

struct ProgStats {
  uint64_t runs;
  uint64_t time_ns;
  int64_t last_result;
  uint32_t longest_ns;
  uint32_t misses, faults;
  uint16_t faults_attached;  // since it was attached; stays at its largest
  Status last_fault;
};

// 32 bits of the time between two readings of the clock do: no program that is let run takes 4.29 s.
[[gnu::always_inline]] inline void count_run(ProgStats& stats, uint32_t took_ns) {
  stats.runs++;
  stats.time_ns += took_ns;
  if (took_ns > stats.longest_ns) stats.longest_ns = took_ns;
}

}  // namespace perdita::runtime
