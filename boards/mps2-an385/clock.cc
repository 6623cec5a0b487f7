// SPDX-License-Identifier: Apache-2.0
#include "clock.h"

#include "board.h"

namespace board {
namespace {

constexpr uint32_t kTickCycles = kClockHz / 1000 * kTickMs;
constexpr uint32_t kNsPerCycle = 1'000'000'000 / kClockHz;
constexpr uint64_t kNsPerTick = uint64_t{kTickMs} * 1'000'000;
static_assert(kTickCycles <= 1u << 24, "SysTick counts 24 bits");

volatile uint32_t ticks_low;
volatile uint32_t ticks_high;
uint64_t last_ns;
void (*tick_callback)(uint32_t count);

}  // namespace

void clock_start(void (*on_tick)(uint32_t count)) {
  tick_callback = on_tick;
  reg(systick::kReload) = kTickCycles - 1;
  reg(systick::kCurrent) = 0;
  reg(systick::kControl) = systick::kControlEnable | systick::kControlInterrupt | systick::kControlProcessorClock;
}

uint64_t clock_ns() {
  const uint32_t state = lock();
  uint64_t ticks = uint64_t{ticks_high} << 32 | ticks_low;
  uint32_t left = reg(systick::kCurrent);
  // The counter may have wrapped while interrupts are shut out: then the tick has not been counted, and what was just
  // read may be from before or after the wrap. A second reading is from after.
  if ((reg(scb::kInterruptState) & scb::kSysTickPending) != 0) {
    ticks++;
    left = reg(systick::kCurrent);
  }
  const uint32_t elapsed_cycles = left == 0 ? 0 : kTickCycles - left;
  const uint64_t now_ns = ticks * kNsPerTick + elapsed_cycles * kNsPerCycle;
  // An emulator's counter and its interrupt need not change at the same moment.
  if (now_ns > last_ns) last_ns = now_ns;
  const uint64_t result = last_ns;
  unlock(state);
  return result;
}

void sleep_unless(bool (*has_work)()) {
  const uint32_t state = lock();
  // A pending interrupt ends WFI also while it is shut out (DDI 0403, section B1.5.19).
  if (!has_work()) __asm__ volatile("dsb\n\twfi" ::: "memory");
  unlock(state);
}

}  // namespace board

extern "C" void timer_handler() {
  using namespace board;
  const uint32_t count = ticks_low + 1;
  ticks_low = count;
  if (count == 0) ticks_high = ticks_high + 1;
  tick_callback(count);
}
