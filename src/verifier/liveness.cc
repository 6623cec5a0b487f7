// SPDX-License-Identifier: Apache-2.0
#include "verifier/liveness.h"

#include "isa/form.h"

namespace perdita::verifier {
namespace {

uint16_t arguments(unsigned count) { return static_cast<uint16_t>(((1u << count) - 1) << 1); }

// What a call reads by its contract; a subprogram may read all five.
uint16_t call_reads(const Subject& subject, const isa::Insn& insn) {
  if (insn.src() == isa::kCallLocal) return arguments(PERDITA_MAX_ARGS);
  const perdita_function* function = insn.src() == isa::kCallHelper ? subject.helper(static_cast<uint32_t>(insn.imm))
                                                                    : subject.functions[static_cast<size_t>(insn.imm)];
  return arguments(function == nullptr ? PERDITA_MAX_ARGS : function->arg_count);
}

// Packet access of classic BPF goes like a call: r6 is the context, r1 to r5 are gone.
isa::RegisterUse use_of(const isa::Insn& insn) {
  isa::RegisterUse use = isa::register_use(insn);
  if (isa::form_of(insn.opcode) != isa::Form::legacy) return use;
  use.reads = 1u << 6;
  if (isa::insn_mode(insn.opcode) == isa::kInd) use.reads |= static_cast<uint16_t>(1u << insn.src());
  use.writes = 0x3f;
  return use;
}

struct Effect {
  uint16_t reads_first = 0;  // before any write in the block
  uint16_t writes = 0;
};

Effect effect_of(const Subject& subject, const Block& block) {
  Effect effect;
  for (uint32_t pc = block.first; pc <= block.last; pc++) {
    const isa::Insn& insn = subject.prog.code[pc];
    isa::RegisterUse use = use_of(insn);
    uint16_t reads = use.reads;
    if (isa::form_of(insn.opcode) == isa::Form::call) reads |= call_reads(subject, insn);
    effect.reads_first = static_cast<uint16_t>(effect.reads_first | (reads & ~effect.writes));
    effect.writes |= use.writes;
    if (insn.opcode == isa::kLddw) pc++;
  }
  return effect;
}

}  // namespace

std::vector<uint16_t> live_registers(const Subject& subject, const Graph& graph) {
  std::vector<Effect> effects;
  effects.reserve(graph.blocks.size());
  for (const Block& block : graph.blocks) effects.push_back(effect_of(subject, block));
  std::vector<uint16_t> live(graph.blocks.size(), 0);
  bool changed = true;
  while (changed) {
    changed = false;
    for (size_t i = graph.blocks.size(); i-- > 0;) {
      uint16_t out = 0;
      for (uint32_t successor : graph.blocks[i].successors) out |= live[successor];
      auto in = static_cast<uint16_t>(effects[i].reads_first | (out & ~effects[i].writes) | 1u << isa::kFrameRegister);
      changed = changed || in != live[i];
      live[i] = in;
    }
    if (graph.loops.empty()) break;  // one sweep against the order is exact
  }
  return live;
}

}  // namespace perdita::verifier
