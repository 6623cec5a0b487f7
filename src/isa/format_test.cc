// SPDX-License-Identifier: Apache-2.0
#include "isa/format.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace perdita::isa {
namespace {

// A piece as a letter, l in front for 64 bits; text in brackets.
std::string pieces(const std::string& format) {
  Text rest(format.data(), format.size());
  std::string out;
  FormatPiece piece;
  while (next_piece(rest, piece)) {
    if (piece.is_long) out += 'l';
    switch (piece.kind) {
      case FormatPiece::Kind::text:
        out += "[" + std::string(piece.text.data(), piece.text.size()) + "]";
        break;
      case FormatPiece::Kind::signed_decimal:
        out += 'd';
        break;
      case FormatPiece::Kind::unsigned_decimal:
        out += 'u';
        break;
      case FormatPiece::Kind::hexadecimal:
        out += 'x';
        break;
      case FormatPiece::Kind::character:
        out += 'c';
        break;
    }
  }
  if (!rest.empty()) out += "!";
  return out;
}

TEST(Format, TakesPieces) {
  EXPECT_EQ(pieces(""), "");
  EXPECT_EQ(pieces("hello"), "[hello]");
  EXPECT_EQ(pieces("a=%d b=%lu c=%llx%c\n"), "[a=]d[ b=]lu[ c=]lxc[\n]");
  EXPECT_EQ(pieces("%i%ld%x"), "dldx");
  EXPECT_EQ(pieces("100%%"), "[100][%]");
  EXPECT_EQ(pieces("%%d"), "[%][d]");
}

TEST(Format, StopsAtWhatIsNoConversion) {
  for (const char* format : {"%", "%l", "%ll", "%llld", "%s", "%p", "%5d", "%-d", "%l%", "% d", "x%"}) {
    EXPECT_TRUE(pieces(format).ends_with("!")) << format;
    EXPECT_EQ(count_conversions(text(format)), -1) << format;
  }
}

TEST(Format, CountsConversions) {
  EXPECT_EQ(count_conversions(text("")), 0);
  EXPECT_EQ(count_conversions(text("100%%")), 0);
  EXPECT_EQ(count_conversions(text("%d %% %lx")), 2);
  EXPECT_EQ(count_conversions(text("%d%d%d")), 3);
  EXPECT_EQ(count_conversions(text("%d%d%d%d")), -1);
}

// All strings of up to six characters over what can matter: pieces cover the format, and no step leaves it.
TEST(Format, AllShortFormats) {
  const std::string letters = "%ldsc";
  unsigned accepted = 0;
  for (unsigned length = 0; length <= 6; length++) {
    unsigned count = 1;
    for (unsigned i = 0; i < length; i++) count *= 5;
    for (unsigned number = 0; number < count; number++) {
      std::string format;
      for (unsigned i = 0, rest = number; i < length; i++, rest /= 5) format += letters[rest % 5];
      // A copy without room behind it, so that the sanitizers see a step outside.
      const std::vector<char> exact(format.begin(), format.end());
      Text rest(exact.data(), exact.size());
      FormatPiece piece;
      size_t left = rest.size();
      while (next_piece(rest, piece)) {
        ASSERT_LT(rest.size(), left) << format;
        left = rest.size();
      }
      const int conversions = count_conversions({exact.data(), exact.size()});
      ASSERT_LE(conversions, 3) << format;
      if (conversions >= 0) accepted++;
    }
  }
  EXPECT_GT(accepted, 100u);
}

}  // namespace
}  // namespace perdita::isa
