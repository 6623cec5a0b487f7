// SPDX-License-Identifier: Apache-2.0
//
// Loops that may or may not end: their variables go on, are set back, swapped, spilled in one size and reloaded in
// another, changed by an inner loop or by a function that gets a pointer to them, and compared in every way with
// constants and with each other. Most are to be refused; what is accepted has to end, and where it says.
#include <fmt/format.h>

#include <utility>

#include "verifier/testing/program_generator.h"

namespace perdita::verifier::testing {
namespace {

constexpr const char* kRelations[] = {"<", "<=", "!=", "s<", "s<=", "<", "!=", ">", ">=", "s>", "s>=", "==", "&"};
constexpr int kFirstSlot = 136;  // r10 - 136 and r10 - 144 are variables on the stack
constexpr int kOfData = 8;       // in .data: what each iteration changes

}  // namespace

// What differs from one iteration to the next, in r1.
void ProgramGenerator::something_new() {
  line(fmt::format("r1 = map[3][0]+{}", kOfData));
  line("r1 = *(u64 *)(r1 + 0)");
}

// A variable's register; one on the stack comes to r1 first.
std::string ProgramGenerator::fetched(const Disguised& variable, bool narrow) {
  if (variable.slot == 0) return fmt::format("{}{}", narrow ? "w" : "r", variable.reg);
  line(fmt::format("r1 = *(u{} *)(r10 - {})", one_in(6) ? 32 : 64, variable.slot));
  return narrow ? "w1" : "r1";
}

void ProgramGenerator::put_back(const Disguised& variable) {
  if (variable.slot != 0) line(fmt::format("*(u{} *)(r10 - {}) = r1", one_in(8) ? 32 : 64, variable.slot));
}

// One change of one variable. The other one is in a register, so that both can be had at once.
void ProgramGenerator::disguised_change(const Disguised& variable, const Disguised& other) {
  const bool narrow = one_in(4);
  const std::string prefix = narrow ? "w" : "r";
  switch (below(15)) {
    case 0:  // set back
      if (variable.slot != 0) return line(fmt::format("*(u64 *)(r10 - {}) = {}", variable.slot, below(4)));
      return line(fmt::format("{}{} = {}", prefix, variable.reg, below(4)));
    case 1: {  // set to what comes from outside
      something_new();
      line(fmt::format("r1 &= {}", (1 << below(5)) - 1));
      if (variable.slot == 0) line(fmt::format("r{} = r1", variable.reg));
      return put_back(variable);
    }
    case 2: {  // swapped
      if (variable.slot != 0) {
        line(fmt::format("r1 = r{}", other.reg));
        line(fmt::format("r{} = *(u64 *)(r10 - {})", other.reg, variable.slot));
        return put_back(variable);
      }
      line(fmt::format("r1 = r{}", variable.reg));
      line(fmt::format("r{} = r{}", variable.reg, other.reg));
      return line(fmt::format("r{} = r1", other.reg));
    }
    case 3: {  // by the other one
      std::string at = fetched(variable, narrow);
      const char* operations[] = {"+=", "-=", "=", "&="};
      line(fmt::format("{} {} {}{}", at, operations[below(4)], prefix, other.reg));
      return put_back(variable);
    }
    case 4: {  // spilled in one size and reloaded in another
      if (variable.slot != 0)
        return line(fmt::format("*(u32 *)(r10 - {}) = {}", variable.slot - 4 * below(2), below(3)));
      line(fmt::format("*(u{} *)(r10 - 128) = r{}", one_in(2) ? 32 : 64, variable.reg));
      return line(fmt::format("r{} = *({} *)(r10 - 128)", variable.reg, one_in(2) ? "u32" : one_in(2) ? "u64" : "s32"));
    }
    case 5: {  // by what comes from outside
      something_new();
      line(fmt::format("r1 &= {}", (1 << below(4)) - 1));
      if (one_in(2)) line("r1 += 1");
      return line(fmt::format("{}{} {} {}1", prefix, other.reg, one_in(3) ? "-=" : "+=", prefix));
    }
    case 6: {  // half, or double, or one bit less
      std::string at = fetched(variable, false);
      const char* operations[] = {">>= 1", "<<= 1", "*= 3", "/= 2", "&= 15"};
      line(fmt::format("{} {}", at, operations[below(5)]));
      return put_back(variable);
    }
    default: {
      std::string at = fetched(variable, narrow);
      const int steps[] = {1, 1, 1, 1, 2, 3, -1, -1, -2, 4, 0, 0x10000000, -0x40000000};
      line(fmt::format("{} += {}", at, steps[below(std::size(steps) - (one_in(4) ? 0 : 3))]));
      return put_back(variable);
    }
  }
}

// Goes to `to`, or not, by the variable.
void ProgramGenerator::disguised_exit(const Disguised& variable, const Disguised& other, const std::string& to) {
  const bool narrow = one_in(4);
  std::string at = fetched(variable, narrow);
  std::string with = one_in(3) ? fmt::format("{}{}", narrow ? "w" : "r", other.reg) : std::to_string(below(24));
  if (one_in(12)) with = immediate();
  line(fmt::format("if {} {} {} goto {}", at, kRelations[below(std::size(kRelations))], with, to));
}

// A function that changes what it gets a pointer to. Nothing else may be held in r2 to r5.
void ProgramGenerator::disguised_call(const Disguised& variable) {
  std::string name = label();
  line("r1 = r10");
  line(fmt::format("r1 += -{}", variable.slot));
  line("call " + name);
  numbers_again(false);
  std::string outer = std::exchange(text_, name + ":\n");
  line("r2 = *(u64 *)(r1 + 0)");
  line("r0 = r2");
  std::string over = label();
  if (one_in(2)) line(fmt::format("if r2 {} {} goto {}", kRelations[below(std::size(kRelations))], below(16), over));
  if (one_in(3)) {
    line(fmt::format("r2 = {}", below(5)));
  } else {
    line(fmt::format("r2 += {}", static_cast<int>(below(4)) - 1));
  }
  if (one_in(2)) text_ += over + ":\n";
  line("*(u64 *)(r1 + 0) = r2");
  if (text_.find(over + ":\n") == std::string::npos) text_ += over + ":\n";
  line("exit");
  subprograms_ += std::exchange(text_, std::move(outer));
}

void ProgramGenerator::disguised_body(const Disguised (&variables)[3], unsigned depth, const std::string& out) {
  for (uint64_t i = 1 + below(4); i > 0; i--) {
    const Disguised& variable = variables[below(3)];
    const Disguised& other = variables[variable.reg == variables[0].reg && variable.slot == 0 ? 1 : 0];
    switch (below(10)) {
      case 0:
      case 1: {  // on some way only
        std::string over = label();
        if (one_in(2)) {
          something_new();
          line(fmt::format("if r1 {} {} goto {}", kRelations[below(std::size(kRelations))], below(12), over));
        } else {
          disguised_exit(variable, other, over);
        }
        disguised_change(variable, other);
        if (one_in(3)) {
          std::string end = label();
          line("goto " + end);
          text_ += over + ":\n";
          disguised_change(variables[below(3)].slot != 0 ? variables[2] : variables[0], variables[1]);
          text_ += end + ":\n";
        } else {
          text_ += over + ":\n";
        }
        break;
      }
      case 2:
        disguised_exit(variable, other, out);
        break;
      case 3:  // where it is used: an index that is right, or not
        line("r1 = map[6][0]+0");
        line(fmt::format("r1 += r{}", variables[0].reg));
        line(fmt::format("{} = *(u8 *)(r1 + {})", reg(), below(3)));
        break;
      case 4: {
        if (depth != 0 || one_in(2)) break;
        std::string inside = label(), done = label();
        text_ += inside + ":\n";
        disguised_body(variables, depth + 1, done);
        disguised_change(variable, other);
        disguised_exit(variable, other, inside);
        text_ += done + ":\n";
        break;
      }
      case 5:
        if (depth == 0 && !in_subprogram_ && (held_ & 0x3d) == 0 && one_in(2)) {
          disguised_call(variables[2]);
          break;
        }
        [[fallthrough]];
      default:
        disguised_change(variable, other);
    }
  }
}

void ProgramGenerator::disguised_loop() {
  if (!loops_allowed_ || ++register_loops_ > 4) return;
  // r8 and r9 where functions may be called.
  const bool calls = held_ == 0 && one_in(3);
  if (calls) held_ = 1u << 8 | 1u << 9;
  int a = calls ? 8 : hold(false), b = calls ? 9 : hold(false);
  if (a >= 0 && b >= 0) {
    const Disguised variables[3] = {{a, 0}, {b, 0}, {a, kFirstSlot + 8 * static_cast<int>(below(2))}};
    for (const Disguised& variable : variables) {
      const std::string at = variable.slot != 0 ? "r1" : fmt::format("r{}", variable.reg);
      line(fmt::format("{} = {}", at, below(5)));
      if (one_in(3)) number_of_context(at, "u8", hook_ == "tick" ? 8 : 16);
      if (one_in(3)) line(fmt::format("{} &= {}", at, (1 << below(5)) - 1));
      if (variable.slot != 0) line(fmt::format("*(u64 *)(r10 - {}) = r1", variable.slot));
    }
    std::string head = label(), out = label();
    text_ += head + ":\n";
    if (one_in(4)) disguised_exit(variables[0], variables[1], out);
    disguised_body(variables, 0, out);
    // One that goes on for certain, most of the time, and what is asked is about it.
    const Disguised& last = variables[below(3)];
    if (!one_in(4)) {
      std::string at = fetched(last, one_in(4));
      line(fmt::format("{} += {}", at, one_in(4) ? -1 : 1 + static_cast<int>(below(3))));
      put_back(last);
    }
    if (one_in(3)) {
      line(fmt::format("r1 = map[3][0]+{}", kOfData));
      line(fmt::format("lock *(u64 *)(r1 + 0) += r{}", b));
    }
    disguised_exit(one_in(4) ? variables[0] : last, variables[last.reg == a && last.slot == 0 ? 1 : 0], head);
    text_ += out + ":\n";
    // What is known behind the loop.
    if (one_in(2)) {
      line("r1 = map[6][0]+0");
      line(fmt::format("r1 += r{}", one_in(2) ? a : b));
      line(fmt::format("{} = *(u8 *)(r1 + {})", reg(), one_in(2) ? 0 : 256 - below(30)));
    }
  }
  if (a >= 0) let_go(a);
  if (b >= 0) let_go(b);
}

// A pointer that goes over a buffer, the wide map's value or the packet, is set back here and there, and is compared
// with another one.
void ProgramGenerator::disguised_pointers() {
  if (!loops_allowed_ || ++register_loops_ > 4) return;
  int at = hold(true), end = hold(true);
  if (at >= 0 && end >= 0) {
    std::string head = label(), out = label(), over = label();
    const uint64_t kind = below(hook_ == "tick" || in_subprogram_ ? 2 : 3);
    const std::string begin = kind == 0 ? "r10" : kind == 1 ? "map[6][0]+0" : "r7";
    const uint64_t bytes = kind == 0 ? 64 : kind == 1 ? 256 : 40, step = 1u << below(3);
    auto start = [&] {
      line(fmt::format("r{} = {}", at, begin));
      if (kind == 0) line(fmt::format("r{} += -{}", at, bytes));
      if (one_in(3)) line(fmt::format("r{} += {}", at, below(4)));
    };
    start();
    if (kind == 2 && !one_in(4)) {
      line(fmt::format("r{} = *(u64 *)(r6 + 8)", end));
    } else {
      line(fmt::format("r{} = r{}", end, at));
      if (one_in(2)) {
        line(fmt::format("r{} += {}", end, bytes / (1 + below(3)) - below(3)));
      } else {
        number_of_context("r1", "u8", hook_ == "tick" ? 8 : 16);
        line(fmt::format("r1 &= {}", one_in(2) ? 31 : 60));
        line(fmt::format("r{} += r1", end));
      }
    }
    const char* outs[] = {"==", ">=", ">", "=="};
    text_ += head + ":\n";
    if (one_in(2)) line(fmt::format("if r{} {} r{} goto {}", at, outs[below(4)], end, out));
    if (kind == 2) {
      line(fmt::format("r1 = r{}", at));
      line(fmt::format("r1 += {}", step));
      if (one_in(4)) {
        line(fmt::format("if r1 == r{} goto {}", end, out));
      } else {
        line(fmt::format("if r1 > r{} goto {}", end, out));
      }
    }
    line(fmt::format("{} = *(u{} *)(r{} + 0)", reg(), one_in(3) ? 8 * step : 8, at));
    if (one_in(3)) {
      something_new();
      line(fmt::format("if r1 {} {} goto {}", kRelations[below(std::size(kRelations))], below(8), over));
      switch (below(3)) {
        case 0:
          start();
          break;
        case 1:
          line(fmt::format("r{} += {}", at, static_cast<int>(below(4)) - 2));
          break;
        default:
          line(fmt::format("r{} += {}", end, static_cast<int>(below(4)) - 2));
      }
      text_ += over + ":\n";
    }
    line(fmt::format("r{} += {}", at, step));
    line(fmt::format("if r{} {} r{} goto {}", at, one_in(2) ? "!=" : one_in(2) ? "<" : "<=", end, head));
    text_ += out + ":\n";
    if (one_in(2) && kind != 2) line(fmt::format("{} = *(u8 *)(r{} - {})", reg(), at, below(3)));
  }
  if (at >= 0) let_go(at);
  if (end >= 0) let_go(end);
}

std::string ProgramGenerator::make_loop() {
  loops_allowed_ = true;
  begin();
  if (one_in(3)) arithmetic();
  if (one_in(3)) {
    disguised_pointers();
  } else {
    disguised_loop();
  }
  if (one_in(4)) statements(1, 1);
  return finish();
}

}  // namespace perdita::verifier::testing
