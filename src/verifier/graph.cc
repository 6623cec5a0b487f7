// SPDX-License-Identifier: Apache-2.0
#include "verifier/graph.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "isa/form.h"
#include "isa/helpers.h"

namespace perdita::verifier {
namespace {

using isa::Form;

constexpr uint32_t kNone = UINT32_MAX;

bool is_local_call(const isa::Insn& insn) {
  return isa::form_of(insn.opcode) == Form::call && insn.src() == isa::kCallLocal;
}

bool calls_back(const isa::Insn& insn) {
  if (isa::form_of(insn.opcode) != Form::call || insn.src() != isa::kCallHelper) return false;
  const perdita_function* helper = isa::find_helper(static_cast<uint32_t>(insn.imm));
  for (unsigned i = 0; helper != nullptr && i < helper->arg_count; i++) {
    if (helper->args[i].kind == PERDITA_ARG_CALLBACK) return true;
  }
  return false;
}

BlockEnd end_of(const isa::Insn& insn) {
  switch (isa::form_of(insn.opcode)) {
    case Form::jump:
    case Form::jump_wide:
      return BlockEnd::jump;
    case Form::branch_immediate:
    case Form::branch_register:
      return BlockEnd::branch;
    case Form::exit:
      return BlockEnd::exit;
    default:
      if (calls_back(insn)) return BlockEnd::callback;
      return is_local_call(insn) ? BlockEnd::call : BlockEnd::falls_through;
  }
}

// Where control goes from the instruction at `pc`: the taken way first.
struct Targets {
  int64_t at[2];
  unsigned count;
  const int64_t* begin() const { return at; }
  const int64_t* end() const { return at + count; }
};
Targets targets_of(const std::vector<isa::Insn>& code, uint32_t pc) {
  const isa::Insn& insn = code[pc];
  int64_t next = int64_t{pc} + (insn.opcode == isa::kLddw ? 2 : 1);
  switch (isa::form_of(insn.opcode)) {
    case Form::jump:
      return {{next + insn.offset, 0}, 1};
    case Form::jump_wide:
      return {{next + insn.imm, 0}, 1};
    case Form::branch_immediate:
    case Form::branch_register:
      return {{next + insn.offset, next}, 2};
    case Form::exit:
      return {{0, 0}, 0};
    default:
      return {{next, 0}, 1};
  }
}

// Blocks in the order of instructions, the entry first; successors are positions in that order.
std::optional<GraphFlaw> cut_into_blocks(const object::Prog& prog, const object::Subprogram& subprogram,
                                         std::vector<Block>& blocks) {
  const int64_t begin = subprogram.first, end = begin + subprogram.count;
  std::vector<bool> leads(subprogram.count, false);
  leads[0] = true;
  size_t leaders = 1;
  auto lead = [&](int64_t pc) {
    auto at = leads[static_cast<size_t>(pc - begin)];
    leaders += at ? 0 : 1;
    at = true;
  };
  for (int64_t pc = begin; pc < end;) {
    const isa::Insn& insn = prog.code[static_cast<size_t>(pc)];
    const bool ends = end_of(insn) != BlockEnd::falls_through;
    for (int64_t target : targets_of(prog.code, static_cast<uint32_t>(pc))) {
      if (target < begin || target >= end) return GraphFlaw{"invalid-instruction", static_cast<uint32_t>(pc)};
      if (ends) lead(target);
    }
    int64_t next = pc + (insn.opcode == isa::kLddw ? 2 : 1);
    if (ends && next < end) lead(next);
    pc = next;
  }
  blocks.reserve(leaders);
  std::vector<uint32_t> block_of(subprogram.count, kNone);
  for (int64_t pc = begin; pc < end;) {
    const isa::Insn& insn = prog.code[static_cast<size_t>(pc)];
    if (leads[static_cast<size_t>(pc - begin)]) {
      block_of[static_cast<size_t>(pc - begin)] = static_cast<uint32_t>(blocks.size());
      blocks.push_back({static_cast<uint32_t>(pc), 0, BlockEnd::falls_through, {}});
    }
    blocks.back().last = static_cast<uint32_t>(pc);
    pc += insn.opcode == isa::kLddw ? 2 : 1;
  }
  for (Block& block : blocks) {
    block.end = end_of(prog.code[block.last]);
    for (int64_t target : targets_of(prog.code, block.last)) {
      block.successors.push_back(block_of[static_cast<size_t>(target - begin)]);
    }
  }
  return std::nullopt;
}

// A depth-first walk: numbers in order of discovery, the last number below each block, and the reverse post-order.
struct Walk {
  std::vector<uint32_t> number, last_below, order;

  explicit Walk(const std::vector<Block>& blocks) : number(blocks.size(), kNone), last_below(blocks.size(), 0) {
    std::vector<std::pair<uint32_t, size_t>> path{{0, 0}};
    uint32_t next = 0;
    number[0] = next++;
    while (!path.empty()) {
      auto& [block, at] = path.back();
      if (at < blocks[block].successors.size()) {
        uint32_t successor = blocks[block].successors[at++];
        if (number[successor] != kNone) continue;
        number[successor] = next++;
        path.emplace_back(successor, 0);
      } else {
        last_below[block] = next - 1;
        order.push_back(block);
        path.pop_back();
      }
    }
    std::reverse(order.begin(), order.end());
  }

