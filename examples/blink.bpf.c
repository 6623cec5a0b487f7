/* SPDX-License-Identifier: Apache-2.0 */
/* Follows channel 0 of the sensor with an LED, and raises an alarm above 30 degrees: branches, and calls of functions
 * that the firmware offers by name. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

#define LED_ALARM 0
#define LED_EVEN 1
#define ALARM_ABOVE 3000

SEC("sensor")
int blink(struct sensor_ctx* ctx) {
  if (ctx->channel != 0) return 0;
  int alarm = ctx->value > ALARM_ABOVE;
  led_set(LED_ALARM, alarm);
  led_set(LED_EVEN, (ctx->value & 1) == 0);
  return alarm;
}
