// SPDX-License-Identifier: Apache-2.0
//
// The LAN9118 (SMSC LAN9118 data sheet, revision 1.5): frames go word by word through its FIFOs; no DMA.
#include "ethernet.h"

#include <string.h>

#include "registers.h"

namespace board {
namespace {

// Data sheet, section 5.3.
constexpr uintptr_t kBase = 0x40200000;
constexpr uintptr_t kRxData = kBase + 0x00, kTxData = kBase + 0x20, kRxStatus = kBase + 0x40, kTxStatus = kBase + 0x48;
constexpr uintptr_t kIrqConfig = kBase + 0x54, kIntStatus = kBase + 0x58, kIntEnable = kBase + 0x5c;
constexpr uintptr_t kByteTest = kBase + 0x64, kFifoInt = kBase + 0x68, kRxConfig = kBase + 0x6c;
constexpr uintptr_t kTxConfig = kBase + 0x70, kHwConfig = kBase + 0x74, kRxFifoInfo = kBase + 0x7c;
constexpr uintptr_t kTxFifoInfo = kBase + 0x80, kMacCommand = kBase + 0xa4, kMacData = kBase + 0xa8;

constexpr uint32_t kByteTestValue = 0x87654321;
constexpr uint32_t kHwReset = 1u << 0, kHwMustBeOne = 1u << 20, kHwTxFifo5K = 5u << 16;
constexpr uint32_t kTxOn = 1u << 1;
constexpr uint32_t kIrqEnable = 1u << 8, kIrqActiveHigh = 1u << 4, kIrqPushPull = 1u << 0;
constexpr uint32_t kIntRxStatusLevel = 1u << 3;
constexpr uint32_t kRxError = 1u << 15;
constexpr uint32_t kTxFirst = 1u << 13, kTxLast = 1u << 12;

// The MAC's own registers are behind a command register (section 5.4).
constexpr uint32_t kMacBusy = 1u << 31, kMacRead = 1u << 30;
constexpr uint32_t kMacControl = 1, kMacAddressHigh = 2, kMacAddressLow = 3;
constexpr uint32_t kMacFullDuplex = 1u << 20, kMacTransmit = 1u << 3, kMacReceive = 1u << 2;

constexpr uint32_t kPatience = 1'000'000;  // readings of a register until the hardware counts as broken
constexpr size_t kCheckSequenceBytes = 4;
constexpr size_t kTxCommandBytes = 8;

uint32_t tx_word;    // of the frame that is being sent, not yet full
uint32_t tx_filled;  // bytes in it

// Waits until the bits are clear. False where they stay.
bool wait_clear(uintptr_t address, uint32_t bits) {
  for (uint32_t i = 0; i < kPatience; i++) {
    if ((reg(address) & bits) == 0) return true;
  }
  return false;
}

bool mac_write(uint32_t number, uint32_t value) {
  if (!wait_clear(kMacCommand, kMacBusy)) return false;
  reg(kMacData) = value;
  reg(kMacCommand) = kMacBusy | number;
  return wait_clear(kMacCommand, kMacBusy);
}

bool mac_read(uint32_t number, uint32_t& value) {
  if (!wait_clear(kMacCommand, kMacBusy)) return false;
  reg(kMacCommand) = kMacBusy | kMacRead | number;
  if (!wait_clear(kMacCommand, kMacBusy)) return false;
  value = reg(kMacData);
  return true;
}

// Reading a FIFO takes from it.
void discard(uintptr_t fifo) { [[maybe_unused]] const uint32_t word = reg(fifo); }

uint32_t frames_waiting() { return reg(kRxFifoInfo) >> 16 & 0xff; }

}  // namespace

bool ethernet_init(uint8_t address[6]) {
  if (reg(kByteTest) != kByteTestValue) return false;
  reg(kHwConfig) = reg(kHwConfig) | kHwReset;
  if (!wait_clear(kHwConfig, kHwReset)) return false;
  reg(kHwConfig) = kHwTxFifo5K | kHwMustBeOne;
  uint32_t low = 0;
  uint32_t high = 0;
  if (!mac_read(kMacAddressLow, low) || !mac_read(kMacAddressHigh, high)) return false;
  for (uint32_t i = 0; i < 4; i++) address[i] = uint8_t(low >> 8 * i);
  for (uint32_t i = 0; i < 2; i++) address[4 + i] = uint8_t(high >> 8 * i);
  reg(kRxConfig) = 0;
  reg(kTxConfig) = kTxOn;
  reg(kFifoInt) = 0;  // interrupt from the first received frame on
  reg(kIrqConfig) = kIrqEnable | kIrqActiveHigh | kIrqPushPull;
  reg(kIntEnable) = kIntRxStatusLevel;
  return mac_write(kMacControl, kMacFullDuplex | kMacTransmit | kMacReceive);
}

bool ethernet_has_frame() { return frames_waiting() != 0; }

size_t ethernet_next() {
  while (frames_waiting() != 0) {
    const uint32_t status = reg(kRxStatus);
    const size_t length = status >> 16 & 0x3fff;  // check sequence included
    if ((status & kRxError) == 0 && length > kCheckSequenceBytes) return length - kCheckSequenceBytes;
    for (size_t word = 0; word < (length + 3) / 4; word++) discard(kRxData);
  }
  return 0;
}

void ethernet_read(uint8_t* to, size_t size_bytes) {
  const size_t words = (size_bytes + kCheckSequenceBytes + 3) / 4;
  for (size_t word = 0; word < words; word++) {
    const uint32_t value = reg(kRxData);
    const size_t at = word * 4;
    if (to == nullptr || at >= size_bytes) continue;
    memcpy(to + at, &value, size_bytes - at < 4 ? size_bytes - at : 4);
  }
}

bool ethernet_begin(size_t size_bytes) {
  // Reports of earlier frames are of no interest, but they must be taken.
  while ((reg(kTxFifoInfo) >> 16 & 0xff) != 0) discard(kTxStatus);
  if ((reg(kTxFifoInfo) & 0xffff) < size_bytes + kTxCommandBytes + 3) return false;
  reg(kTxData) = kTxFirst | kTxLast | uint32_t(size_bytes);
  reg(kTxData) = uint32_t(size_bytes) << 16 | uint32_t(size_bytes);
  tx_word = 0;
  tx_filled = 0;
  return true;
}

void ethernet_add(const uint8_t* bytes, size_t size_bytes) {
  for (size_t i = 0; i < size_bytes; i++) {
    tx_word |= uint32_t(bytes[i]) << 8 * tx_filled;
    if (++tx_filled < 4) continue;
    reg(kTxData) = tx_word;
    tx_word = 0;
    tx_filled = 0;
  }
}

void ethernet_end() {
  if (tx_filled != 0) reg(kTxData) = tx_word;
}

void ethernet_arm_interrupt() {
  reg(kIntStatus) = kIntRxStatusLevel;
  reg(nvic::kClearPending) = 1u << kEthernetInterrupt;
  reg(nvic::kSetEnable) = 1u << kEthernetInterrupt;
}

}  // namespace board

// The frames are taken from the main loop; until then the interrupt would only come again and again.
extern "C" void ethernet_handler() { board::reg(board::nvic::kClearEnable) = 1u << board::kEthernetInterrupt; }
