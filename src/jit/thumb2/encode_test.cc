// SPDX-License-Identifier: Apache-2.0
//
// The encoder against an independent decoder: every function, with registers and immediates of every class, is
// disassembled by LLVM for a Cortex-M3 and must read as it was meant. What has a 16-bit encoding must use it.
#include "jit/thumb2/encode.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>

namespace perdita::jit::thumb2 {
namespace {

std::string name(unsigned reg) {
  if (reg == 13) return "sp";
  return reg == 14 ? "lr" : "r" + std::to_string(reg);
}

std::string number(uint32_t value) { return "#" + std::to_string(value); }

// "adds.w r0, #-1" -> "adds r0 r0 #4294967295": no width, all three operands, numbers without a sign.
std::string normal(std::string text) {
  static const std::vector<std::string> kThree = {"add",  "adc",  "sub",  "sbc",  "and",  "orr",  "eor",  "bic",
                                                  "lsl",  "lsr",  "asr",  "adds", "adcs", "subs", "sbcs", "ands",
                                                  "orrs", "eors", "bics", "lsls", "lsrs", "asrs", "muls", "mul"};
  for (char& c : text) {
    if (c == '\t' || c == ',') c = ' ';
  }
  std::istringstream in(text);
  std::string mnemonic, word;
  in >> mnemonic;
  if (mnemonic.ends_with(".w")) mnemonic.resize(mnemonic.size() - 2);
  if (mnemonic == "addw" || mnemonic == "subw") mnemonic.resize(3);
  std::vector<std::string> operands;
  while (in >> word && word != "@") {
    const size_t at = word.find('#');
    if (at != std::string::npos) {
      const std::string end = word.ends_with("]") ? "]" : "";
      word = word.substr(0, at) + number(static_cast<uint32_t>(std::stoll(word.substr(at + 1), nullptr, 0))) + end;
    }
    operands.push_back(word);
  }
  const bool three = std::ranges::find(kThree, mnemonic) != kThree.end();
  if (three && operands.size() == 2) operands.insert(operands.begin(), operands.front());
  std::string out = mnemonic;
  for (const std::string& operand : operands) out += " " + operand;
  return out;
}

class Decoded : public testing::Test {
 protected:
  // What `encode` writes must read as one of the texts, or as all of them, one after the other.
  void expect(const std::function<void(Encoder&)>& encode, const std::vector<std::string>& texts, bool narrow = false,
              bool sequence = false) {
    uint8_t bytes[16] = {};
    Encoder encoder{Output(MutableBytes(bytes))};
    const Output& out = encoder.out();
    encode(encoder);
    if (narrow) {
      EXPECT_EQ(out.size(), 2u) << texts.front();
    }
    std::string hex;
    for (uint32_t i = 0; i < out.size();) {
      const bool wide = bytes[i + 1] >> 3 >= 0x1d;
      const uint32_t end = i + (wide ? 4 : 2);
      char text[8];
      for (; i < end; i++) {
        std::snprintf(text, sizeof text, "0x%02x ", bytes[i]);
        hex += text;
      }
      hex += "\n";
      count_++;
    }
    input_ += hex;
    std::vector<std::string> normals;
    for (const std::string& one : texts) normals.push_back(normal(one));
    if (sequence) {
      for (size_t i = 1; i < normals.size(); i++) normals[0] += "; " + normals[i];
    }
    expected_.push_back({count_, normals, hex});
  }

