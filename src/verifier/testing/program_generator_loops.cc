// SPDX-License-Identifier: Apache-2.0
//
// Loops as compilers and people write them, with their counter in a register that the body does not change, and
// relations between registers: copies, copies and a constant, one compared and the other used.
#include <fmt/format.h>

#include "verifier/testing/program_generator.h"

namespace perdita::verifier::testing {
namespace {

constexpr int kNumbers[] = {2, 3, 4, 5, 8, 9, 0};

}  // namespace

// A register for as long as it is held; -1: too few would be left.
int ProgramGenerator::hold(bool pointer) {
  if (__builtin_popcount(held_) >= 4) return -1;
  for (size_t i = below(7);; i = (i + 1) % 7) {
    int number = kNumbers[i];
    if ((held_ >> number & 1) != 0) continue;
    held_ |= 1u << number;
    if (pointer) held_pointers_ |= 1u << number;
    return number;
  }
}

void ProgramGenerator::let_go(int number) {
  held_ &= ~(1u << number);
  if ((held_pointers_ >> number & 1) != 0) line(fmt::format("r{} = {}", number, immediate()));
  held_pointers_ &= ~(1u << number);
}

// Statements that call nothing, and so leave all registers that are held alone.
void ProgramGenerator::light_statements(unsigned count, unsigned depth) {
  for (unsigned i = 0; i < count; i++) {
    switch (below(12)) {
      case 0:
        if (depth < 2) counted_loop(depth + 1);
        break;
      case 1:
        bound();
        break;
      case 2:
        indexed_access();
        break;
      case 3:
        spill();
        break;
      case 4:
        fill();
        break;
      case 5:
        stack_mix();
        break;
      case 6:
        load_context();
        break;
      case 7: {
        std::string over = label();
        line(fmt::format("{} goto {}", condition(), over));
        arithmetic();
        text_ += over + ":\n";
        break;
      }
      case 8:
        relation();
        break;
      default:
        arithmetic();
    }
  }
}

// The .data area (16 bytes), at the counter: right most of the time.
void ProgramGenerator::at_counter(int counter, uint64_t limit) {
  uint64_t room = limit <= 16 ? 16 - limit : 0;
  line("r1 = map[3][0]+0");
  line(fmt::format("r1 += r{}", counter));
  uint64_t offset = below(room + 1) + (one_in(12) ? 1 : 0);
  if (one_in(2)) {
    line(fmt::format("{} = *(u8 *)(r1 + {})", reg(), offset));
  } else {
    line(fmt::format("*(u8 *)(r1 + {}) = {}", offset, source(true)));
  }
}

void ProgramGenerator::counted_loop(unsigned depth) {
  if (!loops_allowed_ || ++register_loops_ > 4) return;
  int counter = hold(false);
  if (counter < 0) return;
  std::string head = label(), out = label();
  bool narrow = one_in(3);
  std::string c = fmt::format("{}{}", narrow ? "w" : "r", counter), wide = fmt::format("r{}", counter);
  uint64_t limit = 1 + below(depth == 0 ? 20 : 6), step = 1 + below(3);
  auto body = [&](uint64_t most) {
    if (one_in(2)) at_counter(counter, most);
    light_statements(1 + static_cast<unsigned>(below(3)), depth);
    if (one_in(6)) line(fmt::format("{} goto {}", condition(), out));
  };
  switch (below(7)) {
    case 0: {  // up, checked behind the body
      line(fmt::format("{} = 0", c));
      text_ += head + ":\n";
      body(limit);
      line(fmt::format("{} += {}", c, step));
      const char* conditions[] = {"<", "s<", "!=", "<="};
      line(fmt::format("if {} {} {} goto {}", c, conditions[below(4)], limit * (one_in(4) ? 1 : step), head));
      break;
    }
    case 1: {  // down
      line(fmt::format("{} = {}", c, limit));
      text_ += head + ":\n";
      body(limit + 1);
      line(fmt::format("{} {}= {}", c, one_in(2) ? "-" : "+", one_in(2) ? "1" : "-1"));
      const char* conditions[] = {"!=", "s>", ">", "s>="};
      line(fmt::format("if {} {} 0 goto {}", c, conditions[below(4)], head));
      break;
    }
    case 2: {  // by shifts
      bool left = one_in(2);
      if (left || one_in(2)) {
        line(fmt::format("{} = {}", c, left ? "1" : immediate()));
      } else {
        line(fmt::format("{} = {}", c, reg(narrow)));
      }
      text_ += head + ":\n";
      body(16);
      line(fmt::format("{} {} {}", c, left ? "<<=" : ">>=", 1 + below(2)));
      if (left) {
        line(fmt::format("if {} < {} goto {}", c, 1 << (1 + below(12)), head));
      } else {
        line(fmt::format("if {} != 0 goto {}", c, head));
      }
      break;
    }
    case 3: {  // a bound that depends on data
      int most = hold(false);
      if (most < 0) break;
      line(fmt::format("{}{} = {}", narrow ? "w" : "r", most, source(narrow)));
      if (one_in(2)) {
        line(fmt::format("{}{} &= 15", narrow ? "w" : "r", most));
      } else {
        std::string fine = label();
        line(fmt::format("if {}{} {} 16 goto {}", narrow ? "w" : "r", most, one_in(6) ? "s<" : "<", fine));
        line(fmt::format("r{} = {}", most, below(17)));
        text_ += fine + ":\n";
      }
      line(fmt::format("{} = 0", c));
      text_ += head + ":\n";
      line(fmt::format("if {} {} {}{} goto {}", c, one_in(4) ? "s>=" : ">=", narrow ? "w" : "r", most, out));
      body(one_in(2) ? 15 : 16);
      line(fmt::format("{} += 1", c));
      line("goto " + head);
      text_ += out + ":\n";
      let_go(most);
      let_go(counter);
      return;
    }
    case 4: {  // sign-extended before it is looked at
      line(fmt::format("{} = {}", wide, static_cast<int>(below(4)) - 2));
      text_ += head + ":\n";
      if (one_in(2)) {
        line(fmt::format("r1 = (s32){}", wide));
      } else {
        line("r1 = " + wide);
        line("r1 <<= 32");
        line("r1 s>>= 32");
      }
      line(fmt::format("if r1 s> {} goto {}", limit, out));
      body(limit + 1);
      line(fmt::format("w{} += 1", counter));
      line("goto " + head);
      break;
    }
    case 5: {  // triangular
      int inner = hold(false);
      if (inner < 0) break;
      std::string inside = label(), done = label();
      line(fmt::format("{} = 0", wide));
      text_ += head + ":\n";
      line(fmt::format("r{} = {}", inner, one_in(2) ? "0" : wide));
      text_ += inside + ":\n";
      line(fmt::format("if r{} >= {} goto {}", inner, one_in(2) ? wide : std::to_string(limit), done));
      if (one_in(2)) at_counter(inner, 8);
      arithmetic();
      line(fmt::format("r{} += 1", inner));
      line("goto " + inside);
      text_ += done + ":\n";
      line(fmt::format("{} += 1", wide));
      line(fmt::format("if {} < {} goto {}", wide, 1 + below(8), head));
      let_go(inner);
      break;
    }
    default: {  // up, checked at the head, perhaps by a copy
      line(fmt::format("{} = {}", c, one_in(2) ? 0 : below(3)));
      text_ += head + ":\n";
      bool copy = one_in(2);
      if (copy) line(fmt::format("r1 = {}", wide));
      if (copy && one_in(2)) line("r1 += 1");
      line(fmt::format("if {} {} {} goto {}", copy ? "r1" : c, one_in(2) ? ">" : "==", limit, out));
      body(limit + 1);
      line(fmt::format("{} += {}", c, one_in(4) ? step : 1));
      line("goto " + head);
    }
  }
  text_ += out + ":\n";
  let_go(counter);
}

// Over the packet's bytes with a pointer, up to its end or to so many.
void ProgramGenerator::packet_loop() {
  if (hook_ == "tick" || in_subprogram_ || !loops_allowed_ || ++register_loops_ > 4) return;
  int at = hold(true), end = hold(true), count = hold(false);
  std::string head = label(), out = label();
  if (count >= 0) {
    uint64_t step = 1 + below(4), size = 1u << below(2);
    line(fmt::format("r{} = r7", at));
    line(fmt::format("r{} = *(u64 *)(r6 + 8)", end));
    line(fmt::format("r{} = 0", count));
    text_ += head + ":\n";
    // That a pointer below the packet's end has a byte behind it is news to Linux.
    if (one_in(2) || (portable() && !one_in(10))) {
      line(fmt::format("r1 = r{}", at));
      line(fmt::format("r1 += {}", one_in(10) ? size - 1 : size));
      line(fmt::format("if r1 > r{} goto {}", end, out));
    } else {
      line(fmt::format("if r{} >= r{} goto {}", at, end, out));
      if (!one_in(6)) size = 1;
    }
    line(fmt::format("{} = *(u{} *)(r{} + 0)", reg(), size * 8, at));
    light_statements(1 + static_cast<unsigned>(below(2)), 1);
    line(fmt::format("r{} += {}", at, step));
    line(fmt::format("r{} += 1", count));
    line(fmt::format("if r{} < {} goto {}", count, 1 + below(12), head));
    text_ += out + ":\n";
  }
  for (int held : {at, end, count}) {
    if (held >= 0) let_go(held);
  }
}

// One register is compared, another that has to do with it is used.
void ProgramGenerator::relation() {
  int x = hold(false), y = hold(false);
  if (x >= 0 && y >= 0) {
    std::string out = label();
    int shift = static_cast<int>(below(24)) - 12, limit = 1 + static_cast<int>(below(200));
    bool narrow = one_in(4);
    if (one_in(2)) line(fmt::format("r{} = {}", x, source(false)));
    if (one_in(3)) line(fmt::format("r{} &= {}", x, (1 << below(10)) - 1));
    line(fmt::format("{0}{1} = {0}{2}", narrow ? "w" : "r", y, x));
    if (!one_in(3)) line(fmt::format("{}{} += {}", narrow ? "w" : "r", y, shift));
    if (one_in(4)) line(fmt::format("r{} += {}", x, below(8)));
    if (one_in(4)) {  // through the stack
      line(fmt::format("*(u64 *)(r10 - 128) = r{}", y));
      line(fmt::format("r{} = *(u{} *)(r10 - 128)", y, one_in(4) ? 32 : 64));
    }
    const char* conditions[] = {">", ">=", "s>", "s>=", "!="};
    if (one_in(3)) {  // with another register that is bounded
      std::string bounded = reg();
      line(fmt::format("{} &= {}", bounded, (1 << below(8)) - 1));
      line(fmt::format("if r{} {} {} goto {}", y, conditions[below(4)], bounded, out));
    } else {
      bool compare_narrow = one_in(4);
      line(fmt::format("if {}{} {} {} goto {}", compare_narrow ? "w" : "r", y, conditions[below(5)], limit, out));
      if (one_in(3)) line(fmt::format("if r{} s< {} goto {}", y, shift, out));
    }
    line("r1 = map[6][0]+0");
    line(fmt::format("r1 += r{}", one_in(4) ? y : x));
    line(fmt::format("{} = *(u8 *)(r1 + {})", reg(), one_in(3) ? below(20) : 0));
    text_ += out + ":\n";
  }
  if (x >= 0) let_go(x);
  if (y >= 0) let_go(y);
}

// Any part of the initialised stack, in any size.
void ProgramGenerator::stack_mix() {
  uint64_t size = 1u << below(4);
  uint64_t offset = size + below(kBuffer - size + 1);
  if (portable() || !one_in(4)) offset = (offset + size - 1) / size * size;
  const char* sign = one_in(3) ? "s" : "u";
  if (one_in(2)) {
    line(fmt::format("*(u{} *)(r10 - {}) = {}", size * 8, offset, one_in(3) ? immediate() : source(size != 8)));
  } else {
    line(fmt::format("{} = *({}{} *)(r10 - {})", reg(), size == 8 ? "u" : sign, size * 8, offset));
  }
}

}  // namespace perdita::verifier::testing
