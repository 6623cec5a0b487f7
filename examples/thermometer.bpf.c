/* SPDX-License-Identifier: Apache-2.0 */
/* Answers GET /x/<package>/celsius?<channel> with a reading as text, "+021.50": bytes written behind a check against
 * data_end, the query, a choice of the answer's format. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

#define FORMAT_TEXT 0
#define ANSWER_BYTES 8

SEC("request")
int celsius(struct perdita_request* ctx) {
  uint32_t channel = ctx->query[0] - '0';
  if (ctx->query_bytes != 1 || channel >= DEMO_CHANNELS) return DEMO_NO_ANSWER;
  int32_t value = sensor_read(channel);
  char* out = (char*)ctx->data;
  if (out + ANSWER_BYTES > (char*)ctx->data_end) return DEMO_NO_ANSWER;

  out[0] = value < 0 ? '-' : '+';
  uint32_t rest = value < 0 ? -value : value;
  out[1] = '0' + rest / 10000 % 10;
  out[2] = '0' + rest / 1000 % 10;
  out[3] = '0' + rest / 100 % 10;
  out[4] = '.';
  out[5] = '0' + rest / 10 % 10;
  out[6] = '0' + rest % 10;
  out[7] = '\n';
  ctx->content_format = FORMAT_TEXT;
  return ANSWER_BYTES;
}
