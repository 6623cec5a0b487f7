// SPDX-License-Identifier: Apache-2.0
//
// Time is the CLINT's; a tick is its compare register's interrupt.
#include "clock.h"

#include "board.h"

namespace board {
namespace {

constexpr uint32_t kNsPerCount = 1'000'000'000 / clint::kTimeHz;
constexpr uint32_t kTickCounts = clint::kTimeHz / 1000 * kTickMs;

uint64_t next_tick;
uint32_t ticks;
void (*tick_callback)(uint32_t count);

uint64_t time() {
  for (;;) {
    const uint32_t high = reg(clint::kTimeHigh);
    const uint32_t low = reg(clint::kTimeLow);
    if (reg(clint::kTimeHigh) == high) return uint64_t{high} << 32 | low;
  }
}

// Never below what it is to become: an interrupt would come at once (privileged architecture, section 3.2.1).
void interrupt_at(uint64_t time) {
  reg(clint::kCompareHigh) = UINT32_MAX;
  reg(clint::kCompareLow) = uint32_t(time);
  reg(clint::kCompareHigh) = uint32_t(time >> 32);
}

}  // namespace

void clock_start(void (*on_tick)(uint32_t count)) {
  tick_callback = on_tick;
  next_tick = time() + kTickCounts;
  interrupt_at(next_tick);
  __asm__ volatile("csrs mie, %0" ::"r"(kTimerInterrupt) : "memory");
  __asm__ volatile("csrs mstatus, %0" ::"r"(kStatusInterrupts) : "memory");
}

uint64_t clock_ns() { return time() * kNsPerCount; }

void sleep_unless(bool (*has_work)()) {
  const uint32_t state = lock();
  // A pending interrupt ends WFI also while it is shut out (privileged architecture, section 3.3.3).
  if (!has_work()) __asm__ volatile("wfi" ::: "memory");
  unlock(state);
}

}  // namespace board

extern "C" void timer_handler() {
  using namespace board;
  next_tick += kTickCounts;
  interrupt_at(next_tick);
  tick_callback(++ticks);
}
