// SPDX-License-Identifier: Apache-2.0
//
// Reads one line of assembly from left to right. Latches its first error, so that a parser reads straight down and asks
// once at the end; after an error every read yields zeros or nothing. Host only; views the text, owns nothing of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "isa/insn.h"

namespace perdita::isa {

class LineScanner {
 public:
  struct Problem {
    const char* code = nullptr;  // of the diagnostic; null: no problem yet
    size_t column = 0;           // counted from 0
    std::string need;
  };
  struct Register {
    unsigned number = 0;
    bool narrow = false;  // written as w1: the lower 32 bits
  };

  explicit LineScanner(std::string_view line) : line_(line) {}

  // Blanks are skipped before everything that is read.
  bool at_end();
  size_t column();
  // Takes `sign` where it stands next. A sign that is a word must end there.
  bool accept(std::string_view sign);
  void expect(std::string_view sign);
  // A word: letters, digits, '_' and '.', beginning with no digit. Empty where none stands next.
  std::string_view word();
  std::string_view peek_word();
  // "r0" to "r10" or "w0" to "w10", a '%' in front or not.
  std::optional<Register> accept_register();
  Register expect_register();
  // A register of the width that `narrow` says.
  unsigned expect_register(bool narrow);
  bool number_follows();  // with or without a sign
  bool sign_follows();    // '+' or '-'

  // Decimal numbers are signed; hexadecimal ones may use all bits: 0xffffffff is -1 (so the conformance suites).
  int32_t expect_imm32();
  uint64_t expect_imm64();
  // An unsigned decimal or hexadecimal number.
  uint32_t expect_index();
  // A '+' or '-' and a number of 16 bits.
  int16_t expect_displacement();
  // A '+' or '-' and a number within `min` to `max`.
  int32_t expect_distance(int32_t min, int32_t max);
  void expect_end();

  void fail(std::string need, const char* code = "asm-syntax");
  void fail_at(size_t column, std::string need, const char* code = "asm-syntax");
  bool failed() const { return problem_.code != nullptr; }
  const Problem& problem() const { return problem_; }

 private:
  struct Number {
    bool negative = false;
    bool hexadecimal = false;
    uint64_t magnitude = 0;
  };
  void skip_blanks();
  std::optional<Number> expect_number();
  int64_t expect_signed(int64_t min, int64_t max, bool sign_needed);

  std::string_view line_;
  size_t at_ = 0;
  Problem problem_;
};

}  // namespace perdita::isa
