/* SPDX-License-Identifier: Apache-2.0 */
/* Looks a packet's first word up in a table of commands in .rodata. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "field.platform.h"

#define COMMANDS 6
#define WORD 8

static const char commands[COMMANDS][WORD] = {"get", "set", "reset", "status", "log", "update"};

uint32_t used[COMMANDS];

SEC("packet/command")
int commands_(struct packet_ctx* ctx) {
  const char* data = (const char*)(unsigned long)ctx->data;
  const char* end = (const char*)(unsigned long)ctx->data_end;
  char word[WORD] = {};
  for (int i = 0; i < WORD - 1; i++) {
    if (data + i + 1 > end || data[i] == ' ') break;
    word[i] = data[i];
  }
  for (int c = 0; c < COMMANDS; c++) {
    int same = 1;
    for (int i = 0; i < WORD; i++) {
      if (word[i] != commands[c][i]) {
        same = 0;
        break;
      }
      if (word[i] == 0) break;
    }
    if (same) {
      used[c]++;
      return MARK;
    }
  }
  return DROP;
}
