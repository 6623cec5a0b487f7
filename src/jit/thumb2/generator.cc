// SPDX-License-Identifier: Apache-2.0
//
// From BPF to Thumb-2 on ARMv7-M (Cortex-M3 and up; ARM DDI 0403, "the manual").
//
// A BPF register has 64 bits, the machine's have 32. The low words of r0 to r9 are in machine registers, which
// docs/spec/calling.md names: those that programs use most are in r0 to r7, which the 16-bit encodings reach (A5.2).
// r10 is a word. The upper words have homes in the frame. Where a subprogram leaves machine registers over, its most
// used upper words live there instead: in r4 to r7, which its PUSH saves; in r8 and r9 where it calls no subprogram; in
// r0 to r3 where it calls nothing but routines. r12 and lr are scratch inside an instruction, r11 is the base of the
// link table.
//
// Arithmetic of 64 bits is the low words' with flags, then the upper words' with the carry. LDR, STR and MOV.W leave
// the flags alone, so what a carry waits for may be fetched between. ADC and SBC take a carry that means "no borrow" in
// subtractions (A7.7.174), which is what makes a 64-bit comparison CMP, SBCS and a condition: N, V and C of the upper
// words are then those of all 64 bits. Z is not; equality compares twice, the second time under IT.
//
// Facts (docs/spec/facts.md) say which upper words nobody reads, which are 0 or the sign, and so need no memory.
// Without them every upper word is computed, but of registers whose upper word the subprogram reads nowhere.
//
// Quirks:
// * Shifts by a register take the lowest byte of the count (A2.2.1): 32 to 255 shift everything out. BPF counts modulo
//   32 or 64, so counts are masked, and what is beyond 32 of 64 need no case of its own where that helps.
// * UDIV and SDIV by 0 give 0 (B3.2.8, CCR.DIV_0_TRP is 0), the smallest number divided by -1 is itself (A7.7.127):
//   what BPF wants. MLS then makes the remainder, of a division by 0 too.
// * LDR, STR, LDRH, STRH take any address; LDRD and STRD fault at what is no multiple of 4 (A3.2.1), so they
//   need a fact. A Cortex-M3 that is interrupted in an LDRD which loads its own base may start again with a wrong one
//   (ARM's erratum 602117): two LDRs there.
// * The 16-bit encodings of arithmetic set the flags, outside IT blocks (A7.3.2); they are used where nobody waits for
//   the flags. CBZ and CBNZ (A7.7.21) compare a low register with 0 and branch up to 126 bytes ahead.
// * Constants are MOVW and MOVT rather than literals: no pool, no alignment, and no more time than a load. Those of
//   loops are made once, in the prologue, where registers are left over (constants.cc).
//
// Three passes. `survey` (survey.cc) makes no code: it finds what each subprogram needs of a frame, and a bound of each
// instruction's offset. `shorten` makes code that goes nowhere, chooses branches, and finds the real offsets: behind a
// forward branch no instruction is longer than its bound, so what reached there reaches now; backward targets are
// known. `emit` does the same with the choices made, into the caller's buffer. Where that has room for the bounds and
// for a word per instruction, `direct` is both at once (patch.cc), and the first pass leaves there what it has read of
// facts.
//
// What r12 and lr hold of upper words, and whether it is 0, is remembered up to the next instruction that something
// jumps to; an upper word that the next instruction takes and replaces does not go home between.
#include "jit/thumb2/generator.h"
#include "isa/form.h"
#include "jit/thumb2/arithmetic.h"

