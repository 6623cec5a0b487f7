// SPDX-License-Identifier: Apache-2.0
//
// The graph of a subprogram, for random jumps: what the analysis relies on is that edges go forward, but for those to
// the head of a loop that they are in; that each loop's blocks stand together and are entered at the head; and that
// what is refused as irreducible is.
#include "verifier/graph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace perdita::verifier {
namespace {

using isa::Insn;

Insn insn_of(uint8_t opcode, int16_t offset = 0) {
  Insn insn{};
  insn.opcode = opcode;
  insn.offset = offset;
  return insn;
}

// Branches and jumps to anywhere, and exits.
object::Prog random_prog(std::mt19937_64& random) {
  object::Prog prog;
  const size_t size = 2 + random() % 12;
  const bool near = random() % 2 == 0;
  for (size_t pc = 0; pc < size; pc++) {
    auto to = static_cast<int64_t>(random() % size);
    if (near)
      to = std::clamp<int64_t>(static_cast<int64_t>(pc) - 3 + static_cast<int64_t>(random() % 7), 0,
                               static_cast<int64_t>(size) - 1);
    const auto offset = static_cast<int16_t>(to - static_cast<int64_t>(pc) - 1);
    const uint64_t kind = random() % 8;
    if (pc + 1 == size || kind == 0) {
      prog.code.push_back(insn_of(isa::kJmp | isa::kExit));
    } else if (kind < 5) {
      prog.code.push_back(insn_of(isa::kJmp | isa::kJeq, offset));
    } else if (kind == 5) {
      prog.code.push_back(insn_of(isa::kJmp | isa::kJa, offset));
    } else {
      prog.code.push_back(insn_of(isa::kAlu64 | isa::kMov));
    }
  }
  prog.subprograms.push_back({"prog", 0, static_cast<uint32_t>(size)});
  return prog;
}

std::vector<uint32_t> targets(const object::Prog& prog, uint32_t pc) {
  const Insn& insn = prog.code[pc];
  const auto to = static_cast<uint32_t>(static_cast<int64_t>(pc) + 1 + insn.offset);
  if (insn.opcode == (isa::kJmp | isa::kExit)) return {};
  if (insn.opcode == (isa::kJmp | isa::kJa)) return {to};
  if (insn.opcode == (isa::kJmp | isa::kJeq)) return {to, pc + 1};
  return {pc + 1};
}

// By the definition: nodes without themselves as successors that have one predecessor are merged into it, until nothing
// changes; what is reducible ends as one node.
bool is_reducible(const object::Prog& prog) {
  std::vector<bool> reached(prog.code.size());
  std::vector<uint32_t> open{0};
  while (!open.empty()) {
    const uint32_t pc = open.back();
    open.pop_back();
    if (reached[pc]) continue;
    reached[pc] = true;
    for (uint32_t to : targets(prog, pc)) open.push_back(to);
  }
  std::set<std::pair<uint32_t, uint32_t>> edges;
  std::set<uint32_t> nodes;
  for (uint32_t pc = 0; pc < prog.code.size(); pc++) {
    if (!reached[pc]) continue;
    nodes.insert(pc);
    for (uint32_t to : targets(prog, pc)) edges.emplace(pc, to);
  }
  for (bool changed = true; changed;) {
    changed = std::erase_if(edges, [](const auto& edge) { return edge.first == edge.second; }) > 0;
    for (uint32_t node : nodes) {
      std::set<uint32_t> from;
      for (const auto& edge : edges) {
        if (edge.second == node) from.insert(edge.first);
      }
      if (node == 0 || from.size() != 1) continue;
      std::set<std::pair<uint32_t, uint32_t>> merged;
      for (auto [a, b] : edges) {
        if (b != node) merged.emplace(a == node ? *from.begin() : a, b);
      }
      edges = merged;
      nodes.erase(node);
      changed = true;
      break;
    }
  }
  return nodes.size() == 1;
}

TEST(Graphs, GoForwardButToTheHeadsOfLoops) {
  unsigned reducible = 0, irreducible = 0, nested = 0;
  for (unsigned seed = 1; seed <= 20'000; seed++) {
    std::mt19937_64 random(seed);
    const object::Prog prog = random_prog(random);
    Graph graph;
    const auto flaw = build_graph(prog, prog.subprograms[0], graph);
    ASSERT_EQ(!flaw, is_reducible(prog)) << "seed " << seed;
    if (flaw) {
      EXPECT_STREQ(flaw->code, "irreducible-loop");
      irreducible++;
      continue;
    }
    reducible++;
    EXPECT_EQ(graph.blocks[0].first, 0u);
    ASSERT_EQ(graph.loop_at.size(), graph.blocks.size());
    std::set<uint32_t> seen;
    for (uint32_t at = 0; at < graph.blocks.size(); at++) {
      const Block& block = graph.blocks[at];
      for (uint32_t pc = block.first; pc <= block.last; pc++) EXPECT_TRUE(seen.insert(pc).second) << "seed " << seed;
      for (uint32_t pc = block.first; pc < block.last; pc++) EXPECT_EQ(targets(prog, pc), std::vector{pc + 1});
      std::vector<uint32_t> to;
      for (uint32_t successor : block.successors) {
        ASSERT_LT(successor, graph.blocks.size());
        to.push_back(graph.blocks[successor].first);
        const uint32_t loop = graph.loop_at[successor];
        const bool back = loop != kNoLoop && graph.loops[loop].last >= at;
        EXPECT_TRUE(successor > at || back) << "seed " << seed;
      }
      EXPECT_EQ(to, targets(prog, block.last)) << "seed " << seed;
    }
    for (const Loop& loop : graph.loops) {
      ASSERT_LE(loop.head, loop.last);
      EXPECT_EQ(&graph.loops[graph.loop_at[loop.head]], &loop);
      for (uint32_t at = 0; at < graph.blocks.size(); at++) {
        if (at >= loop.head && at <= loop.last) continue;
        for (uint32_t successor : graph.blocks[at].successors) {
          EXPECT_TRUE(successor <= loop.head || successor > loop.last) << "seed " << seed;  // entered at its head
        }
      }
      for (const Loop& other : graph.loops) {
        if (&other == &loop) continue;
        const bool inside = other.head > loop.head && other.last <= loop.last;
        const bool around = loop.head > other.head && loop.last <= other.last;
        EXPECT_TRUE(inside || around || other.last < loop.head || loop.last < other.head) << "seed " << seed;
        nested += inside ? 1 : 0;
      }
    }
  }
  EXPECT_GT(reducible, 3000u);
  EXPECT_GT(irreducible, 1000u);
  EXPECT_GT(nested, 300u);
}

}  // namespace
}  // namespace perdita::verifier
