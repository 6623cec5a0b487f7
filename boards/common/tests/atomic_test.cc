// SPDX-License-Identifier: Apache-2.0
//
// Test firmware (tests/board/test_atomics.py): a program with one atomic instruction, in each engine, interrupted at
// every instruction that the engine takes by another such program on the same word. What both leave and both got must
// be what one of the two orders leaves and gets. A line for each engine and size, "FAILED" where neither order explains
// it, "atomics: done" at the end.
#include <string.h>

#include "board.h"
#include "console.h"
#include "isa/insn.h"
#include "measure.h"
#include "runtime/engine.h"

using namespace perdita;           // NOLINT: this file is a test of these namespaces
using namespace perdita::isa;      // NOLINT
using namespace perdita::runtime;  // NOLINT

namespace {

uint32_t lock(void*) { return board::lock(); }
void unlock(void*, uint32_t state) { board::unlock(state); }

constexpr perdita_port kPort = {nullptr, {nullptr, lock, unlock, nullptr, nullptr, nullptr}, {nullptr, nullptr}};

// What the programs share, and what each of them got.
struct Got {
  uint64_t r0, source;
  bool operator==(const Got&) const = default;
};
struct Memory {
  uint64_t word;
  Got got[2];
  bool operator==(const Memory&) const = default;
};

constexpr perdita_field kField = {"memory", 0, sizeof(Memory), PERDITA_FIELD_SCALAR, 1};

constexpr perdita_hook make_hook() {
  perdita_hook hook = {};
  hook.name = "atomic";
  hook.fields = &kField;
  hook.field_count = 1;
  hook.context_size = sizeof(Memory);
  return hook;
}
constexpr perdita_hook kHook = make_hook();

struct Case {
  Outcome (*engine)(const Invocation&);
  const char* name;
  uint8_t size;  // kW or kDw
};
constexpr Case kCases[] = {{run_interpreter, "interpreter, 32 bits", kW},
                           {run_interpreter, "interpreter, 64 bits", kDw},
                           {run_guarded, "guarded, 32 bits", kW},
                           {run_guarded, "guarded, 64 bits", kDw}};

constexpr int32_t kOperations[] = {kAdd,         kOr,           kAnd,          kXor,  kAdd | kFetch,
                                   kOr | kFetch, kAnd | kFetch, kXor | kFetch, kXchg, kCmpxchg};

// Every kind of change: with the carry, without a result, with one, and only sometimes.
constexpr int32_t kInterrupting[] = {kAdd, kXor | kFetch, kXchg, kCmpxchg};

constexpr uint32_t kProgramLength = 8;
struct Program {
  Insn code[kProgramLength];
};

// Program `number` (0 or 1): its own operand, carries and borrows across the halves of the word included.
Program program(const Case& test, int32_t operation, uint32_t number) {
  const int16_t got = static_cast<int16_t>(offsetof(Memory, got) + number * sizeof(Got));
  const int32_t operand = number == 0 ? -0x55aa : 0x0ff000f1;
  return {{{kAlu64 | kMov | kK, make_regs(2, 0), 0, operand},
           {kAlu64 | kMov | kK, make_regs(0, 0), 0, static_cast<int32_t>(0x1234)},  // what cmpxchg expects
           {static_cast<uint8_t>(kStx | kAtomic | test.size), make_regs(1, 2), 0, operation},
           {kStx | kMem | kDw, make_regs(1, 0), got, 0},
           {kStx | kMem | kDw, make_regs(1, 2), static_cast<int16_t>(got + 8), 0},
           {kAlu64 | kMov | kK, make_regs(0, 0), 0, 0},
           {kJmp | kExit, 0, 0, 0},
           {kJmp | kExit, 0, 0, 0}}};
}

// All that an invocation needs; made before the interrupt is set up, so that it meets the engine.
class Prepared {
 public:
  Prepared(const Case& test, const Program& program, Memory& memory) : test_(test), memory_(memory) {
    invocation_ = {&kPort,   &kLink, {program.code, kProgramLength}, {&kWhole, 1}, &kHook,
                   &memory_, 0,      MutableBytes(stack_),           &activity_,   100};
  }
  void run() {
    if (test_.engine(invocation_).status != Status::ok) memory_.word = ~memory_.word;
  }

 private:
  static constexpr Subprogram kWhole = {0, 0};
  static constexpr LinkTable kLink = {};
  const Case& test_;
  Memory& memory_;
  Invocation invocation_;
  Activity activity_ = {};
  alignas(8) uint8_t stack_[8];
};

struct {
  Prepared* program;
  volatile bool fired;
} interrupt;

// The second is what cmpxchg expects, so that it exchanges in one of the orders.
constexpr uint64_t kStarts[] = {0xfffffffffffffffbu, 0x1234};

Memory in_order(const Case& test, const Program& first, const Program& second, uint64_t start) {
  Memory memory = {start, {}};
  Prepared(test, first, memory).run();
  Prepared(test, second, memory).run();
  return memory;
}

// At how many points the first was interrupted; 0: something is wrong.
uint32_t interrupt_everywhere(const Case& test, int32_t operation, int32_t by, uint64_t start) {
  const Program first = program(test, operation, 0);
  const Program second = program(test, by, 1);
  const Memory before = in_order(test, first, second, start);
  const Memory after = in_order(test, second, first, start);
  for (uint32_t at = 0;; at++) {
    Memory memory = {start, {}};
    Prepared interrupted(test, first, memory);
    Prepared interrupting(test, second, memory);
    interrupt.program = &interrupting;
    interrupt.fired = false;
    board::interrupt_after(at);
    interrupted.run();
    const bool fired = interrupt.fired;
    board::interrupt_off();
    if (!fired) return at;
    if (memory == before || memory == after) continue;
    board::print("FAILED ");
    board::print(test.name);
    board::print(": operation ");
    board::print_hex(static_cast<uint32_t>(operation));
    board::print(" interrupted by ");
    board::print_hex(static_cast<uint32_t>(by));
    board::print(" after ");
    board::print_number(at);
    board::print(" instructions: neither order explains it\n");
    return 0;
  }
}

bool interrupt_all(const Case& test) {
  uint32_t points = 0;
  for (const int32_t operation : kOperations) {
    for (const int32_t by : kInterrupting) {
      for (const uint64_t start : kStarts) {
        const uint32_t hit = interrupt_everywhere(test, operation, by, start);
        if (hit == 0) return false;
        points += hit;
      }
    }
  }
  board::print("interrupted: ");
  board::print(test.name);
  board::print(": ");
  board::print_number(points);
  board::print(" points\n");
  return true;
}

}  // namespace

extern "C" {

void timer_handler() {
  board::interrupt_off();
  if (interrupt.fired) return;
  interrupt.fired = true;
  interrupt.program->run();
}

int main() {
  board::console_init();
  bool all = true;
  for (const Case& test : kCases) all = interrupt_all(test) && all;
  board::print(all ? "atomics: done\n" : "atomics: done, with failures\n");
  for (;;) {
  }
}

}  // extern "C"
