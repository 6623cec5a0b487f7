// SPDX-License-Identifier: Apache-2.0
//
// The control-flow graph of one subprogram: blocks in an order fit for analysis. Blocks that the entry does not reach
// are left out. The order is topological but for back edges, and each loop's blocks stand together, head first, so one
// sweep over the order, which goes back to a loop's head at the loop's end, visits everything when what leads there is
// complete. Built in near-linear time, without recursion.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "isa/insn.h"
#include "object/module.h"

namespace perdita::verifier {

// callback: a helper that calls a subprogram back.
enum class BlockEnd : uint8_t { falls_through, jump, branch, call, callback, exit };

// One or two places or none, kept without the heap: there are as many of them as blocks.
class Successors {
 public:
  void push_back(uint32_t position) { at_[count_++] = position; }
  size_t size() const { return count_; }
  uint32_t* begin() { return at_; }
  uint32_t* end() { return at_ + count_; }
  const uint32_t* begin() const { return at_; }
  const uint32_t* end() const { return at_ + count_; }
  uint32_t operator[](size_t i) const { return at_[i]; }

 private:
  uint32_t at_[2] = {};
  uint32_t count_ = 0;
};

struct Block {
  uint32_t first = 0;  // instruction
  uint32_t last = 0;   // the instruction that ends it
  BlockEnd end = BlockEnd::falls_through;
  // Positions in Graph::blocks. Branch: where it goes when taken, and when not. Call, callback: behind it.
  Successors successors;
};

struct Loop {
  uint32_t head = 0;  // position of the block that every way into it goes through
  uint32_t last = 0;  // position of its last block
};

constexpr uint32_t kNoLoop = UINT32_MAX;
constexpr size_t kMaxLoopDepth = 64;  // loops in loops; more are refused

struct Graph {
  std::vector<Block> blocks;
  std::vector<Loop> loops;        // inner ones before those around them
  std::vector<uint32_t> loop_at;  // per block: the loop whose head it is, or kNoLoop
};

struct GraphFlaw {
  const char* code;
  uint32_t instruction;
};

// The graph of the subprogram; or what is wrong with it: control that leaves the subprogram ("invalid-instruction"), a
// loop that can be entered other than by its head ("irreducible-loop"), more loops in loops than kMaxLoopDepth
// ("too-complex").
std::optional<GraphFlaw> build_graph(const object::Prog& prog, const object::Subprogram& subprogram, Graph& graph);

}  // namespace perdita::verifier
