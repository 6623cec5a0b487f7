// SPDX-License-Identifier: Apache-2.0
//
// One eBPF instruction as it stands in memory and on the wire (RFC 9669, section 3): eight bytes, little endian.
// Perdita's hosts and boards are little endian; big-endian targets do not exist here and are refused at compile time.
//
// References inside bytecode, everywhere from the object loader to the engines (RFC 9669, sections 4.3.1 and 5.4):
//   lddw src=5            imm = index of a map in the image           -> handle of the map
//   lddw src=6            imm = index of a map, next.imm = offset     -> address inside the map's first value
//   lddw src=4            imm = distance to a subprogram: target = pc + imm + 1 -> handle of a callback
//   call src=0            imm = Linux's number of a helper
//   call src=1            imm = distance to a subprogram: target = pc + imm + 1
//   call src=2            imm = index in the image's list of imported functions
#pragma once

#include <stdint.h>

namespace perdita::isa {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "instructions are little endian");

struct Insn {
  uint8_t opcode;
  uint8_t regs;  // dst in the low half, src in the high half
  int16_t offset;
  int32_t imm;

  constexpr uint8_t dst() const { return regs & 0xf; }
  constexpr uint8_t src() const { return regs >> 4; }
  constexpr bool operator==(const Insn&) const = default;
};
static_assert(sizeof(Insn) == 8);

constexpr uint8_t make_regs(unsigned dst, unsigned src) { return static_cast<uint8_t>(dst | (src << 4)); }

// Instruction classes: the low three bits (RFC 9669, section 3.2).
constexpr uint8_t kLd = 0;
constexpr uint8_t kLdx = 1;
constexpr uint8_t kSt = 2;
constexpr uint8_t kStx = 3;
constexpr uint8_t kAlu = 4;
constexpr uint8_t kJmp = 5;
constexpr uint8_t kJmp32 = 6;
constexpr uint8_t kAlu64 = 7;

// Source bit of arithmetic and jumps.
constexpr uint8_t kK = 0x00;
constexpr uint8_t kX = 0x08;

// Arithmetic operations: the high four bits (section 4.1).
constexpr uint8_t kAdd = 0x00;
constexpr uint8_t kSub = 0x10;
constexpr uint8_t kMul = 0x20;
constexpr uint8_t kDiv = 0x30;
constexpr uint8_t kOr = 0x40;
constexpr uint8_t kAnd = 0x50;
constexpr uint8_t kLsh = 0x60;
constexpr uint8_t kRsh = 0x70;
constexpr uint8_t kNeg = 0x80;
constexpr uint8_t kMod = 0x90;
constexpr uint8_t kXor = 0xa0;
constexpr uint8_t kMov = 0xb0;
constexpr uint8_t kArsh = 0xc0;
constexpr uint8_t kEnd = 0xd0;

// Jump operations: the high four bits (section 4.3).
constexpr uint8_t kJa = 0x00;
constexpr uint8_t kJeq = 0x10;
constexpr uint8_t kJgt = 0x20;
constexpr uint8_t kJge = 0x30;
constexpr uint8_t kJset = 0x40;
constexpr uint8_t kJne = 0x50;
constexpr uint8_t kJsgt = 0x60;
constexpr uint8_t kJsge = 0x70;
constexpr uint8_t kCall = 0x80;
constexpr uint8_t kExit = 0x90;
constexpr uint8_t kJlt = 0xa0;
constexpr uint8_t kJle = 0xb0;
constexpr uint8_t kJslt = 0xc0;
constexpr uint8_t kJsle = 0xd0;

// Loads and stores: mode and size (section 5).
constexpr uint8_t kImm = 0x00;
constexpr uint8_t kAbs = 0x20;
constexpr uint8_t kInd = 0x40;
constexpr uint8_t kMem = 0x60;
constexpr uint8_t kMemSx = 0x80;
constexpr uint8_t kAtomic = 0xc0;
constexpr uint8_t kW = 0x00;
constexpr uint8_t kH = 0x08;
constexpr uint8_t kB = 0x10;
constexpr uint8_t kDw = 0x18;

// Atomic operations: in imm (section 5.3).
constexpr int32_t kFetch = 0x01;
constexpr int32_t kXchg = 0xe1;
constexpr int32_t kCmpxchg = 0xf1;

constexpr uint8_t kLddw = kLd | kImm | kDw;

constexpr uint8_t kLddwImm = 0;
constexpr uint8_t kLddwFunction = 4;
constexpr uint8_t kLddwMap = 5;
constexpr uint8_t kLddwMapValue = 6;
constexpr uint8_t kCallHelper = 0;
constexpr uint8_t kCallLocal = 1;
constexpr uint8_t kCallFunction = 2;

constexpr uint8_t insn_class(uint8_t opcode) { return opcode & 7; }
constexpr uint8_t insn_op(uint8_t opcode) { return opcode & 0xf0; }
constexpr uint8_t insn_mode(uint8_t opcode) { return opcode & 0xe0; }
constexpr bool uses_register(uint8_t opcode) { return (opcode & kX) != 0; }
// Two bits for each size: the power of two.
constexpr unsigned access_bytes(uint8_t opcode) { return 1u << (0xc6u >> (opcode >> 2 & 6) & 3); }

constexpr unsigned kFrameRegister = 10;
constexpr unsigned kMaxFrames = 8;               // caller included
constexpr unsigned kMaxSubprograms = 64;         // of a program, its entry included
constexpr uint32_t kMaxInstructions = 1u << 20;  // slots of a program
constexpr unsigned kFrameStackBytes = 512;       // what a frame may use at most

}  // namespace perdita::isa
