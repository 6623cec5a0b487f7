// SPDX-License-Identifier: Apache-2.0
//
// A virtio network device behind MMIO, version 2 of the interface (Virtual I/O Device, version 1.1: sections 2.6 split
// virtqueues, 4.2.2 MMIO registers, 5.1 network device). QEMU offers it with -global virtio-mmio.force-legacy=false.
#include "ethernet.h"

#include <string.h>

#include "registers.h"

namespace board {
namespace {

// ---- the device's registers ----

constexpr uintptr_t kFirstSlot = 0x10001000, kSlotBytes = 0x1000;
constexpr uint32_t kSlots = 8;  // of which slot n has interrupt n + 1
constexpr uintptr_t kMagic = 0x00, kVersion = 0x04, kDeviceId = 0x08, kDeviceFeatures = 0x10,
                    kDeviceFeaturesPage = 0x14;
constexpr uintptr_t kDriverFeatures = 0x20, kDriverFeaturesPage = 0x24, kQueueChoice = 0x30, kQueueMost = 0x34;
constexpr uintptr_t kQueueSize = 0x38, kQueueReady = 0x44, kQueueNotify = 0x50, kInterruptState = 0x60;
constexpr uintptr_t kInterruptDone = 0x64, kState = 0x70, kDescriptors = 0x80, kAvailable = 0x90, kUsed = 0xa0;
constexpr uintptr_t kAddress = 0x100;

constexpr uint32_t kMagicValue = 0x74726976, kVersionValue = 2, kNetworkDevice = 1;
constexpr uint32_t kStateFound = 1, kStateDriver = 2, kStateReady = 4, kStateFeatures = 8;
constexpr uint32_t kFeatureAddress = 1u << 5;   // of page 0: the device has an Ethernet address
constexpr uint32_t kFeatureVersion1 = 1u << 0;  // of page 1

uintptr_t device;  // address of its registers
uint32_t interrupt;

volatile uint32_t& device_reg(uintptr_t offset) { return reg(device + offset); }

// ---- queues, which driver and device share ----

constexpr uint16_t kQueueEntries = 4;
constexpr size_t kHeaderBytes = 12;  // before each frame; all of it zero without further features
constexpr size_t kFrameBytes = 1514;
constexpr uint16_t kDeviceWrites = 2;
constexpr uint16_t kNoInterrupt = 1;
constexpr uint32_t kPatience = 10'000'000;  // readings until the device counts as broken

struct Descriptor {
  uint64_t address;
  uint32_t size_bytes;
  uint16_t flags, next;
};

struct Available {
  uint16_t flags, index, ring[kQueueEntries];
};

struct UsedElement {
  uint32_t descriptor, size_bytes;
};

struct Used {
  uint16_t flags, index;
  UsedElement ring[kQueueEntries];
};

struct Queue {
  alignas(16) Descriptor descriptors[kQueueEntries];
  Available available;
  alignas(4) volatile Used used;
  uint16_t seen;  // of used.index
};

struct Buffer {
  uint8_t header[kHeaderBytes];
  uint8_t frame[kFrameBytes];
};

constexpr uint32_t kReceive = 0, kTransmit = 1;
Queue queues[2];
Buffer received[kQueueEntries], sent[kQueueEntries];
size_t sent_bytes;  // of the frame that is being made

uint32_t address_of(const volatile void* pointer) { return uint32_t(reinterpret_cast<uintptr_t>(pointer)); }

// What was written before is seen before what is written after, by the device too.
void fence() { __asm__ volatile("fence" ::: "memory"); }

bool set_up(uint32_t number) {
  Queue& queue = queues[number];
  device_reg(kQueueChoice) = number;
  if (device_reg(kQueueMost) < kQueueEntries) return false;
  device_reg(kQueueSize) = kQueueEntries;
  const uint32_t parts[] = {address_of(queue.descriptors), address_of(&queue.available), address_of(&queue.used)};
  constexpr uintptr_t kParts[] = {kDescriptors, kAvailable, kUsed};
  for (size_t i = 0; i < 3; i++) {
    device_reg(kParts[i]) = parts[i];
    device_reg(kParts[i] + 4) = 0;
  }
  device_reg(kQueueReady) = 1;
  return true;
}

// Hands a descriptor to the device.
void offer(uint32_t number, uint16_t descriptor) {
  Available& available = queues[number].available;
  available.ring[available.index % kQueueEntries] = descriptor;
  fence();
  *const_cast<volatile uint16_t*>(&available.index) = uint16_t(available.index + 1);
  fence();
  device_reg(kQueueNotify) = number;
}

bool find_device() {
  for (uint32_t slot = 0; slot < kSlots; slot++) {
    device = kFirstSlot + slot * kSlotBytes;
    interrupt = slot + 1;
    const bool here = device_reg(kMagic) == kMagicValue && device_reg(kDeviceId) == kNetworkDevice;
    if (here) return device_reg(kVersion) == kVersionValue;
  }
  return false;
}

bool agree_on_features() {
  device_reg(kState) = 0;  // reset
  device_reg(kState) = kStateFound;
  device_reg(kState) = kStateFound | kStateDriver;
  constexpr uint32_t kWanted[] = {kFeatureAddress, kFeatureVersion1};
  for (uint32_t page = 0; page < 2; page++) {
    device_reg(kDeviceFeaturesPage) = page;
    if ((device_reg(kDeviceFeatures) & kWanted[page]) != kWanted[page]) return false;
    device_reg(kDriverFeaturesPage) = page;
    device_reg(kDriverFeatures) = kWanted[page];
  }
  device_reg(kState) = kStateFound | kStateDriver | kStateFeatures;
  return (device_reg(kState) & kStateFeatures) != 0;
}

const volatile UsedElement& next_received() {
  const Queue& queue = queues[kReceive];
  return queue.used.ring[queue.seen % kQueueEntries];
}

}  // namespace

bool ethernet_init(uint8_t address[6]) {
  if (!find_device() || !agree_on_features() || !set_up(kReceive) || !set_up(kTransmit)) return false;
  for (uint32_t i = 0; i < 6; i++) address[i] = reg8(device + kAddress + i);
  queues[kTransmit].available.flags = kNoInterrupt;
  for (uint16_t i = 0; i < kQueueEntries; i++) {
    queues[kReceive].descriptors[i] = {address_of(&received[i]), sizeof received[i], kDeviceWrites, 0};
    queues[kTransmit].descriptors[i] = {address_of(&sent[i]), 0, 0, 0};
  }
  device_reg(kState) = kStateFound | kStateDriver | kStateFeatures | kStateReady;
  for (uint16_t i = 0; i < kQueueEntries; i++) offer(kReceive, i);
  reg(plic::kPriority + 4 * interrupt) = 1;
  reg(plic::kThreshold) = 0;
  __asm__ volatile("csrs mie, %0" ::"r"(kExternalInterrupt) : "memory");
  return true;
}

bool ethernet_has_frame() { return queues[kReceive].used.index != queues[kReceive].seen; }

size_t ethernet_next() {
  while (ethernet_has_frame()) {
    fence();
    const uint32_t length = next_received().size_bytes;
    if (length > kHeaderBytes && length <= sizeof(Buffer)) return length - kHeaderBytes;
    ethernet_read(nullptr, 0);
  }
  return 0;
}

void ethernet_read(uint8_t* to, size_t size_bytes) {
  const auto descriptor = uint16_t(next_received().descriptor % kQueueEntries);
  if (to != nullptr) memcpy(to, received[descriptor].frame, size_bytes);
  queues[kReceive].seen++;
  offer(kReceive, descriptor);
}

// Descriptors are used in a circle: the next one is free once the device has given back all but three of those before.
bool ethernet_begin(size_t size_bytes) {
  Queue& queue = queues[kTransmit];
  if (size_bytes > kFrameBytes) return false;
  for (uint32_t i = 0; uint16_t(queue.available.index - queue.used.index) == kQueueEntries; i++) {
    if (i == kPatience) return false;
  }
  fence();
  sent_bytes = 0;
  return true;
}

void ethernet_add(const uint8_t* bytes, size_t size_bytes) {
  const uint16_t next = queues[kTransmit].available.index % kQueueEntries;
  memcpy(sent[next].frame + sent_bytes, bytes, size_bytes);
  sent_bytes += size_bytes;
}

void ethernet_end() {
  Queue& queue = queues[kTransmit];
  const uint16_t next = queue.available.index % kQueueEntries;
  queue.descriptors[next].size_bytes = uint32_t(kHeaderBytes + sent_bytes);
  offer(kTransmit, next);
}

void ethernet_arm_interrupt() { reg(plic::kEnable) = 1u << interrupt; }

}  // namespace board

// The frames are taken from the main loop; until then the interrupt would only come again and again.
extern "C" void ethernet_handler() {
  using namespace board;
  const uint32_t claimed = reg(plic::kClaim);
  device_reg(kInterruptDone) = device_reg(kInterruptState);
  reg(plic::kEnable) = 0;
  reg(plic::kClaim) = claimed;
}
