// SPDX-License-Identifier: Apache-2.0
//
// Firmware that compares native code with its twin: for each job (job.h) it compiles the bytecode here, without facts
// and with those of the proof, runs it, runs what gcc -O2 made of the same source, and counts both (-icount shift=10).
// What stands behind the helpers is the same few instructions for both, so that neither is flattered by time spent
// there; entering native code counts.
//
//   bench NAME VARIANT BPF-INSTRUCTIONS RESULT SAME NATIVE GCC CODE-BYTES COMPILE, decimal; then "end".
#include <string.h>

#include "bench/native/job.h"
#include "board.h"
#include "console.h"
#include "isa/helpers.h"
#include "jit/generate.h"
#include "measure.h"
#include "runtime/native.h"

extern "C" {
#define TWIN(name) uint64_t name(void* context)
TWIN(accumulate64);
TWIN(crc32);
TWIN(fibmod);
TWIN(fletcher32);
TWIN(hash_count);
TWIN(packet_filter);
TWIN(pid);
TWIN(ring_producer);
TWIN(sieve);
TWIN(state_machine);

void* bench_lookup(void* map, const void* key);
int bench_update(void* map, const void* key, const void* value, uint32_t flags);
void* bench_reserve(void* map, uint32_t size, uint32_t flags);
void bench_submit(void* record, uint32_t flags);
}

namespace {

using namespace perdita;  // NOLINT: a program of its own

constexpr uintptr_t kCode = board::kJobs + bench::kMostBytes, kWorkspace = kCode + (1u << 18),
                    kMaps = kCode + (1u << 19);
constexpr uint32_t kMostCodeBytes = 1u << 18;

// ---- behind the helpers ----
constexpr uint32_t kSlots = 64, kSlotBytes = 32;
struct Pool {
  alignas(8) uint8_t slots[kSlots][kSlotBytes];
  uint32_t known[kSlots];
  uint32_t records;
} pool;

}  // namespace

void* bench_lookup(void*, const void* key) {
  const uint32_t slot = *static_cast<const uint32_t*>(key) % kSlots;
  return pool.known[slot] != 0 ? pool.slots[slot] : nullptr;
}

int bench_update(void*, const void* key, const void* value, uint32_t) {
  const uint32_t slot = *static_cast<const uint32_t*>(key) % kSlots;
  pool.known[slot] = 1;
  auto* to = reinterpret_cast<uint32_t*>(pool.slots[slot]);
  const auto* from = static_cast<const uint32_t*>(value);
  for (int i = 0; i < 4; i++) to[i] = from[i];
  return 0;
}

void* bench_reserve(void*, uint32_t, uint32_t) { return pool.slots[pool.records % kSlots]; }

void bench_submit(void*, uint32_t) { pool.records++; }

namespace {

void* at(uint64_t address) { return reinterpret_cast<void*>(static_cast<uintptr_t>(address)); }

uint64_t lookup(void*, const uint64_t* args) {
  return reinterpret_cast<uintptr_t>(bench_lookup(at(args[0]), at(args[1])));
}
uint64_t update(void*, const uint64_t* args) {
  return static_cast<uint64_t>(bench_update(at(args[0]), at(args[1]), at(args[2]), static_cast<uint32_t>(args[3])));
}
uint64_t reserve(void*, const uint64_t* args) {
  return reinterpret_cast<uintptr_t>(bench_reserve(at(args[0]), static_cast<uint32_t>(args[1]), 0));
}
uint64_t submit(void*, const uint64_t* args) {
  bench_submit(at(args[0]), 0);
  return 0;
}

uintptr_t thunk(uint32_t helper) {
  switch (helper) {
    case 1:
      return reinterpret_cast<uintptr_t>(lookup);
    case 2:
      return reinterpret_cast<uintptr_t>(update);
    case 131:
      return reinterpret_cast<uintptr_t>(reserve);
    default:
      return reinterpret_cast<uintptr_t>(submit);
  }
}

// ---- what programs are called with ----
struct {
  uint32_t words[512];
} context;
alignas(8) uint8_t packet[256];

void fill_text(uint8_t* to, uint32_t bytes) {
  for (uint32_t i = 0; i < bytes; i++) to[i] = static_cast<uint8_t>(7 * i + 3);
}

void point_to_packet(uint32_t bytes) {
  const auto address = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(packet));
  context.words[0] = address;
  context.words[2] = address + bytes;
}

