// SPDX-License-Identifier: Apache-2.0
//
// The facts for the code generators (docs/spec/facts.md): what holds in every state that the analysis has before an
// instruction, in all calling contexts, and behind it which upper halves nobody reads. Sound because each execution's
// moment lies in one of these states; what no state reaches is never executed, and nothing is said about it.
#pragma once

#include <vector>

#include "isa/facts.h"
#include "verifier/fixpoint.h"

namespace perdita::verifier {

// Watches the fixpoint; then gives the facts. One object per program.
class FactCollector : public Observer {
 public:
  explicit FactCollector(const Subject& subject);

  // Forgets what was seen.
  void begin() override;
  void at(const State& state, uint32_t pc) override;
  // A string of bits, for isa::FactReader. After the fixpoint; linear in code, times the depth of its loops.
  std::vector<uint8_t> take();

 private:
  struct Gathered {
    bool visited = false;
    isa::Facts facts;
    uint32_t least_count = UINT32_MAX, most_count = 0;
    uint8_t arguments_read = 0;  // a bit each
  };

  void operands(Gathered& at, const State& state, const isa::Insn& insn, uint8_t fields);
  void arguments(Gathered& at, const State& state, const isa::Insn& insn);

  const Subject& subject_;
  std::vector<Gathered> gathered_;
  std::vector<uint8_t> fields_;  // isa::FactField of each instruction
};

// Which registers' upper halves may be read, going backward from where they are.
// `facts`: by instruction, upper_dead not looked at; sets it. `visited`: the others are never executed.
void find_dead_uppers(const object::Prog& prog, const std::vector<bool>& visited, std::vector<isa::Facts>& facts);

}  // namespace perdita::verifier
