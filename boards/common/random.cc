// SPDX-License-Identifier: Apache-2.0
#include "random.h"

#include "board.h"
#include "clock.h"

namespace board {

namespace {

uint32_t number = 2463534242u;

}  // namespace

void stir_random_numbers(uint32_t value) { number ^= value; }

uint32_t random_number() {
  const uint32_t state = lock();
  number ^= uint32_t(clock_ns());
  if (number == 0) number = 2463534242u;  // the one value that the generator never leaves
  number ^= number << 13;
  number ^= number >> 17;
  number ^= number << 5;
  const uint32_t result = number;
  unlock(state);
  return result;
}

}  // namespace board