void first_number(uint32_t count) { context.words[0] = count; }

void text() {
  first_number(360);
  fill_text(reinterpret_cast<uint8_t*>(context.words + 1), 360);
}

void text_of_words() {
  text();
  first_number(180);
}

void stream() {
  first_number(360);
  auto* to = reinterpret_cast<uint8_t*>(context.words + 1);
  for (uint32_t i = 0; i < 360;) {
    const uint32_t length = i % 13 + 3;
    uint32_t sum = length;
    to[i++] = 'x';
    if (i < 360) to[i++] = '$';
    if (i < 360) to[i++] = static_cast<uint8_t>(length);
    for (uint32_t k = 0; k < length && i < 360; k++) {
      to[i] = static_cast<uint8_t>(5 * i);
      sum = (sum + to[i++]) & 0xff;
    }
    if (i < 360) to[i] = static_cast<uint8_t>(i % 3 == 0 ? 0 : sum);
    i++;
  }
}

void thousand() { first_number(1000); }

void fibonacci() {
  first_number(300);
  context.words[1] = 1000000007;
}

void samples() {
  context.words[0] = 123456789;
  context.words[1] = 17;
  context.words[2] = 2;
  context.words[3] = 32;
  for (uint32_t i = 0; i < 32; i++) context.words[4 + i] = 2200 + 13 * i - (i % 3) * 180;
}

void datagram() {
  static constexpr uint8_t kStart[] = {0x45, 0, 0,  60, 0, 1,  0,    0,    64,   17,   0, 0,  10, 9,
                                       8,    7, 10, 0,  2, 15, 0x12, 0x34, 0x16, 0x33, 0, 40, 0,  0};
  memcpy(packet, kStart, sizeof kStart);
  point_to_packet(60);
}

void records() {
  for (uint32_t i = 0; i < 256; i++) packet[i] = static_cast<uint8_t>(i % 8 == 0 ? (i / 8) % 11 : i % 8 < 4 ? 0 : i);
  point_to_packet(256);
}

struct Workload {
  const char* name;
  uint64_t (*twin)(void* context);
  void (*prepare)();
};
constexpr Workload kWorkloads[] = {
    {"accumulate64", accumulate64, samples},
    {"crc32", crc32, text},
    {"fibmod", fibmod, fibonacci},
    {"fletcher32", fletcher32, text_of_words},
    {"hash_count", hash_count, records},
    {"packet_filter", packet_filter, datagram},
    {"pid", pid, samples},
    {"ring_producer", ring_producer, samples},
    {"sieve", sieve, thousand},
    {"state_machine", state_machine, stream},
};

uint32_t checksum() {
  uint32_t sum = 2166136261u;
  const auto add = [&sum](const void* bytes, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) sum = (sum ^ static_cast<const uint8_t*>(bytes)[i]) * 16777619u;
  };
  add(&context, sizeof context);
  add(&pool, sizeof pool);
  return sum;
}

// Subprogram 0's registers are loaded from here: the context, and zeros.
uint64_t arguments[5];

void prepare(const Workload& workload) {
  memset(&context, 0, sizeof context);
  memset(&pool, 0, sizeof pool);
  workload.prepare();
  arguments[0] = reinterpret_cast<uintptr_t>(&context);
}

// ---- measuring ----
struct {
  runtime::NativeTable first;
  uintptr_t words[64];
} table;
alignas(8) uint8_t stack[4096];

uint64_t nothing(void*) { return 0; }

uint64_t run_native(void*) {
  return runtime::perdita_native_enter(arguments, stack + sizeof stack, &table, reinterpret_cast<const void*>(kCode));
}

