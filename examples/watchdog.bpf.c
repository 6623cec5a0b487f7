/* SPDX-License-Identifier: Apache-2.0 */
/* Two programs in one object, with a global variable between them: the timer's interrupt watches that the sensor's hook
 * still fires, and lights an LED when it has been silent for a second. The sensor's program writes a line to the log
 * after each silence, through memory that the firmware fills. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

#define LED_SILENT 3
#define SILENT_TICKS 100

uint32_t ticks_since_reading;

SEC("tick")
int watch(struct tick_ctx* ctx) {
  (void)ctx;
  if (ticks_since_reading <= SILENT_TICKS) ticks_since_reading += 1;
  led_set(LED_SILENT, ticks_since_reading > SILENT_TICKS);
  return 0;
}

SEC("sensor/alive")
int alive(struct sensor_ctx* ctx) {
  (void)ctx;
  if (ticks_since_reading > SILENT_TICKS) {
    char line[16];
    fill(line, sizeof line, '!');
    log_text(line, sizeof line);
  }
  ticks_since_reading = 0;
  return 0;
}
