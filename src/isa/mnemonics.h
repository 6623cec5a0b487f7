// SPDX-License-Identifier: Apache-2.0
//
// The words and signs of assembly text in both dialects, beside the bits they stand for: disassembler and assembler
// read the same rows. Host only; constant data.
#pragma once

#include <string_view>

#include "isa/insn.h"

namespace perdita::isa {

struct ArithmeticName {
  uint8_t op;
  int16_t offset;         // 1: signed division
  std::string_view sign;  // kernel style: "r1 += 4"; longer signs stand before those they contain
  std::string_view name;  // conformance style: "add %r1, 4"
};

constexpr ArithmeticName kArithmeticNames[] = {
    {kArsh, 0, "s>>=", "arsh"}, {kLsh, 0, "<<=", "lsh"}, {kRsh, 0, ">>=", "rsh"}, {kDiv, 1, "s/=", "sdiv"},
    {kMod, 1, "s%=", "smod"},   {kAdd, 0, "+=", "add"},  {kSub, 0, "-=", "sub"},  {kMul, 0, "*=", "mul"},
    {kDiv, 0, "/=", "div"},     {kMod, 0, "%=", "mod"},  {kOr, 0, "|=", "or"},    {kAnd, 0, "&=", "and"},
    {kXor, 0, "^=", "xor"},     {kMov, 0, "=", "mov"},
};

struct ConditionName {
  uint8_t op;
  std::string_view sign;  // "if r1 s> 4 goto +2"
  std::string_view name;  // "jsgt %r1, 4, +2"
};

constexpr ConditionName kConditionNames[] = {
    {kJsge, "s>=", "jsge"}, {kJsle, "s<=", "jsle"}, {kJsgt, "s>", "jsgt"}, {kJslt, "s<", "jslt"},
    {kJge, ">=", "jge"},    {kJle, "<=", "jle"},    {kJeq, "==", "jeq"},   {kJne, "!=", "jne"},
    {kJgt, ">", "jgt"},     {kJlt, "<", "jlt"},     {kJset, "&", "jset"},
};

struct SizeName {
  uint8_t size;
  std::string_view bits;    // "*(u32 *)"
  std::string_view letter;  // "ldxw"
};

constexpr SizeName kSizeNames[] = {{kB, "8", "b"}, {kH, "16", "h"}, {kW, "32", "w"}, {kDw, "64", "dw"}};

struct AtomicName {
  int32_t op;
  std::string_view sign;  // "lock *(u64 *)(r1 + 0) += r2"
  std::string_view name;  // "atomic_fetch_add", "lock fetch_add"
};

constexpr AtomicName kAtomicNames[] = {
    {kAdd, "+=", "add"}, {kOr, "|=", "or"}, {kAnd, "&=", "and"}, {kXor, "^=", "xor"}};

struct SwapName {
  uint8_t opcode;
  std::string_view name;  // "r1 = be16 r1", "be16 %r1"
};

// What comes first is what is printed.
constexpr SwapName kSwapNames[] = {
    {kAlu | kEnd | kK, "le"}, {kAlu | kEnd | kX, "be"}, {kAlu64 | kEnd, "bswap"}, {kAlu64 | kEnd, "swap"}};

}  // namespace perdita::isa
