// SPDX-License-Identifier: Apache-2.0
#include "isa/facts.h"

#include <stddef.h>

#include "isa/form_table.h"

namespace perdita::isa {
namespace {

// In the order of Form: what the form has, in 64 bits and of accesses of 8 bytes.
constexpr uint8_t kFieldsOfForms[] = {
    /* invalid          */ 0,
    /* legacy           */ 0,
    /* load_wide        */ kFactUpperDead,
    /* load             */ kFactUpperDead | kFactAlignment,
    /* store_immediate  */ kFactAlignment,
    /* store_register   */ kFactSrc | kFactAlignment,
    /* atomic           */ 0,
    /* alu_immediate    */ kFactUpperDead | kFactDst,
    /* alu_register     */ kFactUpperDead | kFactDst | kFactSrc,
    /* divide_immediate */ kFactUpperDead | kFactDst,
    /* divide_register  */ kFactUpperDead | kFactDst | kFactSrc | kFactDivisor,
    /* move_immediate   */ kFactUpperDead,
    /* move_register32  */ kFactUpperDead,
    /* move_register64  */ kFactUpperDead | kFactSrc,
    /* negate           */ kFactUpperDead | kFactDst,
    /* byte_order       */ kFactUpperDead,
    /* jump             */ 0,
    /* jump_wide        */ 0,
    /* branch_immediate */ kFactDst,
    /* branch_register  */ kFactDst | kFactSrc,
    /* call             */ kFactUpperDead | kFactArguments,
    /* exit             */ kFactUpperDead | kFactDst,
};
static_assert(sizeof(kFieldsOfForms) == static_cast<size_t>(Form::exit) + 1);

// More than the opcode decides, for it is one of byte_order, call and atomic.
constexpr uint8_t kMoreDecides = 0x80;

constexpr uint8_t fields_of_opcode(Form form, uint8_t opcode) {
  const uint8_t fields = kFieldsOfForms[static_cast<uint8_t>(form)];
  if (form == Form::byte_order || form == Form::call || form == Form::atomic) return kMoreDecides;
  const uint8_t op = insn_op(opcode);
  const bool counts = form == Form::alu_register && (op == kLsh || op == kRsh || op == kArsh);
  switch (insn_class(opcode)) {
    case kAlu:
    case kJmp32:
      return counts ? kFactUpperDead | kFactCount : fields & ~(kFactDst | kFactSrc);
    case kAlu64:
      return counts ? kFactUpperDead | kFactDst | kFactCount : fields;
    case kJmp:
      return fields;
    default: {  // loads and stores
      const unsigned bytes = access_bytes(opcode);
      return bytes == 8 ? fields : fields & ~(kFactSrc | (bytes == 1 ? kFactAlignment : 0));
    }
  }
}

struct FieldTable {
  uint8_t fields[256];
};
constexpr FieldTable make_field_table() {
  const FormTable forms = detail::make_form_table();
  FieldTable table{};
  for (unsigned opcode = 0; opcode < 256; opcode++) {
    table.fields[opcode] = fields_of_opcode(forms.forms[opcode], static_cast<uint8_t>(opcode));
  }
  return table;
}
// Generators ask for each instruction, twice.
constexpr FieldTable kFieldsOfOpcodes = make_field_table();

bool is_wide(const Insn& insn) { return operand_bits(insn.opcode) == 64; }

// Then the upper half of what it is masked with does not matter.
bool is_zero(Upper upper) { return upper == Upper::zero || upper == Upper::either; }

uint16_t bit(unsigned reg) { return static_cast<uint16_t>(1u << reg); }

// Arithmetic of 64 bits whose upper half is read: the result's upper half comes from the operands' upper halves, or the
// lower half does as well.
uint16_t reads_of_arithmetic(const Insn& insn, const Facts& facts) {
  const uint16_t dst = facts.dst == Upper::in_register ? bit(insn.dst()) : uint16_t{0};
  const bool by_register = uses_register(insn.opcode);
  const uint16_t src = by_register && facts.src == Upper::in_register ? bit(insn.src()) : uint16_t{0};
  switch (insn_op(insn.opcode)) {
    case kRsh:
    case kArsh:
      return dst;
    case kDiv:
    case kMod:
      return dst | src;
    case kEnd:
      // A swap of 64 bits exchanges the halves.
      return insn.imm == 64 && (insn_class(insn.opcode) == kAlu64 || by_register || !facts.upper_dead) ? dst
                                                                                                       : uint16_t{0};
    default:
      break;
  }
  if (facts.upper_dead) return 0;
  switch (insn_op(insn.opcode)) {
    case kMov:
      return insn.offset == 0 ? src : uint16_t{0};  // otherwise it extends part of the lower half
    case kLsh:
      if (by_register) return facts.count == ShiftCount::from_32 ? uint16_t{0} : dst;
      return (insn.imm & 32) != 0 ? uint16_t{0} : dst;
    case kAnd:
      if (!by_register) return insn.imm < 0 ? dst : uint16_t{0};
      return is_zero(facts.dst) || is_zero(facts.src) ? uint16_t{0} : dst | src;
    case kOr:
      return by_register || insn.imm >= 0 ? dst | src : uint16_t{0};
    default:
      return dst | src;
  }
}

[[gnu::noinline]] uint8_t fields_by_more(const Insn& insn) {
  const bool whole = insn_class(insn.opcode) == kStx ? access_bytes(insn.opcode) == 8 : insn.imm == 64;
  switch (form_of(insn.opcode)) {
    case Form::byte_order:
      return kFactUpperDead | (whole ? kFactDst : 0);
    case Form::call:
      return insn.src() == kCallLocal ? 0 : kFactUpperDead | kFactArguments;
    default: {  // atomic
      const uint8_t result = (insn.imm & kFetch) != 0 ? kFactUpperDead : 0;
      if (!whole) return result;
      return result | kFactSrc | (insn.imm == kCmpxchg ? kFactDst : 0);
    }
  }
}

inline uint32_t fields_of(const Insn& insn) {
  const uint32_t fields = kFieldsOfOpcodes.fields[insn.opcode];
  return (fields & kMoreDecides) == 0 ? fields : fields_by_more(insn);
}

}  // namespace

uint8_t fact_fields(const Insn& insn) { return static_cast<uint8_t>(fields_of(insn)); }

uint16_t upper_reads(const Insn& insn, const Facts& facts) {
  const uint16_t dst = facts.dst == Upper::in_register ? bit(insn.dst()) : uint16_t{0};
  const uint16_t src = facts.src == Upper::in_register ? bit(insn.src()) : uint16_t{0};
  switch (form_of(insn.opcode)) {
    case Form::alu_immediate:
    case Form::alu_register:
    case Form::divide_immediate:
    case Form::divide_register:
    case Form::move_register64:
    case Form::negate:
      return is_wide(insn) ? reads_of_arithmetic(insn, facts) : uint16_t{0};
    case Form::byte_order:
      return reads_of_arithmetic(insn, facts);
    case Form::store_register:
      return access_bytes(insn.opcode) == 8 ? src : uint16_t{0};
    case Form::atomic: {
      if (access_bytes(insn.opcode) != 8) return 0;
      const bool compares = insn.imm == kCmpxchg && facts.dst == Upper::in_register;
      return compares ? src | bit(0) : src;
    }
    case Form::branch_immediate:
      if (!is_wide(insn) || (insn_op(insn.opcode) == kJset && insn.imm >= 0)) return 0;
      return dst;
    case Form::branch_register:
      if (!is_wide(insn) || (insn_op(insn.opcode) == kJset && (is_zero(facts.dst) || is_zero(facts.src)))) return 0;
      return dst | src;
    case Form::call: {
      if (insn.src() == kCallLocal) return 0;
      uint16_t reads = 0;
      for (unsigned i = 0; i < kFactArgs; i++) {
        if (facts.args[i] == Upper::in_register) reads |= bit(i + 1);
      }
      return reads;
    }
    case Form::exit:
      return !facts.upper_dead && facts.dst == Upper::in_register ? bit(0) : uint16_t{0};
    default:
      return 0;
  }
}

// What stands at the position and behind it, near the end, where four bytes are not there; behind it nothing is known.
[[gnu::noinline, gnu::cold]] uint32_t FactReader::window() const {
  uint32_t window = 0;
  const size_t bytes = bits_.size();
  if (bytes >= sizeof window) {
    __builtin_memcpy(&window, bits_.data() + bytes - sizeof window, sizeof window);
    const size_t begin = 8 * (bytes - sizeof window);
    return position_ - begin < 32 ? window >> (position_ - begin) : 0;
  }
  for (size_t i = 0; i < bytes; i++) window |= uint32_t{bits_[i]} << (8 * i);
  return position_ < 32 ? window >> position_ : 0;
}

// Generators spend much of their time here.
void FactReader::next(const Insn& insn, Facts& facts) {
  __builtin_memset(static_cast<void*>(&facts), 0, sizeof facts);  // by words
  const uint32_t fields = fields_of(insn);
  if (fields == 0) return;
  const size_t position = position_;
  uint32_t window;
  // All fields of an instruction lie in three bytes, wherever they begin.
  if (position < whole_words_) {
    const uint8_t* const at = bits_.data() + position / 8;
#if defined(__riscv) || defined(__xtensa__)
    window = at[0] | uint32_t{at[1]} << 8 | uint32_t{at[2]} << 16;  // may be at any address
#else
    __builtin_memcpy(&window, at, sizeof window);
#endif
    window >>= position % 8;
  } else if (bits_.empty()) {
    position_ = 1;  // nothing ends there
    return;
  } else {
    window = this->window();
  }
  // Most instructions have these three or some of them, and nothing else; what is not there is 0 bits wide.
  static_assert(kFactUpperDead == 1 && kFactDst == 2 && kFactSrc == 4);
  static_assert(offsetof(Facts, upper_dead) == 0 && offsetof(Facts, dst) == 1 && offsetof(Facts, src) == 2);
  const uint32_t dead_bits = fields & 1;
  const uint32_t dst_bits = fields & 2;
  const uint32_t src_bits = fields >> 1 & 2;
  uint32_t first = window & dead_bits;
  window >>= dead_bits;
  first |= (window & (dst_bits | dst_bits >> 1)) << 8;
  window >>= dst_bits;
  first |= (window & (src_bits | src_bits >> 1)) << 16;
  window >>= src_bits;
  __builtin_memcpy(static_cast<void*>(&facts), &first, sizeof first);
  position_ = position + dead_bits + dst_bits + src_bits;
  if (fields < kFactCount) return;
  const auto take = [&window, this](unsigned count) {
    const uint32_t value = window & ((1u << count) - 1);
    window >>= count;
    position_ += count;
    return value;
  };
  // One of these four.
  if ((fields & kFactAlignment) != 0) {
    facts.alignment_log2 = static_cast<uint8_t>(take(2));
  } else if ((fields & kFactCount) != 0) {
    facts.count = static_cast<ShiftCount>(take(2));
  } else if ((fields & kFactDivisor) != 0) {
    facts.divisor_not_zero = take(1) != 0;
  } else {
    for (Upper& arg : facts.args) arg = static_cast<Upper>(take(2));
  }
}

bool FactReader::ends() const {
  if (position_ > 8 * bits_.size() || (position_ + 7) / 8 != bits_.size()) return false;
  return position_ % 8 == 0 || bits_[position_ / 8] >> (position_ % 8) == 0;
}

bool facts_fit(Span<const Insn> code, Bytes bits) {
  FactReader reader(bits);
  for (size_t pc = 0; pc < code.size(); pc++) {
    static_cast<void>(reader.next(code[pc]));
    if (code[pc].opcode == kLddw) pc++;
  }
  return reader.ends();
}

}  // namespace perdita::isa
