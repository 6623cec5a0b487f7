// SPDX-License-Identifier: Apache-2.0
//
// Test firmware (tests/board/test_fault.py): calls itself until the stack has run over. The board is to say so and to
// restart; then this begins once more.
#include "board.h"
#include "console.h"

namespace {

// Each call keeps something that the next one changes, so that none can be left out. Zero never comes back.
[[gnu::noinline]] uint32_t deeper(volatile uint32_t* above) {
  volatile uint32_t here[8] = {*above + 1};
  if (here[0] == 0) return 0;
  const uint32_t below = deeper(here);
  *above = here[0];
  return below + here[0];
}

}  // namespace

extern "C" int main() {
  board::console_init();
  board::print("fault: started\n");
  volatile uint32_t depth = 0;
  board::print_number(deeper(&depth));
  board::print("fault: FAILED nothing happened\n");
  for (;;) {
  }
}
