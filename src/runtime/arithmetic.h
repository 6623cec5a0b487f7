// SPDX-License-Identifier: Apache-2.0
//
// The instructions that are more than one operator of C++: division without traps, byte order, atomics (RFC 9669,
// sections 4.1, 4.2, 5.3). Freestanding; any context.
#pragma once

#include "isa/insn.h"
#include "perdita/port.h"

namespace perdita::runtime {

// x / 0 = 0 and x % 0 = x; the smallest number divided by -1 is itself, remainder 0 (RFC 9669, section 4.1).
uint64_t divide64(uint64_t a, uint64_t b, bool is_signed);
uint64_t modulo64(uint64_t a, uint64_t b, bool is_signed);
uint32_t divide32(uint32_t a, uint32_t b, bool is_signed);
uint32_t modulo32(uint32_t a, uint32_t b, bool is_signed);

// The low `bits` (16, 32 or 64) of `value`, and the same with their bytes in reverse. Other widths: false.
bool truncate_bits(uint64_t& value, int32_t bits);
bool swap_bytes(uint64_t& value, int32_t bits);

// Sign extension from the low `bits` (8, 16 or 32).
uint64_t sign_extend(uint64_t value, int32_t bits);

// One atomic instruction on 4 or 8 bytes at `address`, with the port's lock held. Registers receive what was there
// where the operation fetches. False for an operation that does not exist; nothing happened then.
bool atomic(const isa::Insn& insn, uint64_t* registers, void* address, const perdita_port& port);

}  // namespace perdita::runtime
