// SPDX-License-Identifier: Apache-2.0
//
// By the names under which compilers call them (GCC's internals, chapter "The GCC low-level runtime library").
#include "wide_arithmetic.h"

using board::divide;
using board::divide_signed;

extern "C" {

uint32_t __udivsi3(uint32_t a, uint32_t b) { return divide(a, b).quotient; }
uint32_t __umodsi3(uint32_t a, uint32_t b) { return divide(a, b).remainder; }
uint32_t __divsi3(uint32_t a, uint32_t b) { return divide_signed(a, b).quotient; }
uint32_t __modsi3(uint32_t a, uint32_t b) { return divide_signed(a, b).remainder; }

uint64_t __udivdi3(uint64_t a, uint64_t b) { return divide(a, b).quotient; }
uint64_t __umoddi3(uint64_t a, uint64_t b) { return divide(a, b).remainder; }
uint64_t __divdi3(uint64_t a, uint64_t b) { return divide_signed(a, b).quotient; }
uint64_t __moddi3(uint64_t a, uint64_t b) { return divide_signed(a, b).remainder; }

uint64_t __umulsidi3(uint32_t a, uint32_t b) { return board::multiply_words(a, b); }
uint64_t __muldi3(uint64_t a, uint64_t b) { return board::multiply(a, b); }

}  // extern "C"
