/* SPDX-License-Identifier: Apache-2.0 */
/* A state machine over an NMEA sentence: checksum and field count. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

enum { START, BODY, SUM_HIGH, SUM_LOW, DONE, BAD };

static int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

SEC("packet/nmea")
int nmea(struct packet_ctx* ctx) {
  const char* p = (const char*)(unsigned long)ctx->data;
  const char* end = (const char*)(unsigned long)ctx->data_end;
  int state = START;
  uint8_t sum = 0, told = 0;
  int fields = 0;
  for (int i = 0; i < 82 && p < end; i++) {
    char c = *p++;
    switch (state) {
      case START:
        state = c == '$' ? BODY : BAD;
        break;
      case BODY:
        if (c == '*') {
          state = SUM_HIGH;
        } else {
          sum ^= c;
          if (c == ',') fields++;
        }
        break;
      case SUM_HIGH: {
        int n = nibble(c);
        if (n < 0) {
          state = BAD;
        } else {
          told = n << 4;
          state = SUM_LOW;
        }
        break;
      }
      case SUM_LOW: {
        int n = nibble(c);
        state = n < 0 ? BAD : DONE;
        told |= n;
        break;
      }
    }
    if (state == BAD || state == DONE) break;
  }
  return state == DONE && sum == told && fields > 5 ? MARK : DROP;
}
