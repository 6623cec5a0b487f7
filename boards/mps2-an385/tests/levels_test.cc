// SPDX-License-Identifier: Apache-2.0
//
// Test firmware (tests/board/test_levels.py): a fired hook interrupted at every instruction by a hook of a higher
// level, by a hook of its own level, and by one that is interrupted itself. Programs stand in the runtime's own
// structures, without packages: what is tested is what happens from perdita_fire on. A line for each pair, "FAILED"
// where something is wrong, "levels: done" at the end.
#include <string.h>

#include <initializer_list>

#include "board.h"
#include "console.h"
#include "isa/helpers.h"
#include "isa/hook_result.h"
#include "measure.h"
#include "perdita/perdita.h"
#include "runtime/attach.h"
#include "runtime/fire.h"
#include "runtime/helper_calls.h"
#include "runtime/native.h"

using namespace perdita;           // NOLINT: this file is a test of these namespaces
using namespace perdita::isa;      // NOLINT
using namespace perdita::runtime;  // NOLINT

namespace {

// ---- the port ----

uint32_t lock(void*) { return board::lock(); }
void unlock(void*, uint32_t state) { board::unlock(state); }
uint64_t clock_ns(void*) { return uint64_t{0xffffffffu - board::ticks()} * 40; }
uint32_t random_number(void*) { return 4; }
void log_line(void*, const char*, size_t) {}
void no_sha256(void*, const perdita_bytes*, size_t, uint8_t*) {}
int no_ed25519(void*, const uint8_t*, const uint8_t*, const uint8_t*, size_t) { return 0; }

constexpr perdita_port kPort = {
    nullptr, {clock_ns, lock, unlock, nullptr, random_number, log_line}, {no_sha256, no_ed25519}};

// ---- the platform: a hook on each of three levels ----

constexpr uint32_t kLevels = 3;

struct Context {
  uint64_t seed;
  uint64_t out;
};

constexpr perdita_field kFields[] = {{"seed", 0, 8, PERDITA_FIELD_SCALAR, 0}, {"out", 8, 8, PERDITA_FIELD_SCALAR, 1}};

constexpr perdita_hook make_hook(const char* name, uint8_t level) {
  perdita_hook hook = {};
  hook.name = name;
  hook.context_size = sizeof(Context);
  hook.fields = kFields;
  hook.field_count = 2;
  hook.level = level;
  hook.combine = PERDITA_COMBINE_LAST;
  hook.result_min = INT64_MIN;
  hook.result_max = INT64_MAX;
  return hook;
}
constexpr perdita_hook kHooks[kLevels] = {make_hook("thread", 0), make_hook("low", 1), make_hook("high", 2)};

perdita_runtime* runtime;
uint32_t failures;

void fail(uint32_t at, const char* what) {
  if (++failures > 20) return;
  board::print("FAILED after ");
  board::print_number(at);
  board::print(": ");
  board::print(what);
  board::print("\n");
}

// What a program calls in its middle: a package that comes now has to wait.
uint64_t deliver_now(void*, const uint64_t*) {
  perdita_report report;
  const uint8_t package = 0;
  return perdita_deliver(runtime, &package, 1, &report);
}
constexpr perdita_function kDeliverNow = {
    "deliver_now", 0, deliver_now, nullptr, 0, PERDITA_NO_CAPABILITY, {PERDITA_RESULT_SCALAR, 4, 0, 0, 255}, 0, 0, 0};
constexpr perdita_platform kPlatform = {"levels", kHooks, &kDeliverNow, nullptr, kLevels, 1, 0};

// ---- the programs ----

constexpr Insn insn(unsigned opcode, unsigned dst, unsigned src, int offset, int32_t imm) {
  return {static_cast<uint8_t>(opcode), make_regs(dst, src), static_cast<int16_t>(offset), imm};
}

// Fills its frame and that of a subprogram from the context's seed, counts in a map that all levels share, asks for a
// package, and returns what it reads back: 6 * seed + 2. Writes the seed to the context as well.
constexpr Insn kCounting[] = {
    insn(kAlu64 | kMov | kX, 6, 1, 0, 0),
    insn(kLdx | kMem | kDw, 7, 6, 0, 0),    // seed
    insn(kStx | kMem | kDw, 10, 7, -8, 0),  // three times in this frame
    insn(kStx | kMem | kDw, 10, 7, -16, 0),
    insn(kStx | kMem | kDw, 10, 7, -24, 0),
    insn(kSt | kMem | kW, 10, 0, -28, 0),  // the key
    insn(kLddw, 1, kLddwMap, 0, 0),
    insn(0, 0, 0, 0, 0),
    insn(kAlu64 | kMov | kX, 2, 10, 0, 0),
    insn(kAlu64 | kAdd | kK, 2, 0, 0, -28),
    insn(kJmp | kCall, 0, kCallHelper, 0, 1),
    insn(kJmp | kJeq | kK, 0, 0, 2, 0),
    insn(kAlu64 | kMov | kK, 1, 0, 0, 1),
    insn(kStx | kAtomic | kDw, 0, 1, 0, 0),  // lock value += 1
    insn(kJmp | kCall, 0, kCallFunction, 0, 0),
    insn(kJmp | kJne | kK, 0, 0, 10, static_cast<int32_t>(Status::busy)),
    insn(kAlu64 | kMov | kX, 1, 7, 0, 0),
    insn(kJmp | kCall, 0, kCallLocal, 0, 10),
    insn(kLdx | kMem | kDw, 1, 10, -8, 0),
    insn(kAlu64 | kAdd | kX, 0, 1, 0, 0),
    insn(kLdx | kMem | kDw, 1, 10, -16, 0),
    insn(kAlu64 | kAdd | kX, 0, 1, 0, 0),
    insn(kLdx | kMem | kDw, 1, 10, -24, 0),
    insn(kAlu64 | kAdd | kX, 0, 1, 0, 0),
    insn(kStx | kMem | kDw, 6, 7, 8, 0),
    insn(kJmp | kExit, 0, 0, 0, 0),
    insn(kAlu64 | kMov | kK, 0, 0, 0, -1),  // not busy
    insn(kJmp | kExit, 0, 0, 0, 0),
    // the subprogram: 3 * r1 + 2, by way of its frame
    insn(kStx | kMem | kDw, 10, 1, -8, 0),
    insn(kSt | kMem | kDw, 10, 0, -16, 2),
    insn(kAlu64 | kMov | kK, 3, 0, 0, 3),
    insn(kLdx | kMem | kDw, 0, 10, -16, 0),
    insn(kLdx | kMem | kDw, 2, 10, -8, 0),
    insn(kAlu64 | kAdd | kX, 0, 2, 0, 0),  // loop
    insn(kAlu64 | kAdd | kK, 3, 0, 0, -1),
    insn(kJmp | kJne | kK, 3, 0, -3, 0),
    insn(kJmp | kExit, 0, 0, 0, 0),
};
constexpr uint32_t kSubprogram = 28;
constexpr int64_t result_of(uint64_t seed) { return static_cast<int64_t>(6 * seed + 2); }
static_assert(sizeof kCounting / sizeof kCounting[0] == 37);

// Faults in the guarded engine: what is at address 0 is nobody's.
constexpr Insn kFaulting[] = {
    insn(kAlu64 | kMov | kK, 1, 0, 0, 0),
    insn(kLdx | kMem | kDw, 0, 1, 0, 0),
    insn(kJmp | kExit, 0, 0, 0, 0),
};

constexpr Subprogram kCountingFrames[] = {{0, 32}, {kSubprogram, 16}};
constexpr Subprogram kFaultingFrames[] = {{0, 0}};
constexpr uint32_t kStackBytes = 48;
constexpr uint64_t kGuard = 0x5a5a5a5aa5a5a5a5;

// ---- the runtime and what is in it ----

alignas(8) uint8_t memory[2048];
alignas(8) uint8_t map_storage[64];
Map shared_map;
Map* maps[1] = {&shared_map};
LinkedCall helpers[1];
const LinkedCall kFunctions[1] = {{&kDeliverNow, deliver_now}};
Package package;
Prog counting[kLevels], faulting;
// The levels' stacks, with a word that is nobody's before, between and behind them.
struct {
  uint64_t before;
  struct {
    uint64_t words[kStackBytes / 8];
    uint64_t behind;
  } of[kLevels];
} stacks;

// For native code: the link table that all levels share, and what is made of kCounting.
struct {
  NativePart part;
  uintptr_t words[native_words(1, 1, 1)];
} native;
alignas(8) uint8_t machine_code[1024], workspace[512];

void make_native() {
  const uint32_t numbers[] = {1};
  const Bytes no_facts;
  const jit::Generated made = jit::armv7m.generate(
      {{kCounting, sizeof kCounting / sizeof kCounting[0]}, {kCountingFrames, 2}, no_facts, {numbers, 1}, 1},
      MutableBytes(workspace), MutableBytes(machine_code), {});
  if (made.failure != jit::Failure::none) fail(0, "no machine code");
  native.part.table.routines = native_routines;
  native.words[0] = reinterpret_cast<uintptr_t>(helpers[0].call);
  native.words[1] = reinterpret_cast<uintptr_t>(kFunctions[0].call);
  native.words[2] = reinterpret_cast<uintptr_t>(&shared_map);
  native.words[3] = reinterpret_cast<uintptr_t>(map_storage);
  package.native = &native.part;
}

constexpr uint64_t seed_of(uint32_t level) { return 0x1111'2222'3333ull * (level + 1); }

void start() {
  static perdita_config config = {};
  config.platform = &kPlatform;
  config.port = &kPort;
  config.target = "armv7m";
  config.engine = PERDITA_ENGINE_INTERPRETER;
  if (perdita_init(&runtime, memory, sizeof memory, &config) != perdita_status_ok) fail(0, "no runtime");
  helpers[0] = {find_helper(1), helper_call(1)};
  static_cast<LinkTable&>(package) = {{maps, 1}, {kFunctions, 1}, {helpers, 1}};
  make_native();
}

Prog make_prog(uint32_t level, perdita_engine engine) {
  const perdita_hook& hook = kPlatform.hooks[level];
  Prog prog = {};
  prog.name = text("counting");
  prog.port = &kPort;
  prog.link = &package;
  prog.hook = &hook;
  prog.activity = &runtime->levels[level];
  prog.stack = {reinterpret_cast<uint8_t*>(stacks.of[level].words), kStackBytes};
  prog.run = engine == PERDITA_ENGINE_GUARDED  ? run_unproved
             : engine == PERDITA_ENGINE_NATIVE ? run_native
                                               : run_interpreter;
  prog.native = machine_code;
  prog.narrow_result = result_is_int32(hook);
  prog.code = {kCounting, sizeof kCounting / sizeof kCounting[0]};
  prog.subprograms = {kCountingFrames, 2};
  prog.steps = 100;
  prog.hook_index = static_cast<uint8_t>(level);
  return prog;
}

// Everything as before the first fire; on the hook of `faulting_level`, a program that faults stands first.
void prepare(perdita_engine engine, uint32_t faulting_level) {
  memset(map_storage, 0, sizeof map_storage);
  init_map(shared_map, {MapType::array, 4, 8, 1, 0}, map_storage);
  stacks.before = kGuard;
  for (uint32_t level = 0; level < kLevels; level++) {
    stacks.of[level].behind = kGuard;
    runtime->levels[level] = {};
    runtime->levels[level].stack = reinterpret_cast<uint8_t*>(stacks.of[level].words);
    runtime->levels[level].stack_bytes = kStackBytes;
    runtime->hooks[level].first = nullptr;
    counting[level] = make_prog(level, engine);
  }
  if (faulting_level < kLevels) {
    faulting = make_prog(faulting_level, PERDITA_ENGINE_GUARDED);
    faulting.code = {kFaulting, 3};
    faulting.subprograms = {kFaultingFrames, 1};
    attach(*runtime, faulting);
  }
  for (Prog& prog : counting) attach(*runtime, prog);
}

int64_t fire(uint32_t level) {
  Context context = {seed_of(level), 0};
  const int64_t result = perdita_fire(runtime, level, &context);
  // A run leaves its own seed, a miss nothing.
  if (context.out != (result != 0 ? seed_of(level) : 0)) failures++;
  return result;
}

// ---- the interrupts: SysTick, and timer 1 above it ----

constexpr uint32_t kNever = 0xffffffffu;

namespace timer1 {  // DDI 0479, section 4.2
constexpr uintptr_t kControl = 0x40001000, kValue = 0x40001004, kReload = 0x40001008, kClear = 0x4000100c;
constexpr uint32_t kInterrupt = 9;
}  // namespace timer1

struct Interrupt {
  uint32_t hook;
  uint32_t inner_at;  // when it is to be interrupted itself; kNever
  volatile bool fired;
  volatile int64_t result;
};
Interrupt outer, inner;

void inner_off() {
  board::reg(timer1::kControl) = 0;
  board::reg(timer1::kClear) = 1;
  board::reg(board::nvic::kClearPending) = 1u << timer1::kInterrupt;
}

void timer1_handler() {
  inner_off();
  inner.result = fire(inner.hook);
  inner.fired = true;
}

void prepare_interrupts() {
  // The vectors stand in flash; timer 1's is this test's own.
  static constexpr uint32_t kVectors = 48;
  alignas(256) static uint32_t vectors[kVectors];
  const volatile uint32_t* from = nullptr;
  __asm__ volatile("" : "+r"(from));  // address 0 is where they are
  for (uint32_t i = 0; i < kVectors; i++) vectors[i] = from[i];
  vectors[16 + timer1::kInterrupt] = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(timer1_handler));
  board::reg(0xe000ed08) = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(vectors));  // VTOR
  board::reg(0xe000ed20) = 0x80u << 24;                                                  // SHPR3: SysTick below timer 1
  __asm__ volatile("dsb\n\tisb" ::: "memory");
  board::reg(board::nvic::kSetEnable) = 1u << timer1::kInterrupt;
}

