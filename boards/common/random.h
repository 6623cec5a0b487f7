// SPDX-License-Identifier: Apache-2.0
//
// Numbers that are hard to foresee by accident, and no more: this board has no source of entropy. A generator
// (Marsaglia, "Xorshift RNGs", 2003) is stirred with the clock at each call. Message ids and programs'
// bpf_get_prandom_u32 may use it; nothing that must stay secret may. Checking signatures needs no random numbers. Any
// context.
#pragma once

#include <stdint.h>

namespace board {

uint32_t random_number();
// Before the first one, with something that differs from start to start where the board has it.
void stir_random_numbers(uint32_t value);

}  // namespace board
