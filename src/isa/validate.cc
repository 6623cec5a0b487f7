// SPDX-License-Identifier: Apache-2.0
#include "isa/validate.h"

#include "isa/form.h"
#include "isa/helpers.h"

namespace perdita::isa {
namespace {

using Code = Span<const Insn>;

constexpr const char* kTooManySubprograms = "more than 64 subprograms";
static_assert(kMaxSubprograms == 64, "the text above");

// Whether `slot` can be gone to: inside the program, and an instruction of its own. The second half of a lddw has
// opcode 0, and nothing else has: where another instruction holds 0 it is itself refused.
bool is_instruction(Code code, int64_t slot) {
  return slot >= 0 && slot < static_cast<int64_t>(code.size()) && code[static_cast<size_t>(slot)].opcode != 0;
}

const char* check_target(Code code, int64_t target) {
  if (target < 0 || target >= static_cast<int64_t>(code.size())) return "jump out of the program";
  return is_instruction(code, target) ? nullptr : "jump into the second half of a lddw";
}

bool refers_to_subprogram(const Insn& insn) {
  return (insn.opcode == (kJmp | kCall) && insn.src() == kCallLocal) ||
         (insn.opcode == kLddw && insn.src() == kLddwFunction);
}

int64_t subprogram_target(uint32_t pc, const Insn& insn) { return int64_t{pc} + insn.imm + 1; }

// Where the subprograms start, ascending: the entry, and whatever a call or a callback's handle refers to. Each ends
// where the next one starts.
class Subprograms {
 public:
  // Adds the start `first` unless it is there; false where the table is full.
  bool add(uint32_t first) {
    const unsigned at = count_of_starts_up_to(first);
    if (starts_[at - 1] == first) return true;
    if (count_ == kMaxSubprograms) return false;
    for (unsigned i = count_; i > at; i--) starts_[i] = starts_[i - 1];
    starts_[at] = first;
    count_++;
    return true;
  }

  // The range [first, end) of the subprogram that holds `pc`, in a program of `size` slots.
  void range_of(uint32_t pc, size_t size, uint32_t& first, size_t& end) const {
    const unsigned behind = count_of_starts_up_to(pc);
    first = starts_[behind - 1];
    end = behind == count_ ? size : starts_[behind];
  }

