// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a program in the guarded engine, in a world with a context, a packet, a map of every type and every
// helper that this runtime has. Ends the process where anything was touched that the program may not touch, where it
// ran for longer than it may, or where it left a lock or too many reservations behind; under the address sanitizer,
// what escapes the guard does not escape the fuzzer either.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "isa/status.h"

namespace perdita::fuzz {

// The input is a row of instructions as they stand in memory, with two changes that only save the fuzzer's time:
// register numbers are taken modulo 12 (11 does not exist), and opcodes below 8 turn the instruction into a call of a
// helper.
Status run_guarded_bytes(const uint8_t* data, size_t size);

}  // namespace perdita::fuzz
