/* SPDX-License-Identifier: Apache-2.0 */
/* Days since 1970 to year, month and day by counting years and months. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

static const uint8_t month_days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

static int leap(uint32_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

SEC("sample/date")
int calendar(struct sample_ctx* ctx) {
  uint32_t days = ctx->time_ns / 86400000000000ull;
  uint32_t year = 1970;
  while (1) {
    uint32_t length = leap(year) ? 366 : 365;
    if (days < length) break;
    days -= length;
    year++;
  }
  uint32_t month = 0;
  while (month < 12) {
    uint32_t length = month_days[month] + (month == 1 && leap(year));
    if (days < length) break;
    days -= length;
    month++;
  }
  return (int)(year * 10000 + (month + 1) * 100 + days + 1);
}
