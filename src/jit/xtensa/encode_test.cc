// SPDX-License-Identifier: Apache-2.0
//
// The encoder against independent decoders: every function, with registers and immediates of every class, is
// disassembled by binutils, and what LLVM knows (the base instructions, without branches and ADDMI) by LLVM as well,
// and must read as it was meant. What has a 16-bit encoding must use it.
#include "jit/xtensa/encode.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>

namespace perdita::jit::xt {
namespace {

std::string name(unsigned reg) { return "a" + std::to_string(reg); }

// "addi\ta2, a3, 0xffffff80" -> "addi a2 a3 4294967168"
std::string normal(std::string text) {
  for (char& c : text) {
    if (c == '\t' || c == ',') c = ' ';
  }
  std::istringstream in(text);
  std::string out, word;
  while (in >> word) {
    const bool is_number = word[0] == '-' || (word[0] >= '0' && word[0] <= '9');
    if (is_number) word = std::to_string(static_cast<uint32_t>(std::stoll(word, nullptr, 0)));
    out += out.empty() ? word : " " + word;
  }
  return out;
}

class Decoded : public testing::Test {
 protected:
  // What `encode` writes must read as the text. A branch's text ends with its distance. `base`: LLVM knows it, too.
  void expect(const std::function<void(Encoder&)>& encode, const std::string& text, bool narrow, bool base,
              bool branches = false) {
    uint8_t bytes[8] = {};
    Encoder encoder{MutableBytes(bytes)};
    encode(encoder);
    EXPECT_EQ(encoder.size(), narrow ? 2u : 3u) << text;
    EXPECT_EQ(encoder.instructions(), 1u) << text;
    expected_.push_back({normal(text), static_cast<uint32_t>(stream_.size()), base && !narrow, branches});
    stream_.append(reinterpret_cast<const char*>(bytes), encoder.size());
    if (!base || narrow) return;
    for (uint32_t i = 0; i < encoder.size(); i++) {
      char digits[8];
      std::snprintf(digits, sizeof digits, "0x%02x ", bytes[i]);
      for_llvm_ += digits;
    }
    for_llvm_ += "\n";
  }

  static std::vector<std::string> lines_of(const std::string& command) {
    const std::unique_ptr<FILE, int (*)(FILE*)> decoder(popen(command.c_str(), "r"), pclose);
    std::vector<std::string> lines;
    char line[256];
    while (decoder && fgets(line, sizeof line, decoder.get()) != nullptr) lines.emplace_back(line);
    return lines;
  }

  void check(size_t at_least) {
    EXPECT_GE(expected_.size(), at_least);
    const auto path = std::filesystem::temp_directory_path() / ("perdita-xtensa-" + std::to_string(getpid()));
    const bool binutils = std::system("xtensa-lx106-elf-objdump --version >/dev/null 2>&1") == 0;
    const bool llvm = std::system("llvm-mc-19 --version >/dev/null 2>&1") == 0;
    if (binutils) with_binutils(path);
    if (llvm) with_llvm(path);
    std::filesystem::remove(path);
    if (!binutils || !llvm) GTEST_SKIP() << (binutils ? "llvm-mc-19" : "xtensa-lx106-elf-objdump") << " is not there";
  }

 private:
  struct Expected {
    std::string text;
    uint32_t at;
    bool base;
    bool branches;
  };

  // Lines of address, bytes, instruction, separated by tabs.
  void with_binutils(const std::filesystem::path& path) {
    std::ofstream(path, std::ios::binary) << stream_;
    size_t at = 0;
    for (const std::string& line :
         lines_of("xtensa-lx106-elf-objdump -D -z -b binary -m xtensa '" + path.string() + "' 2>&1")) {
      const size_t tab = line.find('\t', line.find('\t') + 1);
      const size_t colon = line.find(':');
      if (tab == std::string::npos || colon == std::string::npos || line[0] != ' ') continue;
      ASSERT_LT(at, expected_.size());
      const Expected& one = expected_[at++];
      const auto address = static_cast<uint32_t>(std::stoul(line.substr(0, colon), nullptr, 16));
      ASSERT_EQ(address, one.at) << line;
      // Of a literal binutils shows what is there, too.
      std::string text = normal(line.substr(tab + 1, line.find(" (") - tab - 1));
      if (one.branches) {
        const size_t last = text.rfind(' ') + 1;
        const auto target = static_cast<uint32_t>(std::stoul(text.substr(last)));
        text = normal(text.substr(0, last) + std::to_string(static_cast<int32_t>(target - address)));
      }
      ASSERT_EQ(text, one.text);
    }
    EXPECT_EQ(at, expected_.size());
  }