 private:
  // At least 1: the entry is 0. Binary search.
  unsigned count_of_starts_up_to(uint32_t pc) const {
    unsigned low = 1;
    unsigned high = count_;
    while (low < high) {
      const unsigned middle = (low + high) / 2;
      if (starts_[middle] <= pc) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  uint32_t starts_[kMaxSubprograms] = {};
  unsigned count_ = 1;
};

const char* check_register(RegisterRule rule, unsigned reg, bool written) {
  switch (rule) {
    case RegisterRule::reserved:
      return reg == 0 ? nullptr : "a reserved register field is not zero";
    case RegisterRule::reference_kind:
      return nullptr;  // check_reference
    default:
      if (reg > kFrameRegister) return "no such register";
      return written && reg == kFrameRegister ? "r10 can only be read" : nullptr;
  }
}

const char* check_offset(OffsetRule rule, int offset) {
  switch (rule) {
    case OffsetRule::reserved:
      return offset == 0 ? nullptr : "the reserved offset is not zero";
    case OffsetRule::signed_division:
      return offset == 0 || offset == 1 ? nullptr : "the offset of a division is neither 0 nor 1";
    case OffsetRule::extension32:
      return offset == 0 || offset == 8 || offset == 16 ? nullptr : "the offset of a 32-bit move is not 0, 8 or 16";
    case OffsetRule::extension64:
      return offset == 0 || offset == 8 || offset == 16 || offset == 32 ? nullptr
                                                                        : "the offset of a move is not 0, 8, 16 or 32";
    case OffsetRule::displacement:
    case OffsetRule::target:
      return nullptr;
  }
  return nullptr;
}

const char* check_imm(ImmRule rule, int32_t imm) {
  switch (rule) {
    case ImmRule::reserved:
      return imm == 0 ? nullptr : "the reserved immediate is not zero";
    case ImmRule::swap_bits:
      return imm == 16 || imm == 32 || imm == 64 ? nullptr : "the width of a byte swap is not 16, 32 or 64";
    case ImmRule::atomic_operation:
      return is_atomic_operation(imm) ? nullptr : "no such atomic operation";
    case ImmRule::value:
    case ImmRule::target:
    case ImmRule::reference:
      return nullptr;
  }
  return nullptr;
}

const char* check_subprogram(Code code, uint32_t pc) {
  return is_instruction(code, subprogram_target(pc, code[pc])) ? nullptr : "a reference to no subprogram";
}

const char* check_map(int32_t index, const References& references) {
  return index >= 0 && static_cast<uint32_t>(index) < references.maps ? nullptr : "a reference to no map";
}

const char* check_call(Code code, uint32_t pc, const References& references) {
  const Insn& insn = code[pc];
  switch (insn.src()) {
    case kCallHelper:
      return find_helper(static_cast<uint32_t>(insn.imm)) != nullptr ? nullptr : "no such helper";
    case kCallLocal:
      return check_subprogram(code, pc);
    case kCallFunction:
      return insn.imm >= 0 && static_cast<uint32_t>(insn.imm) < references.functions ? nullptr
                                                                                     : "a reference to no function";
    default:
      return "no such kind of call";
  }
}

const char* check_load_wide(Code code, uint32_t pc, const References& references) {
  const Insn& insn = code[pc];
  if (pc + 1 >= code.size()) return "the second half of a lddw is missing";
  const Insn& next = code[pc + 1];
  if (next.opcode != 0 || next.regs != 0 || next.offset != 0) return "the second half of a lddw is not empty";
  switch (insn.src()) {
    case kLddwImm:
      return nullptr;
    case kLddwFunction:
      return next.imm == 0 ? check_subprogram(code, pc) : "the reserved immediate is not zero";
    case kLddwMap:
      return next.imm == 0 ? check_map(insn.imm, references) : "the reserved immediate is not zero";
    case kLddwMapValue:
      return check_map(insn.imm, references);
    default:
      return "no such kind of lddw";
  }
}

// What the fields of one instruction say, without where they lead.
const char* check_fields(const Insn& insn, Form form) {
  const FormRules rules = rules_of(form);
  const bool writes_dst = rules.dst == RegisterRule::write || rules.dst == RegisterRule::read_write;
  const bool writes_src = form == Form::atomic && (register_use(insn).writes >> insn.src() & 1) != 0;
  if (const char* reason = check_register(rules.dst, insn.dst(), writes_dst)) return reason;
  if (const char* reason = check_register(rules.src, insn.src(), writes_src)) return reason;
  if (const char* reason = check_offset(rules.offset, insn.offset)) return reason;
  return check_imm(rules.imm, insn.imm);
}

// Where control goes from the instruction at `pc`, which takes `slots`: inside its subprogram, to instructions only.
const char* check_flow(Code code, uint32_t pc, unsigned slots, const FormRules& rules, const Subprograms& subprograms) {
  const Insn& insn = code[pc];
  uint32_t first = 0;
  size_t end = 0;
  subprograms.range_of(pc, code.size(), first, end);
  const bool has_target = rules.offset == OffsetRule::target || rules.imm == ImmRule::target;
  if (has_target) {
    const int64_t target = int64_t{pc} + 1 + (rules.offset == OffsetRule::target ? insn.offset : insn.imm);
    if (const char* reason = check_target(code, target)) return reason;
    if (target < int64_t{first} || target >= static_cast<int64_t>(end)) return "jump into another subprogram";
  }
  const Form form = form_of(insn.opcode);
  const bool goes_on = form != Form::exit && form != Form::jump && form != Form::jump_wide;
  if (goes_on && pc + slots >= end) {
    return end == code.size() ? "execution runs off the end of the program" : "execution runs into another subprogram";
  }
  return nullptr;
}

const char* check_instruction(Code code, uint32_t pc, unsigned slots, const References& references,
                              const Subprograms& subprograms) {
  const Insn& insn = code[pc];
  const Form form = form_of(insn.opcode);
  if (form == Form::invalid) return "no such instruction";
  if (form == Form::legacy) return "packet access of classic BPF is not supported";
  if (const char* reason = check_fields(insn, form)) return reason;
  if (form == Form::call) {
    if (const char* reason = check_call(code, pc, references)) return reason;
  }
  if (form == Form::load_wide) {
    if (const char* reason = check_load_wide(code, pc, references)) return reason;
  }
  return check_flow(code, pc, slots, rules_of(form), subprograms);
}

}  // namespace

bool validate(Code code, const References& references, Violation& violation) {
  if (code.empty()) {
    violation = {0, "the program is empty"};
    return false;
  }
  if (code.size() > kMaxInstructions) {
    violation = {kMaxInstructions, "the program is too long"};
    return false;
  }
  const auto size = static_cast<uint32_t>(code.size());

  Subprograms subprograms;
  uint32_t one_too_many = size;  // the first reference to a subprogram that the table did not take
  for (uint32_t pc = 0; pc < size && one_too_many == size; pc++) {
    if (!refers_to_subprogram(code[pc])) continue;
    const int64_t target = subprogram_target(pc, code[pc]);
    if (is_instruction(code, target) && !subprograms.add(static_cast<uint32_t>(target))) one_too_many = pc;
  }

  for (uint32_t pc = 0; pc < size;) {
    const unsigned slots = code[pc].opcode == kLddw ? 2 : 1;
    const char* reason = check_instruction(code, pc, slots, references, subprograms);
    if (reason == nullptr && pc == one_too_many) reason = kTooManySubprograms;
    if (reason != nullptr) {
      violation = {pc, reason};
      return false;
    }
    pc += slots;
  }
  return true;
}

}  // namespace perdita::isa
