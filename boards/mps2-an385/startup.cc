// SPDX-License-Identifier: Apache-2.0
//
// From reset to main: memory, vector table; and the end of all that went wrong: a fault prints the registers and
// restarts the board, so that it is back at its work and the console says why.
#include <stdint.h>
#include <string.h>

#include "console.h"
#include "registers.h"
#include "stack.h"

extern "C" {
extern uint8_t data_load[], data_start[], data_end[], bss_start[], bss_end[];  // memory.ld
extern uint8_t stack_start[], stack_end[], fault_stack_end[];

int main();
void timer_handler();  // SysTick
void ethernet_handler();
[[noreturn]] void reset();
void fault();
[[noreturn]] void report_fault(const uint32_t* frame, uint32_t return_code);
[[noreturn]] void unexpected_interrupt();
}

namespace {

// What unused stack is filled with, to see later how deep it was.
constexpr uint32_t kPaint = 0xc0dec0de;

using Vector = void (*)();
constexpr size_t kExceptions = 16, kInterrupts = 32;

struct VectorTable {
  const void* stack;
  Vector vectors[kExceptions - 1 + kInterrupts];
};

constexpr VectorTable make_vectors() {
  VectorTable table = {stack_end, {}};
  for (Vector& vector : table.vectors) vector = unexpected_interrupt;
  table.vectors[0] = reset;
  // NMI, then HardFault, MemManage, BusFault, UsageFault (DDI 0403, section B1.5.2).
  for (size_t exception = 3; exception <= 6; exception++) table.vectors[exception - 1] = fault;
  table.vectors[15 - 1] = timer_handler;
  table.vectors[kExceptions - 1 + board::kEthernetInterrupt] = ethernet_handler;
  return table;
}

[[gnu::section(".vectors"), gnu::used]] constinit const VectorTable vector_table = make_vectors();

// Forbids the megabyte below the stack. On the board there is no memory; the emulator reads zeros there and drops what
// is written, so that a stack that runs over would go on into nowhere.
void guard_stack() {
  constexpr uint32_t kGuardPower = 20;
  using namespace board;
  reg(mpu::kRegionNumber) = 0;
  reg(mpu::kRegionBase) = uint32_t(reinterpret_cast<uintptr_t>(stack_start)) - (1u << kGuardPower);
  reg(mpu::kRegionAttributes) = mpu::kRegionNoExecute | mpu::region_size(kGuardPower) | mpu::kRegionEnable;
  reg(mpu::kControl) = mpu::kControlEnable | mpu::kControlDefaultMap;
  __asm__ volatile("dsb\n\tisb" ::: "memory");
}

void print_register(const char* name, uint32_t value) {
  board::print(name);
  board::print_hex(value);
}

}  // namespace

// A firmware without a driver for it never lets the interrupt in.
[[gnu::weak]] void timer_handler() {}
[[gnu::weak]] void ethernet_handler() {}

void reset() {
  // Below this frame nothing of the stack is in use yet.
  uint32_t* const here = static_cast<uint32_t*>(__builtin_frame_address(0)) - 16;
  for (uint32_t* word = reinterpret_cast<uint32_t*>(stack_start); word < here; word++) *word = kPaint;
  memcpy(data_start, data_load, size_t(data_end - data_start));
  memset(bss_start, 0, size_t(bss_end - bss_start));
  guard_stack();
  main();
  board::print("perdita: main returned\n");
  unexpected_interrupt();
}

// The stack may be what failed, so the report has one of its own.
[[gnu::naked]] void fault() {
  __asm__ volatile(
      "mrs r0, msp\n\t"
      "mov r1, lr\n\t"
      "ldr sp, =fault_stack_end\n\t"
      "b report_fault");
}

void report_fault(const uint32_t* frame, uint32_t return_code) {
  using namespace board;
  print_register("\nperdita fault: hfsr ", reg(scb::kHardFaultStatus));
  print_register(" cfsr ", reg(scb::kFaultStatus));
  print_register(" mmfar ", reg(scb::kMemoryFaultAddress));
  print_register(" bfar ", reg(scb::kBusFaultAddress));
  print_register(" sp ", uint32_t(reinterpret_cast<uintptr_t>(frame)));
  print_register(" exc_return ", return_code);
  const auto* bytes = reinterpret_cast<const uint8_t*>(frame);
  // Eight words that the processor stacked (DDI 0403, section B1.5.6); not where the stack had run over.
  if (bytes >= stack_start && bytes + 32 <= stack_end) {
    static constexpr const char* kNames[] = {"\n r0 ", " r1 ", " r2 ", " r3 ", " r12 ", " lr ", " pc ", " xpsr "};
    for (size_t i = 0; i < 8; i++) print_register(kNames[i], frame[i]);
  } else {
    print("\n the stack had run over");
  }
  print("\nperdita: restarting\n");
  reg(scb::kReset) = scb::kResetRequest;
  for (;;) {
  }
}

void unexpected_interrupt() {
  uint32_t number = 0;
  __asm__ volatile("mrs %0, ipsr" : "=r"(number));
  board::print("perdita: unexpected exception ");
  board::print_number(number);
  board::print(", restarting\n");
  board::reg(board::scb::kReset) = board::scb::kResetRequest;
  for (;;) {
  }
}

namespace board {

uint32_t stack_bytes() { return uint32_t(stack_end - stack_start); }

uint32_t stack_used_bytes() {
  const uint32_t* word = reinterpret_cast<const uint32_t*>(stack_start);
  const uint32_t* const end = reinterpret_cast<const uint32_t*>(stack_end);
  while (word < end && *word == kPaint) word++;
  return uint32_t(reinterpret_cast<uintptr_t>(end) - reinterpret_cast<uintptr_t>(word));
}

}  // namespace board
