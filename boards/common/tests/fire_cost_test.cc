// SPDX-License-Identifier: Apache-2.0
//
// Test firmware (tests/board/test_fire_costs.py): what firing takes in machine instructions, from the call of
// perdita_fire to its return. Not counted are the bodies of the port's functions: three instructions of the clock here,
// twice. A program's own share is what run_interpreter executes for it, counted in the same way; of machine code, what
// the generator says that it executes.
#include <string.h>

#include "board.h"
#include "console.h"
#include "isa/cost.h"
#include "measure.h"
#include "perdita/perdita.h"
#include "runtime/fire.h"
#include "runtime/native.h"
#include "runtime/runtime.h"

using namespace perdita;           // NOLINT: this file is a test of these namespaces
using namespace perdita::runtime;  // NOLINT

namespace {

constexpr uint32_t kEmptyHookMost = 20;
constexpr uint32_t kProgramMost = board::kTarget[0] == 'a' ? 60 : board::kTarget[0] == 'r' ? 90 : 110;

uint32_t lock(void*) { return 0; }
void unlock(void*, uint32_t) {}
constexpr uint32_t kClockInstructions = 3;
[[gnu::noipa]] uint64_t clock_ns(void*) { return 0; }
uint32_t random_number(void*) { return 4; }
void log_line(void*, const char*, size_t) {}

constexpr perdita_port kPort = {
    nullptr, {clock_ns, lock, unlock, nullptr, random_number, log_line}, {nullptr, nullptr}};

perdita_hook hooks[2];
const perdita_platform kPlatform = {"test", hooks, nullptr, nullptr, 2, 0, 0};
perdita_config config;

// r0 = 7; exit
const isa::Insn kCode[] = {{isa::kAlu64 | isa::kMov | isa::kK, 0, 0, 7}, {isa::kJmp | isa::kExit, 0, 0, 0}};
const Subprogram kSubprograms[] = {{0, 0}};

alignas(8) uint8_t stack[64];
alignas(8) uint8_t own[sizeof(perdita_runtime)];
Package package;
Prog prog;
uint32_t failures;

// Both from the first instruction of what is called to its return: what a function that returns at once costs here,
// but for its return, is the caller's.
template <typename Call>
uint32_t count(Call call) {
  const uint32_t empty_before = board::ticks();
  const uint32_t empty = board::ticks_between(empty_before, board::ticks());
  const uint32_t before = board::ticks();
  call();
  const uint32_t after = board::ticks();
  return board::instructions(board::ticks_between(before, after) - empty);
}

using Fire = int64_t (*)(perdita_runtime*, uint32_t, void*);
using Run = Outcome (*)(const Invocation&);
int64_t last_result;
Outcome last_outcome;

// One instruction on every board, whatever it is called as.
[[gnu::noipa]] void nothing() {}
template <typename Function>
Function as_nothing() {
  auto address = reinterpret_cast<uintptr_t>(nothing);
  __asm__("" : "+r"(address));
  return reinterpret_cast<Function>(address);
}

[[gnu::noipa]] uint32_t calls_fire(Fire fire, perdita_runtime* runtime, uint32_t hook) {
  return count([&] { last_result = fire(runtime, hook, nullptr); });
}
uint32_t count_fire(Fire fire, perdita_runtime* runtime, uint32_t hook) {
  const uint32_t returning = calls_fire(as_nothing<Fire>(), runtime, hook);
  return calls_fire(fire, runtime, hook) - returning + 1;
}
[[gnu::noipa]] uint32_t calls_run(Run run) {
  return count([&] { last_outcome = run(prog); });
}
uint32_t count_run(Run run) {
  const uint32_t returning = calls_run(as_nothing<Run>());
  return calls_run(run) - returning + 1;
}

// The program as machine code, made here.
NativePart native;
alignas(8) uint8_t machine_code[64], workspace[1024];
uint32_t make_native() {
  uint16_t costs[2];
  const jit::Program program = {kCode, {kSubprograms, 1}, {}, {}, 0};
  const jit::Generated made = PERDITA_BOARD_GENERATOR.generate(program, MutableBytes(workspace),
                                                               MutableBytes(machine_code), Span<uint16_t>(costs));
  board::sync_code();
  if (made.failure != jit::Failure::none) {
    board::print("FAILED no machine code: ");
    board::print_number(static_cast<uint32_t>(made.failure));
    board::print("\n");
    failures++;
  }
  native.table.routines = native_routines;
  package.native = &native;
  prog.native = machine_code;
  prog.run = run_native;
  return costs[0] + costs[1];
}

// What bounds say of this program in an engine (isa/cost.h).
uint32_t promised(const char* engine) {
  for (const isa::EngineCost& costs : isa::engine_costs()) {
    const size_t target = strlen(board::kTarget);
    if (strncmp(costs.engine, board::kTarget, target) != 0 || strcmp(costs.engine + target, engine) != 0) continue;
    return costs.invocation + costs.invocation_per_stack * prog.stack.size() + costs.instruction(kCode[0], 0) +
           costs.instruction(kCode[1], 0);
  }
  return 0;
}

// What bounds of native code say of entering and leaving a program (runtime/native.h).
uint32_t promised_invocation() {
  for (const RoutineCosts& costs : kRoutineCosts) {
    if (strcmp(costs.target, board::kTarget) == 0) return costs.invocation;
  }
  return 0;
}

void check(const char* what, uint32_t counted, uint32_t most) {
  board::print("fire: ");
  board::print(what);
  board::print(": ");
  board::print_number(counted);
  board::print(" of ");
  board::print_number(most);
  board::print("\n");
  if (counted <= most) return;
  board::print("FAILED more than promised\n");
  failures++;
}

}  // namespace

