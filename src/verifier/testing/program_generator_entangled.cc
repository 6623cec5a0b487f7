// SPDX-License-Identifier: Apache-2.0
//
// Variables that have to do with each other, made in two ways that meet: numbers that are copies of each other, apart
// by constants, sums, or compared; pointers into one object that number by number is added to or taken from; low halves
// of pointers. What the ways make looks alike, so one is held against the other, and what was said of one must not be
// believed of both. All of them are used behind that, so that all of them are known until then.
#include <fmt/format.h>

#include <utility>

#include "verifier/testing/program_generator.h"

namespace perdita::verifier::testing {
namespace {

constexpr int kVariables[] = {2, 3, 4, 5, 8, 9};
constexpr int kScratchSlot = 152, kCounterSlot = 160, kFirstSlot = 216;  // r10 - 152 down to r10 - 216 are this file's
constexpr const char* kOrders[] = {">", ">=", "<", "<=", "s>", "s>=", "s<", "s<=", "==", "!="};

}  // namespace

// One of the variables before this one that is of the kind; -1: there is none.
int ProgramGenerator::entangled_with(const Entangled& all, size_t before, Kind kind) {
  for (size_t i = 0; before != 0 && i < 4; i++) {
    size_t at = below(before);
    if (all.kinds[at] == kind) return kVariables[at];
  }
  return -1;
}

void ProgramGenerator::entangled_start(const Entangled& all, int variable) {
  if (all.base == 0) {
    line(fmt::format("r{} = r10", variable));
    line(fmt::format("r{} += -{}", variable, kBuffer));
  } else {
    line(fmt::format("r{} = {}", variable, all.base == 1 ? "map[6][0]+8" : "r7"));
  }
}

// The variable's value, from what those before it are, or from outside.
void ProgramGenerator::entangled_value(const Entangled& all, size_t index) {
  const int variable = kVariables[index], number = entangled_with(all, index, Kind::number),
            pointer = entangled_with(all, index, Kind::pointer);
  auto input = [&](const std::string& to) {
    line(fmt::format("{} = *(u8 *)(r6 + {})", to, (hook_ == "tick" ? 8 : 16) + below(4)));
    line(fmt::format("{} &= {}", to, one_in(4) ? 6 : 7));
  };
  const int64_t shift = static_cast<int64_t>(below(7)) - 3;
  switch (all.kinds[index]) {
    case Kind::number:
      if (number >= 0 && !one_in(3)) {
        const bool narrow = one_in(5);
        line(fmt::format("{0}{1} = {0}{2}", narrow ? "w" : "r", variable, number));
        if (one_in(8)) {
          line(fmt::format("r{} <<= 32", variable));
          line(fmt::format("r{} {}>>= 32", variable, one_in(2) ? "s" : ""));
        }
        if (one_in(2)) line(fmt::format("{}{} += {}", narrow ? "w" : "r", variable, shift));
        if (one_in(6)) line(fmt::format("r{} {}= r{}", variable, one_in(2) ? "+" : "-", number));
      } else if (one_in(6)) {
        line(fmt::format("r{} = {}", variable, below(8)));
      } else {
        input(fmt::format("r{}", variable));
        if (one_in(4)) line(fmt::format("r{} += {}", variable, shift));
      }
      break;
    case Kind::pointer:
      if (pointer >= 0 && one_in(2)) {
        line(fmt::format("r{} = r{}", variable, pointer));
      } else {
        entangled_start(all, variable);
      }
      if (one_in(3)) line(fmt::format("r{} += {}", variable, shift + 3));
      if (one_in(3)) {
        input("r1");  // which nothing but the pointer knows then
        if (number >= 0 && one_in(2)) {
          line(fmt::format("if r1 {} r{} goto {}", kOrders[below(8)], number, all.out));
        }
        line(fmt::format("r{} {} r1", variable, one_in(3) ? "-=" : "+="));
      } else if (number >= 0 && one_in(2)) {
        line(fmt::format("r{} {} r{}", variable, one_in(4) ? "-=" : "+=", number));
      }
      if (all.base == 2 && one_in(12)) line(fmt::format("r{} = *(u64 *)(r6 + 8)", variable));
      break;
    case Kind::half: {
      const int half = entangled_with(all, index, Kind::half);
      if (half >= 0 && one_in(2)) {
        line(fmt::format("w{} = w{}", variable, half));
      } else if (pointer >= 0 && one_in(2)) {
        line(fmt::format("w{} = w{}", variable, pointer));
      } else {
        input("r1");
        line(fmt::format("r{} = r7", variable));
        line(fmt::format("r{} += r1", variable));
        line(fmt::format("w{0} = w{0}", variable));
      }
      break;
    }
  }
  if (one_in(6)) {
    const int bits = all.kinds[index] == Kind::number && one_in(2) ? 32 : 64;
    line(fmt::format("*(u{} *)(r10 - {}) = r{}", bits, kScratchSlot, variable));
    line(fmt::format("r{} = *(u{} *)(r10 - {})", variable, bits, kScratchSlot));
  }
}

// Two of one kind are compared, or a number with a constant.
void ProgramGenerator::entangled_compare(const Entangled& all) {
  const std::string& out = all.out;
  const size_t a = below(all.count), b = below(all.count);
  const char* order = kOrders[below(std::size(kOrders))];
  if (all.kinds[a] == Kind::number) {
    const bool narrow = one_in(4);
    const std::string prefix = narrow ? "w" : "r";
    const bool both = all.kinds[b] == Kind::number && a != b && !one_in(3);
    line(fmt::format("if {}{} {} {} goto {}", prefix, kVariables[a], order,
                     both ? fmt::format("{}{}", prefix, kVariables[b]) : std::to_string(below(8)), out));
  } else if (all.kinds[a] == Kind::pointer && all.kinds[b] == Kind::pointer) {
    line(fmt::format("if r{} {} r{} goto {}", kVariables[a], order[0] == 's' ? order + 1 : order, kVariables[b], out));
  } else if (all.kinds[a] == Kind::pointer && all.base == 2) {
    line("r1 = *(u64 *)(r6 + 8)");
    line(fmt::format("if r{} {} r1 goto {}", kVariables[a], order[0] == 's' ? order + 1 : order, out));
  }
}

void ProgramGenerator::entangled_use(const Entangled& all, size_t index) {
  const int variable = kVariables[index], other = entangled_with(all, all.count, all.kinds[index]);
  switch (all.kinds[index]) {
    case Kind::number:
      if (one_in(2)) {
        line("r1 = map[6][0]+16");
        line(fmt::format("r1 += r{}", variable));
        line(fmt::format("r1 = *(u8 *)(r1 + {})", below(10)));
      } else if (other >= 0 && one_in(3)) {
        line(fmt::format("r1 = r{}", variable));
        line(fmt::format("r1 -= r{}", other));
        line("r0 ^= r1");
      }
      return line(fmt::format("r0 += r{}", variable));
    case Kind::pointer:
      if (all.base != 2 && one_in(2)) {
        line(fmt::format("r1 = *(u8 *)(r{} + {})", variable, below(4)));
      } else if (all.base == 2 && one_in(2)) {
        line(fmt::format("r1 = *(u8 *)(r{} + {})", variable, below(2)));
      }
      line(fmt::format("r1 = r{}", variable));
      line(other >= 0 && all.base != 2 ? fmt::format("r1 -= r{}", other)
                                       : fmt::format("r1 -= {}", all.base == 2 ? "r7" : fmt::format("r{}", variable)));
      return line("r0 += r1");
    case Kind::half:
      line(fmt::format("w1 = w{}", variable));
      line(other >= 0 && one_in(2) ? fmt::format("w1 -= w{}", other) : "w1 -= w7");
      line("r0 += r1");
  }
}

// All of them go to the stack, where a callback exchanges, copies and moves them, some number of times.
void ProgramGenerator::entangled_callback(const Entangled& all) {
  auto slot = [](size_t index) { return kFirstSlot - 8 * static_cast<int>(index); };
  for (size_t i = 0; i < all.count; i++) line(fmt::format("*(u64 *)(r10 - {}) = r{}", slot(i), kVariables[i]));
  std::string name = label();
  line(fmt::format("r1 = {}", 1 + below(5)));
  if (one_in(2)) {
    line(fmt::format("r1 = *(u8 *)(r6 + {})", hook_ == "tick" ? 9 : 17));
    line("r1 &= 7");
  }
  line("r2 = subprog[" + name + "]");
  line("r3 = r10");
  line(fmt::format("r3 += -{}", kFirstSlot));
  line("r4 = 0");
  line("call 181");
  for (size_t i = 0; i < all.count; i++) line(fmt::format("r{} = *(u64 *)(r10 - {})", kVariables[i], slot(i)));

  std::string outer = std::exchange(text_, name + ":\n");
  const std::string over = label();
  for (uint64_t changes = 1 + below(3); changes > 0; changes--) {
    const size_t a = below(all.count), b = below(all.count);
    line(fmt::format("r3 = *(u64 *)(r2 + {})", 8 * a));
    line(fmt::format("r4 = *(u64 *)(r2 + {})", 8 * b));
    const bool alike = all.kinds[a] == all.kinds[b];
    if (alike && all.kinds[a] == Kind::number && one_in(3)) {
      line(fmt::format("if r3 {} r4 goto {}", kOrders[below(std::size(kOrders))], over));
    }
    if (alike && one_in(2)) {
      line(fmt::format("*(u64 *)(r2 + {}) = r3", 8 * b));
      if (one_in(2)) line(fmt::format("*(u64 *)(r2 + {}) = r4", 8 * a));
    } else if (all.kinds[a] == Kind::number) {
      line(fmt::format("r3 += {}", static_cast<int>(below(3)) - 1));
      if (one_in(2)) line("r3 &= 7");
      line(fmt::format("*(u64 *)(r2 + {}) = r3", 8 * a));
    } else if (all.kinds[a] == Kind::pointer) {
      if (one_in(4)) line("r3 += 1");
      line(fmt::format("*(u64 *)(r2 + {}) = r3", 8 * a));
    }
  }
  text_ += over + ":\n";
  line("r0 = 0");
  if (one_in(3)) {
    line("r1 = map[3][0]+0");
    line("r0 = *(u8 *)(r1 + 0)");
    line("r0 &= 1");
  }
  line("exit");
  subprograms_ += std::exchange(text_, std::move(outer));
}

void ProgramGenerator::entangled() {
  Entangled all;
  all.out = label();
  const bool packets = hook_ != "tick" && !in_subprogram_;
  all.base = static_cast<unsigned>(below(packets ? 3 : 2));
  all.count = 2 + below(4);
  for (size_t i = 0; i < all.count; i++) {
    const bool pointer = one_in(2);
    all.kinds[i] = !pointer ? Kind::number : all.base == 2 && one_in(2) ? Kind::half : Kind::pointer;
  }
  const std::string &out = all.out, other = label(), both = label(), head = label();
  auto values = [&](bool some) {
    for (size_t i = 0; i < all.count; i++) {
      if (!some || one_in(2)) entangled_value(all, i);
    }
    for (uint64_t count = below(3); count > 0; count--) entangled_compare(all);
  };
  const bool loops = one_in(3);
  if (loops) {
    values(false);
    line(fmt::format("*(u64 *)(r10 - {}) = 0", kCounterSlot));
    text_ += head + ":\n";
  }
  line("r0 = 0");
  const bool by_memory = one_in(2);
  if (by_memory) {
    line("r1 = map[3][0]+0");
    line("r1 = *(u8 *)(r1 + 0)");
  } else {
    line(fmt::format("r1 = *(u8 *)(r6 + {})", (hook_ == "tick" ? 8 : 16) + below(4)));
  }
  line(fmt::format("if r1 & {} goto {}", 8 << below(3), other));
  values(loops);
  line("goto " + both);
  text_ += other + ":\n";
  values(loops);
  text_ += both + ":\n";
  if (one_in(5)) entangled_callback(all);
  for (uint64_t count = below(4); count > 0; count--) entangled_compare(all);
  for (size_t i = 0; i < all.count; i++) entangled_use(all, i);
  if (loops) {
    for (size_t i = 0; i < all.count; i++) {
      if (all.kinds[i] == Kind::number && one_in(3)) line(fmt::format("r{} += {}", kVariables[i], below(3)));
      if (all.kinds[i] == Kind::pointer && one_in(6)) line(fmt::format("r{} += {}", kVariables[i], below(3)));
    }
    line(fmt::format("r1 = *(u64 *)(r10 - {})", kCounterSlot));
    line("r1 += 1");
    line(fmt::format("*(u64 *)(r10 - {}) = r1", kCounterSlot));
    line(fmt::format("if r1 < {} goto {}", 2 + below(one_in(3) ? 300 : 30), head));
  }
  text_ += out + ":\n";
  line("r0 = 0");
  for (int number : kVariables) line(fmt::format("r{} = {}", number, below(20)));
}

std::string ProgramGenerator::make_entangled() {
  loops_allowed_ = true;
  begin();
  entangled();
  return finish();
}

}  // namespace perdita::verifier::testing
