/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firmware that the programs of tests/precision are written for: an instrument in the field with sixteen raw
 * inputs, buttons, a UART and packets. No budgets, so that what is refused is refused by the proof and nothing else.
 */
#ifndef FIELD_PLATFORM_H
#define FIELD_PLATFORM_H

#include "perdita/platform.h"

#define FIELD_RAW 16
#define FIELD_CHANNELS 4

PERDITA_PLATFORM("field");
PERDITA_CAPABILITIES("io");

/* Any int is a result. */
struct sample_ctx {
  uint64_t time_ns;
  uint32_t channel;
  int32_t value;
  uint16_t raw[FIELD_RAW];
  uint8_t buttons; /* one bit each */
  uint8_t mode;
  uint16_t battery_mv;
  uint32_t count;
};
PERDITA_HOOK(sample, struct sample_ctx, PERDITA_SECTIONS("sample", "sample/*"), PERDITA_BUDGET(0),
             PERDITA_RESULT(-2147483648, 2147483647), PERDITA_ALLOWS("io"));

#define PASS 0
#define DROP 1
#define MARK 2
#define REPLY 3
struct packet_ctx {
  uint64_t data PERDITA_DATA;
  uint64_t data_end PERDITA_DATA_END;
  uint32_t port;
  uint32_t source;
  uint64_t time_ns;
};
PERDITA_HOOK(packet, struct packet_ctx, PERDITA_SECTIONS("packet", "packet/*"), PERDITA_BUDGET(0),
             PERDITA_RESULT(PASS, REPLY), PERDITA_PACKET(4, 1472), PERDITA_ALLOWS("io"));

/* A buffer that the program fills or changes in place. The result is its new length; less than 0: nothing to send. */
#define FRAME_MAX 256
#define NO_FRAME (-1)
struct frame_ctx {
  uint64_t data PERDITA_DATA;
  uint64_t data_end PERDITA_DATA_END;
  uint32_t length PERDITA_WRITABLE; /* of what lies in the buffer before and after */
  uint32_t kind;
  uint8_t payload[64];
  uint32_t payload_bytes; /* any number: who made it is not trusted */
  uint32_t reserved;
};
PERDITA_HOOK(frame, struct frame_ctx, PERDITA_SECTIONS("frame", "frame/*"), PERDITA_BUDGET(0),
             PERDITA_RESULT(NO_FRAME, FRAME_MAX), PERDITA_PACKET(1, FRAME_MAX), PERDITA_PACKET_WRITABLE,
             PERDITA_ALLOWS("io"));

PERDITA_FUNCTION(int32_t, sensor_read, (uint32_t channel PERDITA_RANGE(0, FIELD_CHANNELS - 1)),
                 PERDITA_RESULT(-4000, 12500), PERDITA_COST(300), PERDITA_STACK(64), PERDITA_NEEDS("io"));
PERDITA_FUNCTION(uint32_t, gpio_get, (uint32_t pin PERDITA_RANGE(0, 31)), PERDITA_RESULT(0, 1), PERDITA_COST(40),
                 PERDITA_STACK(16), PERDITA_NEEDS("io"));
PERDITA_FUNCTION(void, pwm_set, (uint32_t channel PERDITA_RANGE(0, 3), uint32_t duty PERDITA_RANGE(0, 1000)),
                 PERDITA_COST(60), PERDITA_STACK(32), PERDITA_NEEDS("io"));
PERDITA_FUNCTION(int32_t, log_text, (const char* text, uint32_t size PERDITA_SIZE(1, 64)), PERDITA_RESULT(0, 64),
                 PERDITA_COST(300), PERDITA_COST_PER_BYTE(40), PERDITA_STACK(64), PERDITA_NEEDS("io"));
PERDITA_FUNCTION(int32_t, uart_write, (const void* bytes, uint32_t size PERDITA_SIZE(0, 128)), PERDITA_RESULT(0, 128),
                 PERDITA_COST(300), PERDITA_COST_PER_BYTE(20), PERDITA_STACK(64), PERDITA_NEEDS("io"));
/* Bytes that came in, the rest of the buffer is left as it is; how many came. */
PERDITA_FUNCTION(int32_t, uart_read, (void* buffer PERDITA_INOUT, uint32_t size PERDITA_SIZE(1, 64)),
                 PERDITA_RESULT(0, 64), PERDITA_COST(300), PERDITA_COST_PER_BYTE(20), PERDITA_STACK(64),
                 PERDITA_NEEDS("io"));
/* One reading of each of the eight converters. */
struct burst {
  uint16_t of[8];
};
PERDITA_FUNCTION(void, adc_burst, (struct burst * burst PERDITA_OUT), PERDITA_COST(400), PERDITA_STACK(32),
                 PERDITA_NEEDS("io"));

#endif
