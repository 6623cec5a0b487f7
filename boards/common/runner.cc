// SPDX-License-Identifier: Apache-2.0
//
// Firmware that does nothing but run programs in the engines and count: jobs (emulate/job.h) stand in external memory
// when the board starts, results go to the console. Counting needs the emulator's -icount shift=10 (measure.h).
#include "board.h"
#include "clock.h"
#include "console.h"
#include "emulate/job.h"
#include "isa/helpers.h"
#include "jit/generate.h"
#include "measure.h"
#include "runtime/engine.h"
#include "runtime/native.h"

namespace {

using namespace perdita;  // NOLINT: a program of its own

constexpr uintptr_t kCode = board::kJobs + emulate::kMostJobBytes, kWorkspace = kCode + (1u << 20);
constexpr uint32_t kMostCodeBytes = 1u << 18, kMostWorkspaceBytes = 1u << 20;
constexpr uint32_t kStackBytes = isa::kMaxFrames * isa::kFrameStackBytes;

alignas(8) uint8_t stack[kStackBytes];

// As many maps as a package can have, and every helper with the echo last: what is looked for is found at the far end,
// so that the worst case is what is counted. All maps but the last share their memory, which nobody uses.
alignas(8) uint8_t shared_memory[64], last_memory[64];
runtime::Map maps[isa::kMaxMaps];
runtime::Map* map_pointers[isa::kMaxMaps];
runtime::LinkedCall helpers[emulate::kMostHelpers];
uint32_t numbers_of_helpers[emulate::kMostHelpers];
uint32_t helper_count;

constexpr perdita_port kPort = {
    nullptr,
    {
        [](void*) -> uint64_t { return 0; },
        [](void*) { return board::lock(); },
        [](void*, uint32_t state) { board::unlock(state); },
        [](void*, const void*, size_t) {},
        [](void*) -> uint32_t { return 0; },
        [](void*, const char* text, size_t size_bytes) { board::print(text, size_bytes); },
    },
    {nullptr, nullptr},
};

constexpr perdita_arg kScalar = {PERDITA_ARG_SCALAR, 0, 8, 0, 0, 0, 0, 0, 0};
constexpr perdita_arg kEchoArgs[] = {kScalar};
constexpr perdita_function kEcho = {"echo",
                                    emulate::kEchoHelper,
                                    nullptr,
                                    kEchoArgs,
                                    1,
                                    PERDITA_NO_CAPABILITY,
                                    {PERDITA_RESULT_SCALAR, 8, 0, 0, 0},
                                    1,
                                    0,
                                    0};

uint64_t echo(void*, const uint64_t* args) { return args[0]; }
uint64_t never(void*, const uint64_t*) { return 0; }  // no job calls these but the callbacks', which engines run
// As the routine, where there is a program at index 0 only.
uint64_t tail_call(void*, const uint64_t* args) {
  return args[2] == 0 ? 0 : static_cast<uint64_t>(runtime::kErrorInvalid);
}

void make_link() {
  for (uint32_t i = 0; i < isa::kMaxMaps; i++) {
    const isa::MapDef def = {isa::MapType::array, 4, 16, 4, 0};
    runtime::init_map(maps[i], def, i + 1 == isa::kMaxMaps ? last_memory : shared_memory);
    map_pointers[i] = &maps[i];
  }
  helper_count = emulate::helper_numbers(isa::helpers(), numbers_of_helpers);
  for (uint32_t i = 0; i + 1 < helper_count; i++) {
    const bool tail = numbers_of_helpers[i] == isa::kHelperTailCall;
    helpers[i] = {isa::find_helper(numbers_of_helpers[i]), tail ? tail_call : never};
  }
  helpers[helper_count - 1] = {&kEcho, echo};
}

#ifdef PERDITA_BOARD_GENERATOR

// The link table of native code (docs/spec/calling.md).
struct {
  runtime::NativeTable first;
  uintptr_t words[emulate::kMostHelpers + 2 * isa::kMaxMaps];
} table;

void make_table() {
  table.first.routines = runtime::native_routines;
  uintptr_t* word = table.words;
  for (uint32_t i = 0; i < helper_count; i++) *word++ = reinterpret_cast<uintptr_t>(helpers[i].call);
  for (const runtime::Map& map : maps) {
    *word++ = reinterpret_cast<uintptr_t>(&map);
    *word++ = reinterpret_cast<uintptr_t>(map.elements);
  }
}

runtime::Outcome run_native(const runtime::Invocation& invocation) {
  const uint64_t args[5] = {reinterpret_cast<uintptr_t>(invocation.context), invocation.second_argument, 0, 0, 0};
  table.first.invocation = &invocation;
  const uint64_t result = runtime::perdita_native_enter(args, invocation.stack.data() + invocation.stack.size(), &table,
                                                        reinterpret_cast<const void*>(kCode));
  return {Status::ok, 0, result, 0, 0};
}

jit::Generated generate(const jit::Program& program, MutableBytes workspace, MutableBytes code) {
  return PERDITA_BOARD_GENERATOR.generate(program, workspace, code, {});
}

#else

// No generator for this board yet: such jobs are refused.
void make_table() {}
runtime::Outcome run_native(const runtime::Invocation&) { return {Status::bad_instruction, 0, 0, 0, 0}; }
jit::Generated generate(const jit::Program&, MutableBytes, MutableBytes) { return {jit::Failure::none, 0}; }

#endif

// Ticks that reading the timer twice takes with nothing between.
uint32_t empty_ticks;

uint32_t instructions(uint32_t ticks) { return board::instructions(ticks - empty_ticks); }

void print_word(uint32_t value) {
  board::print(" ");
  board::print_hex(value);
}

[[gnu::noinline]] void measure(runtime::Outcome (*engine)(const runtime::Invocation&),
                               const runtime::Invocation& invocation, runtime::Outcome& outcome, uint32_t& ticks) {
  const uint32_t before = board::ticks();
  outcome = engine(invocation);
  ticks = board::ticks_between(before, board::ticks());
}

// As an engine returns, field by field.
runtime::Outcome nothing(const runtime::Invocation& invocation) {
  return {Status::ok, 0, invocation.second_argument, 0, 0};
}

struct Compiled {
  jit::Generated generated;
  uint32_t instructions;
};

[[gnu::noinline]] Compiled compile(const jit::Program& program) {
  const MutableBytes workspace = {reinterpret_cast<uint8_t*>(kWorkspace), kMostWorkspaceBytes};
  const MutableBytes code = {reinterpret_cast<uint8_t*>(kCode), kMostCodeBytes};
  const uint32_t before = board::ticks();
  const jit::Generated generated = generate(program, workspace, code);
  return {generated, instructions(board::ticks_between(before, board::ticks()))};
}

const uint8_t* run(const uint8_t* at) {
  const auto& job = *reinterpret_cast<const emulate::Job*>(at);
  const auto* subprograms = reinterpret_cast<const runtime::Subprogram*>(at + sizeof job);
  const auto* code = reinterpret_cast<const isa::Insn*>(subprograms + job.subprograms);
  auto* memory = const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(code + job.instructions));