// ---- the test ----

struct Case {
  const char* name;
  uint32_t first, second, third;  // levels; third kNever: nobody interrupts the second
  uint32_t faulting;              // level whose first program faults; kNever
};

uint32_t length_of(uint32_t level, perdita_engine engine) {
  prepare(engine, kNever);
  const uint32_t before = board::ticks();
  static_cast<void>(fire(level));
  return board::instructions(before - board::ticks());
}

// What became of one firing: it ran and returned its result, or it was missed and returned 0.
bool told(uint32_t level, int64_t result, uint32_t& runs, uint32_t& misses) {
  if (result == 0) misses++;
  if (result == result_of(seed_of(level))) runs++;
  return result == 0 || result == result_of(seed_of(level));
}

void check(const Case& test, uint32_t at, int64_t result) {
  uint32_t runs[kLevels] = {}, misses[kLevels] = {};
  bool right = told(test.first, result, runs[test.first], misses[test.first]);
  if (outer.fired) right = told(test.second, outer.result, runs[test.second], misses[test.second]) && right;
  if (inner.fired) right = told(test.third, inner.result, runs[test.third], misses[test.third]) && right;
  if (!right) fail(at, "a result is wrong");
  // Only who comes upon its own level misses, and then the one that was there first runs.
  if (misses[test.first] != 0 && test.first != test.second) fail(at, "a higher level was missed");
  if (runs[test.first] == 0) fail(at, "nobody ran");
  uint64_t all = 0;
  for (uint32_t level = 0; level < kLevels; level++) {
    const Prog& prog = counting[level];
    all += runs[level];
    if (prog.stats.runs != runs[level] || prog.stats.misses != misses[level]) fail(at, "runs and misses do not add up");
    if (prog.stats.faults != 0 || !prog.attached || prog.next != nullptr) fail(at, "a program left its hook");
    if (runtime->hooks[level].first != &prog) fail(at, "a list is broken");
    if (runtime->levels[level].active) fail(at, "a level stayed active");
    if (stacks.of[level].behind != kGuard) fail(at, "a stack ran over");
  }
  if (stacks.before != kGuard) fail(at, "a stack ran over");
  uint64_t counted = 0;
  memcpy(&counted, map_storage, sizeof counted);
  if (counted != all) fail(at, "a count in the map was lost");
  // Whoever came first took it off the hook. Who had found it there before and claims the level after that runs it once
  // more (runtime/fire.cc).
  if (test.faulting == kNever) return;
  uint64_t most_faults = 0;
  for (const uint32_t level : {test.first, test.second, test.third}) most_faults += level == test.faulting ? 1 : 0;
  if (faulting.stats.faults < 1 || faulting.stats.faults > most_faults || faulting.attached) fail(at, "not one fault");
}

