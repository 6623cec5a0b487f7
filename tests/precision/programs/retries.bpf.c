/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the UART up to five times for a whole answer, with a loop that is left in three ways. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

struct answer {
  uint8_t magic;
  uint8_t length;
  uint8_t body[30];
};

SEC("sample/ask")
int retries(struct sample_ctx* ctx) {
  struct answer a = {};
  int result = -1;
  for (int attempt = 0; attempt < 5; attempt++) {
    if (uart_write("?", 1) != 1) continue;
    int n = uart_read(&a, sizeof a);
    if (n == 0) return -2;
    if (n < 2 || a.magic != 0x5a) continue;
    if (a.length > sizeof a.body || a.length + 2 > n) {
      result = -3;
      continue;
    }
    int sum = 0;
    for (int i = 0; i < a.length; i++) sum += a.body[i];
    result = sum;
    break;
  }
  return result + (ctx->mode & 1);
}
