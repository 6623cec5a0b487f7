// SPDX-License-Identifier: Apache-2.0
//
// The encoder against an independent decoder: every function, with registers and immediates of every class, is
// disassembled by LLVM and must read as it was meant. What has a 16-bit encoding must use it.
#include "jit/rv32/encode.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>

namespace perdita::jit::rv32 {
namespace {

std::string name(unsigned reg) {
  static constexpr const char* kNames[] = {"zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
                                           "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
                                           "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
  return kNames[reg];
}

// What LLVM prints, as the instruction of 32 bits: "c.add a0, a1" -> "add a0 a0 a1", "c.j 4" -> "jal zero 4".
std::string normal(std::string text) {
  for (char& c : text) {
    if (c == '\t' || c == ',' || c == '(' || c == ')') c = ' ';
  }
  std::istringstream in(text);
  std::string word;
  std::vector<std::string> words;
  while (in >> word) {
    // Decimal, whatever the base.
    if (word[0] == '-' || (word[0] >= '0' && word[0] <= '9')) word = std::to_string(std::stoll(word, nullptr, 0));
    words.push_back(word);
  }
  if (words[0].starts_with("c.")) {
    std::string op = words[0].substr(2);
    std::vector<std::string> operands(words.begin() + 1, words.end());
    if (op == "mv" || op == "li") {
      operands.insert(operands.begin() + 1, "zero");
      op = op == "mv" ? "add" : "addi";
    } else if (op == "addi16sp") {
      operands = {"sp", "sp", operands[1]};
      op = "addi";
    } else if (op == "lwsp" || op == "swsp") {
      op.resize(2);
    } else if (op == "j") {
      operands.insert(operands.begin(), "zero");
      op = "jal";
    } else if (op == "jr" || op == "jalr") {
      operands = {op == "jr" ? "zero" : "ra", "0", operands[0]};
      op = "jalr";
    } else if (op == "beqz" || op == "bnez") {
      operands.insert(operands.begin() + 1, "zero");
      op.resize(3);
    } else if (op != "lw" && op != "sw" && op != "lui") {
      operands.insert(operands.begin(), operands[0]);
    }
    words = {op};
    words.insert(words.end(), operands.begin(), operands.end());
  }
  std::string out;
  for (const std::string& one : words) out += (out.empty() ? "" : " ") + one;
  return out;
}

class Decoded : public testing::Test {
 protected:
  // What `encode` writes must read as the texts, one after the other; of two bytes where `narrow`, of four otherwise.
  void expect(const std::function<void(Encoder&)>& encode, const std::vector<std::string>& texts,
              std::optional<bool> narrow) {
    uint8_t bytes[16] = {};
    Encoder encoder{MutableBytes(bytes)};
    encode(encoder);
    EXPECT_EQ(encoder.instructions(), texts.size()) << texts.front();
    if (narrow) {
      EXPECT_EQ(encoder.size(), *narrow ? 2u : 4u) << texts.front();
    }
    std::string hex;
    for (uint32_t i = 0; i < encoder.size();) {
      const uint32_t end = i + ((bytes[i] & 3) == 3 ? 4 : 2);
      char text[8];
      for (; i < end; i++) {
        std::snprintf(text, sizeof text, "0x%02x ", bytes[i]);
        hex += text;
      }
      hex += "\n";
    }
    input_ += hex;
    for (const std::string& one : texts) expected_.push_back({normal(one), hex});
  }

  void check(size_t at_least) {
    EXPECT_GE(expected_.size(), at_least);
    if (HasFailure()) return;
    if (std::system("llvm-mc-19 --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "llvm-mc-19 is not there";
    const auto path = std::filesystem::temp_directory_path() / ("perdita-rv32-" + std::to_string(getpid()));
    std::ofstream(path) << input_;
    const std::string command =
        "llvm-mc-19 --disassemble --triple=riscv32 -mattr=+m,+c -M no-aliases <'" + path.string() + "' 2>&1";
    const std::unique_ptr<FILE, int (*)(FILE*)> decoder(popen(command.c_str(), "r"), pclose);
    ASSERT_TRUE(decoder);
    size_t at = 0;
    char line[256];
    while (fgets(line, sizeof line, decoder.get()) != nullptr) {
      const std::string text = line;
      if (text.find(".text") != std::string::npos || text.find_first_not_of(" \t\n") == std::string::npos) continue;
      ASSERT_LT(at, expected_.size()) << text;
      ASSERT_EQ(normal(text), expected_[at].text) << expected_[at].hex;
      at++;
    }
    std::filesystem::remove(path);
    EXPECT_EQ(at, expected_.size());
  }

 private:
  struct Expected {
    std::string text, hex;
  };
  std::vector<Expected> expected_;
  std::string input_;
};

// Those that 16-bit encodings reach, their neighbours, the ends, x0 where it may stand.
constexpr Reg kRegs[] = {1, 5, 7, 8, 9, 10, 15, 16, 24, 31};
constexpr Reg kSources[] = {0, 1, 7, 8, 10, 15, 16, 31};

bool popular(unsigned a, unsigned b) { return a >= 8 && a < 16 && b >= 8 && b < 16; }

TEST_F(Decoded, OperationsOnRegisters) {
  constexpr std::pair<Op, const char*> kOps[] = {
      {Op::add, "add"},   {Op::sub, "sub"},   {Op::sll, "sll"},       {Op::slt, "slt"},     {Op::sltu, "sltu"},
      {Op::xor_, "xor"},  {Op::srl, "srl"},   {Op::sra, "sra"},       {Op::or_, "or"},      {Op::and_, "and"},
      {Op::mul, "mul"},   {Op::mulh, "mulh"}, {Op::mulhsu, "mulhsu"}, {Op::mulhu, "mulhu"}, {Op::div, "div"},
      {Op::divu, "divu"}, {Op::rem, "rem"},   {Op::remu, "remu"}};
  for (const auto& [op, text] : kOps) {
    const bool commutes = op == Op::add || op == Op::xor_ || op == Op::or_ || op == Op::and_;
    for (const Reg d : kRegs) {
      for (const Reg a : kSources) {
        for (const Reg b : kSources) {
          const bool turned = commutes && d == b;
          const Reg other = d == a && !turned ? b : a;
          const bool two = d == a || turned;
          bool narrow = false;
          if (op == Op::add) narrow = two && other != kZero;
          if (op == Op::sub || op == Op::xor_ || op == Op::or_ || op == Op::and_) narrow = two && popular(d, other);
          const std::string operands = turned ? name(b) + ", " + name(a) : name(a) + ", " + name(b);
          expect([&](Encoder& e) { e.operate(op, d, a, b); }, {std::string(text) + " " + name(d) + ", " + operands},
                 narrow);
        }
      }
    }
  }
  check(11000);
}

TEST_F(Decoded, Constants) {
  constexpr int32_t kValues[] = {0, 1, -1, 5, 31, 32, -32, -33, 255, 2047, -2048};
  constexpr std::pair<Op, const char*> kOps[] = {{Op::add, "addi"},  {Op::slt, "slti"}, {Op::sltu, "sltiu"},
                                                 {Op::xor_, "xori"}, {Op::or_, "ori"},  {Op::and_, "andi"}};
  for (const Reg d : kRegs) {
    for (const Reg a : kSources) {
      for (const int32_t value : kValues) {
        const bool six = value >= -32 && value < 32;
        for (const auto& [op, text] : kOps) {
          const bool narrow = d == a && six && ((op == Op::add && value != 0) || (op == Op::and_ && popular(d, d)));
          expect([&](Encoder& e) { e.operate_immediate(op, d, a, value); },
                 {std::string(text) + " " + name(d) + ", " + name(a) + ", " + std::to_string(value)}, narrow);
        }
      }
      for (const unsigned count : {1u, 7u, 31u}) {
        for (const auto& [op, text] : {std::pair{Op::sll, "slli"}, {Op::srl, "srli"}, {Op::sra, "srai"}}) {
          expect([&](Encoder& e) { e.shift(op, d, a, count); },
                 {std::string(text) + " " + name(d) + ", " + name(a) + ", " + std::to_string(count)},
                 d == a && (op == Op::sll || popular(d, d)));
        }
      }
      if (d != a && a != kZero)
        expect([&](Encoder& e) { e.move(d, a); }, {"add " + name(d) + ", zero, " + name(a)}, true);
    }
    expect([&](Encoder& e) { e.move(d, kZero); }, {"addi " + name(d) + ", zero, 0"}, true);
    for (const uint32_t value : {0u, 1u, 31u, 32u, 0xffffffffu, 0xffffffe0u, 0xffffffdfu, 2047u, 0xfffff800u}) {
      const auto number = static_cast<int32_t>(value);
      expect([&](Encoder& e) { e.load_immediate(d, value); }, {"addi " + name(d) + ", zero, " + std::to_string(number)},
             number >= -32 && number < 32);
    }
    for (const uint32_t value : {2048u, 0x1000u, 0x1f000u, 0x20000u, 0xfffff7ffu, 0xfffe0000u, 0xfffdf000u, 0x12345678u,
                                 0x80000000u, 0x7fffffffu, 0x00ff00ffu, 0xdeadbeefu, 0xfffe0800u, 0x7ffff800u}) {
      const int32_t rest = static_cast<int32_t>(value << 20) >> 20;
      const uint32_t upper = (value - static_cast<uint32_t>(rest)) >> 12;
      std::vector<std::string> texts = {"lui " + name(d) + ", " + std::to_string(upper)};
      if (rest != 0) texts.push_back("addi " + name(d) + ", " + name(d) + ", " + std::to_string(rest));
      const bool short_lui = upper < 32 || upper >= 0xfffe0;
      expect([&](Encoder& e) { e.load_immediate(d, value); }, texts,
             rest == 0 ? std::optional(short_lui) : std::nullopt);
    }
    for (const int32_t distance : {0, 2, 2046, 2048, -2, -2048, -2050, 100000, -100000}) {
      const int32_t rest = static_cast<int32_t>(static_cast<uint32_t>(distance) << 20) >> 20;
      const uint32_t pages = static_cast<uint32_t>(distance - rest) >> 12;
      uint32_t size = 0;
      expect(
          [&](Encoder& e) {
            uint8_t bytes[16];
            Encoder encoder{MutableBytes(bytes)};
            encoder.address_of(d, distance);
            size = encoder.size();
            e.address_of(d, distance);
          },
          {"auipc " + name(d) + ", " + std::to_string(pages),
           "addi " + name(d) + ", " + name(d) + ", " + std::to_string(rest)},
          std::nullopt);
      EXPECT_EQ(size, 8u);
    }
  }
  for (const int32_t bytes : {16, 48, 144, 496, -16, -144, -512}) {
    expect([&](Encoder& e) { e.adjust_stack(bytes); }, {"addi sp, sp, " + std::to_string(bytes)}, true);
  }
  check(6000);
}

TEST_F(Decoded, LoadsAndStores) {
  constexpr std::pair<Load, const char*> kLoads[] = {{Load::signed_byte, "lb"},
                                                     {Load::signed_half, "lh"},
                                                     {Load::word, "lw"},
                                                     {Load::byte, "lbu"},
                                                     {Load::half, "lhu"}};
  constexpr std::pair<Store, const char*> kStores[] = {{Store::byte, "sb"}, {Store::half, "sh"}, {Store::word, "sw"}};
  for (const Reg base : {Reg{2}, Reg{8}, Reg{15}, Reg{16}, Reg{25}}) {
    for (const int32_t offset : {0, 1, 2, 4, 60, 64, 124, 128, 252, 256, 2047, -1, -4, -2048}) {
      const std::string at = ", " + std::to_string(offset) + "(" + name(base) + ")";
      const bool whole = offset >= 0 && offset % 4 == 0;
      const bool near = whole && base == kSp && offset < 256;
      const bool reaches = whole && offset < 128;
      for (const Reg d : kRegs) {
        for (const auto& [kind, text] : kLoads) {
          expect([&](Encoder& e) { e.load(kind, d, base, offset); }, {std::string(text) + " " + name(d) + at},
                 kind == Load::word && (near || (reaches && popular(d, base))));
        }
      }
      for (const Reg s : kSources) {
        for (const auto& [kind, text] : kStores) {
          expect([&](Encoder& e) { e.store(kind, s, base, offset); }, {std::string(text) + " " + name(s) + at},
                 kind == Store::word && (near || (reaches && popular(s, base))));
        }
      }
    }
  }
  check(5000);
}

TEST_F(Decoded, Jumps) {
  constexpr std::pair<Condition, const char*> kConditions[] = {{Condition::eq, "beq"},   {Condition::ne, "bne"},
                                                               {Condition::lt, "blt"},   {Condition::ge, "bge"},
                                                               {Condition::ltu, "bltu"}, {Condition::geu, "bgeu"}};
  for (const Reg a : kSources) {
    for (const Reg b : kSources) {
      for (const auto& [condition, text] : kConditions) {
        for (const int distance : {-4096, -258, -2, 2, 30, 256, 2048, 4094}) {
          expect([&](Encoder& e) { e.branch(condition, a, b, distance); },
                 {std::string(text) + " " + name(a) + ", " + name(b) + ", " + std::to_string(distance)}, false);
        }
      }
    }
    if (a == kZero) continue;
    expect([&](Encoder& e) { e.jump_register(a); }, {"jalr zero, 0(" + name(a) + ")"}, true);
    expect([&](Encoder& e) { e.call_register(a); }, {"jalr ra, 0(" + name(a) + ")"}, true);
    if (!is_popular(a)) continue;
    for (int distance = -256; distance < 256; distance += 2) {
      expect([&](Encoder& e) { e.branch_short(true, a, distance); },
             {"beq " + name(a) + ", zero, " + std::to_string(distance)}, true);
      expect([&](Encoder& e) { e.branch_short(false, a, distance); },
             {"bne " + name(a) + ", zero, " + std::to_string(distance)}, true);
    }
  }
  for (int distance = -2048; distance < 2048; distance += 2) {
    expect([&](Encoder& e) { e.jump_short(distance); }, {"jal zero, " + std::to_string(distance)}, true);
  }
  for (const int distance : {-1048576, -2050, -2, 2, 2048, 4096, 524288, 1048574}) {
    expect([&](Encoder& e) { e.jump(kZero, distance); }, {"jal zero, " + std::to_string(distance)}, false);
    expect([&](Encoder& e) { e.jump(kRa, distance); }, {"jal ra, " + std::to_string(distance)}, false);
  }
  check(6500);
}

// What leads to itself is given a way, and nothing else is.
TEST(Closed, WhatLeadsToItself) {
  for (const int distance : {2, 30, 254}) {
    EXPECT_EQ(Encoder::closed(Encoder::jump_short_bits(0), distance), Encoder::jump_short_bits(distance));
    for (const bool zero : {true, false}) {
      for (const Reg a : {Reg{8}, Reg{11}, Reg{15}}) {
        EXPECT_EQ(Encoder::closed(Encoder::branch_short_bits(zero, a, 0), distance),
                  Encoder::branch_short_bits(zero, a, distance));
        EXPECT_EQ(Encoder::closed(Encoder::branch_short_bits(zero, a, 2), distance),
                  Encoder::branch_short_bits(zero, a, 2));
      }
    }
    for (const int far : {distance, 4094}) {
      EXPECT_EQ(Encoder::closed(Encoder::branch_bits(Condition::geu, 31, 5, 0), far),
                Encoder::branch_bits(Condition::geu, 31, 5, far));
    }
    EXPECT_EQ(Encoder::closed(Encoder::branch_bits(Condition::eq, 1, 0, 8), distance),
              Encoder::branch_bits(Condition::eq, 1, 0, 8));
    for (const Reg link : {kZero, kRa}) {
      EXPECT_EQ(Encoder::closed(Encoder::jump_bits(link, 0), distance), Encoder::jump_bits(link, distance));
      EXPECT_EQ(Encoder::closed(Encoder::jump_bits(link, -2), distance), Encoder::jump_bits(link, -2));
    }
  }
  // add, addi, lw, sw, lui, c.add, c.li, c.lwsp, c.swsp, c.andi, all with zeros where a distance would be.
  for (const uint32_t bits : {0x00000033u, 0x00000013u, 0x00002003u, 0x00002023u, 0x00000037u, 0x9002u, 0x4001u,
                              0x4002u, 0xc002u, 0x8801u, 0xc000u}) {
    EXPECT_EQ(Encoder::closed(bits, 30), bits);
  }
}

}  // namespace
}  // namespace perdita::jit::rv32
