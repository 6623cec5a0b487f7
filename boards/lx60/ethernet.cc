// SPDX-License-Identifier: Apache-2.0
//
// OpenCores' Ethernet controller (Ethernet IP Core Specification, revision 1.19: section 3 registers, 4.2 descriptors).
// It reads and writes frames in memory itself.
#include "ethernet.h"

#include <string.h>

#include "registers.h"

namespace board {
namespace {

constexpr uintptr_t kBase = 0x9d030000;
constexpr uintptr_t kMode = kBase + 0x00, kInterruptSource = kBase + 0x04, kInterruptMask = kBase + 0x08;
constexpr uintptr_t kTransmitDescriptors = kBase + 0x20, kAddressLow = kBase + 0x40, kAddressHigh = kBase + 0x44;
constexpr uintptr_t kDescriptors = kBase + 0x400;  // first those for sending, then those for receiving

constexpr uint32_t kModeReceive = 1u << 0, kModeTransmit = 1u << 1, kModeFullDuplex = 1u << 10, kModeReset = 1u << 11;
constexpr uint32_t kModeCheckSequence = 1u << 13, kModePad = 1u << 15;
constexpr uint32_t kInterruptReceived = 1u << 2;

// Both kinds of descriptor: the length in the upper half, a bit that the controller clears when it is done, one for the
// last descriptor of its kind.
constexpr uint32_t kDescriptorHandedOver = 1u << 15, kDescriptorLast = 1u << 13;
constexpr uint32_t kTransmitPad = 1u << 12, kTransmitCheckSequence = 1u << 11;
constexpr uint32_t kReceiveErrors = 0x7f;

constexpr uint32_t kReceiveCount = 12, kTransmitCount = 2;
constexpr size_t kFrameBytes = 1536, kCheckSequenceBytes = 4;
constexpr uint32_t kPatience = 10'000'000;  // readings of a register until the hardware counts as broken

// The controller comes without an address: this one is QEMU's for its first network device.
constexpr uint8_t kAddress[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

alignas(4) uint8_t received[kReceiveCount][kFrameBytes], sent[kTransmitCount][kFrameBytes];
uint32_t next_received, next_sent;
size_t sent_bytes;  // of the frame that is being made

volatile uint32_t& descriptor(uint32_t number) { return reg(kDescriptors + 8 * number); }
volatile uint32_t& buffer_of(uint32_t number) { return reg(kDescriptors + 8 * number + 4); }
volatile uint32_t& receive_descriptor() { return descriptor(kTransmitCount + next_received); }

uint32_t address_of(const void* pointer) { return uint32_t(reinterpret_cast<uintptr_t>(pointer)); }

void hand_over_received(uint32_t index) {
  const uint32_t last = index + 1 == kReceiveCount ? kDescriptorLast : 0;
  descriptor(kTransmitCount + index) = kDescriptorHandedOver | last;
}

}  // namespace

bool ethernet_init(uint8_t address[6]) {
  reg(kMode) = kModeReset;
  reg(kMode) = 0;
  reg(kInterruptMask) = 0;
  reg(kInterruptSource) = ~uint32_t{0};
  memcpy(address, kAddress, sizeof kAddress);
  reg(kAddressHigh) = uint32_t(kAddress[0] << 8 | kAddress[1]);
  reg(kAddressLow) =
      uint32_t(kAddress[2]) << 24 | uint32_t(kAddress[3]) << 16 | uint32_t(kAddress[4] << 8) | kAddress[5];
  reg(kTransmitDescriptors) = kTransmitCount;
  if (reg(kTransmitDescriptors) != kTransmitCount) return false;
  for (uint32_t i = 0; i < kTransmitCount; i++) {
    descriptor(i) = 0;
    buffer_of(i) = address_of(sent[i]);
  }
  for (uint32_t i = 0; i < kReceiveCount; i++) {
    buffer_of(kTransmitCount + i) = address_of(received[i]);
    hand_over_received(i);
  }
  reg(kMode) = kModeReceive | kModeTransmit | kModeFullDuplex | kModeCheckSequence | kModePad;
  enable_interrupts(kEthernetInterrupt);
  return true;
}

bool ethernet_has_frame() { return (receive_descriptor() & kDescriptorHandedOver) == 0; }

size_t ethernet_next() {
  while (ethernet_has_frame()) {
    const uint32_t state = receive_descriptor();
    const size_t length = state >> 16;  // check sequence included
    const bool good = (state & kReceiveErrors) == 0 && length > kCheckSequenceBytes && length <= kFrameBytes;
    if (good) return length - kCheckSequenceBytes;
    ethernet_read(nullptr, 0);
  }
  return 0;
}

void ethernet_read(uint8_t* to, size_t size_bytes) {
  if (to != nullptr) memcpy(to, received[next_received], size_bytes);
  hand_over_received(next_received);
  next_received = next_received + 1 == kReceiveCount ? 0 : next_received + 1;
}

bool ethernet_begin(size_t size_bytes) {
  if (size_bytes > kFrameBytes) return false;
  for (uint32_t i = 0; (descriptor(next_sent) & kDescriptorHandedOver) != 0; i++) {
    if (i == kPatience) return false;
  }
  sent_bytes = 0;
  return true;
}

void ethernet_add(const uint8_t* bytes, size_t size_bytes) {
  memcpy(sent[next_sent] + sent_bytes, bytes, size_bytes);
  sent_bytes += size_bytes;
}

void ethernet_end() {
  const uint32_t last = next_sent + 1 == kTransmitCount ? kDescriptorLast : 0;
  descriptor(next_sent) =
      uint32_t(sent_bytes) << 16 | kDescriptorHandedOver | kTransmitPad | kTransmitCheckSequence | last;
  next_sent = next_sent + 1 == kTransmitCount ? 0 : next_sent + 1;
}

// What is received from here on interrupts; what was before is seen by who asks before going to sleep.
void ethernet_arm_interrupt() {
  reg(kInterruptSource) = kInterruptReceived;
  reg(kInterruptMask) = kInterruptReceived;
}

}  // namespace board

// The frames are taken from the main loop; until then the interrupt would only come again and again.
extern "C" void ethernet_handler() { board::reg(board::kInterruptMask) = 0; }