// Returns at how many points the first was interrupted.
uint32_t interrupt_everywhere(const Case& test, perdita_engine engine) {
  const uint32_t second_length = length_of(test.second, engine);
  for (uint32_t at = 0;; at++) {
    prepare(engine, test.faulting);
    inner.fired = false;
    outer.fired = false;
    outer.hook = test.second;
    inner.hook = test.third;
    // Another place each time: as many as there are instructions, more than once over.
    outer.inner_at = test.third == kNever ? kNever : at * 37 % second_length;
    board::interrupt_after(at);
    const int64_t result = fire(test.first);
    board::interrupt_off();
    const bool fired = outer.fired;
    if (test.third != kNever && fired != inner.fired) fail(at, "the interrupt was not interrupted");
    if (!fired) return at;
    check(test, at, result);
    if (failures != 0) return at;
  }
}

constexpr Case kCases[] = {
    {"thread by low", 0, 1, kNever, kNever},     {"thread by high", 0, 2, kNever, kNever},
    {"low by high", 1, 2, kNever, kNever},       {"thread by itself", 0, 0, kNever, kNever},
    {"low by itself", 1, 1, kNever, kNever},     {"thread by low by high", 0, 1, 2, kNever},
    {"thread by high by high", 0, 2, 2, kNever}, {"thread by itself by low", 0, 0, 1, kNever},
    {"thread by low, fault", 0, 1, kNever, 0},   {"thread by itself, fault", 0, 0, kNever, 0},
    {"thread by low by low, fault", 0, 1, 1, 1},
};

}  // namespace

