// SPDX-License-Identifier: Apache-2.0
//
// From reset to main: memory, vectors; and the end of all that went wrong: a fault prints the registers and restarts
// the board, so that it is back at its work and the console says why.
#include <stdint.h>
#include <string.h>

#include "board.h"
#include "console.h"
#include "stack.h"

extern "C" {
extern uint8_t data_load[], data_start[], data_end[], bss_start[], bss_end[];  // memory.ld
extern uint8_t stack_start[], stack_end[], fault_stack_end[];
extern uint8_t vectors[];

int main();
void timer_handler();
void ethernet_handler();
[[noreturn]] void start();
void interrupts();
[[noreturn]] void report_fault(uint32_t return_address, uint32_t stack, uint32_t doubled);
}

namespace {

// What unused stack is filled with, to see later how deep it was.
constexpr uint32_t kPaint = 0xc0dec0de;
constexpr uint32_t kUserMode = 1u << 5;  // PS.UM: exceptions and interrupts of level 1 go to the user vector

void print_register(const char* name, uint32_t value) {
  board::print(name);
  board::print_hex(value);
}

[[noreturn]] void restart() {
  board::print("perdita: restarting\n");
  board::reg(board::system::kReset) = board::system::kResetRequest;
  for (;;) {
  }
}

}  // namespace

// Where the core starts, and its vectors, at their offsets from VECBASE (core-lx106): NMI 0x20, kernel 0x30, user 0x50,
// double 0x70. Literals stand before what loads them. The call0 ABI keeps a12 to a15 and the stack pointer a1 (manual,
// section 8.1).
__asm__(
    ".section .vectors, \"ax\"\n"
    ".global reset\n"
    ".align 4\n"
    "reset:\n"
    "  j begin\n"
    ".align 4\n"
    "stack_literal: .word stack_end\n"
    "fault_stack_literal: .word fault_stack_end\n"
    "start_literal: .word start\n"
    "interrupts_literal: .word interrupts\n"
    "report_literal: .word report_fault\n"
    "begin:\n"
    "  movi a0, 0x2f\n"  // user mode, all interrupts shut out, no exception
    "  wsr a0, ps\n"
    "  rsync\n"
    "  movi a0, 0\n"
    "  wsr a0, intenable\n"
    "  l32r a1, stack_literal\n"
    "  l32r a0, start_literal\n"
    "  jx a0\n"

    ".align 256\n"
    ".global vectors\n"
    "vectors:\n"
    ".org vectors + 0x20\n"
    "  j double_fault\n"
    ".org vectors + 0x30\n"
    "  j double_fault\n"
    ".org vectors + 0x50\n"
    "  wsr a0, excsave1\n"
    "  rsr a0, exccause\n"
    "  addi a0, a0, -4\n"  // an interrupt of level 1
    "  beqz a0, interrupt_entry\n"
    "  j fault\n"
    ".org vectors + 0x70\n"
    "double_fault:\n"
    "  mov a3, a1\n"
    "  mov a2, a0\n"
    "  movi a4, 1\n"
    "  j report\n"

    // What a C function need not keep, and where to go on, on the stack that was interrupted; EXCM shuts out others.
    ".align 4\n"
    "interrupt_entry:\n"
    "  addi a1, a1, -64\n"
    "  s32i a2, a1, 8\n"
    "  s32i a3, a1, 12\n"
    "  s32i a4, a1, 16\n"
    "  s32i a5, a1, 20\n"
    "  s32i a6, a1, 24\n"
    "  s32i a7, a1, 28\n"
    "  s32i a8, a1, 32\n"
    "  s32i a9, a1, 36\n"
    "  s32i a10, a1, 40\n"
    "  s32i a11, a1, 44\n"
    "  rsr a2, sar\n"
    "  s32i a2, a1, 48\n"
    "  rsr a2, epc1\n"
    "  s32i a2, a1, 52\n"
    "  rsr a2, excsave1\n"
    "  s32i a2, a1, 0\n"
    "  l32r a0, interrupts_literal\n"
    "  callx0 a0\n"
    "  l32i a2, a1, 52\n"
    "  wsr a2, epc1\n"
    "  l32i a2, a1, 48\n"
    "  wsr a2, sar\n"
    "  esync\n"
    "  l32i a0, a1, 0\n"
    "  l32i a2, a1, 8\n"
    "  l32i a3, a1, 12\n"
    "  l32i a4, a1, 16\n"
    "  l32i a5, a1, 20\n"
    "  l32i a6, a1, 24\n"
    "  l32i a7, a1, 28\n"
    "  l32i a8, a1, 32\n"
    "  l32i a9, a1, 36\n"
    "  l32i a10, a1, 40\n"
    "  l32i a11, a1, 44\n"
    "  addi a1, a1, 64\n"
    "  rfe\n"

    // The stack may be what failed, so the report has one of its own.
    "fault:\n"
    "  rsr a2, excsave1\n"
    "  mov a3, a1\n"
    "  movi a4, 0\n"
    "report:\n"
    "  l32r a1, fault_stack_literal\n"
    "  l32r a0, report_literal\n"
    "  jx a0\n"
    ".text\n");

// A firmware without a driver for it never lets the interrupt in.
[[gnu::weak]] void timer_handler() {}
[[gnu::weak]] void ethernet_handler() {}

void start() {
  // Below this frame nothing of the stack is in use yet.
  uint32_t* const here = static_cast<uint32_t*>(__builtin_frame_address(0)) - 16;
  for (uint32_t* word = reinterpret_cast<uint32_t*>(stack_start); word < here; word++) *word = kPaint;
  memcpy(data_start, data_load, size_t(data_end - data_start));
  memset(bss_start, 0, size_t(bss_end - bss_start));
  PERDITA_WRITE_SPECIAL(vecbase, vectors);
  __asm__ volatile("wsr %0, ps\n\trsync" ::"a"(kUserMode | 1) : "memory");
  main();
  board::print("perdita: main returned\n");
  restart();
}

void interrupts() {
  uint32_t waiting = 0;
  uint32_t enabled = 0;
  PERDITA_READ_SPECIAL(interrupt, waiting);
  PERDITA_READ_SPECIAL(intenable, enabled);
  waiting &= enabled;
  if ((waiting & board::kTimerInterrupt) != 0) timer_handler();
  if ((waiting & board::kEthernetInterrupt) != 0) ethernet_handler();
  if ((waiting & ~(board::kTimerInterrupt | board::kEthernetInterrupt)) == 0) return;
  print_register("perdita: unexpected interrupt ", waiting);
  board::print("\n");
  restart();
}

// `doubled`: in an interrupt or a fault, or a vector that is not in use.
void report_fault(uint32_t return_address, uint32_t stack, uint32_t doubled) {
  uint32_t cause = 0;
  uint32_t pc = 0;
  uint32_t address = 0;
  PERDITA_READ_SPECIAL(exccause, cause);
  PERDITA_READ_SPECIAL(excvaddr, address);
  if (doubled != 0) {
    PERDITA_READ_SPECIAL(depc, pc);
  } else {
    PERDITA_READ_SPECIAL(epc1, pc);
  }
  print_register("\nperdita fault: exccause ", cause);
  print_register(" excvaddr ", address);
  print_register(" pc ", pc);
  print_register(" sp ", stack);
  print_register(" a0 ", return_address);
  if (address < uint32_t(reinterpret_cast<uintptr_t>(stack_start)) && stack < address + 1024) {
    board::print("\n the stack had run over");
  }
  board::print("\n");
  restart();
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