namespace perdita::jit {
namespace thumb2 {
namespace {

using isa::Form;
using isa::Upper;

// By words, which a library's memset may not do.
void clear(void* from, uint32_t bytes) {
  auto* const words = static_cast<volatile uint32_t*>(from);
  for (uint32_t i = 0; i < bytes / sizeof(uint32_t); i++) words[i] = 0;
}

uint32_t surveys_bytes(const Program& program) { return aligned(program.subprograms.size() * sizeof(Survey)); }

}  // namespace

static size_t needed_bytes(const Program& program) {
  return offsets_bytes(program) + surveys_bytes(program) +
         aligned(two_bit_bytes(program.code.size()) + bit_bytes(program.code.size() + 1));
}

Generator::Generator(const Program& program, MutableBytes workspace, Span<uint16_t> costs)
    : Current(Output({})), program_(program), facts_reader_(program.facts), costs_(costs) {  // NOLINT: the rest
  clear(static_cast<State*>(this), sizeof(State));
  zero_of_ = index_ = owed_ = kNone;
  jump_next_ = kNowhere;
  uint8_t* const at = workspace.data();
  offsets_ = reinterpret_cast<uint16_t*>(at);
  uint8_t* const cleared = at + offsets_bytes(program);
  surveys_ = reinterpret_cast<Survey*>(cleared);
  choices_ = cleared + surveys_bytes(program);
  targets_ = choices_ + two_bit_bytes(program.code.size());
  if (workspace.size() < needed_bytes(program)) {
    failure_ = Failure::workspace_too_small;
  } else {
    clear(cleared, static_cast<uint32_t>(needed_bytes(program)) - offsets_bytes(program));
  }
}

Generated Generator::run(MutableBytes code) {
  if (failure_ != Failure::none) return {failure_, 0};
  mark_targets();
  const bool kept = keep_facts(code);
  survey();
  const uint32_t bound_bytes = 2 * offsets_[program_.code.size()];
  if (bounds_known_ && code.size() >= bound_bytes) {
    if (kept && code.size() < bound_bytes + 4 * (program_.code.size() + 1)) kept_facts_ = nullptr;
    pass(Pass::direct, code);
    if (failure_ == Failure::none) patch_branches();
    return {failure_, failure_ == Failure::none ? out_.size() : 0};
  }
  kept_facts_ = nullptr;
  pass(Pass::shorten, {});
  if (failure_ != Failure::none) return {failure_, 0};
  const uint32_t size_bytes = out_.size();
  if (code.data() == nullptr) return {Failure::none, size_bytes};
  if (size_bytes > code.size()) return {Failure::buffer_too_small, size_bytes};
  pass(Pass::emit, code);
  return {failure_, size_bytes};
}

// At the buffer's end, which the second pass does not reach where the buffer is large enough for both.
bool Generator::keep_facts(MutableBytes code) {
  const size_t bytes = 4 * program_.code.size();
  if (code.size() < bytes + 4) return false;
  kept_facts_ =
      reinterpret_cast<uint32_t*>(reinterpret_cast<uintptr_t>(code.data() + code.size() - bytes) & ~uintptr_t{3});
  return true;
}

// The same, from the words that the first pass has kept. Of a call those say where to read again.
void Generator::fetch_kept(uint32_t pc) {
  insn_ = program_.code.data()[pc];
  const uint32_t word = kept_facts_[pc];
  next_is_target_ = static_cast<uint8_t>(word >> kKeptTarget);
  if (insn_.opcode != (isa::kJmp | isa::kCall)) return take_kept(word, facts_);
  facts_reader_.seek(word & ((1u << kKeptTarget) - 1));
  facts_reader_.next(insn_, facts_);
}

void Generator::arithmetic() {
  if (isa::insn_class(insn_.opcode) == isa::kAlu64) {
    arithmetic64();
  } else {
    arithmetic32();
  }
  end_pair();
}

void Generator::end_pair() {
  if (!paired_) return;
  paired_ = shifted_up_ = lowest_bit_ = false;
  shift_ = 0;
  left_ = index_ = kNone;
  left_fact_ = Upper::in_register;
}

void Generator::instruction() {
  if (owed_ != kNone && !bears_debt()) settle();
  const Form form = isa::form_of(insn_.opcode);
  // Moves and the branch that asks keep what Z tells.
  const Reg zero_of = zero_of_;
  zero_of_ = kNone;
  switch (form) {
    case Form::move_register32:
    case Form::move_register64:
      zero_of_ = zero_of;
      if (leaves_to_next(form)) return;
      return arithmetic();
    case Form::alu_register:
      if (left_ != kNone && insn_.src() == insn_.dst()) {
        insn_.regs = isa::make_regs(insn_.dst(), left_);
        m_ = low(left_);
        if (facts_.src == Upper::in_register) facts_.src = left_fact_;
      }
      [[fallthrough]];
    case Form::alu_immediate:
      if (leaves_to_next(form)) return;
      return arithmetic();
    case Form::branch_immediate:
      zero_of_ = zero_of;
      return conditional_jump();
    case Form::load_wide:
      return load_wide();
    case Form::load:
      load();
      return end_pair();
    case Form::store_immediate:
    case Form::store_register:
      return store();
    case Form::atomic:
      return atomic();
    case Form::jump:
    case Form::jump_wide:
      target_ = jump_next_ != kNowhere ? jump_next_ : jump_target(pc_, insn_);
      if (jump_next_ != pc_ + 1) branch(kAlways);
      jump_next_ = kNowhere;
      return;
    case Form::branch_register:
      return conditional_jump();
    case Form::call:
      return call();
    case Form::exit:
      if (!facts_.upper_dead) {
        if (is_zero(facts_.dst)) {
          code().move_immediate(1, 0, Flags::any);
        } else {
          const Reg from = upper(0, facts_.dst, 1);
          if (from != 1) code().move(1, from);
        }
      }
      return epilogue();
    case Form::byte_order:
      return byte_order();
    default:
      return arithmetic();
  }
}

void Generator::pass(Pass pass, MutableBytes code) {
  pass_ = pass;
  out_ = Output(code);
  facts_reader_ = isa::FactReader(program_.facts);
  uint32_t next_subprogram = 0;
  uint32_t next_first = 0;  // where the next subprogram begins
  uint32_t counted = 0;     // machine instructions, up to here
  const auto instructions = static_cast<uint32_t>(program_.code.size());
  for (pc_ = 0; pc_ < instructions; pc_++) {
    const uint32_t at = pc_;
    if (next_first == at) {
      begin_subprogram(next_subprogram++);
      const bool more = next_subprogram < program_.subprograms.size();
      next_first = more ? program_.subprograms[next_subprogram].first : kNowhere;
    }
    // Of a subprogram's first instruction: behind the prologue, for a jump there does not make the frame again.
    const uint32_t halfwords = out_.size() / 2;
    if (pass != Pass::emit) {
      offsets_[at] = static_cast<uint16_t>(halfwords);
    } else if (offsets_[at] != halfwords) {
      failure_ = Failure::inconsistent;
    }
    if (next_is_target_ != 0) in_scratch_ = in_lr_ = 0;
    if (kept_facts_ != nullptr) {
      fetch_kept(at);
    } else {
      fetch(at);
    }
    wanted_ = upper_wanted(insn_.dst());
    d_ = low(insn_.dst());
    m_ = low(insn_.src());
    instruction();
    if (owed_ != kNone && next_is_target_ != 0) settle();
    if (at >= costs_.size()) continue;
    // A conditional jump that has changed targets with the one behind it: that one may be executed in its stead.
    const bool swapped = jump_next_ != kNowhere && jump_next_ != at + 2;
    costs_[at] = static_cast<uint16_t>(out_.instructions() - counted + (swapped ? 1 : 0));
    counted = out_.instructions();
  }
  if (out_.size() / 2 > kMostHalfwords) failure_ = Failure::program_too_large;
  if (pass != Pass::emit) offsets_[instructions] = static_cast<uint16_t>(out_.size() / 2);
}

void Generator::begin_subprogram(uint32_t index) {
  Survey& survey = surveys_[index];
  if (pass_ == Pass::direct) resolve(survey.entry);
  survey.entry = static_cast<uint16_t>(out_.size() / 2);
  enter_subprogram(index);
  prologue();
}

void Generator::enter_subprogram(uint32_t index) {
  subprogram_ = index;
  in_scratch_ = in_lr_ = 0;
  const Survey& survey = surveys_[index];
  upper_reads_ = survey.reads;
  place_constants(place_uppers(survey));
  saved_ = survey.uses_lr || survey.calls || survey.calls_routines ? 1u << kLr : 0;
  for (unsigned reg = 6; reg < kNumbers; reg++) {
    if (survey.writes(reg)) saved_ |= 1u << low(reg);
  }
  for (uint32_t i = 0; i < held_count_; i++) {
    if (held_[i] >= 4 && held_[i] < 8) saved_ |= 1u << held_[i];
  }
  uint32_t parts = survey.calls ? kArgsBytes : 0;
  for (unsigned reg = 0; reg < kNumbers; reg++) {
    if (uppers_[reg] != kInMemory) {
      if (uppers_[reg] >= 4 && uppers_[reg] < 8) saved_ |= 1u << uppers_[reg];
    } else if (survey.uppers[reg] != 0 && (survey.reads >> reg & 1) != 0) {
      const uint32_t end = upper_offset(reg) < kArgsBytes ? kArgsBytes : kUppersEnd;
      if (end > parts) parts = end;
    }
  }
  if (survey.calls_routines) parts = kBlockEnd;
  const auto saved = static_cast<uint32_t>(__builtin_popcount(saved_));
  parts_bytes_ = parts + 4 * (saved & 1);
  frame_bytes_ = parts_bytes_ + 4 * saved;
}

// The most used upper words go into registers that are left over; what is then left is the result.
uint32_t Generator::place_uppers(const Survey& survey) {
  uint32_t free = 0;
  for (unsigned reg = 0; reg < kNumbers; reg++) {
    if (survey.names(reg)) continue;
    const Reg machine = low(reg);
    const bool kept = machine >= 4 && machine < 8;
    const bool kept_by_c = machine >= 8;
    if (kept || (kept_by_c ? !survey.calls_subprograms : !survey.calls)) free |= 1u << machine;
  }
  for (Reg& upper : uppers_) upper = kInMemory;
  while (free != 0 && survey.reads != 0) {
    unsigned best = kNumbers;
    for (unsigned reg = 0; reg < kNumbers; reg++) {
      const bool open = uppers_[reg] == kInMemory && survey.uppers[reg] != 0 && (survey.reads >> reg & 1) != 0;
      if (open && (best == kNumbers || survey.uppers[reg] > survey.uppers[best])) best = reg;
    }
    if (best == kNumbers) return free;
    const auto machine = static_cast<Reg>(__builtin_ctz(free));
    free &= free - 1;
    uppers_[best] = machine;
  }
  return free;
}

void Generator::prologue() {
  if (saved_ != 0) code().push(saved_);
  if (parts_bytes_ != 0) code().adjust_stack(true, parts_bytes_);
  for (unsigned reg = 1; reg <= 5; reg++) {
    const Survey& survey = surveys_[subprogram_];
    if (survey.uppers[reg] == 0 || (upper_reads_ & survey.passed & 1u << reg) == 0) continue;
    const Reg target = uppers_[reg] == kInMemory ? kScratch : uppers_[reg];
    code().restore_word(target, frame_bytes_ + upper_offset(reg));
    if (uppers_[reg] == kInMemory) code().save_word(target, upper_offset(reg));
  }
  for (uint32_t i = 0; i < held_count_; i++) code().move_immediate(held_[i], held_values_[i], Flags::any);
}

void Generator::epilogue() {
  if (parts_bytes_ != 0) code().adjust_stack(false, parts_bytes_);
  const bool returns = (saved_ >> kLr & 1) != 0;
  if (saved_ != 0) code().pop(saved_, returns);
  if (!returns) code().branch_to_lr();
}

Reg Generator::low(unsigned reg) {
  static constexpr Reg kLow[] = {0, 1, 2, 3, 8, 9, 4, 5, 6, 7, kFrame};
  return kLow[reg];
}

uint32_t Generator::upper_offset(unsigned reg) {
  if (reg >= 1 && reg <= 5) return 8 * (reg - 1) + 4;
  return reg == 0 ? kArgsBytes : kArgsBytes + 4 * (reg - 5);
}

Reg Generator::lr() {
  if ((saved_ >> kLr & 1) == 0) failure_ = Failure::inconsistent;
  in_lr_ = 0;
  return kLr;
}

Reg Generator::upper(unsigned reg, Upper fact, Reg scratch) {
  const bool zero = reg >= kNumbers || is_zero(fact);
  if (!zero && is_sign(fact)) {
    code().shift(Shift::asr | Flags::keep, scratch, low(reg), 31);
    return scratch;
  }
  if (zero) {
    reg = kFrame;
  } else if (uppers_[reg] != kInMemory) {
    return uppers_[reg];
  }
  if (scratch_written) in_scratch_ = 0;
  if ((in_scratch_ >> reg & 1) != 0) return kScratch;
  if (zero) {
    scratch = constant(0, scratch);
  } else {
    code().restore_word(scratch, upper_offset(reg));
  }
  if (scratch == kScratch) note_scratch(static_cast<uint16_t>(1u << reg));
  return scratch;
}

Reg Generator::upper_target(unsigned reg, Reg scratch) const {
  return uppers_[reg] != kInMemory ? uppers_[reg] : scratch;
}

void Generator::upper_done(unsigned reg, Reg from) {
  if (uppers_[reg] == kInMemory) {
    code().save_word(from, upper_offset(reg));
    const auto bit = static_cast<uint16_t>(1u << reg);
    const auto others = static_cast<uint16_t>(scratch_written ? 0 : in_scratch_ & ~bit);
    note_scratch(from == kScratch ? others | bit : others);
    in_lr_ = static_cast<uint16_t>(from == kLr ? in_lr_ | bit : in_lr_ & ~bit);
  } else if (uppers_[reg] != from) {
    code().move(uppers_[reg], from);
  }
}

void Generator::last_upper(Reg from) {
  const unsigned reg = insn_.dst();
  if (uppers_[reg] != kInMemory || from != kScratch || !next_takes_upper()) return upper_done(reg, from);
  const auto bit = static_cast<uint16_t>(1u << reg);
  note_scratch(bit);
  in_lr_ = static_cast<uint16_t>(in_lr_ & ~bit);
}

void Generator::set_upper(uint32_t value) {
  if (!wanted_) return;
  const Reg target = uppers_[insn_.dst()];
  if (target == kInMemory) {
    return put_upper(value == 0 ? upper(kFrame, Upper::zero, kScratch) : constant(value, kScratch));
  }
  code().move_immediate(target, value, zero_of_ == kNone ? Flags::any : Flags::keep);
}

void Generator::set_upper_by_sign() {
  if (!wanted_) return;
  const Reg target = result_upper();
  code().shift(Shift::asr | Flags::any, target, d_, 31);
  put_upper(target);
}

void Generator::keep_upper() {
  const unsigned dst = insn_.dst();
  if (!wanted_ || (left_number() == dst && left_fact() == Upper::in_register)) return;
  put_upper(left_upper(result_upper()));
}

// d = n op value, by way of `scratch` where the value does not fit the instruction.
void Generator::operate(Operation operation, Reg d, Reg n, uint32_t value, Reg scratch) {
  const Op op = op_of(operation);
  const Flags flags = flags_of(operation);
  if (op == Op::and_ && flags != Flags::set && (value == 0xff || value == 0xffff))
    return code().extend(value == 0xff ? Extend::uxtb : Extend::uxth, d, n);
  if (op == Op::and_ && code().operate_immediate(Op::bic | flags, d, n, ~value)) return;
  if (code().operate_immediate(operation, d, n, value)) return;
  code().operate(operation, d, n, constant(value, scratch));
}

uint32_t Generator::skip() {
  const uint32_t at = out_.size();
  code().no_operation();
  return at;
}

void Generator::land(uint32_t from, Condition condition) {
  in_scratch_ = in_lr_ = 0;
  const uint32_t units = (out_.size() - from - 4) / 2;
  out_.store(from, condition == kAlways ? 0xe000u | (units & 0x7ff)
                                        : 0xd000u | static_cast<uint32_t>(condition) << 8 | (units & 0xff));
}

static Generated generate(const Program& program, MutableBytes workspace, MutableBytes code, Span<uint16_t> costs) {
  return Generator(program, workspace, costs).run(code);
}

}  // namespace thumb2

constinit const Target armv7m = {"armv7m", 3, thumb2::needed_bytes, thumb2::generate};

}  // namespace perdita::jit