  void with_llvm(const std::filesystem::path& path) {
    std::ofstream(path) << for_llvm_;
    size_t at = 0;
    const auto next = [&] {
      while (at < expected_.size() && !expected_[at].base) at++;
      return at < expected_.size();
    };
    for (const std::string& line : lines_of("llvm-mc-19 --disassemble --triple=xtensa <'" + path.string() + "' 2>&1")) {
      if (line.find(".text") != std::string::npos || line == "\n") continue;
      ASSERT_TRUE(next());
      ASSERT_EQ(normal(line), expected_[at++].text);
    }
    EXPECT_FALSE(next());
  }

  std::vector<Expected> expected_;
  std::string stream_, for_llvm_;
};

// The first and the last, the stack pointer, scratch, and what programs use most.
constexpr Reg kRegs[] = {0, 1, 2, 7, 8, 9, 12, 15};

TEST_F(Decoded, OperationsOnRegisters) {
  struct Kind {
    Op op;
    const char* text;
    bool narrow, base;
  };
  constexpr Kind kKinds[] = {
      {Op::and_, "and", false, true},       {Op::or_, "or", false, true},      {Op::xor_, "xor", false, true},
      {Op::add, "add.n", true, false},      {Op::addx2, "addx2", false, true}, {Op::addx4, "addx4", false, true},
      {Op::addx8, "addx8", false, true},    {Op::sub, "sub", false, true},     {Op::src, "src", false, true},
      {Op::mul16u, "mul16u", false, false}, {Op::mull, "mull", false, false}};
  for (const Reg d : kRegs) {
    for (const Reg s : kRegs) {
      const std::string two = " " + name(d) + ", " + name(s);
      for (const Kind& kind : kKinds) {
        for (const Reg t : kRegs) {
          // binutils has a name of its own for that
          if (kind.op == Op::or_ && s == t) continue;
          expect([&](Encoder& e) { e.operate(kind.op, d, s, t); }, kind.text + two + ", " + name(t), kind.narrow,
                 kind.base);
        }
      }
      expect([&](Encoder& e) { e.move(d, s); }, "mov.n" + two, true, false);
      expect([&](Encoder& e) { e.negate(d, s); }, "neg" + two, false, true);
      expect([&](Encoder& e) { e.shift_by_amount(Shift::left, d, s); }, "sll" + two, false, true);
      expect([&](Encoder& e) { e.shift_by_amount(Shift::right, d, s); }, "srl" + two, false, true);
      expect([&](Encoder& e) { e.shift_by_amount(Shift::right_signed, d, s); }, "sra" + two, false, true);
      for (unsigned count = 1; count < 32; count++) {
        const std::string rest = two + ", " + std::to_string(count);
        expect([&](Encoder& e) { e.shift(Shift::left, d, s, count); }, "slli" + rest, false, true);
        expect([&](Encoder& e) { e.shift(Shift::right_signed, d, s, count); }, "srai" + rest, false, true);
        expect([&](Encoder& e) { e.shift(Shift::right, d, s, count); },
               count < 16 ? "srli" + rest : "extui" + rest + ", " + std::to_string(32 - count), false, true);
      }
    }
    expect([&](Encoder& e) { e.amount_left(d); }, "ssl " + name(d), false, true);
    expect([&](Encoder& e) { e.amount_right(d); }, "ssr " + name(d), false, true);
    expect([&](Encoder& e) { e.call(d); }, "callx0 " + name(d), false, true);
    for (const unsigned lowest : {0u, 1u, 15u, 16u, 31u}) {
      for (const unsigned bits : {1u, 2u, 8u, 15u, 16u}) {
        if (lowest + bits > 32) continue;
        expect([&](Encoder& e) { e.extract(d, 3, lowest, bits); },
               "extui " + name(d) + ", a3, " + std::to_string(lowest) + ", " + std::to_string(bits), false, true);
      }
    }
  }
  for (unsigned count = 0; count < 32; count++) {
    expect([&](Encoder& e) { e.amount(count); }, "ssai " + std::to_string(count), false, true);
  }
  expect([](Encoder& e) { e.call_return(); }, "ret.n", true, false);
  expect([](Encoder& e) { e.no_operation(); }, "nop.n", true, false);
  check(9000);
}

TEST_F(Decoded, Constants) {
  for (const Reg d : kRegs) {
    for (int value = -2048; value<2048; value += value> - 40 && value < 100 ? 1 : 13) {
      const bool narrow = value >= -32 && value <= 95;
      expect([&](Encoder& e) { EXPECT_TRUE(e.move_immediate(d, static_cast<uint32_t>(value))); },
             (narrow ? "movi.n " : "movi ") + name(d) + ", " + std::to_string(value), narrow, true);
    }
    for (const Reg s : kRegs) {
      for (int value = -128; value < 128; value++) {
        if (value == 0) continue;
        const bool narrow = value == -1 || (value >= 1 && value <= 15);
        expect([&](Encoder& e) { EXPECT_TRUE(e.add_immediate(d, s, static_cast<uint32_t>(value))); },
               (narrow ? "addi.n " : "addi ") + name(d) + ", " + name(s) + ", " + std::to_string(value), narrow, true);
      }
      for (int value = -32768; value <= 32512; value += 256) {
        if (value == 0) continue;
        expect([&](Encoder& e) { EXPECT_TRUE(e.add_immediate(d, s, static_cast<uint32_t>(value))); },
               "addmi " + name(d) + ", " + name(s) + ", " + std::to_string(value), false, false);
      }
    }
  }
  for (const uint32_t value : {2048u, 0xfffff7ffu, 0x80000000u, 0x12345678u}) {
    uint8_t bytes[8] = {};
    Encoder encoder{MutableBytes(bytes)};
    EXPECT_FALSE(encoder.move_immediate(2, value));
    EXPECT_FALSE(encoder.add_immediate(2, 3, value + 3));
    EXPECT_EQ(encoder.size(), 0u);
  }
  check(30000);
}

// ADDMI, then ADDI, which together add what was asked for.
TEST(Xtensa, AnAdditionInTwo) {
  for (int value = -32896; value <= 32639; value++) {
    if ((value & 255) == 0 || (value >= -128 && value < 128)) continue;
    uint8_t bytes[8] = {};
    Encoder encoder{MutableBytes(bytes)};
    encoder.add_split(2, 3, static_cast<uint32_t>(value));
    const int high = static_cast<int8_t>(bytes[2]) * 256;
    const bool narrow = encoder.size() == 5;
    const unsigned nibble = bytes[3] >> 4;
    const int low = !narrow ? static_cast<int8_t>(bytes[5]) : nibble == 0 ? -1 : static_cast<int>(nibble);
    ASSERT_EQ(high + low, value);
    ASSERT_EQ(encoder.instructions(), 2u);
  }
}

TEST_F(Decoded, LoadsAndStores) {
  struct Kind {
    Access access;
    const char* text;
    int unit;
  };
  constexpr Kind kKinds[] = {{Access::byte, "l8ui", 1},         {Access::half, "l16ui", 2},
                             {Access::signed_half, "l16si", 2}, {Access::word, "l32i", 4},
                             {Access::store_byte, "s8i", 1},    {Access::store_half, "s16i", 2},
                             {Access::store_word, "s32i", 4}};
  for (const Kind& kind : kKinds) {
    for (const Reg t : kRegs) {
      for (const Reg s : kRegs) {
        for (const int units : {0, 1, 2, 14, 15, 16, 17, 63, 64, 128, 254, 255}) {
          const bool narrow = kind.unit == 4 && units < 16;
          expect([&](Encoder& e) { e.access(kind.access, t, s, units * kind.unit); },
                 kind.text + std::string(narrow ? ".n " : " ") + name(t) + ", " + name(s) + ", " +
                     std::to_string(units * kind.unit),
                 narrow, true);
        }
      }
    }
  }
  EXPECT_TRUE(reaches(255, 1) && reaches(510, 2) && reaches(1020, 4));
  EXPECT_FALSE(reaches(256, 1) || reaches(511, 2) || reaches(512, 2) || reaches(1022, 4) || reaches(-4, 4));
  check(5000);
}

TEST_F(Decoded, Branches) {
  struct Kind {
    Condition condition;
    const char* text;
  };
  constexpr Kind kZero[] = {
      {Condition::eqz, "beqz"}, {Condition::nez, "bnez"}, {Condition::ltz, "bltz"}, {Condition::gez, "bgez"}};
  constexpr Kind kNumbers[] = {{Condition::eqi, "beqi"}, {Condition::nei, "bnei"},   {Condition::lti, "blti"},
                               {Condition::gei, "bgei"}, {Condition::ltui, "bltui"}, {Condition::geui, "bgeui"}};
  constexpr Kind kRegisters[] = {{Condition::none, "bnone"}, {Condition::eq, "beq"},   {Condition::lt, "blt"},
                                 {Condition::ltu, "bltu"},   {Condition::any, "bany"}, {Condition::ne, "bne"},
                                 {Condition::ge, "bge"},     {Condition::geu, "bgeu"}};
  constexpr uint32_t kConstants[] = {UINT32_MAX, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256, 0x8000, 0x10000};
  const auto branch = [this](const xt::Test& test, const std::string& text, int distance) {
    expect([&](Encoder& e) { e.branch(test, distance); }, text + ", " + std::to_string(distance), false, false, true);
  };
  for (const Reg s : kRegs) {
    for (const Kind& kind : kZero) {
      for (const int distance : {kZeroBranchDown, -125, -1, 3, 4, 67, 132, 1000, kZeroBranchUp}) {
        branch({kind.condition, s, 0}, kind.text + (" " + name(s)), distance);
      }
    }
    for (const int distance : {4, 5, 19, 20, 35, 36, kNarrowUp}) {
      for (const bool zero : {true, false}) {
        expect([&](Encoder& e) { e.branch_narrow({zero ? Condition::eqz : Condition::nez, s, 0}, distance); },
               (zero ? "beqz.n " : "bnez.n ") + name(s) + ", " + std::to_string(distance), true, false, true);
      }
    }
    for (const Kind& kind : kNumbers) {
      const bool is_unsigned = kind.condition == Condition::ltui || kind.condition == Condition::geui;
      for (const uint32_t value : kConstants) {
        const int index = is_unsigned ? unsigned_index(value) : signed_index(value);
        EXPECT_EQ(index < 0, is_unsigned ? value == UINT32_MAX || value == 1 : value >= 0x8000 && value <= 0x10000);
        if (index < 0) continue;
        for (const int distance : {kBranchDown, 3, 100, kBranchUp}) {
          branch({kind.condition, s, static_cast<uint8_t>(index)},
                 kind.text + (" " + name(s) + ", " + std::to_string(value)), distance);
        }
      }
    }
    for (const Reg t : kRegs) {
      for (const Kind& kind : kRegisters) {
        for (const int distance : {kBranchDown, -1, 3, kBranchUp}) {
          branch({kind.condition, s, t}, kind.text + (" " + name(s) + ", " + name(t)), distance);
        }
      }
    }
    for (uint8_t bit = 0; bit < 32; bit++) {
      for (const bool set : {true, false}) {
        branch({set ? Condition::bit_set : Condition::bit_clear, s, bit},
               (set ? "bbsi " : "bbci ") + name(s) + ", " + std::to_string(bit), 77);
      }
    }
  }
  for (const int distance : {-131068, -1000, 3, 4, 1001, 131075}) {
    expect([&](Encoder& e) { e.jump(distance); }, "j " + std::to_string(distance), false, false, true);
  }
  for (const uint32_t value : {9u, 0u, 11u, 255u, 257u, 0x80000000u}) {
    EXPECT_EQ(signed_index(value), -1);
    EXPECT_EQ(unsigned_index(value), -1);
  }
  check(3500);
}

TEST(Xtensa, InverseConditionsAreThoseOfEachOther) {
  constexpr std::pair<Condition, Condition> kPairs[] = {
      {Condition::eqz, Condition::nez},   {Condition::ltz, Condition::gez},
      {Condition::eqi, Condition::nei},   {Condition::lti, Condition::gei},
      {Condition::ltui, Condition::geui}, {Condition::none, Condition::any},
      {Condition::eq, Condition::ne},     {Condition::lt, Condition::ge},
      {Condition::ltu, Condition::geu},   {Condition::bit_clear, Condition::bit_set}};
  for (const auto& [one, other] : kPairs) {
    EXPECT_EQ(inverse(one), other);
    EXPECT_EQ(inverse(other), one);
  }
}

// CALL0 counts in words from the one that it begins in, L32R from the next multiple of 4 behind it.
TEST_F(Decoded, CallsAndLiterals) {
  for (const int distance : {-524284, -1000, 4, 8, 1000, 524288}) {
    // The stream is such that each stands at a multiple of 4 less one, as far as this goes: fill up with 3 bytes.
    expect([&](Encoder& e) { e.call(distance); }, "call0 " + std::to_string(distance), false, false, true);
    for (int i = 0; i < 3; i++) expect([](Encoder& e) { e.amount(1); }, "ssai 1", false, false);
  }
  for (const int distance : {-4, -8, -1024, -262144}) {
    expect([&](Encoder& e) { e.load_literal(9, distance); }, "l32r a9, " + std::to_string(distance), false, false,
           true);
    for (int i = 0; i < 3; i++) expect([](Encoder& e) { e.amount(1); }, "ssai 1", false, false);
  }
  check(40);
}

}  // namespace
}  // namespace perdita::jit::xt
