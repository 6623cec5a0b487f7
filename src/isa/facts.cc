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

// As the table, and where it does not say.
uint8_t fields_by_more(const Insn& insn) {
  const bool whole = insn_class(insn.opcode) == kStx ? access_bytes(insn.opcode) == 8 : insn.imm == 64;
  switch (form_of(insn.opcode)) {
    case Form::byte_order:
      return kFactUpperDead | (whole ? kFactDst : 0);
    case Form::call:
      return insn.src() == kCallLocal ? 0 : kFactUpperDead | kFactArguments;
    case Form::atomic: {
      const uint8_t result = (insn.imm & kFetch) != 0 ? kFactUpperDead : 0;
      if (!whole) return result;
      return result | kFactSrc | (insn.imm == kCmpxchg ? kFactDst : 0);
    }
    default:
      return kFieldsOfOpcodes.fields[insn.opcode];
  }
}

}  // namespace

uint8_t fact_fields(const Insn& insn) { return fields_by_more(insn); }

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

// From the lowest bits of the window. How many those were.
[[gnu::always_inline]] static inline uint32_t unpack(uint32_t fields, uint32_t window, Facts& facts) {
  uint32_t bits = 0;
  if ((fields & kFactUpperDead) != 0) {
    facts.upper_dead = (window & 1) != 0;
    window >>= 1;
    bits++;
  }
  const auto two = [&window, &bits] {
    const uint32_t value = window & 3;
    window >>= 2;
    bits += 2;
    return static_cast<uint8_t>(value);
  };
  if ((fields & kFactDst) != 0) facts.dst = static_cast<Upper>(two());
  if ((fields & kFactSrc) != 0) facts.src = static_cast<Upper>(two());
  if (fields < kFactCount) return bits;
  // One of these.
  if ((fields & kFactAlignment) != 0) {
    facts.alignment_log2 = two();
  } else if ((fields & kFactCount) != 0) {
    facts.count = static_cast<ShiftCount>(two());
  } else {
    facts.divisor_not_zero = (window & 1) != 0;
    bits++;
  }
  return bits;
}

// What takes longer: an opcode alone does not tell the fields.
[[gnu::noinline]] void FactReader::next_rare(const Insn& insn, Facts& facts) {
  const uint32_t fields = fields_by_more(insn);
  uint32_t bits = 0;
  if ((fields & kFactArguments) == 0) {
    bits = unpack(fields, window_, facts);
  } else {
    facts.upper_dead = (window_ & 1) != 0;
    uint32_t window = window_ >> 1;
    for (Upper& arg : facts.args) {
      arg = static_cast<Upper>(window & 3);
      window >>= 2;
    }
    bits = 1 + 2 * kFactArgs;
  }
  window_ >>= bits;
  ahead_ -= static_cast<int32_t>(bits);
}

// Generators spend much of their time here.
void FactReader::next(const Insn& insn, Facts& facts) {
  __builtin_memset(__builtin_assume_aligned(static_cast<void*>(&facts), alignof(Facts)), 0, sizeof facts);
  const uint32_t fields = kFieldsOfOpcodes.fields[insn.opcode];
  if (fields == 0 || ahead_ < 0) return;
  // No instruction has more than 11 bits.
  while (ahead_ < 11 && next_ != bits_.end()) {
    window_ |= uint32_t{*next_++} << ahead_;
    ahead_ += 8;
  }
  if ((fields & kMoreDecides) != 0) return next_rare(insn, facts);
  const uint32_t bits = unpack(fields, window_, facts);
  window_ >>= bits;
  ahead_ -= static_cast<int32_t>(bits);
}

void FactReader::seek(uint32_t position) {
  const uint32_t byte = position / 8;
  const bool inside = byte < bits_.size();
  next_ = inside ? bits_.data() + byte + 1 : bits_.end();
  ahead_ = static_cast<int32_t>(8 * static_cast<uint32_t>(next_ - bits_.data())) - static_cast<int32_t>(position);
  window_ = inside ? uint32_t{next_[-1]} >> position % 8 : 0;
}

bool FactReader::ends() const { return next_ == bits_.end() && ahead_ >= 0 && ahead_ < 8 && window_ == 0; }

bool facts_fit(Span<const Insn> code, Bytes bits) {
  FactReader reader(bits);
  for (size_t pc = 0; pc < code.size(); pc++) {
    static_cast<void>(reader.next(code[pc]));
    if (code[pc].opcode == kLddw) pc++;
  }
  return reader.ends();
}

}  // namespace perdita::isa
