// SPDX-License-Identifier: Apache-2.0
//
// What `perdita new` writes: a program that builds, verifies and does something, its firmware's description, and how to
// go on. @NAME@ becomes the project's name.
#pragma once

namespace perdita::cli {

constexpr const char* kTemplateProgram =
    R"c(// @NAME@: counts the samples of each channel, and warns while a value is high.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "@NAME@.platform.h"

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, CHANNELS);
  __type(key, __u32);
  __type(value, __u64);
} samples SEC(".maps");

SEC("sample")
int watch(struct sample_ctx* ctx) {
  __u32 channel = ctx->channel;
  __u64* count = bpf_map_lookup_elem(&samples, &channel);
  if (count) *count += 1;
  int warn = ctx->value > 3000;
  led_set(0, warn);
  return warn;
}

char LICENSE[] SEC("license") = "Apache-2.0";
)c";

constexpr const char* kTemplatePlatform =
    R"c(/* What the firmware offers to programs: programs and firmware both include this. */
#ifndef PLATFORM_H
#define PLATFORM_H

#include "perdita/platform.h"

#define CHANNELS 4

PERDITA_PLATFORM("@NAME@");
PERDITA_CAPABILITIES("leds");

/* Fired by the firmware with each new sample; the highest result of all programs counts. */
struct sample_ctx {
  uint64_t time_ns;
  uint32_t channel;
  int32_t value;
};
PERDITA_HOOK(sample, struct sample_ctx, PERDITA_SECTIONS("sample"), PERDITA_BUDGET(50000), PERDITA_RESULT(0, 1),
             PERDITA_COMBINE("max"), PERDITA_ALLOWS("leds"));

PERDITA_FUNCTION(void, led_set, (uint32_t led PERDITA_RANGE(0, 3), uint32_t on PERDITA_RANGE(0, 1)), PERDITA_COST(60),
                 PERDITA_STACK(32), PERDITA_NEEDS("leds"));

#endif
)c";

constexpr const char* kTemplateReadme = R"md(# @NAME@

A program for a microcontroller. `@NAME@.bpf.c` is the program, `@NAME@.platform.h` describes the firmware it runs in:
replace it by your firmware's own header.

    perdita platform build @NAME@.platform.h -o @NAME@.platform
    perdita build @NAME@.bpf.c -o @NAME@.o
    perdita verify @NAME@.o --platform @NAME@.platform
    perdita key new @NAME@
    perdita seal @NAME@.o --platform @NAME@.platform --key @NAME@.key -o @NAME@.package
    perdita deploy @NAME@.package --to coap://BOARD
)md";

}  // namespace perdita::cli
