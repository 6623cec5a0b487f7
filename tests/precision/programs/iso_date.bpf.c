/* SPDX-License-Identifier: Apache-2.0 */
/* Seconds since 1970 of "2026-02-28T23:59:60Z" in the payload. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

uint64_t clock_s;

static int number(const uint8_t* text, int digits) {
  int value = 0;
  while (digits--) {
    if (*text < '0' || *text > '9') return -1;
    value = value * 10 + (*text++ - '0');
  }
  return value;
}

static int leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

static const uint8_t days_of[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

SEC("frame/clock")
int iso_date(struct frame_ctx* ctx) {
  const uint8_t* text = ctx->payload;
  if (ctx->payload_bytes < 20 || text[10] != 'T' || text[19] != 'Z') return NO_FRAME;
  int year = number(text, 4);
  int month = number(text + 5, 2);
  int day = number(text + 8, 2);
  int hour = number(text + 11, 2);
  int minute = number(text + 14, 2);
  int second = number(text + 17, 2);
  if (year < 1970 || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 60) return NO_FRAME;
  if (hour < 0 || minute < 0 || second < 0) return NO_FRAME;
  int last = days_of[month - 1];
  if (month == 2 && leap(year)) last++;
  if (day < 1 || day > last) return NO_FRAME;
  uint32_t days = 0;
  for (int y = 1970; y < year; y++) days += leap(y) ? 366 : 365;
  for (int m = 1; m < month; m++) {
    days += days_of[m - 1];
    if (m == 2 && leap(year)) days++;
  }
  days += day - 1;
  clock_s = (((uint64_t)days * 24 + hour) * 60 + minute) * 60 + second;
  return 0;
}
