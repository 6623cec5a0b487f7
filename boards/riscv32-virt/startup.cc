// SPDX-License-Identifier: Apache-2.0
//
// From reset to main: memory, traps; and the end of all that went wrong: a fault prints the registers and restarts the
// board, so that it is back at its work and the console says why.
#include <stdint.h>
#include <string.h>

#include "console.h"
#include "registers.h"
#include "stack.h"

extern "C" {
extern uint8_t data_load[], data_start[], data_end[], bss_start[], bss_end[];  // memory.ld
extern uint8_t stack_start[], stack_end[], fault_stack_end[];

int main();
void timer_handler();
void ethernet_handler();
[[noreturn]] void reset();
[[noreturn]] void start();
void trap_vectors();
void timer_interrupt();
void external_interrupt();
[[noreturn]] void unexpected_interrupt();
[[noreturn]] void fault();
[[noreturn]] void report_fault(const uint32_t* registers);
}

namespace {

// What unused stack is filled with, to see later how deep it was.
constexpr uint32_t kPaint = 0xc0dec0de;

// Physical memory protection, of machine mode too (privileged architecture, section 3.7): locked until reset.
constexpr uint32_t kProtectLocked = 1u << 7, kProtectPowerOfTwo = 3u << 3, kProtectExecute = 1u << 2,
                   kProtectRead = 1u << 0;
constexpr uint32_t kFlashStart = 0x80000000, kFlashBytes = 256 * 1024;
constexpr uint32_t kGuardBytes = 64 * 1024;

// A region of 2^n bytes at a multiple of its size.
uint32_t region(uint32_t start, uint32_t size_bytes) { return start >> 2 | (size_bytes / 8 - 1); }

// Forbids what lies below the stack, and writing to what stands for flash: on a board there would be none.
void guard_memory() {
  const auto below = uint32_t(reinterpret_cast<uintptr_t>(stack_start)) - kGuardBytes;
  constexpr uint32_t kNothing = kProtectLocked | kProtectPowerOfTwo;
  constexpr uint32_t kReadOnly = kProtectLocked | kProtectPowerOfTwo | kProtectExecute | kProtectRead;
  __asm__ volatile("csrw pmpaddr0, %0" ::"r"(region(below, kGuardBytes)));
  __asm__ volatile("csrw pmpaddr1, %0" ::"r"(region(kFlashStart, kFlashBytes)));
  __asm__ volatile("csrw pmpcfg0, %0" ::"r"(kReadOnly << 8 | kNothing) : "memory");
}

void print_register(const char* name, uint32_t value) {
  board::print(name);
  board::print_hex(value);
}

[[noreturn]] void restart() {
  board::print("perdita: restarting\n");
  board::reg(board::finisher::kControl) = board::finisher::kRestart;
  for (;;) {
  }
}

}  // namespace

// A firmware without a driver for it never lets the interrupt in.
[[gnu::weak]] void timer_handler() {}
[[gnu::weak]] void ethernet_handler() {}

// mscratch holds the stack of fault(). Other harts than the first wait for good.
[[gnu::naked, gnu::section(".start")]] void reset() {
  __asm__(
      ".option push\n\t"
      ".option norelax\n\t"
      "la gp, __global_pointer$\n\t"
      ".option pop\n"
      "1: csrr t0, mhartid\n\t"
      "bnez t0, 1b\n\t"
      "la sp, stack_end\n\t"
      "la t0, fault_stack_end\n\t"
      "csrw mscratch, t0\n\t"
      "la t0, trap_vectors + 1\n\t"  // 1: interrupts go to an entry each
      "csrw mtvec, t0\n\t"
      "j start");
}

void start() {
  // Below this frame nothing of the stack is in use yet.
  uint32_t* const here = static_cast<uint32_t*>(__builtin_frame_address(0)) - 16;
  for (uint32_t* word = reinterpret_cast<uint32_t*>(stack_start); word < here; word++) *word = kPaint;
  memcpy(data_start, data_load, size_t(data_end - data_start));
  memset(bss_start, 0, size_t(bss_end - bss_start));
  guard_memory();
  main();
  board::print("perdita: main returned\n");
  restart();
}

// Entry 0 is for exceptions, entry n for interrupt n (privileged architecture, section 3.1.7).
[[gnu::naked, gnu::aligned(256)]] void trap_vectors() {
  __asm__(
      ".option push\n\t"
      ".option norvc\n\t"
      "j fault\n\t"
      ".rept 6\n\t"
      "j unexpected_interrupt\n\t"
      ".endr\n\t"
      "j timer_interrupt\n\t"
      ".rept 3\n\t"
      "j unexpected_interrupt\n\t"
      ".endr\n\t"
      "j external_interrupt\n\t"
      ".rept 4\n\t"
      "j unexpected_interrupt\n\t"
      ".endr\n\t"
      ".option pop");
}

// The compiler saves what these use, and returns with mret.
[[gnu::interrupt("machine")]] void timer_interrupt() { timer_handler(); }
[[gnu::interrupt("machine")]] void external_interrupt() { ethernet_handler(); }

void unexpected_interrupt() {
  uint32_t cause = 0;
  __asm__ volatile("csrr %0, mcause" : "=r"(cause));
  print_register("perdita: unexpected interrupt ", cause);
  board::print("\n");
  restart();
}

// The stack may be what failed, so the report has one of its own.
[[gnu::naked]] void fault() {
  __asm__(
      "csrrw sp, mscratch, sp\n\t"
      "addi sp, sp, -32\n\t"
      "sw ra, 0(sp)\n\t"
      "sw a0, 4(sp)\n\t"
      "sw a1, 8(sp)\n\t"
      "sw a2, 12(sp)\n\t"
      "sw a3, 16(sp)\n\t"
      "sw a4, 20(sp)\n\t"
      "sw a5, 24(sp)\n\t"
      "sw t0, 28(sp)\n\t"
      "mv a0, sp\n\t"
      "j report_fault");
}

void report_fault(const uint32_t* registers) {
  uint32_t cause = 0;
  uint32_t value = 0;
  uint32_t pc = 0;
  uint32_t stack = 0;
  __asm__ volatile("csrr %0, mcause" : "=r"(cause));
  __asm__ volatile("csrr %0, mtval" : "=r"(value));
  __asm__ volatile("csrr %0, mepc" : "=r"(pc));
  __asm__ volatile("csrr %0, mscratch" : "=r"(stack));
  print_register("\nperdita fault: mcause ", cause);
  print_register(" mtval ", value);
  print_register(" pc ", pc);
  print_register(" sp ", stack);
  static constexpr const char* kNames[] = {"\n ra ", " a0 ", " a1 ", " a2 ", " a3 ", " a4 ", " a5 ", " t0 "};
  for (size_t i = 0; i < 8; i++) print_register(kNames[i], registers[i]);
  const auto lowest = uint32_t(reinterpret_cast<uintptr_t>(stack_start));
  if (value < lowest && value >= lowest - kGuardBytes) board::print("\n the stack had run over");
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
