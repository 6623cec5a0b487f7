// SPDX-License-Identifier: Apache-2.0
//
// What a proof says about single instructions so that a 32-bit machine can run them fast: which upper halves nobody
// reads, which operands are extensions of their lower halves, which accesses are aligned, which divisors are not zero
// (docs/spec/facts.md). Facts travel in a claim as one string of bits per program; its fields follow from the
// instructions, which is why reading goes along with the code. Read by code generators, on the board and off it.
// Freestanding; any context; constant time per instruction; any bytes may be read: behind their end nothing is known.
#pragma once

#include "isa/insn.h"
#include "isa/span.h"

namespace perdita::isa {

// What an operand's upper half is. Bits, so that what holds on several paths is the common part.
enum class Upper : uint8_t {
  in_register = 0,  // not known: whatever the register's upper half holds
  zero = 1,         // 0; the register's upper half may hold anything
  sign = 2,         // copies of bit 31; likewise
  either = 3        // both: they are the same. Of an argument: neither of its words is read
};

// Where the count of a shift by a register lies, before it is masked.
enum class ShiftCount : uint8_t { unknown = 0, below_32 = 1, from_32 = 2, below_64 = 3 };

constexpr unsigned kFactArgs = 5;

struct alignas(4) Facts {  // copied by words
  // Nobody reads the upper half of what this instruction writes, as it stands in the register. Of an exit: of r0.
  bool upper_dead = false;
  Upper dst = Upper::in_register;  // of the dst operand; of r0 for exit and compare-and-exchange
  Upper src = Upper::in_register;
  ShiftCount count = ShiftCount::unknown;
  bool divisor_not_zero = false;
  uint8_t alignment_log2 = 0;  // the address of the access is a multiple of 1 << this
  Upper args[kFactArgs] = {};  // r1 to r5 of a helper or function
  bool operator==(const Facts&) const = default;
};

// The fields that an instruction has, in the order in which they stand.
enum FactField : uint8_t {
  kFactUpperDead = 1 << 0,  // 1 bit
  kFactDst = 1 << 1,        // 2 bits
  kFactSrc = 1 << 2,        // 2 bits
  kFactCount = 1 << 3,      // 2 bits
  kFactDivisor = 1 << 4,    // 1 bit
  kFactAlignment = 1 << 5,  // 2 bits
  kFactArguments = 1 << 6,  // 5 times 2 bits
};

// A set of FactField, for any instruction; nothing for what validate refuses.
uint8_t fact_fields(const Insn& insn);

// Registers, a bit each, whose upper half the instruction may read where these facts hold: a generator reads no other.
// A call of a subprogram hands over registers as they are, and is not counted here.
uint16_t upper_reads(const Insn& insn, const Facts& facts);

class FactReader {
 public:
  explicit FactReader(Bytes bits) : next_(bits.data()), bits_(bits) {}

  // Of the next instruction, in ascending order of code; the second half of a lddw is none.
  Facts next(const Insn& insn) {
    Facts facts;
    next(insn, facts);
    return facts;
  }
  void next(const Insn& insn, Facts& facts);
  // Where it reads next, to come back there.
  uint32_t position() const { return static_cast<uint32_t>(8 * (next_ - bits_.data()) - ahead_); }
  void seek(uint32_t position);
  // Whether the string ends here: no byte too many, no byte too few, what fills the last one zero.
  bool ends() const;

 private:
  void next_rare(const Insn& insn, Facts& facts);

  // The bits that come next, the lowest first, and how many those are; below 0, how many there were too few.
  uint32_t window_ = 0;
  int32_t ahead_ = 0;
  const uint8_t* next_;
  Bytes bits_;
};

// Whether the string is as long as these instructions ask for.
bool facts_fit(Span<const Insn> code, Bytes bits);

}  // namespace perdita::isa
