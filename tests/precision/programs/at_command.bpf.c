/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a line from the UART and splits "AT+NAME=1,2,3" into its arguments. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define ARGUMENTS 4

struct arguments {
  uint32_t of[ARGUMENTS];
  uint32_t count;
};

static int split(const char* p, const char* end, struct arguments* a) {
  a->count = 0;
  uint32_t value = 0;
  int digits = 0;
  for (;; p++) {
    if (p < end && *p >= '0' && *p <= '9') {
      if (++digits > 9) return -1;
      value = value * 10 + (*p - '0');
      continue;
    }
    if (digits == 0 || a->count == ARGUMENTS) return -1;
    a->of[a->count++] = value;
    if (p >= end || *p == '\r') return 0;
    if (*p != ',') return -1;
    value = 0;
    digits = 0;
  }
}

SEC("sample/modem")
int at_command(struct sample_ctx* ctx) {
  char line[48] = {};
  int n = uart_read(line, sizeof(line));
  if (n < 6 || n > (int)sizeof(line)) return -1;
  if (line[0] != 'A' || line[1] != 'T' || line[2] != '+') return -1;
  int i = 3;
  while (i < n && line[i] != '=') i++;
  if (i == n) return -2;
  struct arguments a;
  if (split(line + i + 1, line + n, &a) < 0) return -3;
  uint32_t channel = a.of[0];
  if (channel > 3 || a.count < 2) return -4;
  uint32_t duty = a.of[1];
  if (duty > 1000) duty = 1000;
  pwm_set(channel, duty);
  return duty;
}
