// SPDX-License-Identifier: Apache-2.0
#include "isa/assemble.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace perdita::isa {
namespace {

std::vector<Insn> code_of(const std::string& text) {
  auto code = assemble(text);
  EXPECT_TRUE(code) << text << ": " << (code ? "" : code.error().need);
  return code ? *code : std::vector<Insn>();
}

Insn insn(uint8_t opcode, unsigned dst, unsigned src, int offset, int64_t imm) {
  return {opcode, make_regs(dst, src), static_cast<int16_t>(offset), static_cast<int32_t>(imm)};
}

struct Golden {
  const char* text;
  Insn expected;
};

// Bytes taken from RFC 9669's tables by hand.
TEST(Assemble, KernelStyle) {
  const Golden cases[] = {
      {"r1 += 4", insn(0x07, 1, 0, 0, 4)},
      {"w1 -= w2", insn(0x1c, 1, 2, 0, 0)},
      {"r1 *= r10", insn(0x2f, 1, 10, 0, 0)},
      {"r1 /= 3", insn(0x37, 1, 0, 0, 3)},
      {"r1 s/= r2", insn(0x3f, 1, 2, 1, 0)},
      {"w1 %= 7", insn(0x94, 1, 0, 0, 7)},
      {"w1 s%= 7", insn(0x94, 1, 0, 1, 7)},
      {"r1 |= 0xff", insn(0x47, 1, 0, 0, 255)},
      {"r1 &= -8", insn(0x57, 1, 0, 0, -8)},
      {"r1 ^= r1", insn(0xaf, 1, 1, 0, 0)},
      {"r1 <<= 32", insn(0x67, 1, 0, 0, 32)},
      {"r1 >>= 32", insn(0x77, 1, 0, 0, 32)},
      {"w1 s>>= w3", insn(0xcc, 1, 3, 0, 0)},
      {"r1 = r10", insn(0xbf, 1, 10, 0, 0)},
      {"w0 = 1", insn(0xb4, 0, 0, 0, 1)},
      {"r1 = (s32)r2", insn(0xbf, 1, 2, 32, 0)},
      {"w1 = (s8) w2", insn(0xbc, 1, 2, 8, 0)},
      {"r1 = -r1", insn(0x87, 1, 0, 0, 0)},
      {"w1 = -w1", insn(0x84, 1, 0, 0, 0)},
      {"r1 = -1", insn(0xb7, 1, 0, 0, -1)},
      {"r1 = be16 r1", insn(0xdc, 1, 0, 0, 16)},
      {"r1 = le64 r1", insn(0xd4, 1, 0, 0, 64)},
      {"r1 = bswap32 r1", insn(0xd7, 1, 0, 0, 32)},
      {"r1 = *(u32 *)(r2 + 4)", insn(0x61, 1, 2, 4, 0)},
      {"w1 = *(u8 *)(r2 - 0x4)", insn(0x71, 1, 2, -4, 0)},
      {"r1 = *(s16 *)(r2 + 0)", insn(0x89, 1, 2, 0, 0)},
      {"*(u16 *)(r10 - 2) = 5", insn(0x6a, 10, 0, -2, 5)},
      {"*(u64 *)(r10 - 8) = r3", insn(0x7b, 10, 3, -8, 0)},
      {"*(u32 *)(r10 - 8) = w3", insn(0x63, 10, 3, -8, 0)},
      {"lock *(u64 *)(r1 + 8) += r2", insn(0xdb, 1, 2, 8, 0)},
      {"lock *(u32 *)(r1 + 8) ^= w2", insn(0xc3, 1, 2, 8, 0xa0)},
      {"r2 = atomic_fetch_or((u64 *)(r1 + 8), r2)", insn(0xdb, 1, 2, 8, 0x41)},
      {"w2 = atomic_fetch_add((u32 *)(r1 + 8), w2)", insn(0xc3, 1, 2, 8, 1)},
      {"r2 = xchg_64(r1 + 8, r2)", insn(0xdb, 1, 2, 8, 0xe1)},
      {"w0 = cmpxchg32_32(r1 + 8, w0, w2)", insn(0xc3, 1, 2, 8, 0xf1)},
      {"goto -5", insn(0x05, 0, 0, -5, 0)},
      {"gotol +70000", insn(0x06, 0, 0, 0, 70000)},
      {"if r1 == 0 goto +2", insn(0x15, 1, 0, 2, 0)},
      {"if w1 s> -3 goto +2", insn(0x66, 1, 0, 2, -3)},
      {"if r1 s<= r2 goto -2", insn(0xdd, 1, 2, -2, 0)},
      {"if w1 & w2 goto +0", insn(0x4e, 1, 2, 0, 0)},
      {"call 5", insn(0x85, 0, 0, 0, 5)},
      {"call pc+5", insn(0x85, 0, 1, 0, 5)},
      {"call function[2]", insn(0x85, 0, 2, 0, 2)},
      {"exit", insn(0x95, 0, 0, 0, 0)},
  };
  for (const Golden& golden : cases) EXPECT_EQ(code_of(golden.text), std::vector<Insn>{golden.expected}) << golden.text;
}

TEST(Assemble, ConformanceStyle) {
  const Golden cases[] = {
      {"mov32 %r0, 1", insn(0xb4, 0, 0, 0, 1)},
      {"mov %r0, %r10", insn(0xbf, 0, 10, 0, 0)},
      {"mov r0, 0xffffffff", insn(0xb7, 0, 0, 0, -1)},
      {"add64 %r1, -2", insn(0x07, 1, 0, 0, -2)},
      {"sdiv32 %r1, %r2", insn(0x3c, 1, 2, 1, 0)},
      {"smod %r1, -3", insn(0x97, 1, 0, 1, -3)},
      {"arsh %r1, 63", insn(0xc7, 1, 0, 0, 63)},
      {"neg32 %r1", insn(0x84, 1, 0, 0, 0)},
      {"movsx1632 %r0, %r1", insn(0xbc, 0, 1, 16, 0)},
      {"movsx864 %r0, %r1", insn(0xbf, 0, 1, 8, 0)},
      {"movsx3264 %r0, %r1", insn(0xbf, 0, 1, 32, 0)},
      {"be16 %r3", insn(0xdc, 3, 0, 0, 16)},
      {"swap64 %r3", insn(0xd7, 3, 0, 0, 64)},
      {"bswap32 %r3", insn(0xd7, 3, 0, 0, 32)},
      {"ldxw %r0, [%r1+4]", insn(0x61, 0, 1, 4, 0)},
      {"ldxb %r0, [%r1]", insn(0x71, 0, 1, 0, 0)},
      {"ldxsh %r0, [%r1-0x2]", insn(0x89, 0, 1, -2, 0)},
      {"ldxdw %r0, [%r10-8]", insn(0x79, 0, 10, -8, 0)},
      {"stw [%r10-4], 0x80000000", insn(0x62, 10, 0, -4, INT32_MIN)},
      {"stxh [%r10-4], %r2", insn(0x6b, 10, 2, -4, 0)},
      {"lock add [%r1], %r2", insn(0xdb, 1, 2, 0, 0)},
      {"lock fetch and32 [%r1], %r2", insn(0xc3, 1, 2, 0, 0x51)},
      {"lock fetch_xor [%r1+8], %r2", insn(0xdb, 1, 2, 8, 0xa1)},
      {"lock xchg32 [%r1], %r2", insn(0xc3, 1, 2, 0, 0xe1)},
      {"lock cmpxchg [%r1], %r2", insn(0xdb, 1, 2, 0, 0xf1)},
      {"jeq %r1, 0xb, +2", insn(0x15, 1, 0, 2, 11)},
      {"jsle32 %r1, %r2, -1", insn(0xde, 1, 2, -1, 0)},
      {"jset %r1, 8, +0", insn(0x45, 1, 0, 0, 8)},
      {"ja +3", insn(0x05, 0, 0, 3, 0)},
      {"ja32 -3", insn(0x06, 0, 0, 0, -3)},
      {"call 5", insn(0x85, 0, 0, 0, 5)},
  };
  for (const Golden& golden : cases) EXPECT_EQ(code_of(golden.text), std::vector<Insn>{golden.expected}) << golden.text;
}

TEST(Assemble, WideLoads) {
  const std::vector<Insn> number = {insn(0x18, 1, 0, 0, 0x55667788), insn(0, 0, 0, 0, 0x11223344)};
  EXPECT_EQ(code_of("r1 = 0x1122334455667788 ll"), number);
  EXPECT_EQ(code_of("lddw %r1, 0x1122334455667788"), number);
  EXPECT_EQ(code_of("r1 = -5 ll"), (std::vector<Insn>{insn(0x18, 1, 0, 0, -5), insn(0, 0, 0, 0, -1)}));
  EXPECT_EQ(code_of("lddw %r1, 18446744073709551615"),
            (std::vector<Insn>{insn(0x18, 1, 0, 0, -1), insn(0, 0, 0, 0, -1)}));
  EXPECT_EQ(code_of("r1 = map[3]"), (std::vector<Insn>{insn(0x18, 1, 5, 0, 3), insn(0, 0, 0, 0, 0)}));
  EXPECT_EQ(code_of("r1 = map[3][0]+8"), (std::vector<Insn>{insn(0x18, 1, 6, 0, 3), insn(0, 0, 0, 0, 8)}));
  EXPECT_EQ(code_of("r1 = subprog[+4]"), (std::vector<Insn>{insn(0x18, 1, 4, 0, 4), insn(0, 0, 0, 0, 0)}));
}

TEST(Assemble, LabelsForwardsAndBackwards) {
  const std::string text =
      "entry: call local callee   # a comment\n"
      "  r1 = 7 ll                ; a lddw counts as two\n"
      "  if r1 == 7 goto out\n"
      "  goto entry\n"
      "\n"
      "out:\n"
      "  r2 = subprog[callee]     // of a callback\n"
      "  exit\n"
      "callee: again: jne32 %r1, 0, again\n"
      "  exit";
  const std::vector<Insn> expected = {
      insn(0x85, 0, 1, 0, 7),  insn(0x18, 1, 0, 0, 7), insn(0, 0, 0, 0, 0), insn(0x15, 1, 0, 1, 7),
      insn(0x05, 0, 0, -5, 0), insn(0x18, 2, 4, 0, 2), insn(0, 0, 0, 0, 0), insn(0x95, 0, 0, 0, 0),
      insn(0x56, 1, 0, -1, 0), insn(0x95, 0, 0, 0, 0),
  };
  EXPECT_EQ(code_of(text), expected);
}

TEST(Assemble, ExitIsTheLastExitWhereNoLabelHasTheName) {
  EXPECT_EQ(code_of("ja exit\nexit\nmov %r0, 1\nexit")[0].offset, 2);
  EXPECT_EQ(code_of("ja exit\nexit: exit\nmov %r0, 1\nexit")[0].offset, 0);
}

TEST(Assemble, ListingNumbersMustBeRight) {
  EXPECT_EQ(code_of("   0: r1 = 0x5 ll\n   2: exit\n").size(), 3u);
  auto wrong = assemble("   0: r1 = 0x5 ll\n   1: exit\n");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().place.line, 2u);
  EXPECT_EQ(wrong.error().need, "the number of this slot, 2");
}

