// SPDX-License-Identifier: Apache-2.0
//
// The functions that the demo platform offers to programs (examples/demo/demo.platform.h), on this board.
#include <string.h>

#include "board.h"
#include "clock.h"
#include "demo.platform.h"
#include "port.h"

namespace {

constexpr int32_t kWaveStart = 1500;     // hundredths of a degree Celsius
constexpr int32_t kWaveChannel = 500;    // between two channels
constexpr int32_t kWaveStep = 20;        // from one reading to the next
constexpr uint64_t kWaveReadings = 200;  // of one period
constexpr uint64_t kReadingNs = 10'000'000;

static_assert(kWaveStart + (DEMO_CHANNELS - 1) * kWaveChannel + kWaveStep * int32_t{kWaveReadings} / 2 <=
              DEMO_TEMPERATURE_MAX);
static_assert(kWaveStart >= DEMO_TEMPERATURE_MIN);

}  // namespace

// There is no sensor on an emulated board: a triangle wave of two seconds stands for it, the same on every run.
int32_t sensor_read(uint32_t channel) {
  const uint32_t phase = uint32_t((board::clock_ns() / kReadingNs + channel * 37) % kWaveReadings);
  const int32_t height = int32_t(phase < kWaveReadings / 2 ? phase : kWaveReadings - phase);
  return kWaveStart + int32_t(channel) * kWaveChannel + height * kWaveStep;
}

void led_set(uint32_t led, uint32_t on) {
  const uint32_t state = board::lock();
  const uint32_t leds = board::leds();
  board::show_leds(on != 0 ? leds | 1u << led : leds & ~(1u << led));
  board::unlock(state);
}

int32_t log_text(const char* text, uint32_t size) {
  board::log_line(text, size);
  return int32_t(size);
}

int32_t fill(void* buffer, uint32_t size, uint32_t value) {
  memset(buffer, int(value & 0xff), size);
  return int32_t(size);
}
