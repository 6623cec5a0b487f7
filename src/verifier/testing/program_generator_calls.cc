// SPDX-License-Identifier: Apache-2.0
//
// Everything that the generator calls: helpers, functions, subprograms, callbacks.
#include <fmt/format.h>

#include <utility>

#include "verifier/testing/program_generator.h"

namespace perdita::verifier::testing {
void ProgramGenerator::numbers_again(bool results_too) {
  for (int number : {2, 3, 4, 5}) {
    switch (below(4)) {
      case 0:
        line(fmt::format("r{} = {}", number, immediate()));
        break;
      case 1:
        number_of_context(fmt::format("r{}", number), "u32", hook_ == "tick" ? 8 : 16);
        break;
      default:
        line(fmt::format("r{} = r{}", number, one_in(2) ? 8 : 9));
    }
  }
  if (results_too) line(fmt::format("r0 = {}", immediate()));
}

void ProgramGenerator::lookup() {
  bool array = one_in(2);
  std::string none = label();
  line(fmt::format("*(u64 *)(r10 - 104) = {}", below(20)));
  line("r2 = r10");
  line("r2 += -104");
  line(fmt::format("r1 = map[{}]", array ? 0 : 1));
  line("call 1");
  line("r1 = r0");
  line("r0 = 0");
  if (!one_in(20)) line(fmt::format("if r1 {} 0 goto {}", "==", none));
  uint64_t size = array ? 64 : 16;
  switch (below(3)) {
    case 0:
      line(fmt::format("r0 = *(u64 *)(r1 + {})", below(size - 7)));
      break;
    case 1:
      line(fmt::format("*(u32 *)(r1 + {}) = {}", below(size - 3), immediate()));
      break;
    default:
      line(fmt::format("r8 &= {}", size - 8 - (one_in(8) ? 0 : 1)));
      line("r1 += r8");
      line("r0 = *(u64 *)(r1 + 0)");
  }
  text_ += none + ":\n";
  numbers_again(false);
}

// Puts something into a hash or an array, or takes it out; what came of it is a number.
void ProgramGenerator::map_change() {
  const bool array = one_in(2);
  line(fmt::format("*(u64 *)(r10 - 104) = {}", below(array ? 4 : 20)));
  if (one_in(4)) line(fmt::format("*(u8 *)(r10 - 104) = {}", source(true)));
  const bool removes = one_in(3);
  if (!removes) {
    for (int slot : {144, 136}) line(fmt::format("*(u64 *)(r10 - {}) = {}", slot, source()));
    line("r3 = r10");
    line("r3 += -144");
    // Flags; eight is none. Four is Linux's lock, which has a place of its own among its errors.
    line(fmt::format("r4 = {}", below(3) + (one_in(12) ? 8 : 0)));
  }
  line("r2 = r10");
  line("r2 += -104");
  line(fmt::format("r1 = map[{}]", array ? 12 : 1));
  line(fmt::format("call {}", removes ? 3 : 2));
  numbers_again(false);
}

void ProgramGenerator::helper() {
  line(fmt::format("call {}", one_in(2) ? 7 : 5));
  numbers_again(false);
}

void ProgramGenerator::function() {
  std::string size = reg();
  switch (below(5)) {
    case 0:
      line(fmt::format("{} &= 7", size));
      line("r1 = " + size);
      line("call function[0]");
      break;
    case 1:
      line(fmt::format("r2 = {}", static_cast<int>(below(5)) - 2));
      line("r1 = r8");
      line("call function[1]");
      break;
    case 2:
      line(fmt::format("r2 = {}", size));
      line("r2 &= 15");
      line(fmt::format("r2 += {}", one_in(10) ? 0 : 1));
      line("r1 = r10");
      line(fmt::format("r1 += -{}", kBuffer - below(8)));
      line("call function[2]");
      break;
    case 3:
      line(fmt::format("r2 = {}", size));
      line("r2 &= 31");
      line("r1 = r10");
      line(fmt::format("r1 += -{}", kBuffer - below(2)));
      line("call function[3]");
      break;
    default:
      line("r1 = r6");
      line("call function[4]");
  }
  numbers_again(false);
}

// A subprogram of its own for each call; it gets the context, two numbers, and a pointer to the caller's buffer.
void ProgramGenerator::subprogram() {
  if (in_subprogram_ || called_) return;
  called_ = true;
  std::string name = label();
  line("r1 = r6");
  line(fmt::format("r4 = r10"));
  line(fmt::format("r4 += -{}", kBuffer));
  line("call " + name);
  numbers_again(false);
  bool twice = one_in(2);
  if (twice) {
    line("r1 = r6");
    line("r4 = r10");
    line(fmt::format("r4 += -{}", kBuffer));
    line("call " + name);
    numbers_again(false);
  }
  std::string outer = std::exchange(text_, name + ":\n");
  in_subprogram_ = true;
  line("r6 = r1");
  line("r7 = r4");
  for (int number : {0, 4, 5, 8, 9}) line(fmt::format("r{} = r{}", number, 2 + below(2)));
  for (int slot = 1; slot <= kSpillSlots; slot++) line(fmt::format("*(u64 *)(r10 - {}) = r{}", 8 * slot, 2 + below(2)));
  for (int slot = 40; slot <= kBuffer; slot += 8) line(fmt::format("*(u64 *)(r10 - {}) = 0", slot));
  if (one_in(2)) line(fmt::format("*(u64 *)(r7 + {}) = r2", 8 * below(4)));
  if (one_in(2)) line(fmt::format("r3 = *(u32 *)(r7 + {})", 4 * below(8)));
  statements(2 + below(5), 1);
  line("exit");
  in_subprogram_ = false;
  subprograms_ += std::exchange(text_, std::move(outer));
}

// Reserves, uses, and releases; now and then too early, not at all, or without the check. What is reserved stands in a
// slot of its own while other statements run.
void ProgramGenerator::reservation(unsigned depth) {
  if (reserved_) return;
  int size = 8 << below(3);
  std::string none = label();
  line("r1 = map[7]");
  line(fmt::format("r2 = {}", size));
  line("r3 = 0");
  line("call 131");
  line("*(u64 *)(r10 - 112) = r0");
  if (!one_in(20)) line(fmt::format("if r0 {} 0 goto {}", "==", none));
  uint64_t room = static_cast<uint64_t>(size) - 7;
  if (one_in(2)) {
    line(fmt::format("*(u64 *)(r0 + {}) = {}", below(room), immediate()));
  } else {
    line(fmt::format("r8 &= {}", size - 1));
    line("r1 = r0");
    line("r1 += r8");
    line(fmt::format("r9 = *(u8 *)(r1 + {})", one_in(10) ? 1 : 0));
  }
  numbers_again(true);
  if (one_in(2)) {
    reserved_ = true;
    statements(1 + static_cast<unsigned>(below(2)), depth + 1);
    reserved_ = false;
  }
  line("r1 = *(u64 *)(r10 - 112)");
  line("r2 = 0");
  if (!one_in(20)) line(fmt::format("call {}", 132 + below(2)));
  text_ += none + ":\n";
  numbers_again(true);
}

void ProgramGenerator::queue() {
  line(fmt::format("*(u64 *)(r10 - 104) = {}", reg()));
  line("r2 = r10");
  line("r2 += -104");
  line("r1 = map[4]");
  bool push = one_in(2);
  if (push) line("r3 = 0");
  line(fmt::format("call {}", push ? 87 : 88 + below(2)));
  if (!push) line("r8 = *(u64 *)(r10 - 104)");
  numbers_again(false);
}

void ProgramGenerator::tail_call() {
  if (in_subprogram_ || reserved_) return;
  line("r1 = r6");
  line(fmt::format("r3 = {}", reg()));
  line("r2 = map[8]");
  line("call 12");
  numbers_again(false);
}

// A loop or a walk over a map, with a callback of its own that gets the context and the buffer by a structure on the
// caller's stack: changes the buffer, and sees what the iterations before left there.
void ProgramGenerator::callback() {
  if (callbacks_ >= 3 || callbacks_running_ >= 2) return;
  callbacks_++;
  std::string name = label();
  bool walks = one_in(3), with_buffer = !in_subprogram_;
  uint64_t count = 1 + below(6);
  std::string times = reg();
  line("*(u64 *)(r10 - 120) = r6");
  if (walks) {
    line(fmt::format("r1 = map[{}]", one_in(2) ? 12 : 10));
  } else if (one_in(2)) {
    line(fmt::format("r1 = {}", count));
  } else {
    line(fmt::format("{} &= 7", times));
    line("r1 = " + times);
  }
  line("r3 = r10");
  line("r3 += -120");
  line(fmt::format("r2 = subprog[{}]", name));
  line("r4 = 0");
  line(walks ? "call 164" : "call 181");
  numbers_again(false);

  std::string outer = std::exchange(text_, name + ":\n");
  bool was_inside = std::exchange(in_subprogram_, true), was_reserved = std::exchange(reserved_, false);
  callbacks_running_++;
  if (walks) {
    line("r8 = *(u32 *)(r2 + 0)");
    line(fmt::format("r9 = *(u{} *)(r3 + {})", one_in(2) ? 64 : 32, 0));
    if (one_in(3)) line("*(u32 *)(r3 + 4) = 7");
    line("r2 = r4");
  } else {
    line("r8 = r1");
    line("r9 = r1");
    if (one_in(2)) {
      line("r3 = map[3][0]+0");
      line("r3 += r1");
      line(fmt::format("r9 = *(u8 *)(r3 + {})", one_in(10) ? 12 : 2));
    }
  }
  line("r6 = *(u64 *)(r2 + 0)");
  line("r7 = r2");
  line(fmt::format("r7 += {}", 120 - kBuffer));
  if (with_buffer) {
    int slot = 8 * static_cast<int>(below(4));
    line(fmt::format("r9 = *(u{} *)(r7 + {})", one_in(2) ? 64 : 32, slot));
    line(fmt::format("{} {} {}", "r9", one_in(2) ? "+=" : "*=", 1 + below(3)));
    line(fmt::format("*(u{} *)(r7 + {}) = {}", one_in(2) ? 64 : 32, slot, one_in(2) ? "r9" : "r8"));
  }
  for (int number : {0, 2, 3, 4, 5}) line(fmt::format("r{} = r{}", number, 8 + below(2)));
  for (int slot = 1; slot <= kSpillSlots; slot++) line(fmt::format("*(u64 *)(r10 - {}) = r{}", 8 * slot, 2 + below(2)));
  for (int slot = 40; slot <= kBuffer; slot += 8) line(fmt::format("*(u64 *)(r10 - {}) = 0", slot));
  statements(1 + static_cast<unsigned>(below(4)), 2);
  line(one_in(12) ? "r0 &= 3" : one_in(2) ? "r0 &= 1" : "r0 = 0");
  line("exit");
  callbacks_running_--;
  in_subprogram_ = was_inside;
  reserved_ = was_reserved;
  subprograms_ += std::exchange(text_, std::move(outer));
}

}  // namespace perdita::verifier::testing
