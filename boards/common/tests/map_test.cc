// SPDX-License-Identifier: Apache-2.0
//
// Test firmware (tests/board/test_maps.py): each map operation interrupted by each other one at every instruction it
// has, and how long operations keep interrupts locked out. A line for each pair and type, "FAILED" where something is
// wrong, "maps: done" at the end.
#include <string.h>

#include "board.h"
#include "console.h"
#include "measure.h"
#include "perdita/port.h"
#include "runtime/testing/map_exercise.h"

using namespace perdita::runtime;           // NOLINT: this file is a test of that namespace
using namespace perdita::runtime::testing;  // NOLINT: and uses this one

namespace {

// ---- the port: the lock measures itself ----

uint32_t locked_since, longest_locked_ticks, locks;

uint32_t lock(void*) {
  const uint32_t state = board::lock();
  if (state == 0) locked_since = board::ticks();
  return state;
}

void unlock(void*, uint32_t state) {
  if (state == 0) {
    const uint32_t held = board::ticks_between(locked_since, board::ticks());
    if (held > longest_locked_ticks) longest_locked_ticks = held;
    locks++;
  }
  board::unlock(state);
}

constexpr perdita_port kPort = {nullptr, {nullptr, lock, unlock, nullptr, nullptr, nullptr}, {nullptr, nullptr}};

// ---- the interrupt ----

struct {
  Map* map;
  const Operation* operation;
  int64_t result;
  volatile bool fired;
} interrupt;

// ---- the test ----

alignas(8) uint8_t storage[kSceneBytes], prepared[kSceneBytes];
uint32_t failures;

void fail(const Scene& scene, const Operation& first, const Operation& second, uint32_t at, const char* what) {
  if (++failures > 20) return;
  board::print("FAILED ");
  board::print(scene.name);
  board::print(": ");
  board::print(first.name);
  board::print(" interrupted by ");
  board::print(second.name);
  board::print(" after ");
  board::print_number(at);
  board::print(": ");
  board::print(what);
  board::print("\n");
}

// Instructions of one uninterrupted run.
uint32_t length_of(const Scene& scene, const Operation& operation) {
  Map map;
  prepare(map, scene, storage, kPort);
  const uint32_t before = board::ticks();
  static_cast<void>(operation.run(map, kPort));
  return board::instructions(board::ticks_between(before, board::ticks()));
}

// Returns at how many points it was interrupted.
uint32_t interrupt_everywhere(const Scene& scene, const Operation& first, const Operation& second) {
  const Orders orders = both_orders(scene, first, second, storage, kPort);
  Map map, fresh;
  const size_t bytes = static_cast<size_t>(map_storage_bytes(scene.def));
  prepare(fresh, scene, storage, kPort);
  memcpy(prepared, storage, bytes);
  for (uint32_t at = 0;; at++) {
    map = fresh;
    memcpy(storage, prepared, bytes);
    interrupt.map = &map;
    interrupt.operation = &second;
    interrupt.fired = false;
    board::interrupt_after(at);
    const int64_t result = first.run(map, kPort);
    const bool fired = interrupt.fired;
    board::interrupt_off();
    if (!fired) return at;
    const Ending ending = {result, interrupt.result, contents(map)};
    if (!(ending == orders.first_then_second) && !(ending == orders.second_then_first)) {
      fail(scene, first, second, at, "neither order explains it");
    }
    if (!intact(map)) fail(scene, first, second, at, "the map is broken");
    if (failures != 0) return at;
  }
}

void interrupt_all(const Scene& scene) {
  uint32_t points = 0;
  for (const Operation& first : operations(scene)) {
    const uint32_t length = length_of(scene, first);
    for (const Operation& second : operations(scene)) {
      if (second.by_reader) continue;
      const uint32_t hit = interrupt_everywhere(scene, first, second);
      points += hit;
      // One instruction further each time: as many points as instructions, but for those around the call.
      if (hit + 24 < length || hit > length + 24) fail(scene, first, second, hit, "not every instruction was hit");
    }
  }
  board::print("interrupted: ");
  board::print(scene.name);
  board::print(": ");
  board::print_number(points);
  board::print(" points\n");
}

// ---- locked time ----

alignas(8) uint8_t large_storage[20 * 1024];

uint32_t longest_locked(const Scene& scene, uint32_t fill) {
  longest_locked_ticks = 0;
  for (const Operation& operation : operations(scene)) {
    Map map;
    memset(large_storage, 0, static_cast<size_t>(map_storage_bytes(scene.def)));
    init_map(map, scene.def, large_storage);
    static uint8_t value[256];
    for (uint32_t i = 0; i < fill; i++) static_cast<void>(map_update(map, kPort, &i, value, kUpdateAny));
    static_cast<void>(operation.run(map, kPort));
  }
  return board::instructions(longest_locked_ticks);
}

void compare_locked(const Scene& small, const Scene& large, uint32_t limit) {
  if (map_storage_bytes(large.def) > sizeof large_storage) {
    failures++;
    board::print("FAILED no room for a map\n");
    return;
  }
  const uint32_t least = longest_locked(small, small.def.max_entries);
  const uint32_t most = longest_locked(large, large.def.max_entries);
  board::print("locked: ");
  board::print(small.name);
  board::print(": ");
  board::print_number(least);
  board::print(" instructions, large map ");
  board::print_number(most);
  board::print(", limit ");
  board::print_number(limit);
  board::print("\n");
  // A few instructions differ where a circle wraps or a chain is empty.
  const bool same = most <= least + 20 && least <= most + 20;
  // 0: interrupts were shut out before already.
  if (!same || least > limit || most > limit || least == 0) {
    failures++;
    board::print("FAILED never locked, for too long, or longer in a large map\n");
  }
}

void compare_all_locked() {
  using perdita::isa::MapType;
  constexpr uint32_t kLimit = 120;
  compare_locked({"hash", {MapType::hash, 4, 12, 3, 0}, 0}, {"", {MapType::hash, 4, 12, 400, 0}, 0}, kLimit);
  compare_locked({"hash, large values", {MapType::hash, 4, 12, 3, 0}, 0}, {"", {MapType::hash, 4, 248, 40, 0}, 0},
                 kLimit);
  compare_locked({"LRU hash", {MapType::lru_hash, 4, 12, 3, 0}, 0}, {"", {MapType::lru_hash, 4, 12, 400, 0}, 0},
                 kLimit);
  compare_locked({"queue", {MapType::queue, 0, 12, 3, 0}, 0}, {"", {MapType::queue, 0, 12, 800, 0}, 0}, kLimit);
  compare_locked({"queue, large values", {MapType::queue, 0, 12, 3, 0}, 0}, {"", {MapType::queue, 0, 248, 40, 0}, 0},
                 kLimit);
  compare_locked({"stack", {MapType::stack, 0, 12, 3, 0}, 0}, {"", {MapType::stack, 0, 12, 800, 0}, 0}, kLimit);
  compare_locked({"ring buffer", {MapType::ring_buffer, 0, 0, 64, 0}, 0},
                 {"", {MapType::ring_buffer, 0, 0, 16384, 0}, 0}, kLimit);
}

}  // namespace

extern "C" {

void timer_handler() {
  board::interrupt_off();
  if (interrupt.fired) return;
  interrupt.fired = true;
  interrupt.result = interrupt.operation->run(*interrupt.map, kPort);
}

int main() {
  board::console_init();
  board::start_counting();
  for (const Scene& scene : scenes()) interrupt_all(scene);
  compare_all_locked();
  board::print(failures == 0 ? "maps: done\n" : "maps: done, with failures\n");
  for (;;) {
  }
}

}  // extern "C"
