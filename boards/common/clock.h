// SPDX-License-Identifier: Apache-2.0
//
// Time since the start, from a timer. Any context.
#pragma once

#include <stdint.h>

namespace board {

constexpr uint32_t kTickMs = 10;

// Starts the timer; `on_tick` is called from its interrupt every kTickMs.
void clock_start(void (*on_tick)(uint32_t count));
// Never goes back. Right as long as interrupts are not locked out for longer than one tick.
uint64_t clock_ns();

// Waits for an interrupt unless has_work(); asks with interrupts shut out, so that none slips between.
void sleep_unless(bool (*has_work)());

}  // namespace board
