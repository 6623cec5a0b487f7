// SPDX-License-Identifier: Apache-2.0
//
// Test firmware (tests/board/test_function_costs.py): what the demo platform's functions take on this board, by their
// thunks, against what the platform promises of them: the verifier's bounds are made of these numbers. A line for each
// case, "FAILED" where a promise is broken or more than generous, "costs: done" at the end.
#include <string.h>

#include "board.h"
#include "clock.h"
#include "cost_check.h"
#include "perdita/control.h"
#include "port.h"
#include PERDITA_PLATFORM_HEADER

namespace {

uint32_t failures;

const perdita_function* find(const char* name) {
  for (uint32_t i = 0; i < perdita_platform_demo.function_count; i++) {
    if (strcmp(perdita_platform_demo.functions[i].name, name) == 0) return &perdita_platform_demo.functions[i];
  }
  return nullptr;
}

void check(const char* name, const char* what, uint64_t bytes, const uint64_t (&args)[PERDITA_MAX_ARGS]) {
  const perdita_function* function = find(name);
  if (function == nullptr) {
    board::print("FAILED no such function\n");
    failures++;
    return;
  }
  const board::CallCost cost = board::cost_of([&] { return function->call(nullptr, args); });
  const uint64_t promised = function->cost_instructions + bytes * function->cost_instructions_per_byte;
  if (!board::check_cost(name, what, cost, promised, function->stack_bytes)) failures++;
}

uint64_t address(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

alignas(8) uint8_t runtime_memory[4096], control_memory[4096];
char text[64];
uint8_t buffer[256];

}  // namespace

extern "C" int main() {
  board::console_init();
  board::start_counting();
  // The log keeps what is written, as in the firmware.
  perdita_config config = {};
  config.platform = &perdita_platform_demo;
  config.port = &board::kPort;
  config.target = board::kTarget;
  perdita_runtime* runtime = nullptr;
  perdita_control* control = nullptr;
  if (perdita_init(&runtime, runtime_memory, sizeof runtime_memory, &config) != perdita_status_ok ||
      perdita_control_init(&control, control_memory, sizeof control_memory, 1024, runtime) != perdita_status_ok) {
    board::print("FAILED the runtime does not start\n");
    failures++;
  } else {
    board::keep_log_in(control);
  }
  memset(text, 'x', sizeof text);
  check("sensor_read", "the last channel", 0, {3});
  check("led_set", "on", 0, {3, 1});
  check("led_set", "off", 0, {3, 0});
  check("log_text", "one byte", 1, {address(text), 1});
  check("log_text", "longest", sizeof text, {address(text), sizeof text});
  check("fill", "nothing", 0, {address(buffer), 0, 7});
  check("fill", "longest, not aligned", 255, {address(buffer + 1), 255, 7});
  check("fill", "longest", sizeof buffer, {address(buffer), sizeof buffer, 7});
  board::print(failures == 0 ? "costs: done\n" : "costs: done, with failures\n");
  for (;;) {
  }
}
