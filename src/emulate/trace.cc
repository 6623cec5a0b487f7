// SPDX-License-Identifier: Apache-2.0
#include "emulate/trace.h"

#include <cstdlib>
#include <cstring>

#include "isa/fact_writer.h"
#include "isa/form.h"
#include "isa/reference.h"

namespace perdita::emulate {
namespace {

using isa::Facts;
using isa::Form;
using isa::Insn;
using isa::ShiftCount;
using isa::Upper;

// Where memory and stack seem to lie: words with bit 31 clear, as on a board.
constexpr uint64_t kMemory = 0x21100000;
constexpr uint64_t kStackTop = 0x20008000;
constexpr uint64_t kStackBytes = isa::kMaxFrames * isa::kFrameStackBytes;

Upper upper_of(uint64_t value) {
  const bool zero = value >> 32 == 0;
  const bool sign = value == static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(value)));
  return static_cast<Upper>((zero ? 1 : 0) | (sign ? 2 : 0));
}

Upper common(Upper a, Upper b) { return static_cast<Upper>(static_cast<unsigned>(a) & static_cast<unsigned>(b)); }

ShiftCount count_of(uint32_t count) {
  if (count < 32) return ShiftCount::below_32;
  return count < 64 ? ShiftCount::from_32 : ShiftCount::unknown;
}

ShiftCount common(ShiftCount a, ShiftCount b) {
  if (a == b) return a;
  return a == ShiftCount::unknown || b == ShiftCount::unknown ? ShiftCount::unknown : ShiftCount::below_64;
}

class Machine {
 public:
  explicit Machine(const Program& program) : program_(program), stack_(kStackBytes) {
    trace_.memory = program.memory;
    trace_.facts.resize(program.code.size());
    trace_.executed.resize(program.code.size());
    seen_.resize(program.code.size());
    reg_[1] = kMemory;
    reg_[2] = program.memory.size();
    reg_[10] = kStackTop;
  }

  Trace run(uint64_t steps) {
    for (; !done_; steps--) {
      if (steps == 0) std::abort();
      step();
    }
    trace_.result = reg_[0];
    return std::move(trace_);
  }

 private:
  struct Frame {
    size_t pc;
    uint64_t kept[5];
  };

  uint8_t* at(uint64_t address, unsigned bytes) {
    const uint64_t bottom = kStackTop - kStackBytes;
    if (address >= kMemory && address + bytes <= kMemory + trace_.memory.size())
      return &trace_.memory[address - kMemory];
    if (address < bottom || address + bytes > kStackTop) std::abort();
    return &stack_[address - bottom];
  }

  void note(Upper Facts::* field, uint64_t value) { note(field, upper_of(value)); }
  template <typename T>
  void note(T Facts::* field, T value) {
    Facts& facts = trace_.facts[pc_];
    facts.*field = seen_[pc_] ? common(facts.*field, value) : value;
  }

  void note_alignment(uint64_t address) {
    uint8_t log2 = 0;
    while (log2 < 3 && (address >> log2 & 1) == 0) log2++;
    uint8_t& known = trace_.facts[pc_].alignment_log2;
    known = seen_[pc_] && known < log2 ? known : log2;
  }

  void step();
  void memory(const Insn& insn);
  void call(const Insn& insn);

  const Program& program_;
  Trace trace_;
  std::vector<uint8_t> stack_;
  std::vector<bool> seen_;
  std::vector<Frame> frames_;
  uint64_t reg_[11] = {};
  size_t pc_ = 0;
  size_t next_ = 0;
  bool done_ = false;
};

void Machine::memory(const Insn& insn) {
  const Form form = isa::form_of(insn.opcode);
  const unsigned bytes = isa::access_bytes(insn.opcode);
  const uint64_t address =
      reg_[form == Form::load ? insn.src() : insn.dst()] + static_cast<uint64_t>(int64_t{insn.offset});
  uint8_t* const place = at(address, bytes);
  uint64_t& source = reg_[insn.src()];
  if (form == Form::load) {
    uint64_t bits = 0;
    std::memcpy(&bits, place, bytes);
    note_alignment(address);
    reg_[insn.dst()] = isa::reference_loaded(insn, bits);
  } else if (form == Form::atomic) {
    uint64_t before = 0;
    std::memcpy(&before, place, bytes);
    note(&Facts::dst, reg_[0]);
    note(&Facts::src, source);
    const isa::AtomicOutcome outcome = isa::reference_atomic(insn, before, source, reg_[0]);
    std::memcpy(place, &outcome.memory, bytes);
    // r0 may be the source.
    if (insn.imm == isa::kCmpxchg) {
      reg_[0] = outcome.r0;
    } else {
      source = outcome.src;
    }
  } else {
    note_alignment(address);
    if (form == Form::store_register) note(&Facts::src, source);
    const uint64_t value = form == Form::store_register ? source : static_cast<uint64_t>(int64_t{insn.imm});
    std::memcpy(place, &value, bytes);
  }
}

void Machine::call(const Insn& insn) {
  if (insn.src() == isa::kCallLocal) {
    Frame frame = {next_, {}};
    std::memcpy(frame.kept, &reg_[6], sizeof frame.kept);
    frames_.push_back(frame);
    reg_[10] -= isa::kFrameStackBytes;
    next_ = pc_ + 1 + static_cast<size_t>(static_cast<int64_t>(insn.imm));
    return;
  }
  if (static_cast<uint32_t>(insn.imm) != kEchoHelper) std::abort();
  Facts& facts = trace_.facts[pc_];
  const auto first =
      static_cast<Upper>(static_cast<unsigned>(upper_of(reg_[1])) & 1 ? 1 : static_cast<unsigned>(upper_of(reg_[1])));
  facts.args[0] = seen_[pc_] ? common(facts.args[0], first) : first;
  for (unsigned i = 1; i < isa::kFactArgs; i++) facts.args[i] = Upper::either;
  reg_[0] = reg_[1];
}

