// SPDX-License-Identifier: Apache-2.0
//
// Test firmware (tests/board/test_helper_costs.py): what each helper takes in machine instructions and stack, in the
// worst case that could be made, against what isa/helpers.h promises. A line for each case, "FAILED" where a promise is
// broken or more than generous, "costs: done" at the end.
#include <string.h>

#include "board.h"
#include "cost_check.h"
#include "isa/helpers.h"
#include "runtime/fire.h"
#include "runtime/helper_calls.h"
#include "runtime/prog_array.h"
#include "runtime/reservation.h"

using namespace perdita;           // NOLINT: this file is a test of these namespaces
using namespace perdita::isa;      // NOLINT
using namespace perdita::runtime;  // NOLINT

namespace {

// ---- the port: as costly as the costs allow (docs/spec/cost.md) ----

// 14 instructions.
inline void spend_a_little() { __asm__ volatile(".rept 14\n\tnop\n\t.endr"); }

uint32_t lock(void*) {
  const uint32_t state = board::lock();
  spend_a_little();
  return state;
}
void unlock(void*, uint32_t state) {
  spend_a_little();
  board::unlock(state);
}
uint64_t clock_ns(void*) {
  for (int i = 0; i < 6; i++) spend_a_little();
  return board::ticks();
}
uint32_t random_number(void*) {
  for (int i = 0; i < 6; i++) spend_a_little();
  return 4;
}
void log_line(void*, const char*, size_t size_bytes) {
  while (size_bytes-- > 0) {
    spend_a_little();
    spend_a_little();
  }
}

constexpr perdita_port kPort = {
    nullptr, {clock_ns, lock, unlock, nullptr, random_number, log_line}, {nullptr, nullptr}};

// ---- keys that collide ----

// Behind 48 zeros, FNV-1a's state after each of these pairs of words is the same for both (found by birthday search),
// so that sixteen keys have one hash: one chain holds all of them, and every comparison reads most of the key.
constexpr uint32_t kColliding[4][2] = {
    {0x1647f31d, 0x730e5b4b}, {0xaad61add, 0xa3fe6be1}, {0xd03788b7, 0xf22a87d1}, {0xac6c6b86, 0xa508eaa2}};

struct Key {
  uint32_t words[16];
};
Key colliding_key(uint32_t number) {
  Key key = {};
  for (uint32_t i = 0; i < 4; i++) key.words[12 + i] = kColliding[i][(number >> i) & 1];
  return key;
}
constexpr uint32_t kKeys = 16;

// ---- measuring ----

Activity activity;
uint32_t failures;

board::CallCost measure(uint32_t number, const uint64_t (&args)[PERDITA_MAX_ARGS]) {
  Invocation invocation = {};
  invocation.port = &kPort;
  invocation.activity = &activity;
  const perdita_thunk routine = helper_call(number);
  return board::cost_of([&] { return routine(&invocation, args); });
}

uint64_t check(uint32_t number, const char* what, const MapDef* def, uint64_t bytes,
               const uint64_t (&args)[PERDITA_MAX_ARGS]) {
  const perdita_function& helper = *find_helper(number);
  const board::CallCost cost = measure(number, args);
  if (!board::check_cost(helper.name, what, cost, helper_cost(helper, def, bytes), helper.stack_bytes)) failures++;
  return cost.result;
}

uint64_t address(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

// ---- the cases ----

alignas(8) uint8_t storage[8 * 1024];
uint8_t value[256], out[256];

void begin(Map& map, const MapDef& def) {
  memset(storage, 0, sizeof storage);
  if (map_storage_bytes(def) > sizeof storage) {
    board::print("FAILED no room\n");
    failures++;
  }
  init_map(map, def, storage);
}

void arrays() {
  const MapDef def = {MapType::array, 4, 200, 8, 0};
  Map map;
  begin(map, def);
  const uint32_t key = 7;
  check(1, "array", &def, 4, {address(&map), address(&key)});
  check(2, "array of 200 bytes", &def, 204, {address(&map), address(&key), address(value)});
}

void hashes(MapType type, const char* name, uint32_t value_size) {
  const MapDef def = {type, sizeof(Key), value_size, kKeys - 1, 0};
  Map map;
  begin(map, def);
  for (uint32_t i = 0; i < kKeys - 1; i++) {
    const Key key = colliding_key(i);
    static_cast<void>(map_update(map, kPort, &key, value, 0));
  }
  // The chain's last, and one that is not there.
  const Key last = colliding_key(kKeys - 2), absent = colliding_key(kKeys - 1);
  const uint64_t bytes = sizeof(Key) + value_size;
  check(1, name, &def, sizeof(Key), {address(&map), address(&last)});
  check(2, name, &def, bytes, {address(&map), address(&last), address(value)});
  if (type == MapType::lru_hash) {
    // All entries were used since: the hand passes as many as it may.
    for (uint32_t i = 0; i < kKeys - 1; i++) {
      const Key key = colliding_key(i);
      static_cast<void>(map_lookup(map, &key));
    }
    check(2, "LRU hash, evicting", &def, bytes, {address(&map), address(&absent), address(value)});
  } else {
    check(2, "hash, full", &def, bytes, {address(&map), address(&absent), address(value)});
  }
  check(3, name, &def, sizeof(Key), {address(&map), address(type == MapType::lru_hash ? &absent : &last)});
}

void queues(MapType type, const char* name, uint32_t value_size) {
  const MapDef def = {type, 0, value_size, 4, 0};
  Map map;
  begin(map, def);
  for (uint32_t i = 0; i < 4; i++) static_cast<void>(map_push(map, kPort, value, 0));
  check(87, name, &def, value_size, {address(&map), address(value), kUpdateExist});
  check(89, name, &def, value_size, {address(&map), address(out)});
  check(88, name, &def, value_size, {address(&map), address(out)});
}

void rings() {
  const MapDef def = {MapType::ring_buffer, 0, 0, 1024, 0};
  Map map;
  begin(map, def);
  check(130, "ring buffer", &def, 8, {address(&map), address(value), 8, 0});
  check(130, "ring buffer", &def, 200, {address(&map), address(value), 200, 0});
  // With a record that does not fit before the end: all but 96 bytes are used up to there and free before.
  map.ring.producer = 1024 - 96;
  map.ring.consumer = 1024 - 96 - 8;
  uint64_t sample = 0;
  for (uint32_t i = 0; i < kMaxReservations; i++) {
    const uint64_t args[PERDITA_MAX_ARGS] = {address(&map), 100, 0};
    if (i + 1 < kMaxReservations) static_cast<void>(measure(131, args));
    if (i == 0) map.ring.producer = 1024 - 96, map.ring.consumer = 1024 - 96 - 8;
    if (i + 1 == kMaxReservations) sample = check(131, "ring buffer", &def, 0, args);
  }
  check(132, "the last of eight", &def, 0, {sample, 0});
  sample = measure(131, {address(&map), 8, 0}).result;
  check(133, "ring buffer", &def, 0, {sample, 0});
  check(134, "ring buffer", &def, 0, {address(&map), 3});
  release_reservations(activity);
}

void prints() {
  constexpr char kThree[] = "%ld%ld%ld";
  check(6, "three longest numbers", nullptr, sizeof kThree,
        {address(kThree), sizeof kThree, uint64_t{1} << 63, uint64_t{1} << 63, uint64_t{1} << 63});
  char text[kMaxFormatBytes];
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = 0;
  check(6, "longest text", nullptr, sizeof text, {address(text), sizeof text});
  constexpr char kTwelve[] = "%ld%ld%ld%ld%ld%ld%ld%ld%ld%ld%ld%ld";
  uint64_t numbers[kMaxFormatValues];
  for (uint64_t& number : numbers) number = uint64_t{1} << 63;
  check(177, "twelve longest numbers", nullptr, sizeof kTwelve + sizeof numbers,
        {address(kTwelve), sizeof kTwelve, address(numbers), sizeof numbers});
  constexpr char kFour[] = "%ld%ld%ld%ld";
  check(177, "four numbers", nullptr, sizeof kFour + 32, {address(kFour), sizeof kFour, address(numbers), 32});
}

// ---- tail calls: the routine, and what the runtime takes beyond the engine to go on with the next program ----

// prog i calls what is in slot i + 1; the last slot is empty.
constexpr uint32_t kChain = 4;
const Subprogram kFrame[] = {{0, 0}};
Insn chain_code[kChain][6];
Prog chain[kChain];
Package package;
ProgArray array;
alignas(8) uint8_t own[sizeof(perdita_runtime)];
perdita_runtime* const runtime = reinterpret_cast<perdita_runtime*>(own);
perdita_hook hook;
uint64_t context;

void make_chain(perdita_engine engine) {
  static const perdita_platform platform = {"test", &hook, nullptr, nullptr, 1, 0, 0};
  static perdita_config config;
  config.platform = &platform;
  config.port = &kPort;
  runtime->config = &config;
  hook.name = "hook";
  hook.context_size = sizeof context;
  hook.result_min = INT64_MIN;
  hook.result_max = INT64_MAX;
  begin(array, {MapType::prog_array, 4, 4, kChain + 1, 0});
  static Map* maps[] = {&array};
  static const LinkedCall helpers[] = {{find_helper(kHelperTailCall), helper_call(kHelperTailCall)}};
  static_cast<LinkTable&>(package) = {{maps, 1}, {}, {helpers, 1}};
  array.package = &package;
  for (uint32_t i = 0; i < kChain; i++) {
    Insn* const code = chain_code[i];
    code[0] = {kLddw, make_regs(2, kLddwMap), 0, 0};
    code[1] = {0, 0, 0, 0};
    code[2] = {kAlu64 | kMov | kK, make_regs(3, 0), 0, static_cast<int32_t>(i + 1)};
    code[3] = {kJmp | kCall, make_regs(0, kCallHelper), 0, kHelperTailCall};
    code[4] = {kAlu64 | kMov | kK, 0, 0, 7};
    code[5] = {kJmp | kExit, 0, 0, 0};
    Prog& prog = chain[i];
    prog = {};
    prog.port = &kPort;
    prog.link = &package;
    prog.code = {code, 6};
    prog.subprograms = kFrame;
    prog.hook = &hook;
    prog.context = &context;
    prog.activity = &runtime->levels[0];
    prog.steps = 1000;
    prog.run = engine == PERDITA_ENGINE_GUARDED ? run_unproved : run_interpreter;
    prog.attached = true;
    perdita_report told;
    Report report(told);
    if (i > 0 && prog_array_put(array, i, prog, report) != Status::ok) failures++;
  }
}

// Of a firing that makes so many tail calls, with `others` more programs on the hook that make none.
board::CallCost fire_chain(uint32_t calls, bool others) {
  Prog& first = chain[kChain - 1 - calls];
  for (Prog& prog : chain) prog.stats = {};
  first.next = nullptr;
  if (others) {
    static Prog other;
    other = chain[kChain - 1];
    other.next = nullptr;
    first.next = &other;
  }
  runtime->hooks[0].first = &first;
  const board::CallCost cost = board::cost_of([] { return perdita_fire(runtime, 0, &context); });
  if (cost.result != 7 || chain[kChain - 1].stats.runs != 1 || runtime->levels[0].tail_calls != 0) {
    board::print("FAILED the chain did not run\n");
    failures++;
  }
  return cost;
}

void tail_calls(perdita_engine engine, const char* what) {
  make_chain(engine);
  Prog& calling = chain[0];
  const board::CallCost routine = board::cost_of([&] {
    const uint64_t args[] = {address(&context), address(&array), 1};
    return helper_call(kHelperTailCall)(&calling, args);
  });
  // The program's own, which includes the routine. Each call counts, and none goes on.
  runtime->levels[0].next = nullptr;
  const board::CallCost program = board::cost_of([&] { return uint64_t{calling.run(calling).status == kTailCalled}; });
  runtime->levels[0].next = nullptr;
  runtime->levels[0].tail_calls = 0;
  if (program.result != 1) failures++;
  board::CallCost worst = routine;
  worst.instructions = 0;
  constexpr bool kOthers[] = {false, true};
  for (const bool others : kOthers) {
    const board::CallCost without = fire_chain(0, others);
    board::CallCost before = without;
    for (uint32_t calls = 1; calls < kChain; calls++) {
      const board::CallCost fired = fire_chain(calls, others);
      const uint32_t price = fired.instructions - before.instructions - program.instructions + routine.instructions;
      if (price > worst.instructions) worst.instructions = price;
      const uint32_t deeper = fired.stack_bytes > without.stack_bytes ? fired.stack_bytes - without.stack_bytes : 0;
      if (deeper > worst.stack_bytes) worst.stack_bytes = deeper;
      before = fired;
    }
  }
  const perdita_function& helper = *find_helper(kHelperTailCall);
  if (!board::check_cost(helper.name, what, worst, helper_cost(helper, nullptr, 0), helper.stack_bytes)) failures++;
}

}  // namespace

extern "C" {

int main() {
  board::console_init();
  board::start_counting();
  arrays();
  hashes(MapType::hash, "hash", 8);
  hashes(MapType::hash, "hash of 200 bytes", 200);
  hashes(MapType::lru_hash, "LRU hash", 8);
  queues(MapType::queue, "queue", 8);
  queues(MapType::queue, "queue of 200 bytes", 200);
  queues(MapType::stack, "stack", 8);
  rings();
  prints();
  check(5, "clock", nullptr, 0, {});
  check(7, "random", nullptr, 0, {});
  check(8, "one core", nullptr, 0, {});
  tail_calls(PERDITA_ENGINE_INTERPRETER, "interpreter");
  tail_calls(PERDITA_ENGINE_GUARDED, "guarded");
  board::print(failures == 0 ? "costs: done\n" : "costs: done, with failures\n");
  for (;;) {
  }
}

}  // extern "C"
