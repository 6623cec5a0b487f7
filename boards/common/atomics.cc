// SPDX-License-Identifier: Apache-2.0
//
// What compilers call where a core has no instruction for it: with interrupts shut out, and one core, nobody comes
// between. By its name in the compiler's library, which bare-metal ones leave to the system.
#include <stdint.h>

#include "board.h"

#if __GCC_ATOMIC_INT_LOCK_FREE < 2

extern "C" uint32_t exchange(volatile void* memory, uint32_t value, int order) __asm__("__atomic_exchange_4");

extern "C" uint32_t exchange(volatile void* memory, uint32_t value, int /*order*/) {
  auto* word = static_cast<volatile uint32_t*>(memory);
  const uint32_t state = board::lock();
  const uint32_t before = *word;
  *word = value;
  board::unlock(state);
  return before;
}

#endif
