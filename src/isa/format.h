// SPDX-License-Identifier: Apache-2.0
//
// The format of trace_printk and trace_vprintk, read the same way by the verifier, which counts what it converts, and
// by the runtime, which prints it. Taken of Linux's: %d %i %u %x %c, each with l or ll for 64 bits and %% for itself.
// Not: %s and %p (programs hold no addresses they could show), widths and flags. Freestanding; any context; linear in
// the format.
#pragma once

#include "isa/span.h"

namespace perdita::isa {

// What trace_printk takes besides the format (Linux's number of arguments).
constexpr unsigned kMaxConversions = 3;

struct FormatPiece {
  enum class Kind : uint8_t {
    text,              // `text` as it stands
    signed_decimal,    // %d %i
    unsigned_decimal,  // %u
    hexadecimal,       // %x
    character          // %c
  };
  Kind kind;
  bool is_long;  // 64 bits; otherwise the low 32
  Text text;
};

// Takes the next piece off `format`. False at the end and at a conversion that does not exist: then `format` is not
// empty.
bool next_piece(Text& format, FormatPiece& piece);

// How many arguments the format converts; -1 where it is not one: an unknown conversion, more than `most`. `format` is
// without its terminating zero.
int count_conversions(Text format, unsigned most = kMaxConversions);

}  // namespace perdita::isa