TEST(Assemble, NothingIsNoCode) {
  EXPECT_TRUE(code_of("").empty());
  EXPECT_TRUE(code_of("\n  \t\r\n# only a comment\n").empty());
}

struct Bad {
  const char* text;
  const char* code;
  uint32_t line, column;
  const char* need;
};

TEST(Assemble, SaysWhereAndWhatIsNeeded) {
  const Bad cases[] = {
      {"r1 += 4\nnonsense", "asm-syntax", 2, 1, "an instruction"},
      {"r1", "asm-syntax", 1, 3, "an operation: =, +=, -=, *=, /=, %=, |=, &=, ^=, <<=, >>=, s>>=, s/= or s%="},
      {"r1 += w2", "asm-syntax", 1, 7, "a register r0 to r10"},
      {"r11 += 4", "asm-syntax", 1, 1, "an instruction"},
      {"or %r0, %r50", "asm-syntax", 1, 9, "a register r0 to r10 or w0 to w10"},
      {"r1 = -r2", "asm-syntax", 1, 9, "the register that is assigned to"},
      {"r1 = be16 r2", "asm-syntax", 1, 13, "the register that is assigned to"},
      {"w1 = be16 w1", "asm-syntax", 1, 11, "a 64-bit register for a byte swap"},
      {"w1 = *(u64 *)(r2 + 0)", "asm-syntax", 1, 22, "a 64-bit register for this load"},
      {"w1 = (s32)w2", "asm-syntax", 1, 7, "s8 or s16"},
      {"w1 = 5 ll", "asm-syntax", 1, 10, "a 64-bit register for a 64-bit number"},
      {"w1 = map[0]", "asm-syntax", 1, 6, "a register r0 to r10 or w0 to w10"},
      {"r1 = *(s64 *)(r2 + 0)", "asm-syntax", 1, 12, "a size: u8, u16, u32, u64, s8, s16 or s32"},
      {"r1 = *(u32 *)(r2 + 0", "asm-syntax", 1, 21, "')'"},
      {"r1 = *(u32 *)(r2 0)", "asm-syntax", 1, 18, "')'"},
      {"*(s32 *)(r1 + 0) = 5", "asm-syntax", 1, 18, "a size without a sign: u8, u16, u32 or u64"},
      {"*(u64 *)(r1 + 0) = w5", "asm-syntax", 1, 22, "a 64-bit register for this store"},
      {"lock *(u16 *)(r1 + 0) += r2", "asm-syntax", 1, 23, "u32 or u64"},
      {"lock *(u64 *)(r1 + 0) -= r2", "asm-syntax", 1, 23, "an atomic operation: +=, |=, &= or ^="},
      {"r1 = cmpxchg_64(r1 + 0, r1, r2)", "asm-syntax", 1, 27, "r0 or w0 for what is compared"},
      {"r2 = atomic_fetch_add((u32 *)(r1 + 0), r2)", "asm-syntax", 1, 43, "u64 with r registers, u32 with w"},
      {"lock", "asm-syntax", 1, 5, "an atomic operation: add, or, and, xor, fetch and one of these, xchg or cmpxchg"},
      {"lock fetch xchg [%r1], %r2", "asm-syntax", 1, 6,
       "an atomic operation: add, or, and, xor, fetch and one of these, xchg or cmpxchg"},
      {"ldxb %r0, %r1", "asm-syntax", 1, 11, "'['"},
      {"if r1 = 5 goto +1", "asm-syntax", 1, 7, "a condition: ==, !=, >, >=, <, <=, s>, s>=, s<, s<= or &"},
      {"if r1 == 5 +1", "asm-syntax", 1, 12, "'goto'"},
      {"goto 5", "asm-syntax", 1, 6, "'+' or '-' and a number"},
      {"exit 1", "asm-syntax", 1, 6, "the end of the line"},
      {"r1 += 5x", "asm-syntax", 1, 7, "a number"},
      {"r1 += 0x", "asm-syntax", 1, 7, "a number"},
      {"mov32 %r0, 2147483648", "asm-range", 1, 12, "a number of 32 bits: -2147483648 to 2147483647, or to 0xffffffff"},
      {"mov32 %r0, 0x100000000", "asm-range", 1, 12,
       "a number of 32 bits: -2147483648 to 2147483647, or to 0xffffffff"},
      {"r0 = -2147483649", "asm-range", 1, 6, "a number of 32 bits: -2147483648 to 2147483647, or to 0xffffffff"},
      {"lddw %r0, 18446744073709551616", "asm-range", 1, 11, "a number of at most 64 bits"},
      {"r0 = -9223372036854775809 ll", "asm-range", 1, 6,
       "a number of 32 bits: -2147483648 to 2147483647, or to 0xffffffff"},
      {"goto +32768", "asm-range", 1, 6, "a number from -32768 to 32767"},
      {"ldxb %r0, [%r1-32769]", "asm-range", 1, 15, "a number from -32768 to 32767"},
      {"gotol +2147483648", "asm-range", 1, 7, "a number from -2147483648 to 2147483647"},
      {"  ja NOT_A_LABEL\nexit", "asm-label", 1, 6, "a label of this text, or a distance such as +2"},
      {"call local", "asm-syntax", 1, 11, "'+' or '-' and a number"},
      {"a: exit\na: exit", "asm-label", 2, 1, "a label that is not there already"},
  };
  for (const Bad& bad : cases) {
    SCOPED_TRACE(bad.text);
    auto code = assemble(bad.text);
    ASSERT_FALSE(code);
    const Diagnostic& error = code.error();
    EXPECT_EQ(error.code, bad.code);
    EXPECT_EQ(error.outcome, Outcome::unusable_input);
    EXPECT_EQ(error.place.line, bad.line);
    EXPECT_EQ(error.place.column, bad.column);
    EXPECT_EQ(error.need, bad.need);
    EXPECT_FALSE(error.message.empty());
    EXPECT_FALSE(error.place.source.empty());
  }
}