uint32_t empty_ticks;

[[gnu::noinline]] uint32_t measure(uint64_t (*what)(void*), uint64_t& result) {
  const uint32_t before = board::ticks();
  result = what(&context);
  return board::ticks_between(before, board::ticks());
}

uint32_t instructions(uint32_t ticks) { return board::instructions(ticks - empty_ticks); }

jit::Program program;
jit::Generated generated;

uint64_t compile(void*) {
  generated = PERDITA_BOARD_GENERATOR.generate(program, {reinterpret_cast<uint8_t*>(kWorkspace), 1u << 18},
                                               {reinterpret_cast<uint8_t*>(kCode), kMostCodeBytes}, {});
  return 0;
}

void print(uint32_t number) {
  board::print(" ");
  board::print_number(number);
}

const uint8_t* run(const uint8_t* from) {
  const auto& job = *reinterpret_cast<const bench::Job*>(from);
  from += sizeof job;
  const auto* subprograms = reinterpret_cast<const isa::Subprogram*>(from);
  const auto* code = reinterpret_cast<const isa::Insn*>(subprograms + job.subprograms);
  const auto* helpers = reinterpret_cast<const uint32_t*>(code + job.instructions);
  const uint8_t* const maps = reinterpret_cast<const uint8_t*>(helpers) + bench::padded(4 * job.helpers);
  const Workload* workload = nullptr;
  for (const Workload& one : kWorkloads) {
    if (strcmp(one.name, job.name) == 0) workload = &one;
  }
  table.first.routines = runtime::native_routines;
  uintptr_t* word = table.words;
  for (uint32_t i = 0; i < job.helpers; i++) *word++ = thunk(helpers[i]);
  for (uint32_t variant = 0; variant < 2 && workload != nullptr; variant++) {
    from = maps;
    uintptr_t contents = kMaps;
    for (uint32_t i = 0; i < job.maps; i++) {
      const auto& map = *reinterpret_cast<const bench::MapBytes*>(from);
      from += sizeof map;
      auto* const to = reinterpret_cast<uint8_t*>(contents);
      memset(to, 0, map.bytes);
      memcpy(to, from, map.initial_bytes);
      from += bench::padded(map.initial_bytes);
      word[2 * i] = contents;
      word[2 * i + 1] = contents;
      contents += bench::padded(map.bytes);
    }
    program = {{code, job.instructions},
               {subprograms, job.subprograms},
               {from, variant == 0 ? 0 : job.fact_bytes},
               {helpers, job.helpers},
               0};
    uint64_t unused, native, twin;
    const uint32_t compiling = instructions(measure(compile, unused));
    prepare(*workload);
    const uint32_t by_native = instructions(measure(run_native, native));
    const uint32_t sum = checksum();
    prepare(*workload);
    // Twins keep their state in variables that have changed: without facts they run for the first time.
    static uint32_t by_twin, twin_sum;
    static uint64_t twin_result;
    if (variant == 0) {
      by_twin = instructions(measure(workload->twin, twin));
      twin_result = twin;
      twin_sum = checksum();
    }
    board::print("bench ");
    board::print(job.name);
    print(variant);
    print(job.instructions);
    print(static_cast<uint32_t>(native));
    print(generated.failure == jit::Failure::none && native == twin_result && sum == twin_sum ? 1 : 0);
    print(by_native);
    print(by_twin);
    print(generated.code_bytes);
    print(compiling);
    board::print("\n");
  }
  return from + bench::padded(job.fact_bytes);
}

}  // namespace

int main() {
  board::console_init();
  board::start_counting();
  uint64_t unused;
  empty_ticks = measure(nothing, unused);
  const auto& file = *reinterpret_cast<const bench::File*>(board::kJobs);
  const uint8_t* from = reinterpret_cast<const uint8_t*>(board::kJobs) + sizeof file;
  for (uint32_t i = 0; file.magic == bench::kMagic && i < file.count; i++) from = run(from);
  board::print("end\n");
  board::leave_emulator();
}
