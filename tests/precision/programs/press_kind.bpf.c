/* SPDX-License-Identifier: Apache-2.0 */
/* Tells short, long and double presses of eight buttons apart: a state machine for each. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

enum state { UP, DOWN, HELD, GAP, AGAIN };

struct button {
  uint8_t state;
  uint8_t ticks;
};

struct button buttons[8];

SEC("sample/buttons")
int press_kind(struct sample_ctx* ctx) {
  int events = 0;
  for (int i = 7; i >= 0; i--) {
    struct button* b = &buttons[i];
    int down = ctx->buttons >> i & 1;
    uint8_t next = b->state;
    switch (b->state) {
      case UP:
        if (down) next = DOWN;
        break;
      case DOWN:
        if (!down)
          next = GAP;
        else if (b->ticks > 50)
          next = HELD, events |= 1 << (8 + i);
        break;
      case HELD:
        if (!down) next = UP;
        break;
      case GAP:
        if (down)
          next = AGAIN, events |= 1 << (16 + i);
        else if (b->ticks > 15)
          next = UP, events |= 1 << i;
        break;
      case AGAIN:
        if (!down) next = UP;
        break;
      default:
        next = UP;
    }
    if (next != b->state)
      b->ticks = 0;
    else if (b->ticks < 255)
      b->ticks++;
    b->state = next;
  }
  return events;
}