  bool reached(uint32_t block) const { return number[block] != kNone; }
  // `block` lies below `above` in the walk's tree, or is it.
  bool below(uint32_t above, uint32_t block) const {
    return number[above] <= number[block] && number[block] <= last_below[above];
  }
};

// Havlak's way to find nested loops: heads from the innermost on; the body is what reaches a back edge without passing
// the head, loops already found standing for their heads (union-find).
class LoopFinder {
 public:
  LoopFinder(const std::vector<Block>& blocks, const Walk& walk)
      : walk_(walk),
        head_(blocks.size(), kNone),
        is_head_(blocks.size(), false),
        leader_(blocks.size()),
        body_of_(blocks.size(), kNone),
        first_predecessor_(blocks.size() + 1) {
    std::iota(leader_.begin(), leader_.end(), 0u);
    for (uint32_t block : walk.order) {
      for (uint32_t successor : blocks[block].successors) first_predecessor_[successor]++;
    }
    std::partial_sum(first_predecessor_.begin(), first_predecessor_.end(), first_predecessor_.begin());
    predecessors_.resize(first_predecessor_.back());
    for (auto at = walk.order.rbegin(); at != walk.order.rend(); ++at) {
      for (uint32_t successor : blocks[*at].successors) predecessors_[--first_predecessor_[successor]] = *at;
    }
  }

  // The head of a loop that is entered from the side, or none.
  std::optional<uint32_t> run() {
    for (auto at = walk_.order.rbegin(); at != walk_.order.rend(); ++at) {
      if (auto flaw = find_loop(*at)) return flaw;
    }
    return std::nullopt;
  }

  const std::vector<uint32_t>& head() const { return head_; }
  bool is_head(uint32_t block) const { return is_head_[block]; }

 private:
  std::span<const uint32_t> predecessors(uint32_t block) const {
    return std::span(predecessors_)
        .subspan(first_predecessor_[block], first_predecessor_[block + 1] - first_predecessor_[block]);
  }

  uint32_t find(uint32_t block) {
    while (leader_[block] != block) {
      leader_[block] = leader_[leader_[block]];
      block = leader_[block];
    }
    return block;
  }

  std::optional<uint32_t> find_loop(uint32_t head) {
    std::vector<uint32_t> body, waiting;  // no memory where no loop begins
    auto reach = [&](uint32_t block) {
      uint32_t leader = find(block);
      if (leader == head || body_of_[leader] == head) return;
      body_of_[leader] = head;
      body.push_back(leader);
      waiting.push_back(leader);
    };
    for (uint32_t from : predecessors(head)) {
      if (!walk_.below(head, from)) continue;
      is_head_[head] = true;
      reach(from);
    }
    while (!waiting.empty()) {
      uint32_t block = waiting.back();
      waiting.pop_back();
      for (uint32_t from : predecessors(block)) {
        if (walk_.below(block, from)) continue;  // back edge of an inner loop
        if (!walk_.below(head, find(from))) return head;
        reach(from);
      }
    }
    for (uint32_t block : body) {
      leader_[block] = head;
      head_[block] = head;
    }
    return std::nullopt;
  }

  const Walk& walk_;
  std::vector<uint32_t> head_;  // the innermost loop's head that holds this block or loop
  std::vector<bool> is_head_;
  std::vector<uint32_t> leader_;
  std::vector<uint32_t> body_of_;                           // the head whose body it was last found in
  std::vector<uint32_t> first_predecessor_, predecessors_;  // of all blocks, one behind the other
};

}  // namespace

std::optional<GraphFlaw> build_graph(const object::Prog& prog, const object::Subprogram& subprogram, Graph& graph) {
  std::vector<Block> blocks;
  if (auto flaw = cut_into_blocks(prog, subprogram, blocks)) return flaw;
  Walk walk(blocks);
  LoopFinder loops(blocks, walk);
  if (auto head = loops.run()) return GraphFlaw{"irreducible-loop", blocks[*head].first};

  // What each loop holds directly, in reverse post-order; index blocks.size() is the subprogram itself.
  const auto whole = static_cast<uint32_t>(blocks.size());
  std::vector<std::vector<uint32_t>> inside(blocks.size() + 1);
  for (uint32_t block : walk.order) {
    uint32_t head = loops.head()[block];
    inside[head == kNone ? whole : head].push_back(block);
  }
  std::vector<uint32_t> position(blocks.size(), kNone), order;
  std::vector<std::pair<uint32_t, size_t>> open{{whole, 0}};
  while (!open.empty()) {
    auto& [holder, at] = open.back();
    if (at < inside[holder].size()) {
      uint32_t block = inside[holder][at++];
      position[block] = static_cast<uint32_t>(order.size());
      order.push_back(block);
      if (loops.is_head(block)) open.emplace_back(block, 0);
      if (open.size() > kMaxLoopDepth + 1) return GraphFlaw{"too-complex", blocks[block].first};
    } else {
      if (holder != whole) graph.loops.push_back({position[holder], static_cast<uint32_t>(order.size()) - 1});
      open.pop_back();
    }
  }
  graph.blocks.reserve(order.size());
  for (uint32_t block : order) {
    for (uint32_t& successor : blocks[block].successors) successor = position[successor];
    graph.blocks.push_back(std::move(blocks[block]));
  }
  graph.loop_at.assign(graph.blocks.size(), kNoLoop);
  for (uint32_t i = 0; i < graph.loops.size(); i++) graph.loop_at[graph.loops[i].head] = i;
  return std::nullopt;
}

}  // namespace perdita::verifier
