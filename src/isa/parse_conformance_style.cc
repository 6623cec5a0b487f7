// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "isa/mnemonics.h"
#include "isa/statement.h"

namespace perdita::isa {
namespace {

struct Address {
  unsigned base = 0;
  int16_t offset = 0;
};

// "[%r1+4]", "[%r1]"
Address parse_address(LineScanner& line) {
  Address address;
  line.expect("[");
  address.base = line.expect_register(false);
  if (line.sign_follows()) address.offset = line.expect_displacement();
  line.expect("]");
  return address;
}

// A mnemonic that ends in "32", or in "64" or nothing; `stem` is what stands before.
struct Width {
  std::string_view stem;
  bool narrow;
};

Width width_of(std::string_view name) {
  const bool has_width = name.size() > 2 && (name.ends_with("32") || name.ends_with("64"));
  return {has_width ? name.substr(0, name.size() - 2) : name, name.ends_with("32")};
}

// "add %r1, 4", "add32 %r1, %r2"
bool parse_arithmetic(LineScanner& line, std::string_view name, Statement& statement) {
  const Width width = width_of(name);
  const uint8_t group = width.narrow ? kAlu : kAlu64;
  if (width.stem == "neg") {
    statement = one_slot(group | kNeg, line.expect_register(false), 0, 0, 0);
    return true;
  }
  for (const ArithmeticName& row : kArithmeticNames) {
    if (row.name != width.stem) continue;
    const unsigned dst = line.expect_register(false);
    line.expect(",");
    statement = line.number_follows() ? one_slot(group | row.op | kK, dst, 0, row.offset, line.expect_imm32())
                                      : one_slot(group | row.op | kX, dst, line.expect_register(false), row.offset, 0);
    return true;
  }
  return false;
}

// "movsx1632 %r0, %r1": from 16 bits to 32
bool parse_extension(LineScanner& line, std::string_view name, Statement& statement) {
  const Width width = width_of(name);
  for (const int16_t bits : {8, 16, 32}) {
    if (width.stem.size() == name.size() || width.stem != "movsx" + std::to_string(bits)) continue;
    if (bits == 32 && width.narrow) return false;
    const unsigned dst = line.expect_register(false);
    line.expect(",");
    statement = one_slot((width.narrow ? kAlu : kAlu64) | kMov | kX, dst, line.expect_register(false), bits, 0);
    return true;
  }
  return false;
}

bool parse_swap(LineScanner& line, std::string_view name, Statement& statement) {
  for (const SwapName& row : kSwapNames) {
    for (const int bits : {16, 32, 64}) {
      if (name != std::string(row.name) + std::to_string(bits)) continue;
      statement = one_slot(row.opcode, line.expect_register(false), 0, 0, bits);
      return true;
    }
  }
  return false;
}

// "ldxw %r0, [%r1+4]", "ldxsw", "stw [%r1], 4", "stxw [%r1], %r2"
bool parse_memory(LineScanner& line, std::string_view name, Statement& statement) {
  for (const SizeName& row : kSizeNames) {
    const std::string letter(row.letter);
    const bool extends = row.size != kDw && name == "ldxs" + letter;
    if (extends || name == "ldx" + letter) {
      const unsigned dst = line.expect_register(false);
      line.expect(",");
      const Address from = parse_address(line);
      statement = one_slot(kLdx | (extends ? kMemSx : kMem) | row.size, dst, from.base, from.offset, 0);
      return true;
    }
    const bool from_register = name == "stx" + letter;
    if (!from_register && name != "st" + letter) continue;
    const Address to = parse_address(line);
    line.expect(",");
    statement = from_register ? one_slot(kStx | kMem | row.size, to.base, line.expect_register(false), to.offset, 0)
                              : one_slot(kSt | kMem | row.size, to.base, 0, to.offset, line.expect_imm32());
    return true;
  }
  return false;
}

// "add [%r1], %r2", "fetch add32 [%r1], %r2", "fetch_add", "xchg", "cmpxchg32": behind "lock"
Statement parse_lock(LineScanner& line) {
  const size_t column = line.column();
  std::string_view name = line.word();
  bool fetches = false;
  if (name == "fetch") {
    fetches = true;
    name = line.word();
  } else if (name.starts_with("fetch_")) {
    fetches = true;
    name.remove_prefix(6);
  }
  const Width width = width_of(name);
  int32_t op = -1;
  for (const AtomicName& row : kAtomicNames) {
    if (row.name == width.stem) op = fetches ? row.op | kFetch : row.op;
  }
  if (!fetches && width.stem == "xchg") op = kXchg;
  if (!fetches && width.stem == "cmpxchg") op = kCmpxchg;
  if (op < 0) {
    line.fail_at(column, "an atomic operation: add, or, and, xor, fetch and one of these, xchg or cmpxchg");
    return {};
  }
  const Address at = parse_address(line);
  line.expect(",");
  return one_slot(kStx | kAtomic | (width.narrow ? kW : kDw), at.base, line.expect_register(false), at.offset, op);
}

// "jeq %r1, 0xb, +2", "jeq32 %r1, %r2, label"
bool parse_branch(LineScanner& line, std::string_view name, Statement& statement) {
  const Width width = width_of(name);
  for (const ConditionName& row : kConditionNames) {
    if (row.name != width.stem) continue;
    const uint8_t opcode = (width.narrow ? kJmp32 : kJmp) | row.op;
    const unsigned left = line.expect_register(false);
    line.expect(",");
    statement = line.number_follows() ? one_slot(opcode | kK, left, 0, 0, line.expect_imm32())
                                      : one_slot(opcode | kX, left, line.expect_register(false), 0, 0);
    line.expect(",");
    parse_target(line, TargetField::offset, statement);
    return true;
  }
  return false;
}

Statement parse_wide(LineScanner& line) {
  const unsigned dst = line.expect_register(false);
  line.expect(",");
  const uint64_t value = line.expect_imm64();
  Statement statement = one_slot(kLddw, dst, 0, 0, static_cast<int32_t>(value));
  statement.wide = true;
  statement.next_imm = static_cast<int32_t>(value >> 32);
  return statement;
}

Statement parse_always(LineScanner& line, bool far) {
  Statement statement = one_slot((far ? kJmp32 : kJmp) | kJa, 0, 0, 0, 0);
  parse_target(line, far ? TargetField::imm : TargetField::offset, statement);
  return statement;
}

}  // namespace

Statement parse_conformance_style(LineScanner& line) {
  const size_t column = line.column();
  const std::string_view name = line.word();
  Statement statement;
  if (name == "exit") return one_slot(kJmp | kExit, 0, 0, 0, 0);
  if (name == "call") return parse_call(line);
  if (name == "lddw") return parse_wide(line);
  if (name == "lock") return parse_lock(line);
  if (name == "ja" || name == "ja32") return parse_always(line, name == "ja32");
  if (parse_arithmetic(line, name, statement) || parse_extension(line, name, statement) ||
      parse_swap(line, name, statement) || parse_memory(line, name, statement) || parse_branch(line, name, statement)) {
    return statement;
  }
  line.fail_at(column, "an instruction");
  return {};
}

}  // namespace perdita::isa