extern "C" {

int main() {
  board::console_init();
  board::start_counting();
  for (perdita_hook& hook : hooks) {
    hook.name = "hook";
    hook.result_min = INT32_MIN;
    hook.result_max = INT32_MAX;
  }
  config.platform = &kPlatform;
  config.port = &kPort;
  perdita_runtime* const runtime = reinterpret_cast<perdita_runtime*>(own);
  runtime->config = &config;
  prog.port = &kPort;
  prog.link = &package;
  prog.hook = &hooks[1];
  prog.activity = &runtime->levels[0];
  prog.code = {kCode, 2};
  prog.subprograms = {kSubprograms, 1};
  prog.stack = {stack, sizeof stack};
  prog.run = run_interpreter;
  prog.narrow_result = true;
  prog.attached = true;
  runtime->hooks[1].first = &prog;

  check("an empty hook", count_fire(perdita_fire, runtime, 0), kEmptyHookMost);

  const uint32_t fired = count_fire(perdita_fire, runtime, 1);
  if (last_result != 7 || prog.stats.runs != 1 || prog.stats.last_result != 7) {
    board::print("FAILED the program did not run\n");
    failures++;
  }
  const uint32_t program = count_run(run_interpreter);
  board::print("fire: all of one program ");
  board::print_number(fired);
  board::print(", its own ");
  board::print_number(program);
  board::print("\n");
  check("one program, beside its own and the port's", fired - program - 2 * kClockInstructions, kProgramMost);
  check("all of it, beside the port's, of the interpreter", fired - 2 * kClockInstructions, promised("/interpreter"));

  prog.run = run_unproved;
  prog.steps = 10;
  const uint32_t guarded = count_fire(perdita_fire, runtime, 1) - 2 * kClockInstructions;
  if (last_result != 7) {
    board::print("FAILED the guarded program did not run\n");
    failures++;
  }
  check("all of it, beside the port's, guarded", guarded, promised("/guarded"));

  const uint32_t code = make_native();
  const uint32_t entered = count_fire(perdita_fire, runtime, 1) - code - 2 * kClockInstructions;
  if (last_result != 7) {
    board::print("FAILED the machine code did not run\n");
    failures++;
  }
  check("one program as machine code, beside its own and the port's", entered, promised_invocation());
  if (promised_invocation() > 2 * entered) {
    board::print("FAILED the promise is more than twice too large\n");
    failures++;
  }
  board::print(failures == 0 ? "fire costs: done\n" : "fire costs: done, with failures\n");
  for (;;) {
  }
}

}  // extern "C"