void Machine::step() {
  const Insn insn = program_.code[pc_];
  next_ = pc_ + 1;
  uint64_t& dst = reg_[insn.dst()];
  const uint64_t src = reg_[insn.src()];
  const Form form = isa::form_of(insn.opcode);
  switch (form) {
    case Form::load_wide:
      dst = uint64_t{static_cast<uint32_t>(program_.code[pc_ + 1].imm)} << 32 | static_cast<uint32_t>(insn.imm);
      next_++;
      break;
    case Form::load:
    case Form::store_immediate:
    case Form::store_register:
    case Form::atomic:
      memory(insn);
      break;
    case Form::jump:
      next_ += static_cast<size_t>(int64_t{insn.offset});
      break;
    case Form::jump_wide:
      next_ += static_cast<size_t>(int64_t{insn.imm});
      break;
    case Form::branch_immediate:
    case Form::branch_register:
      note(&Facts::dst, dst);
      note(&Facts::src, src);
      if (isa::reference_taken(insn, dst, src)) next_ += static_cast<size_t>(int64_t{insn.offset});
      break;
    case Form::call:
      call(insn);
      break;
    case Form::exit:
      note(&Facts::dst, reg_[0]);
      if (frames_.empty()) {
        done_ = true;
      } else {
        next_ = frames_.back().pc;
        std::memcpy(&reg_[6], frames_.back().kept, sizeof frames_.back().kept);
        frames_.pop_back();
      }
      break;
    default:
      note(&Facts::dst, dst);
      note(&Facts::src, src);
      note(&Facts::count, count_of(static_cast<uint32_t>(src)));
      const bool wide = isa::operand_bits(insn.opcode) == 64;
      const bool divides = wide ? src != 0 : static_cast<uint32_t>(src) != 0;
      Facts& facts = trace_.facts[pc_];
      facts.divisor_not_zero = divides && (!seen_[pc_] || facts.divisor_not_zero);
      dst = isa::reference_arithmetic(insn, dst, src);
  }
  seen_[pc_] = true;
  trace_.executed[pc_]++;
  pc_ = next_;
}

bool is_call(const Insn& insn) { return insn.opcode == (isa::kJmp | isa::kCall); }

// Registers that an instruction defines, a bit each.
uint16_t written(const Insn& insn) { return is_call(insn) ? 0x3f : isa::register_use(insn).writes; }

// Upper words that are read behind an instruction, given those that are before every instruction.
uint16_t live_behind(const std::vector<Insn>& code, const std::vector<uint16_t>& live, size_t pc) {
  const Insn& insn = code[pc];
  const size_t next = pc + (insn.opcode == isa::kLddw ? 2 : 1);
  switch (isa::form_of(insn.opcode)) {
    case Form::exit:
      return 0;
    case Form::jump:
      return live[next + static_cast<size_t>(int64_t{insn.offset})];
    case Form::jump_wide:
      return live[next + static_cast<size_t>(int64_t{insn.imm})];
    case Form::branch_immediate:
    case Form::branch_register:
      return static_cast<uint16_t>(live[next] | live[next + static_cast<size_t>(int64_t{insn.offset})]);
    default:
      return live[next];
  }
}

void find_dead(const std::vector<Insn>& code, std::vector<Facts>& facts) {
  std::vector<uint16_t> live(code.size());
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = code.size(); i-- > 0;) {
      if (i > 0 && code[i - 1].opcode == isa::kLddw) continue;
      const Insn& insn = code[i];
      const uint16_t behind = live_behind(code, live, i);
      const bool local = is_call(insn) && insn.src() == isa::kCallLocal;
      const uint16_t result = is_call(insn) ? 1 : written(insn);
      facts[i].upper_dead = insn.opcode != (isa::kJmp | isa::kExit) && (behind & result) == 0;
      uint16_t before = static_cast<uint16_t>((behind & ~written(insn)) | isa::upper_reads(insn, facts[i]));
      if (local) before |= 0x3e;  // whatever the callee reads
      if (before != live[i]) changed = true;
      live[i] = before;
    }
  }
}

}  // namespace

Trace trace(const Program& program, uint64_t steps) { return Machine(program).run(steps); }

std::vector<uint8_t> fact_string(const std::vector<Insn>& code, std::vector<Facts> facts, std::mt19937_64& random,
                                 unsigned dropped) {
  const auto drops = [&] { return random() % 16 < dropped; };
  for (Facts& one : facts) {
    if (drops()) one.dst = Upper::in_register;
    if (drops()) one.src = Upper::in_register;
    if (drops()) one.count = ShiftCount::unknown;
    if (drops()) one.divisor_not_zero = false;
    if (drops()) one.alignment_log2 = 0;
    for (Upper& arg : one.args) {
      if (drops()) arg = Upper::in_register;
    }
  }
  find_dead(code, facts);
  isa::FactWriter writer;
  for (size_t i = 0; i < code.size(); i++) {
    if (drops()) facts[i].upper_dead = false;
    writer.add(code[i], facts[i]);
    if (code[i].opcode == isa::kLddw) i++;
  }
  return writer.take();
}

}  // namespace perdita::emulate