  const runtime::LinkTable link = {Span<runtime::Map* const>(map_pointers), {}, {helpers, helper_count}};

  const perdita_field field = {"memory", 0, static_cast<uint16_t>(job.memory_bytes), PERDITA_FIELD_SCALAR, 1};
  perdita_hook hook = {};
  hook.name = "runner";
  hook.fields = &field;
  hook.field_count = 1;
  hook.context_size = job.memory_bytes;

  runtime::Activity activity = {};
  const runtime::Invocation invocation = {&kPort,
                                          &link,
                                          {code, job.instructions},
                                          {subprograms, job.subprograms},
                                          &hook,
                                          memory,
                                          job.memory_bytes,
                                          {stack, job.stack_bytes < kStackBytes ? job.stack_bytes : kStackBytes},
                                          &activity,
                                          job.steps};
  const uint8_t* const facts = memory + emulate::padded(job.memory_bytes);
  Compiled compiled = {};
  if (job.engine == emulate::kJobNative) {
    compiled = compile(
        {invocation.code, invocation.subprograms, {facts, job.fact_bytes}, {numbers_of_helpers, helper_count}, 0});
  }
  runtime::Outcome outcome;
  uint32_t ticks = 0;
  if (compiled.generated.failure != jit::Failure::none) {
    outcome.status = Status::bad_instruction;
  } else {
    const auto engine = job.engine == emulate::kJobGuarded       ? runtime::run_guarded
                        : job.engine == emulate::kJobInterpreter ? runtime::run_interpreter
                                                                 : run_native;
    measure(engine, invocation, outcome, ticks);
  }

  board::print("run");
  print_word(static_cast<uint32_t>(outcome.status));
  print_word(outcome.pc);
  print_word(static_cast<uint32_t>(outcome.result >> 32));
  print_word(static_cast<uint32_t>(outcome.result));
  print_word(static_cast<uint32_t>(outcome.steps));
  print_word(instructions(ticks));
  print_word(emulate::checksum(memory, job.memory_bytes));
  print_word(compiled.generated.code_bytes);
  print_word(emulate::checksum(reinterpret_cast<const uint8_t*>(kCode), compiled.generated.code_bytes));
  print_word(compiled.instructions);
  board::print("\n");
  return facts + emulate::padded(job.fact_bytes);
}

}  // namespace

int main() {
  board::console_init();
  board::start_counting();
  runtime::Outcome outcome;
  measure(nothing, {}, outcome, empty_ticks);

  make_link();
  make_table();
  const auto& file = *reinterpret_cast<const emulate::JobFile*>(board::kJobs);
  if (file.magic != emulate::kJobMagic) {
    board::print("runner: no jobs in memory\n");
    board::leave_emulator();
  }
  const uint8_t* at = reinterpret_cast<const uint8_t*>(board::kJobs) + sizeof file;
  for (uint32_t i = 0; i < file.count; i++) at = run(at);
  board::print("end\n");
  board::leave_emulator();
}
