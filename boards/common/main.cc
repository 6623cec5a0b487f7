// SPDX-License-Identifier: Apache-2.0
//
// The demo application: fires `sensor` every 10 ms, `packet` for each UDP datagram to port 7777 (what is not dropped is
// echoed), `tick` from the timer interrupt, `timer` when its programs are due; and serves the control plane on CoAP's
// port.
#include <string.h>

#include "board.h"
#include "clock.h"
#include "console.h"
#include "demo.platform.h"
#include "ethernet.h"
#include "network.h"
#include "perdita/control.h"
#include "perdita/perdita.h"
#include "port.h"
#include "random.h"
#include "stack.h"
#include PERDITA_PLATFORM_HEADER
#include PERDITA_TRUST

namespace {

constexpr uint16_t kCoapPort = 5683;
constexpr uint16_t kPacketPort = 7777;
constexpr uint64_t kSensorPeriodNs = 10'000'000;

constexpr size_t kRuntimeBytes = 24 * 1024;
constexpr size_t kPackageBytes = 8 * 1024;
constexpr size_t kControlBytes = kPackageBytes + 2 * 1024;

const perdita_config kConfig = {
    .platform = &perdita_platform_demo,
    .port = &board::kPort,
    .keys = perdita_trusted_keys,
    .key_count = sizeof perdita_trusted_keys / sizeof perdita_trusted_keys[0],
    // UUID version 5 of "example.com" in the name space of DNS; of "perdita-demo" in that; of the board's name in that.
    .vendor_id = {0xcf, 0xbf, 0xf0, 0xd1, 0x93, 0x75, 0x56, 0x85, 0x96, 0x8c, 0x48, 0xce, 0x8b, 0x15, 0xae, 0x17},
    .class_id = {0x69, 0xce, 0xbe, 0x18, 0x46, 0x19, 0x51, 0x3a, 0x96, 0x4e, 0x30, 0x75, 0x8d, 0xd4, 0x90, 0xc2},
    .device_id = PERDITA_BOARD_DEVICE_ID,
    .target = board::kTarget,
    .engine = PERDITA_CONFIGURED_ENGINE,
    .allow_unclaimed = PERDITA_CONFIGURED_UNCLAIMED,
    .allow_map_changes = 1,
    .guarded_steps = 10'000,
    .guarded_stack_bytes = 1024,  // a program and a call: without a proof each takes 512
    .fault_threshold = 1,
    .native = PERDITA_CONFIGURED_NATIVE,
};

alignas(8) uint8_t runtime_memory[kRuntimeBytes];
alignas(8) uint8_t control_memory[kControlBytes];
perdita_runtime* runtime;
perdita_control* control;

uint8_t coap_datagram[PERDITA_COAP_DATAGRAM_BYTES];

size_t on_coap(const board::Sender& sender, uint8_t* datagram, size_t size_bytes, const uint8_t*& reply) {
  perdita_peer peer = {};
  memcpy(peer.address, &sender.address, sizeof sender.address);
  memcpy(peer.address + sizeof sender.address, &sender.port, sizeof sender.port);
  reply = coap_datagram;
  return perdita_control_receive(control, &peer, datagram, size_bytes, coap_datagram);
}

// What observers are to be told.
void notify() {
  perdita_peer peer;
  for (size_t size = 0; (size = perdita_control_poll(control, &peer, coap_datagram)) != 0;) {
    board::Sender to = {};
    memcpy(&to.address, peer.address, sizeof to.address);
    memcpy(&to.port, peer.address + sizeof to.address, sizeof to.port);
    board::network_send(kCoapPort, to, coap_datagram, size);
  }
}

size_t on_packet(const board::Sender& sender, uint8_t* datagram, size_t size_bytes, const uint8_t*& reply) {
  packet_ctx context = {};
  context.data = reinterpret_cast<uintptr_t>(datagram);
  context.data_end = context.data + size_bytes;
  context.port = kPacketPort;
  context.source = sender.address;
  reply = datagram;
  return perdita_fire(runtime, PERDITA_HOOK_packet, &context) == DEMO_DROP ? 0 : size_bytes;
}

void on_tick(uint32_t count) {
  tick_ctx context = {board::clock_ns(), count, 0};
  perdita_fire(runtime, PERDITA_HOOK_tick, &context);
}

void fire_sensor_when_due() {
  static uint64_t due_ns = 0;
  static uint32_t channel = 0;
  const uint64_t now_ns = board::clock_ns();
  if (now_ns < due_ns) return;
  due_ns = now_ns + kSensorPeriodNs;
  sensor_ctx context = {now_ns, channel, sensor_read(channel)};
  channel = (channel + 1) % DEMO_CHANNELS;
  perdita_fire(runtime, PERDITA_HOOK_sensor, &context);
}

// One line each time the stack was deeper than ever.
void report_stack() {
  static uint32_t deepest = 0;
  const uint32_t used = board::stack_used_bytes();
  if (used <= deepest) return;
  deepest = used;
  board::print("perdita stack ");
  board::print_number(used);
  board::print(" of ");
  board::print_number(board::stack_bytes());
  board::print(" bytes\n");
}

void print_ready() {
  perdita_memory_info memory;
  perdita_memory(runtime, &memory);
  board::print("perdita ready: version " PERDITA_VERSION ", platform ");
  board::print(kConfig.platform->name);
  board::print(", runtime ");
  board::print_number(memory.total_bytes);
  board::print(" bytes, ");
  board::print_number(memory.used_bytes);
  board::print(" used, packages up to ");
  board::print_number(kPackageBytes);
  board::print(" bytes, CoAP on 10.0.2.15:5683\n");
}

// What cannot go on says so and stays where it is.
void require(bool done, const char* what) {
  if (done) return;
  board::print("perdita cannot start: ");
  board::print(what);
  board::print("\n");
  for (;;) {
  }
}

}  // namespace

int main() {
  board::console_init();
  board::stir_random_numbers(board::start_value());
  require(perdita_init(&runtime, runtime_memory, sizeof runtime_memory, &kConfig) == perdita_status_ok,
          "the runtime refuses its memory or configuration");
  require(perdita_control_init(&control, control_memory, sizeof control_memory, kPackageBytes, runtime) ==
              perdita_status_ok,
          "the control plane refuses its memory");
  board::keep_log_in(control);
  board::clock_start(on_tick);
  require(board::network_init(), "no answer from the Ethernet controller");
  require(board::network_listen(kCoapPort, on_coap) && board::network_listen(kPacketPort, on_packet),
          "no room for sockets");
  print_ready();
  for (;;) {
    board::network_poll();
    fire_sensor_when_due();
    perdita_run_due(runtime, PERDITA_HOOK_timer);
    notify();
    report_stack();
    board::sleep_unless(board::ethernet_has_frame);
  }
}