  void check(size_t at_least) {
    EXPECT_GE(expected_.size(), at_least);
    if (std::system("llvm-mc-19 --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "llvm-mc-19 is not there";
    const auto path = std::filesystem::temp_directory_path() / ("perdita-thumb2-" + std::to_string(getpid()));
    std::ofstream(path) << input_;
    const std::string command =
        "llvm-mc-19 --disassemble --triple=thumbv7m -mcpu=cortex-m3 <'" + path.string() + "' 2>&1";
    const std::unique_ptr<FILE, int (*)(FILE*)> decoder(popen(command.c_str(), "r"), pclose);
    ASSERT_TRUE(decoder);
    std::vector<std::string> lines;
    char line[256];
    while (fgets(line, sizeof line, decoder.get()) != nullptr) {
      const std::string text = line;
      if (text.find(".text") == std::string::npos && text.find_first_not_of(" \t\n") != std::string::npos) {
        lines.push_back(normal(text.substr(0, text.size() - 1)));
      }
    }
    std::filesystem::remove(path);
    ASSERT_EQ(lines.size(), count_);
    size_t at = 0;
    for (const auto& one : expected_) {
      std::string text;
      for (; at < one.end; at++) text += (text.empty() ? "" : "; ") + lines[at];
      EXPECT_NE(std::ranges::find(one.texts, text), one.texts.end())
          << one.hex << "reads " << text << ", not " << one.texts.front();
      if (HasFailure()) return;
    }
  }

 private:
  struct Expected {
    size_t end;
    std::vector<std::string> texts;
    std::string hex;
  };
  std::vector<Expected> expected_;
  std::string input_;
  size_t count_ = 0;
};

// Low, at the edges, high, scratch; never sp and pc, which have meanings of their own.
constexpr Reg kRegs[] = {0, 1, 7, 8, 11, 12, 14};
constexpr uint32_t kValues[] = {0,          1,          7,          8,          255,        256,
                                257,        4095,       4096,       0xff00,     0xffff,     0x00ff00ff,
                                0xff00ff00, 0xabababab, 0x80000000, 0x7fffffff, 0xffffffff, 0xffffff00,
                                0x3fc00,    0x12345678, 0x10001,    0xfffffffe, 0x101,      0xff000000};

constexpr std::pair<Op, const char*> kOps[] = {{Op::and_, "and"}, {Op::bic, "bic"}, {Op::orr, "orr"},
                                               {Op::eor, "eor"},  {Op::add, "add"}, {Op::adc, "adc"},
                                               {Op::sbc, "sbc"},  {Op::sub, "sub"}, {Op::rsb, "rsb"}};

// The flags must be set, must not be, or may be.
std::vector<std::string> mnemonics(const std::string& base, Flags flags) {
  if (flags == Flags::set) return {base + "s"};
  if (flags == Flags::keep) return {base};
  return {base, base + "s"};
}

constexpr Flags kFlags[] = {Flags::keep, Flags::set, Flags::any};

TEST_F(Decoded, OperationsOnRegisters) {
  for (const auto& [op, text] : kOps) {
    for (const Reg d : kRegs) {
      for (const Reg n : kRegs) {
        for (const Reg m : kRegs) {
          for (const Flags flags : kFlags) {
            std::vector<std::string> texts;
            for (const std::string& one : mnemonics(text, flags)) {
              texts.push_back(one + " " + name(d) + ", " + name(n) + ", " + name(m));
              const bool commutes = op != Op::sbc && op != Op::sub && op != Op::rsb && op != Op::bic;
              if (commutes) texts.push_back(one + " " + name(d) + ", " + name(m) + ", " + name(n));
            }
            const bool low = (d | n | m) < 8 && flags != Flags::keep && op != Op::rsb && op != Op::bic;
            expect([&](Encoder& e) { e.operate(op | flags, d, n, m); }, texts,
                   low && (d == n || op == Op::add || op == Op::sub));
          }
        }
      }
      for (const unsigned shift : {1u, 8u, 31u}) {
        expect([&](Encoder& e) { e.operate_shifted(op, d, 9, 3, Shift::lsr, shift); },
               {std::string(text) + " " + name(d) + ", r9, r3, lsr " + number(shift)});
        expect([&](Encoder& e) { e.operate_shifted(op, d, 2, 12, Shift::lsl, shift); },
               {std::string(text) + " " + name(d) + ", r2, r12, lsl " + number(shift)});
      }
    }
  }
  check(9000);
}

// Whether one instruction can hold it: DDI 0403, A5.3.2, in other words than the encoder's.
bool is_modified(uint32_t value) {
  for (unsigned rotation = 0; rotation < 32; rotation++) {
    const uint32_t back = rotation == 0 ? value : value << rotation | value >> (32 - rotation);
    if (back < 256 && (rotation == 0 || (rotation >= 8 && back >= 128))) return true;
  }
  const uint32_t low = value & 0xff;
  const uint32_t high = value >> 8 & 0xff;
  return value == (low | low << 16) || value == (high << 8 | high << 24) ||
         (low == high && value == (low | low << 8 | low << 16 | low << 24));
}

TEST_F(Decoded, ModifiedImmediates) {
  for (uint32_t i = 0; i < 1u << 20; i++) {
    // Bytes at every place, and words nearby.
    const uint32_t value = (i & 0xfff) << (i >> 12 & 31) ^ (i >> 17 == 1 ? 0xff : i >> 17 == 2 ? (i & 0xff) << 16 : 0);
    uint32_t bits = 0;
    ASSERT_EQ(modified_immediate(value, bits), is_modified(value)) << value;
  }
}

TEST_F(Decoded, OperationsOnConstants) {
  for (const uint32_t value : kValues) {
    for (const Reg d : kRegs) {
      for (const auto& [op, text] : kOps) {
        for (const Reg n : kRegs) {
          for (const Flags flags : kFlags) {
            const bool sum = op == Op::add || op == Op::sub;
            const bool fits = is_modified(value) || (sum && flags != Flags::set && value < 4096);
            uint8_t bytes[8];
            Encoder encoder{Output(MutableBytes(bytes))};
            ASSERT_EQ(encoder.operate_immediate(op | flags, d, n, value), fits);
            ASSERT_EQ(encoder.out().size() != 0, fits);
            if (!fits) continue;
            std::vector<std::string> texts;
            for (const std::string& one : mnemonics(text, flags)) {
              texts.push_back(one + " " + name(d) + ", " + name(n) + ", " + number(value));
            }
            expect([&](Encoder& e) { static_cast<void>(e.operate_immediate(op | flags, d, n, value)); }, texts,
                   sum && flags != Flags::keep && d < 8 && d == n && value < 256);
          }
        }
      }
      for (const Flags flags : {Flags::keep, Flags::any}) {
        std::vector<std::string> texts = {"mov " + name(d) + ", " + number(value),
                                          "mvn " + name(d) + ", " + number(~value),
                                          "movw " + name(d) + ", " + number(value)};
        if (flags == Flags::any) texts.push_back("movs " + name(d) + ", " + number(value));
        const bool two = value > 0xffff && !is_modified(value) && !is_modified(~value);
        if (two)
          texts = {"movw " + name(d) + ", " + number(value & 0xffff), "movt " + name(d) + ", " + number(value >> 16)};
        expect([&](Encoder& e) { e.move_immediate(d, value, flags); }, texts,
               flags == Flags::any && d < 8 && value < 256, two);
      }
      if (is_modified(value) || is_modified(0 - value)) {
        expect([&](Encoder& e) { static_cast<void>(e.compare_immediate(d, value)); },
               {"cmp " + name(d) + ", " + number(value), "cmn " + name(d) + ", " + number(0 - value)},
               d < 8 && value < 256);
      }
      if (is_modified(value)) {
        expect([&](Encoder& e) { static_cast<void>(e.test_immediate(d, value)); },
               {"tst " + name(d) + ", " + number(value)});
      }
    }
  }
  check(8000);
}

TEST_F(Decoded, OneAndTwoRegisters) {
  for (const Reg d : kRegs) {
    for (const Reg m : kRegs) {
      const std::string operands = " " + name(d) + ", " + name(m);
      const bool low = (d | m) < 8;
      expect([&](Encoder& e) { e.move(d, m); }, {"mov" + operands}, true);
      expect([&](Encoder& e) { e.move_not(d, m); }, {"mvn" + operands});
      expect([&](Encoder& e) { e.compare(d, m); }, {"cmp" + operands}, true);
      expect([&](Encoder& e) { e.test(d, m); }, {"tst" + operands}, low);
      expect([&](Encoder& e) { e.reverse(d, m); }, {"rev" + operands}, low);
      expect([&](Encoder& e) { e.reverse16(d, m); }, {"rev16" + operands}, low);
      expect([&](Encoder& e) { e.extend(Extend::sxtb, d, m); }, {"sxtb" + operands}, low);
      expect([&](Encoder& e) { e.extend(Extend::sxth, d, m); }, {"sxth" + operands}, low);
      expect([&](Encoder& e) { e.extend(Extend::uxtb, d, m); }, {"uxtb" + operands}, low);
      expect([&](Encoder& e) { e.extend(Extend::uxth, d, m); }, {"uxth" + operands}, low);
      for (const auto& [shift, text] : {std::pair{Shift::lsl, "lsl"}, {Shift::lsr, "lsr"}, {Shift::asr, "asr"}}) {
        for (const unsigned count : {1u, 4u, 15u, 31u}) {
          const std::string rest = operands + ", " + number(count);
          expect([&](Encoder& e) { e.shift(shift | Flags::keep, d, m, count); }, {text + rest});
          expect([&](Encoder& e) { e.shift(shift | Flags::any, d, m, count); }, {text + rest, text + ("s" + rest)},
                 low);
        }
        for (const Reg n : kRegs) {
          const std::string rest = " " + name(d) + ", " + name(n) + ", " + name(m);
          expect([&](Encoder& e) { e.shift_by_register(shift, d, n, m); }, {text + rest, text + ("s" + rest)},
                 low && d == n);
        }
      }
      for (const Reg n : kRegs) {
        const std::string rest = " " + name(d) + ", " + name(n) + ", " + name(m);
        const std::string swapped = " " + name(d) + ", " + name(m) + ", " + name(n);
        expect([&](Encoder& e) { e.multiply(d, n, m); }, {"mul" + rest, "muls" + rest, "muls" + swapped},
               low && n == d);
        expect([&](Encoder& e) { e.divide(true, d, n, m); }, {"sdiv" + rest});
        expect([&](Encoder& e) { e.divide(false, d, n, m); }, {"udiv" + rest});
        expect([&](Encoder& e) { e.multiply_add(d, n, m, 9); }, {"mla" + rest + ", r9"});
        expect([&](Encoder& e) { e.multiply_subtract(d, n, m, 3); }, {"mls" + rest + ", r3"});
        const Reg high = d == 9 ? 10 : 9;
        expect([&](Encoder& e) { e.multiply_long(false, d, high, n, m); },
               {"umull " + name(d) + ", " + name(high) + ", " + name(n) + ", " + name(m)});
        expect([&](Encoder& e) { e.multiply_long(true, d, high, n, m); },
               {"smull " + name(d) + ", " + name(high) + ", " + name(n) + ", " + name(m)});
      }
    }
    for (const uint32_t value : kValues) {
      expect([&](Encoder& e) { e.move_whole(d, value); },
             {"movw " + name(d) + ", " + number(value & 0xffff), "movt " + name(d) + ", " + number(value >> 16)}, false,
             true);
    }
    expect([&](Encoder& e) { e.spread_lowest_bit(d, 9); }, {"sbfx " + name(d) + ", r9, #0, #1"});
    expect([&](Encoder& e) { e.branch_link(d); }, {"blx " + name(d)}, true);
  }
  check(3000);
}

TEST_F(Decoded, LoadsAndStores) {
  struct Kind {
    Access access;
    const char* text;
    unsigned unit;
  };
  constexpr Kind kKinds[] = {{Access::byte, "ldrb", 1},         {Access::half, "ldrh", 2},
                             {Access::word, "ldr", 4},          {Access::signed_byte, "ldrsb", 0},
                             {Access::signed_half, "ldrsh", 0}, {Access::store_byte, "strb", 1},
                             {Access::store_half, "strh", 2},   {Access::store_word, "str", 4}};
  constexpr Reg kBases[] = {0, 7, 8, 10, 11, 12, 13};
  for (const auto& [access, text, unit] : kKinds) {
    for (const Reg t : kRegs) {
      for (const Reg n : kBases) {
        for (const int offset : {0, 1, 2, 4, 31, 32, 62, 64, 124, 128, 255, 256, 1020, 1024, 4095, -1, -4, -255}) {
          const std::string inside = offset == 0 ? "" : ", #" + std::to_string(offset);
          const bool narrow = unit != 0 && t < 8 && n < 8 && offset >= 0 && offset % static_cast<int>(unit) == 0 &&
                              offset / static_cast<int>(unit) < 32;
          expect([&](Encoder& e) { e.access(access, t, n, offset); },
                 {std::string(text) + " " + name(t) + ", [" + name(n) + inside + "]"}, narrow);
        }
      }
    }
  }
  for (const auto& [access, text, unit] : kKinds) {
    for (const Reg t : kRegs) {
      for (const Reg n : kBases) {
        for (const Reg m : kRegs) {
          for (const unsigned shift : {0u, 1u, 3u}) {
            const std::string by = shift == 0 ? "" : ", lsl #" + std::to_string(shift);
            expect([&](Encoder& e) { e.access_indexed(access, t, n, m, shift); },
                   {std::string(text) + " " + name(t) + ", [" + name(n) + ", " + name(m) + by + "]"},
                   shift == 0 && (t | n | m) < 8);
          }
        }
      }
    }
  }
  for (const bool load : {true, false}) {
    for (const Reg t : kRegs) {
      for (const Reg n : kBases) {
        for (const int offset : {0, 4, -4, 1020, -1020}) {
          const std::string inside = offset == 0 ? "" : ", #" + std::to_string(offset);
          expect([&](Encoder& e) { e.access_pair(load, t, 9, n, offset); },
                 {(load ? "ldrd " : "strd ") + name(t) + ", r9, [" + name(n) + inside + "]"});
        }
      }
    }
  }
  for (const Reg t : kRegs) {
    for (const unsigned offset : {0, 4, 72, 188, 1020}) {
      const std::string place = name(t) + ", [sp" + (offset == 0 ? "" : ", #" + std::to_string(offset)) + "]";
      expect([&](Encoder& e) { e.save_word(t, offset); }, {"str " + place}, t < 8);
      expect([&](Encoder& e) { e.restore_word(t, offset); }, {"ldr " + place}, t < 8);
    }
  }
  expect([](Encoder& e) { e.push(0x40f1); }, {"push {r0, r4, r5, r6, r7, lr}"}, true);
  expect([](Encoder& e) { e.pop(0xf0, true); }, {"pop {r4, r5, r6, r7, pc}"}, true);
  expect([](Encoder& e) { e.pop(0x30, false); }, {"pop {r4, r5}"}, true);
  expect([](Encoder& e) { e.adjust_stack(true, 100); }, {"sub sp, #100"}, true);
  expect([](Encoder& e) { e.adjust_stack(false, 508); }, {"add sp, #508"}, true);
  check(7500);
}

TEST_F(Decoded, Branches) {
  constexpr const char* kNames[] = {"eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le"};
  for (unsigned i = 0; i < 14; i++) {
    const auto condition = static_cast<Condition>(i);
    for (const int distance : {-256, -2, 0, 2, 254}) {
      expect([&](Encoder& e) { e.branch_short(condition, distance); },
             {std::string("b") + kNames[i] + " #" + std::to_string(distance)}, true);
    }
    for (const int distance : {-1048576, -258, 0, 256, 4096, 524288, 786430, 1048574}) {
      expect([&](Encoder& e) { e.branch_wide(condition, distance); },
             {std::string("b") + kNames[i] + " #" + std::to_string(distance)});
    }
  }
  for (const int distance : {-2048, -2, 0, 2046}) {
    expect([&](Encoder& e) { e.branch_short(kAlways, distance); }, {"b #" + std::to_string(distance)}, true);
  }
  for (const int distance : {-16777216, -2050, 0, 2048, 4194304, 8388608, 12582910, 16777214}) {
    expect([&](Encoder& e) { e.branch_wide(kAlways, distance); }, {"b #" + std::to_string(distance)});
    expect([&](Encoder& e) { e.branch_link(distance); }, {"bl #" + std::to_string(distance)});
  }
  for (const Reg n : {Reg{0}, Reg{7}}) {
    for (const int distance : {0, 2, 62, 64, 126}) {
      expect([&](Encoder& e) { e.branch_if_zero(true, n, distance); },
             {"cbz " + name(n) + ", #" + std::to_string(distance)}, true);
      expect([&](Encoder& e) { e.branch_if_zero(false, n, distance); },
             {"cbnz " + name(n) + ", #" + std::to_string(distance)}, true);
    }
  }
  expect([](Encoder& e) { e.branch_to_lr(); }, {"bx lr"}, true);
  expect([](Encoder& e) { e.no_operation(); }, {"nop"}, true);
  expect([](Encoder& e) { e.add_program_counter(3); }, {"add r3, pc"}, true);
  expect([](Encoder& e) { e.add_program_counter(9); }, {"add r9, pc"}, true);
  check(200);
}

TEST_F(Decoded, ConditionalInstructions) {
  expect([](Encoder& e) { e.if_then(kEq); }, {"it eq"}, true);
  expect([](Encoder& e) { e.compare(12, 14); }, {"cmpeq r12, lr"}, true);
  expect([](Encoder& e) { e.if_then(kNe); }, {"it ne"}, true);
  expect([](Encoder& e) { static_cast<void>(e.compare_immediate(12, UINT32_MAX)); }, {"cmpne r12, #4294967295"});
  check(4);
}

}  // namespace
}  // namespace perdita::jit::thumb2
