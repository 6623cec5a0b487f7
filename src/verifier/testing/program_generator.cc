// SPDX-License-Identifier: Apache-2.0
#include "verifier/testing/program_generator.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

namespace perdita::verifier::testing {
namespace {

// r1 is scratch, r6 and r7 hold pointers; loops count in stack slots of their own.
constexpr int kNumbers[] = {0, 2, 3, 4, 5, 8, 9};
constexpr const char* kOperations[] = {"+", "-", "*", "/", "%", "|", "&", "^", "<<", ">>", "s>>", "s/", "s%"};
constexpr const char* kConditions[] = {"==", "!=", ">", ">=", "<", "<=", "s>", "s>=", "s<", "s<=", "&"};

}  // namespace

std::string ProgramGenerator::reg(bool narrow) {
  int number = 0;
  do number = kNumbers[below(std::size(kNumbers))];
  while ((held_ >> number & 1) != 0);
  return (narrow ? "w" : "r") + std::to_string(number);
}

std::string ProgramGenerator::source(bool narrow) {
  int number = 0;
  do number = kNumbers[below(std::size(kNumbers))];
  while ((held_pointers_ >> number & 1) != 0);
  return (narrow ? "w" : "r") + std::to_string(number);
}

std::string ProgramGenerator::immediate() {
  switch (below(5)) {
    case 0:
      return std::to_string(below(20));
    case 1:
      return std::to_string(-static_cast<int>(below(20)));
    case 2:
      return std::to_string((1 << below(31)) - static_cast<int>(below(2)));
    case 3:
      return std::to_string(below(256));
    default:
      return std::to_string(static_cast<int32_t>(random_()));
  }
}

std::string ProgramGenerator::operand(bool narrow) { return one_in(2) ? source(narrow) : immediate(); }

std::string ProgramGenerator::condition() {
  bool narrow = one_in(3);
  std::string left = source(narrow);
  return fmt::format("if {} {} {}", left, kConditions[below(std::size(kConditions))], operand(narrow));
}

void ProgramGenerator::arithmetic() {
  bool narrow = one_in(3);
  std::string dst = reg(narrow);
  switch (below(10)) {
    case 0:
      return line(fmt::format("{} = -{}", dst, dst));
    case 1: {
      const char* order[] = {"be", "le", "bswap"};
      std::string wide = reg();
      return line(fmt::format("{} = {}{} {}", wide, order[below(3)], 16 << below(3), wide));
    }
    case 2:
      return line(fmt::format("{} = (s{}){}", dst, 8 << below(narrow ? 2 : 3), source(narrow)));
    case 3:
    case 4:
      return line(fmt::format("{} = {}", dst, operand(narrow)));
    default:
      break;
  }
  const std::string op = kOperations[below(std::size(kOperations))];
  const std::string by = operand(narrow);
  // Linux takes no constant distance that the instruction would cut off.
  const bool shifts = op == "<<" || op == ">>" || op == "s>>";
  if (portable() && shifts && by[0] != 'r' && by[0] != 'w') return line(fmt::format("{} {}= {}", dst, op, below(32)));
  line(fmt::format("{} {}= {}", dst, op, by));
}

void ProgramGenerator::load_context() {
  bool tick = hook_ == "tick";
  int offsets[] = {tick ? 0 : 16, tick ? 8 : 24, 16};
  const char* sizes[] = {"u8", "s8", "u16", "s16", "u32", "s32"};
  const int offset = offsets[below(3)];
  const char* size = sizes[below(6)];
  number_of_context(reg(), size, offset);
}

void ProgramGenerator::number_of_context(const std::string& to, const char* size, int offset) {
  if (uses_ != Uses::portable_in_maps) return line(fmt::format("{} = *({} *)(r6 + {})", to, size, offset));
  line("r1 = map[3][0]+0");
  line(fmt::format("{} = *({} *)(r1 + {})", to, size, offset % 16));
}

// Makes a number small, in one of the ways that compilers do.
void ProgramGenerator::bound() {
  std::string x = reg();
  int limit = 1 << below(6);
  switch (below(5)) {
    case 0:
      return line(fmt::format("{} &= {}", x, limit - 1));
    case 1:
      return line(fmt::format("{} %= {}", x, limit));
    case 2:
      return line(fmt::format("{} >>= {}", x, 64 - below(7)));
    case 3: {
      std::string over = label();
      line(fmt::format("if {} < {} goto {}", x, limit, over));
      line(fmt::format("{} = {}", x, below(static_cast<uint64_t>(limit))));
      text_ += over + ":\n";
      return;
    }
    default: {
      std::string copy = reg(), over = label();
      line(fmt::format("{} = {}", copy, x));
      line(fmt::format("if {} <= {} goto {}", copy, limit, over));
      line(fmt::format("{} = 0", x));
      text_ += over + ":\n";
    }
  }
}

// An access to the .data area (16 bytes) or to the wide map (256) at a number, masked right before, more or less right.
void ProgramGenerator::indexed_access() {
  bool wide = one_in(2);
  int area = wide ? 256 : 16;
  std::string x = reg();
  int limit = 1 << (1 + below(wide ? 8 : 4));
  int scale = 1;
  switch (below(4)) {
    case 0:
      line(fmt::format("{} &= {}", x, limit - 1));
      break;
    case 1: {
      std::string over = label();
      line(fmt::format("if {} < {} goto {}", x, limit, over));
      line(fmt::format("{} = {}", x, below(static_cast<uint64_t>(limit))));
      text_ += over + ":\n";
      break;
    }
    case 2:
      scale = 1 << below(3);
      limit = std::max(1, limit / scale);
      line(fmt::format("{} &= {}", x, limit - 1));
      line(fmt::format("{} *= {}", x, scale));
      break;
    default:
      break;  // whatever is known already
  }
  int size = 1 << below(4);
  int room = area - (limit - 1) * scale - size;
  int offset = room > 0 ? static_cast<int>(below(static_cast<uint64_t>(room) + 1)) : 0;
  if (one_in(10)) offset += static_cast<int>(below(3)) - 1;
  std::string displacement = fmt::format("{} {}", offset < 0 ? "-" : "+", std::abs(offset));
  line(fmt::format("r1 = map[{}][0]+0", wide ? 6 : 3));
  line(fmt::format("r1 += {}", x));
  if (one_in(2)) {
    line(fmt::format("{} = *(u{} *)(r1 {})", reg(), size * 8, displacement));
  } else {
    line(fmt::format("*(u{} *)(r1 {}) = {}", size * 8, displacement, one_in(2) ? reg(size != 8) : immediate()));
  }
}

void ProgramGenerator::branch(unsigned depth) {
  std::string over = label();
  line(fmt::format("{} goto {}", condition(), over));
  statements(1 + below(3), depth + 1);
  if (one_in(2)) {
    std::string end = label();
    line("goto " + end);
    text_ += over + ":\n";
    statements(1 + below(3), depth + 1);
    text_ += end + ":\n";
  } else {
    text_ += over + ":\n";
  }
}

// Counts in a slot that nothing else touches, up to a constant or a small number.
void ProgramGenerator::loop(unsigned depth) {
  if (loops_ >= 3 || !loops_allowed_) return;
  int slot = 72 + 8 * static_cast<int>(loops_++);
  std::string head = label(), out = label();
  line(fmt::format("*(u64 *)(r10 - {}) = {}", slot, one_in(2) ? 0 : below(3)));
  text_ += head + ":\n";
  line(fmt::format("r1 = *(u64 *)(r10 - {})", slot));
  line(fmt::format("if r1 {} {} goto {}", one_in(2) ? ">" : "s>", 1 + below(6), out));
  line(fmt::format("r1 += {}", 1 + below(2)));
  line(fmt::format("*(u64 *)(r10 - {}) = r1", slot));
  statements(1 + below(3), depth + 1);
  line("goto " + head);
  text_ += out + ":\n";
}

void ProgramGenerator::spill() {
  const char* sizes[] = {"u64", "u64", "u32", "u16", "u8"};
  size_t pick = below(std::size(sizes));
  line(fmt::format("*({} *)(r10 - {}) = {}", sizes[pick], 8 * (1 + below(kSpillSlots)), reg(pick > 1)));
}

void ProgramGenerator::fill() {
  const char* sizes[] = {"u64", "u64", "u32", "s32", "s16", "u8", "s8"};
  size_t pick = below(std::size(sizes));
  uint64_t inside = pick < 2 ? 0 : below(5);
  if (portable() && pick < 5) inside &= 4;
  line(fmt::format("{} = *({} *)(r10 - {})", reg(), sizes[pick], 8 * (1 + below(kSpillSlots)) - inside));
}

void ProgramGenerator::stack_bytes() {
  std::string x = reg();
  line(fmt::format("{} &= {}", x, (1 << below(6)) - 1));
  line("r1 = r10");
  line(fmt::format("r1 {} {}", "+=", x));
  const char* sizes[] = {"u8", "u16", "u32"};
  size_t pick = below(portable() ? 1 : 3);  // Linux has the stack accessed at multiples of the size
  int offset = kBuffer - static_cast<int>(below(4));
  if (one_in(2)) {
    line(fmt::format("{} = *({} *)(r1 - {})", reg(), sizes[pick], offset));
  } else {
    line(fmt::format("*({} *)(r1 - {}) = {}", sizes[pick], offset, reg(true)));
  }
}

void ProgramGenerator::packet() {
  if (hook_ == "tick" || in_subprogram_) return;
  std::string out = label(), value = reg();
  line("r1 = r7");
  bool variable = one_in(2);
  std::string x = reg();
  if (variable) {
    line(fmt::format("{} &= {}", x, (1 << below(8)) - 1));
    line(fmt::format("r1 += {}", x));
  }
  int size = 1 << below(4), length = size + static_cast<int>(below(20));
  std::string checked = x == "r9" ? "r8" : "r9";
  line(fmt::format("{} = r1", checked));
  line(fmt::format("{} += {}", checked, length));
  // The end goes through a slot of its own: every other register is taken.
  line("*(u64 *)(r10 - 96) = r1");
  line("r1 = *(u64 *)(r6 + 8)");
  const char* compares[] = {">", ">="};
  if (one_in(2)) {
    line(fmt::format("if {} {} r1 goto {}", checked, compares[below(2)], out));
  } else {
    line(fmt::format("if r1 < {} goto {}", checked, out));
  }
  line("r1 = *(u64 *)(r10 - 96)");
  int offset = length - size - static_cast<int>(below(2));
  if (one_in(12)) offset++;
  line(fmt::format("{} = 7", checked));
  if (portable() && one_in(3)) {
    line(fmt::format("*(u{} *)(r1 + {}) = {}", size * 8, std::max(offset, 0), source(size != 8)));
  } else {
    line(fmt::format("{} = *(u{} *)(r1 + {})", value, size * 8, std::max(offset, 0)));
  }
  text_ += out + ":\n";
  line(fmt::format("{} = 3", checked));
}

void ProgramGenerator::packet_length() {
  if (hook_ == "tick" || in_subprogram_) return;
  if (portable() && !one_in(20)) return packet();  // Linux knows nothing of a packet's length
  std::string out = label(), value = reg();
  line(fmt::format("{} = *(u64 *)(r6 + 8)", value));
  line(fmt::format("{} -= r7", value));
  uint64_t length = 1 + below(40);
  line(fmt::format("if {} {} {} goto {}", value, one_in(2) ? "<" : "s<", length, out));
  line(fmt::format("{} = *(u8 *)(r7 + {})", reg(), one_in(10) ? length : below(length)));
  text_ += out + ":\n";
}

void ProgramGenerator::atomic() {
  line(fmt::format("r1 = map[3][0]+{}", 8 * below(2)));
  const char* operations[] = {"+=", "|=", "&=", "^="};
  std::string x = reg();
  switch (below(5)) {
    case 0:
      return line(fmt::format("lock *(u64 *)(r1 + 0) {} {}", operations[below(4)], x));
    case 1:
      return line(fmt::format("{} = atomic_fetch_add((u64 *)(r1 + 0), {})", x, x));
    case 2:
      return line(fmt::format("{} = xchg_64(r1 + 0, {})", x, x));
    case 3: {
      std::string narrow = reg(true);
      return line(fmt::format("{} = atomic_fetch_or((u32 *)(r1 + 4), {})", narrow, narrow));
    }
    default:
      return line(fmt::format("r0 = cmpxchg_64(r1 + 0, r0, {})", x));
  }
}

// In place of what calls something that Linux does not have, or whose results are its own.
void ProgramGenerator::portable_statement(unsigned kind, unsigned depth) {
  if (kind == 23 && !in_subprogram_) return subprogram();
  if (kind == 21 && depth < 3) return branch(depth);
  if (kind == 13 && !in_subprogram_) return lookup();
  return map_change();
}

void ProgramGenerator::statement(unsigned depth) {
  const auto kind = static_cast<unsigned>(below(depth > 3 ? 18 : 26));
  if (portable() && (kind == 13 || kind == 14 || (kind >= 21 && kind <= 23))) return portable_statement(kind, depth);
  switch (kind) {
    case 0:
    case 1:
    case 2:
    case 3:
      return arithmetic();
    case 4:
      return load_context();
    case 5:
    case 6:
      return bound();
    case 7:
      return indexed_access();
    case 8:
      return spill();
    case 9:
      return fill();
    case 10:
      return stack_bytes();
    case 11:
      return packet();
    case 12:
      return packet_length();
    case 13:
      return in_subprogram_ ? helper() : lookup();
    case 14:
      return one_in(2) ? helper() : function();
    case 15:
      return atomic();
    case 16:
      return stack_mix();
    case 17:
      return relation();
    case 18:
    case 19:
      return counted_loop(depth < 2 ? 0 : 1);
    case 20:
      return packet_loop();
    case 21:
      return one_in(2) ? reservation(depth) : queue();
    case 22:
      return one_in(3) ? tail_call() : callback();
    case 23:
      return one_in(2) ? subprogram() : callback();
    case 24:
      return in_subprogram_ ? branch(depth) : loop(depth);
    default:
      return branch(depth);
  }
}

void ProgramGenerator::statements(unsigned count, unsigned depth) {
  for (unsigned i = 0; i < count; i++) statement(depth);
}

void ProgramGenerator::begin() {
  text_.clear();
  subprograms_.clear();
  labels_ = loops_ = register_loops_ = callbacks_ = 0;
  held_ = held_pointers_ = 0;
  called_ = reserved_ = false;
  line("r6 = r1");
  if (hook_ != "tick") line("r7 = *(u64 *)(r1 + 0)");
  for (int number : kNumbers) {
    const char* sizes[] = {"u8", "u16", "u32"};
    number_of_context(fmt::format("r{}", number), sizes[below(3)], hook_ == "tick" ? 8 : 16);
  }
  for (int slot = 8; slot <= kBuffer; slot += 8) line(fmt::format("*(u64 *)(r10 - {}) = {}", slot, one_in(2) ? 0 : 1));
}

std::string ProgramGenerator::finish() {
  line("r0 &= 1");
  line("exit");
  return text_ + subprograms_;
}

std::string ProgramGenerator::make() {
  loops_allowed_ = true;
  begin();
  statements(4 + static_cast<unsigned>(below(16)), 0);
  return finish();
}

std::string ProgramGenerator::make_middling() {
  loops_allowed_ = true;
  begin();
  statements(2 + static_cast<unsigned>(below(6)), 1);
  return finish();
}

std::string ProgramGenerator::make_short() {
  loops_allowed_ = false;
  begin();
  statements(2 + static_cast<unsigned>(below(5)), 1);
  return finish();
}

}  // namespace perdita::verifier::testing