TEST(Assemble, LabelTooFarForSixteenBits) {
  std::string text = "goto far\n";
  for (int i = 0; i < 32768; i++) text += "r0 = 0\n";
  auto code = assemble(text + "far: exit");
  ASSERT_FALSE(code);
  EXPECT_EQ(code.error().code, "asm-range");
  EXPECT_EQ(code.error().message, "'far' is 32768 instructions away");
  EXPECT_EQ(code_of("gotol far\n" + text.substr(9) + "far: exit")[0].imm, 32768);
}

// Every line above cut at every length, and with every character replaced: an answer, and no step outside the text.
TEST(Assemble, AnyText) {
  const std::string lines[] = {"r1 = cmpxchg_64(r1 + 0, r1, r2)",
                               "  12: if w1 s>= 0xff goto out",
                               "r1 = map[3][0]+8",
                               "lock fetch_add32 [%r1+4], %r2",
                               "*(u32 *)(r10 - 4) = -5",
                               "call local label",
                               "r1 = 0x1122334455667788 ll",
                               "lddw %r1, -9223372036854775808",
                               "r2 = -r2",
                               "w2 = atomic_fetch_add((u32 *)(r1 - 8), w2)",
                               "out: jsgt32 %r1, %r2, -3"};
  unsigned refused = 0;
  for (const std::string& line : lines) {
    for (size_t at = 0; at <= line.size(); at++) {
      if (!assemble(std::string(line, 0, at))) refused++;
      for (int c = -128; at < line.size() && c < 128; c++) {
        std::string changed = line;
        changed[at] = static_cast<char>(c);
        if (!assemble(changed)) refused++;
      }
    }
  }
  EXPECT_GT(refused, 1000u);
}

}  // namespace
}  // namespace perdita::isa