extern "C" {

void timer_handler() {
  board::interrupt_off();
  if (outer.fired) return;
  if (outer.inner_at != kNever) {
    board::reg(timer1::kReload) = board::ticks_of(outer.inner_at + 8);
    board::reg(timer1::kValue) = board::ticks_of(outer.inner_at + 8);
    board::reg(timer1::kControl) = 1u << 3 | 1;  // interrupt, enable
  }
  outer.result = fire(outer.hook);
  // What comes behind the firing is of no interest, but comes inside this handler.
  while (outer.inner_at != kNever && !inner.fired) {
  }
  outer.fired = true;
}

int main() {
  board::console_init();
  board::start_counting();
  start();
  prepare_interrupts();
  for (const perdita_engine engine : {PERDITA_ENGINE_INTERPRETER, PERDITA_ENGINE_GUARDED, PERDITA_ENGINE_NATIVE}) {
    for (const Case& test : kCases) {
      const uint32_t points = interrupt_everywhere(test, engine);
      board::print("interrupted: ");
      board::print(engine == PERDITA_ENGINE_GUARDED  ? "guarded: "
                   : engine == PERDITA_ENGINE_NATIVE ? "native: "
                                                     : "interpreter: ");
      board::print(test.name);
      board::print(": ");
      board::print_number(points);
      board::print(" points of ");
      board::print_number(length_of(test.first, engine));
      board::print(" instructions\n");
      // One instruction further each time. Behind a lock an interrupt waits, so a few points fall together.
      if (points + 24 < length_of(test.first, engine)) fail(points, "not every instruction was hit");
    }
  }
  board::print(failures == 0 ? "levels: done\n" : "levels: done, with failures\n");
  for (;;) {
  }
}

}  // extern "C"
