// SPDX-License-Identifier: Apache-2.0
//
// One call of a helper or function against its contract (include/perdita/contract.h): each argument by kind, and what
// is needed to apply the call's effects and to price it. Reports what is wrong at `pc`.
#pragma once

#include <optional>

#include "verifier/access.h"

namespace perdita::verifier {

// Memory that the call writes, for the stack: where, and how many bytes at least and at most.
struct WrittenMemory {
  RegValue pointer;
  Extent extent;
  uint64_t least = 0, most = 0;
};

struct CheckedCall {
  std::optional<uint16_t> map;  // the map argument's index
  uint64_t memory_bytes = 0;    // sum of the largest sizes of its memory arguments
  WrittenMemory written[PERDITA_MAX_ARGS];
  unsigned written_count = 0;
  std::optional<uint64_t> reserves_bytes;  // size of the reservation that is returned
  std::optional<uint32_t> released;        // number of the reservation that it takes
  std::optional<uint16_t> callback;        // index of the subprogram that it calls
  RegValue callback_data;                  // what that gets as its last argument
  bool moves_packet = false;
  std::optional<int64_t> result_most;  // a size that limits the result
  std::optional<uint32_t> owner;       // number of the acquired object among its arguments
};

// Empty where an argument was refused or poisoned.
std::optional<CheckedCall> check_call(Analysis& analysis, const State& state, uint32_t pc,
                                      const perdita_function& function);

}  // namespace perdita::verifier
