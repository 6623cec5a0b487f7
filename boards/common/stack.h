// SPDX-License-Identifier: Apache-2.0
//
// How deep the one C stack ever was, interrupts included: start-up paints it. Any context; time linear in what was
// never used.
#pragma once

#include <stdint.h>

namespace board {

uint32_t stack_bytes();
uint32_t stack_used_bytes();

}  // namespace board
