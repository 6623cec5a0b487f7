// SPDX-License-Identifier: Apache-2.0
//
// Time is the core's count of cycles, whose 32 bits turn in 107 seconds: what passed is added up at each reading, and
// each tick reads it. A tick is the core's first timer.
#include "clock.h"

#include "board.h"

namespace board {
namespace {

constexpr uint32_t kNsPerCycle = 1'000'000'000 / kClockHz;
constexpr uint32_t kTickCycles = kClockHz / 1000 * kTickMs;
constexpr uint32_t kSetUpCycles = 200;  // until the timer is set, and then some

uint64_t total_cycles;
uint32_t last_cycles;
uint32_t next_tick;
uint32_t ticks;
void (*tick_callback)(uint32_t count);

// The next tick that is still to come: the count's equality is what interrupts, and it comes back only after a turn.
void set_next_tick() {
  do {
    next_tick += kTickCycles;
  } while (int32_t(next_tick - cycles()) < int32_t(kSetUpCycles));
  interrupt_at_cycle(next_tick);
}

}  // namespace

void clock_start(void (*on_tick)(uint32_t count)) {
  tick_callback = on_tick;
  next_tick = cycles();
  set_next_tick();
  enable_interrupts(kTimerInterrupt);
  unlock(0);
}

uint64_t clock_ns() {
  const uint32_t state = lock();
  const uint32_t now = cycles();
  total_cycles += now - last_cycles;
  last_cycles = now;
  const uint64_t result = total_cycles * kNsPerCycle;
  unlock(state);
  return result;
}

void sleep_unless(bool (*has_work)()) {
  const uint32_t state = lock();
  // Lets interrupts in and waits, in one instruction: none slips between (manual, WAITI).
  if (!has_work()) __asm__ volatile("waiti 0" ::: "memory");
  unlock(state);
}

}  // namespace board

extern "C" void timer_handler() {
  using namespace board;
  set_next_tick();
  [[maybe_unused]] const uint64_t now_ns = clock_ns();
  tick_callback(++ticks);
}
