/* SPDX-License-Identifier: Apache-2.0 */
/* A state machine: frames "$ length bytes checksum" in a stream of bytes. */
#include "bench.h"

enum { IDLE, LENGTH, BODY, CHECK };

static struct {
  uint32_t state, left, sum;
  uint32_t frames, errors;
} machine;

SEC("buffer") uint64_t state_machine(struct buffer_ctx* c) {
  uint32_t count = c->len;
  if (count > BENCH_BYTES) return 0;
  uint32_t state = machine.state, left = machine.left, sum = machine.sum;
  ROLLED for (uint32_t i = 0; i < count; i++) {
    uint8_t byte = c->data[i];
    switch (state) {
      case IDLE:
        if (byte == '$') state = LENGTH;
        break;
      case LENGTH:
        left = byte & 31;
        sum = byte;
        state = left ? BODY : CHECK;
        break;
      case BODY:
        sum = (sum + byte) & 0xff;
        if (--left == 0) state = CHECK;
        break;
      default:
        if (sum == byte) {
          machine.frames++;
        } else {
          machine.errors++;
        }
        state = IDLE;
    }
  }
  machine.state = state;
  machine.left = left;
  machine.sum = sum;
  return machine.frames << 16 | machine.errors;
}
