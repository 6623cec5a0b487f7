// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "isa/mnemonics.h"
#include "isa/statement.h"

namespace perdita::isa {
namespace {

using Register = LineScanner::Register;

constexpr uint8_t arithmetic_class(bool narrow) { return narrow ? kAlu : kAlu64; }

struct Memory {
  uint8_t size = kDw;
  bool is_signed = false;
  unsigned base = 0;
  int16_t offset = 0;
};

// "u32 *)", "s8 *)"
void parse_size(LineScanner& line, Memory& memory) {
  bool found = false;
  for (const SizeName& row : kSizeNames) {
    for (const bool is_signed : {false, true}) {
      if (found || !line.accept((is_signed ? "s" : "u") + std::string(row.bits))) continue;
      memory.size = row.size;
      memory.is_signed = is_signed;
      found = true;
    }
  }
  if (!found || (memory.is_signed && memory.size == kDw)) line.fail("a size: u8, u16, u32, u64, s8, s16 or s32");
  line.expect("*");
  line.expect(")");
}

// "r1 + 4", "r1"
void parse_address(LineScanner& line, Memory& memory) {
  memory.base = line.expect_register(false);
  if (line.sign_follows()) memory.offset = line.expect_displacement();
}

// "*(u32 *)(r1 + 4)", behind the first "*"
Memory parse_memory(LineScanner& line) {
  Memory memory;
  line.expect("(");
  parse_size(line, memory);
  line.expect("(");
  parse_address(line, memory);
  line.expect(")");
  return memory;
}

// ---- what stands behind "r1 =" ----

Statement parse_load(LineScanner& line, Register dst) {
  const Memory memory = parse_memory(line);
  // A load into w1 is how LLVM writes one that leaves the upper half zero, which every narrower load does.
  if (dst.narrow && (memory.is_signed || memory.size == kDw)) line.fail("a 64-bit register for this load");
  const uint8_t mode = memory.is_signed ? kMemSx : kMem;
  return one_slot(kLdx | mode | memory.size, dst.number, memory.base, memory.offset, 0);
}

// "s8)r2": a move that extends
Statement parse_extension(LineScanner& line, Register dst) {
  int16_t bits = 0;
  for (const int16_t width : {8, 16, 32}) {
    if (bits == 0 && (width != 32 || !dst.narrow) && line.accept("s" + std::to_string(width))) bits = width;
  }
  if (bits == 0) line.fail(dst.narrow ? "s8 or s16" : "s8, s16 or s32");
  line.expect(")");
  const unsigned src = line.expect_register(dst.narrow);
  return one_slot(arithmetic_class(dst.narrow) | kMov | kX, dst.number, src, bits, 0);
}

// Operations that are written with their destination on both sides.
void expect_same(LineScanner& line, Register dst) {
  if (line.expect_register(dst.narrow) != dst.number) line.fail("the register that is assigned to");
}

// "u64 *)(r1 + 8), r2)" behind "atomic_fetch_add(("
Statement parse_fetch(LineScanner& line, Register dst, int32_t op) {
  Memory memory;
  line.expect("(");
  line.expect("(");
  parse_size(line, memory);
  line.expect("(");
  parse_address(line, memory);
  line.expect(")");
  line.expect(",");
  expect_same(line, dst);
  line.expect(")");
  if (memory.is_signed || memory.size != (dst.narrow ? kW : kDw)) line.fail("u64 with r registers, u32 with w");
  return one_slot(kStx | kAtomic | memory.size, memory.base, dst.number, memory.offset, op | kFetch);
}

// "(r1 + 8, r2)" behind "xchg_64", "(r1 + 8, r0, r2)" behind "cmpxchg_64"
Statement parse_exchange(LineScanner& line, Register dst, int32_t op) {
  Memory memory;
  line.expect("(");
  parse_address(line, memory);
  line.expect(",");
  unsigned source = dst.number;
  expect_same(line, dst);
  if (op == kCmpxchg) {
    if (dst.number != 0) line.fail("r0 or w0 for what is compared");
    line.expect(",");
    source = line.expect_register(dst.narrow);
  }
  line.expect(")");
  return one_slot(kStx | kAtomic | (dst.narrow ? kW : kDw), memory.base, source, memory.offset, op);
}

bool parse_atomic(LineScanner& line, Register dst, Statement& statement) {
  const std::string_view name = line.peek_word();
  const std::string width = dst.narrow ? "32_32" : "_64";
  if (name == "xchg" + width || name == "cmpxchg" + width) {
    line.word();
    statement = parse_exchange(line, dst, name.starts_with("xchg") ? kXchg : kCmpxchg);
    return true;
  }
  for (const AtomicName& row : kAtomicNames) {
    if (name != "atomic_fetch_" + std::string(row.name)) continue;
    line.word();
    statement = parse_fetch(line, dst, row.op);
    return true;
  }
  return false;
}

bool parse_swap(LineScanner& line, Register dst, Statement& statement) {
  for (const SwapName& row : kSwapNames) {
    for (const int bits : {16, 32, 64}) {
      if (!line.accept(std::string(row.name) + std::to_string(bits))) continue;
      if (dst.narrow) line.fail("a 64-bit register for a byte swap");
      expect_same(line, dst);
      statement = one_slot(row.opcode, dst.number, 0, 0, bits);
      return true;
    }
  }
  return false;
}

Statement wide(unsigned dst, unsigned src, int32_t imm, int32_t next_imm) {
  Statement statement = one_slot(kLddw, dst, src, 0, imm);
  statement.wide = true;
  statement.next_imm = next_imm;
  return statement;
}

// "[3]", "[3][0]+8" behind "map"
Statement parse_map(LineScanner& line, Register dst) {
  line.expect("[");
  const int32_t index = line.expect_imm32();
  line.expect("]");
  if (!line.accept("[")) return wide(dst.number, kLddwMap, index, 0);
  line.expect("0");
  line.expect("]");
  line.expect("+");
  return wide(dst.number, kLddwMapValue, index, static_cast<int32_t>(line.expect_index()));
}

// "[+5]", "[label]" behind "subprog"
Statement parse_subprogram(LineScanner& line, Register dst) {
  Statement statement = wide(dst.number, kLddwFunction, 0, 0);
  line.expect("[");
  parse_target(line, TargetField::imm, statement);
  line.expect("]");
  return statement;
}

// A number, of 64 bits where " ll" follows.
Statement parse_constant(LineScanner& line, Register dst) {
  LineScanner ahead = line;
  const uint64_t value = ahead.expect_imm64();
  if (!ahead.failed() && ahead.accept("ll")) {
    line = ahead;
    if (dst.narrow) line.fail("a 64-bit register for a 64-bit number");
    return wide(dst.number, kLddwImm, static_cast<int32_t>(value), static_cast<int32_t>(value >> 32));
  }
  return one_slot(arithmetic_class(dst.narrow) | kMov | kK, dst.number, 0, 0, line.expect_imm32());
}

Statement parse_assigned(LineScanner& line, Register dst) {
  Statement statement;
  if (line.accept("*")) return parse_load(line, dst);
  if (line.accept("(")) return parse_extension(line, dst);
  if (line.number_follows()) return parse_constant(line, dst);
  if (line.accept("-")) {
    expect_same(line, dst);
    return one_slot(arithmetic_class(dst.narrow) | kNeg, dst.number, 0, 0, 0);
  }
  if (parse_swap(line, dst, statement) || parse_atomic(line, dst, statement)) return statement;
  if (!dst.narrow && line.accept("map")) return parse_map(line, dst);
  if (!dst.narrow && line.accept("subprog")) return parse_subprogram(line, dst);
  const unsigned src = line.expect_register(dst.narrow);
  return one_slot(arithmetic_class(dst.narrow) | kMov | kX, dst.number, src, 0, 0);
}

// ---- statements ----

Statement parse_arithmetic(LineScanner& line, Register dst) {
  for (const ArithmeticName& row : kArithmeticNames) {
    if (!line.accept(row.sign)) continue;
    if (row.op == kMov) return parse_assigned(line, dst);
    const uint8_t opcode = arithmetic_class(dst.narrow) | row.op;
    if (line.number_follows()) return one_slot(opcode | kK, dst.number, 0, row.offset, line.expect_imm32());
    return one_slot(opcode | kX, dst.number, line.expect_register(dst.narrow), row.offset, 0);
  }
  line.fail("an operation: =, +=, -=, *=, /=, %=, |=, &=, ^=, <<=, >>=, s>>=, s/= or s%=");
  return {};
}

Statement parse_store(LineScanner& line) {
  const Memory memory = parse_memory(line);
  if (memory.is_signed) line.fail("a size without a sign: u8, u16, u32 or u64");
  line.expect("=");
  if (line.number_follows()) {
    return one_slot(kSt | kMem | memory.size, memory.base, 0, memory.offset, line.expect_imm32());
  }
  const Register src = line.expect_register();
  if (src.narrow && memory.size == kDw) line.fail("a 64-bit register for this store");
  return one_slot(kStx | kMem | memory.size, memory.base, src.number, memory.offset, 0);
}

Statement parse_lock(LineScanner& line) {
  line.expect("*");
  const Memory memory = parse_memory(line);
  if (memory.is_signed || (memory.size != kW && memory.size != kDw)) line.fail("u32 or u64");
  for (const AtomicName& row : kAtomicNames) {
    if (!line.accept(row.sign)) continue;
    const unsigned src = line.expect_register(memory.size == kW);
    return one_slot(kStx | kAtomic | memory.size, memory.base, src, memory.offset, row.op);
  }
  line.fail("an atomic operation: +=, |=, &= or ^=");
  return {};
}

Statement parse_branch(LineScanner& line) {
  const Register left = line.expect_register();
  for (const ConditionName& row : kConditionNames) {
    if (!line.accept(row.sign)) continue;
    const uint8_t opcode = (left.narrow ? kJmp32 : kJmp) | row.op;
    Statement statement = line.number_follows()
                              ? one_slot(opcode | kK, left.number, 0, 0, line.expect_imm32())
                              : one_slot(opcode | kX, left.number, line.expect_register(left.narrow), 0, 0);
    line.expect("goto");
    parse_target(line, TargetField::offset, statement);
    return statement;
  }
  line.fail("a condition: ==, !=, >, >=, <, <=, s>, s>=, s<, s<= or &");
  return {};
}

Statement parse_goto(LineScanner& line, uint8_t group, TargetField field) {
  Statement statement = one_slot(group | kJa, 0, 0, 0, 0);
  parse_target(line, field, statement);
  return statement;
}

}  // namespace

bool is_kernel_style(LineScanner line) {
  if (line.accept_register() || line.accept("*")) return true;
  const std::string_view first = line.word();
  return first == "if" || first == "goto" || first == "gotol" || (first == "lock" && line.accept("*"));
}

Statement parse_kernel_style(LineScanner& line) {
  if (line.accept("*")) return parse_store(line);
  if (line.accept("lock")) return parse_lock(line);
  if (line.accept("if")) return parse_branch(line);
  if (line.accept("goto")) return parse_goto(line, kJmp, TargetField::offset);
  if (line.accept("gotol")) return parse_goto(line, kJmp32, TargetField::imm);
  return parse_arithmetic(line, line.expect_register());
}

}  // namespace perdita::isa
