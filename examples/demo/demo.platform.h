/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demo firmware's platform: a sensor, a packet filter, a timer tick, four LEDs. The firmware implements the
 * functions and fires the hooks; programs in examples/ include this header too. docs/guide/platform.md explains it.
 */
#ifndef DEMO_PLATFORM_H
#define DEMO_PLATFORM_H

#include "perdita/platform.h"

#define DEMO_CHANNELS 4
#define DEMO_LEDS 4
#define DEMO_TEMPERATURE_MIN (-4000) /* hundredths of a degree Celsius */
#define DEMO_TEMPERATURE_MAX 12500

PERDITA_PLATFORM("demo");
PERDITA_CAPABILITIES("sensors", "leds", "log");

/* Every 10 ms a new reading of one channel. Programs return an alarm level; the highest one counts. */
struct sensor_ctx {
  uint64_t time_ns;
  uint32_t channel; /* 0 to DEMO_CHANNELS - 1 */
  int32_t value;    /* hundredths of a degree Celsius */
};
PERDITA_HOOK(sensor, struct sensor_ctx, PERDITA_SECTIONS("sensor", "sensor/*"), PERDITA_BUDGET(200000),
             PERDITA_RESULT(0, 3), PERDITA_COMBINE("max"), PERDITA_ALLOWS("sensors", "leds", "log"));

/* Each UDP payload that arrives, before anything else sees it. The first program that wants it dropped wins. */
#define DEMO_PASS 0
#define DEMO_DROP 1
struct packet_ctx {
  uint64_t data PERDITA_DATA;
  uint64_t data_end PERDITA_DATA_END;
  uint32_t port;   /* UDP destination port */
  uint32_t source; /* IPv4 address of the sender, as a number: 10.0.2.2 is 0x0a000202 */
};
PERDITA_HOOK(packet, struct packet_ctx, PERDITA_SECTIONS("packet", "packet/*"), PERDITA_BUDGET(100000),
             PERDITA_RESULT(DEMO_PASS, DEMO_DROP), PERDITA_COMBINE("first_nonzero"), PERDITA_PACKET(4, 1472),
             PERDITA_ALLOWS("leds", "log"));

/* The timer interrupt, 100 times a second; preempts the other two. */
struct tick_ctx {
  uint64_t time_ns;
  uint32_t count;    /* ticks since the start, modulo 2^32 */
  uint32_t reserved; /* 0 */
};
PERDITA_HOOK(tick, struct tick_ctx, PERDITA_SECTIONS("tick", "tick/*"), PERDITA_LEVEL(1), PERDITA_BUDGET(10000),
             PERDITA_RESULT(0, 0), PERDITA_ALLOWS("leds"));

/* Each program at its own pace, from the main loop: SEC("timer/100ms"). The loop wakes up every 10 ms. */
PERDITA_HOOK(timer, struct perdita_period, PERDITA_SECTIONS("timer/*"), PERDITA_PERIODIC(10000, 3600000000),
             PERDITA_BUDGET(100000), PERDITA_RESULT(0, 0), PERDITA_ALLOWS("sensors", "leds", "log"));

/* What the control plane is asked: GET /x/<package>/<program>. A program returns how many bytes it wrote, or that it
 * has no answer to that. */
#define DEMO_ANSWER_MAX 256
#define DEMO_NO_ANSWER (-1)
PERDITA_HOOK(request, struct perdita_request, PERDITA_REQUEST, PERDITA_PACKET(1, DEMO_ANSWER_MAX),
             PERDITA_PACKET_WRITABLE, PERDITA_RESULT(DEMO_NO_ANSWER, DEMO_ANSWER_MAX), PERDITA_BUDGET(100000),
             PERDITA_ALLOWS("sensors", "leds", "log"));

/* A reading taken now, in hundredths of a degree Celsius. */
PERDITA_FUNCTION(int32_t, sensor_read, (uint32_t channel PERDITA_RANGE(0, DEMO_CHANNELS - 1)),
                 PERDITA_RESULT(DEMO_TEMPERATURE_MIN, DEMO_TEMPERATURE_MAX), PERDITA_COST(300), PERDITA_STACK(64),
                 PERDITA_NEEDS("sensors"));

PERDITA_FUNCTION(void, led_set, (uint32_t led PERDITA_RANGE(0, DEMO_LEDS - 1), uint32_t on PERDITA_RANGE(0, 1)),
                 PERDITA_COST(60), PERDITA_STACK(32), PERDITA_NEEDS("leds"));

/* Writes the text to the console. Returns the number of bytes written. */
PERDITA_FUNCTION(int32_t, log_text, (const char* text, uint32_t size PERDITA_SIZE(1, 64)), PERDITA_RESULT(0, 64),
                 PERDITA_COST(300), PERDITA_COST_PER_BYTE(40), PERDITA_STACK(64), PERDITA_NEEDS("log"));

/* Sets every byte of the buffer to the low byte of `value`. Returns the number of bytes written. */
PERDITA_FUNCTION(int32_t, fill, (void* buffer PERDITA_OUT, uint32_t size PERDITA_SIZE(0, 256), uint32_t value),
                 PERDITA_RESULT(0, 256), PERDITA_COST(60), PERDITA_COST_PER_BYTE(8), PERDITA_STACK(32));

#endif
