// SPDX-License-Identifier: Apache-2.0
//
// What all iterations of a loop cost together. Where those that cost more also go further, by what a loop inside them
// eats or by how long the record is that they skip, and all of them together go only so far, that is less than the most
// expensive one so many times: it is paid so much for each return, and so much for each step that a number makes.
#pragma once

#include <optional>

#include "verifier/loop_returns.h"
#include "verifier/path_cost.h"

namespace perdita::verifier {

struct LoopTotal {
  LoopCost returns;
  std::optional<LoopCost> steps;
  std::vector<Way> gone;          // numbers that never go back, from where the loop is entered to its head
  std::vector<uint32_t> renamed;  // names that may mean other numbers at the head than where the loop is entered

  // To the state at the loop's head, before any iteration, whose cost is that of what came before: it describes the
  // state after them, too.
  void add_to(State& head, bool linear) const;
};

// `back` is what came back from an iteration, with what it cost; the way back is taken no more often than `returns`.
LoopTotal total_of(const LoopIteration& loop, const States& back, uint64_t returns);

}  // namespace perdita::verifier
