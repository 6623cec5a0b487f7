/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of this folder run on: bench/native/board.cc fires the hooks, README.md says what they are for. No
 * budgets, and any word is a result. */
#ifndef BENCH_PLATFORM_H
#define BENCH_PLATFORM_H

#include "perdita/platform.h"

#define BENCH_BYTES 360
#define BENCH_SAMPLES 32

PERDITA_PLATFORM("bench");

struct buffer_ctx {
  uint32_t len;
  uint8_t data[BENCH_BYTES];
};
PERDITA_HOOK(buffer, struct buffer_ctx, PERDITA_SECTIONS("buffer"), PERDITA_BUDGET(0),
             PERDITA_RESULT(-2147483648, 4294967295));

struct sieve_ctx {
  uint32_t n;
  uint8_t comp[1024] PERDITA_WRITABLE;
};
PERDITA_HOOK(sieve, struct sieve_ctx, PERDITA_SECTIONS("bytes"), PERDITA_BUDGET(0),
             PERDITA_RESULT(-2147483648, 4294967295));

struct fib_ctx {
  uint32_t n;
  uint32_t mod;
};
PERDITA_HOOK(fib, struct fib_ctx, PERDITA_SECTIONS("fib"), PERDITA_BUDGET(0), PERDITA_RESULT(-2147483648, 4294967295));

struct packet_ctx {
  uint64_t data PERDITA_DATA;
  uint64_t data_end PERDITA_DATA_END;
  uint32_t port;
  uint32_t source;
};
PERDITA_HOOK(packet, struct packet_ctx, PERDITA_SECTIONS("packet"), PERDITA_BUDGET(0), PERDITA_PACKET(4, 1472),
             PERDITA_RESULT(-2147483648, 4294967295));

struct sample_ctx {
  uint64_t time_ns;
  uint32_t channel;
  uint32_t count;
  int32_t values[BENCH_SAMPLES];
};
PERDITA_HOOK(sample, struct sample_ctx, PERDITA_SECTIONS("sample"), PERDITA_BUDGET(0),
             PERDITA_RESULT(-2147483648, 4294967295));

#endif
