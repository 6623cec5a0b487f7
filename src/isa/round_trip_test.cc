// SPDX-License-Identifier: Apache-2.0
//
// Instructions to text and back, over every form; and LLVM as a second opinion on both directions.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "isa/assemble.h"
#include "isa/disassemble.h"
#include "isa/form.h"
#include "isa/validate.h"

namespace perdita::isa {
namespace {

using Slots = std::vector<Insn>;

std::string text_of(const Slots& slots) { return disassemble(slots[0], slots.size() > 1 ? &slots[1] : nullptr); }

std::vector<unsigned> registers_for(RegisterRule rule, const Insn& insn) {
  switch (rule) {
    case RegisterRule::reserved:
    case RegisterRule::reference_kind:
      return {0};
    case RegisterRule::write:
    case RegisterRule::read_write:
      return {0, 1, 5, 9};
    case RegisterRule::by_operation:
      if ((insn.imm & kFetch) != 0 && insn.imm != kCmpxchg) return {0, 1, 9};
      return {0, 1, 9, 10};
    case RegisterRule::read:
      return {0, 1, 9, 10};
  }
  return {};
}

std::vector<int16_t> offsets_for(OffsetRule rule) {
  switch (rule) {
    case OffsetRule::reserved:
      return {0};
    case OffsetRule::displacement:
    case OffsetRule::target:
      return {INT16_MIN, -8, -1, 0, 1, 8, INT16_MAX};
    case OffsetRule::signed_division:
      return {0, 1};
    case OffsetRule::extension32:
      return {0, 8, 16};
    case OffsetRule::extension64:
      return {0, 8, 16, 32};
  }
  return {};
}

std::vector<int32_t> imms_for(ImmRule rule) {
  switch (rule) {
    case ImmRule::reserved:
      return {0};
    case ImmRule::value:
    case ImmRule::target:
    case ImmRule::reference:
      return {INT32_MIN, INT32_MIN + 1, -65536, -1, 0, 1, 10, 255, 65536, INT32_MAX};
    case ImmRule::swap_bits:
      return {16, 32, 64};
    case ImmRule::atomic_operation:
      return {0x00, 0x01, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe1, 0xf1};
  }
  return {};
}

// Every opcode that exists, each with registers and values at the edges of what its form allows. References last.
std::vector<Slots> all_forms() {
  std::vector<Slots> out;
  for (unsigned opcode = 0; opcode < 256; opcode++) {
    const Form form = form_of(static_cast<uint8_t>(opcode));
    if (form == Form::invalid || form == Form::legacy || form == Form::load_wide || form == Form::call) continue;
    const FormRules rules = rules_of(form);
    for (int32_t imm : imms_for(rules.imm)) {
      for (int16_t offset : offsets_for(rules.offset)) {
        Insn insn{static_cast<uint8_t>(opcode), 0, offset, imm};
        for (unsigned dst : registers_for(rules.dst, insn)) {
          for (unsigned src : registers_for(rules.src, insn)) {
            insn.regs = make_regs(dst, src);
            out.push_back({insn});
          }
        }
      }
    }
  }
  for (unsigned dst : {0u, 1u, 9u}) {
    for (int32_t imm : imms_for(ImmRule::value)) {
      for (int32_t next : imms_for(ImmRule::value)) {
        out.push_back({{kLddw, make_regs(dst, kLddwImm), 0, imm}, {0, 0, 0, next}});
      }
    }
  }
  for (int32_t imm : imms_for(ImmRule::value)) out.push_back({{kJmp | kCall, 0, 0, imm}});
  return out;
}

std::vector<Slots> all_references() {
  std::vector<Slots> out;
  for (int32_t imm : imms_for(ImmRule::reference)) {
    out.push_back({{kJmp | kCall, make_regs(0, kCallLocal), 0, imm}});
    out.push_back({{kJmp | kCall, make_regs(0, kCallFunction), 0, imm}});
    out.push_back({{kLddw, make_regs(3, kLddwFunction), 0, imm}, {0, 0, 0, 0}});
    out.push_back({{kLddw, make_regs(3, kLddwMap), 0, imm}, {0, 0, 0, 0}});
    for (int32_t next : imms_for(ImmRule::value)) {
      out.push_back({{kLddw, make_regs(3, kLddwMapValue), 0, imm}, {0, 0, 0, next}});
    }
  }
  return out;
}

TEST(RoundTrip, EveryFormOfInstruction) {
  std::vector<Slots> samples = all_forms();
  const std::vector<Slots> references = all_references();
  samples.insert(samples.end(), references.begin(), references.end());
  EXPECT_GT(samples.size(), 5000u);
  for (const Slots& slots : samples) {
    const std::string text = text_of(slots);
    auto back = assemble(text);
    ASSERT_TRUE(back) << text << ": " << back.error().need;
    ASSERT_EQ(*back, slots) << text;
  }
}

TEST(RoundTrip, WholeListing) {
  Slots code;
  for (const Slots& slots : all_forms()) code.insert(code.end(), slots.begin(), slots.end());
  auto back = assemble(disassemble(Span<const Insn>(code.data(), code.size())));
  ASSERT_TRUE(back) << back.error().place.line << ": " << back.error().need;
  EXPECT_EQ(*back, code);
}

TEST(Disassemble, Listing) {
  const Slots code = {{kAlu64 | kMov, 0, 0, 7},
                      {kLddw, make_regs(1, kLddwMapValue), 0, 2},
                      {0, 0, 0, 16},
                      {kJmp | kJsgt, make_regs(0, 0), -4, -1},
                      {kJmp | kExit, 0, 0, 0}};
  EXPECT_EQ(disassemble(Span<const Insn>(code.data(), code.size())),
            "   0: r0 = 7\n"
            "   1: r1 = map[2][0]+16\n"
            "   3: if r0 s> -1 goto -4\n"
            "   4: exit\n");
}

// Text for whatever bytes; what is no instruction is shown as such and does not assemble.
TEST(Disassemble, AnyInstruction) {
  for (unsigned opcode = 0; opcode < 256; opcode++) {
    for (unsigned regs = 0; regs < 256; regs++) {
      for (int32_t imm : {0, 1, 2, 16, 0xe1, -1}) {
        const Insn insn{static_cast<uint8_t>(opcode), static_cast<uint8_t>(regs), 0, imm};
        const std::string text = disassemble(insn, nullptr);
        ASSERT_FALSE(text.empty()) << opcode;
        if (form_of(insn.opcode) == Form::invalid || text.starts_with("invalid")) {
          ASSERT_TRUE(text.starts_with("invalid")) << text;
          ASSERT_FALSE(assemble(text));
        }
      }
    }
  }
}

// ---- LLVM's assembler and disassembler as an independent reading ----

bool exists(const char* tool) {
  return std::system((std::string("command -v ") + tool + " >/dev/null 2>&1").c_str()) == 0;
}

std::string run(const std::string& command) {
  std::string out;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  char buffer[65536];
  for (size_t got = 0; (got = fread(buffer, 1, sizeof buffer, pipe)) != 0;) out.append(buffer, got);
  EXPECT_EQ(pclose(pipe), 0) << command;
  return out;
}

// A directory of this test's own, gone with it.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "isa-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::string file(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// LLVM 19's assembler takes a number of 16 bits only where gotol has 32; its disassembler prints them all.
bool llvm_assembles(const Slots& slots) {
  return form_of(slots[0].opcode) != Form::jump_wide || (slots[0].imm >= INT16_MIN && slots[0].imm <= INT16_MAX);
}

TEST(Llvm, AssemblesOurTextToTheSameBytes) {
  if (!exists("llvm-mc-19") || !exists("llvm-objcopy-19")) GTEST_SKIP() << "llvm-mc-19 is not installed";
  const Scratch scratch;
  std::vector<Slots> samples;
  size_t slot_count = 0;
  {
    std::ofstream file(scratch.file("in.s"));
    for (const Slots& slots : all_forms()) {
      if (!llvm_assembles(slots)) continue;
      samples.push_back(slots);
      slot_count += slots.size();
      file << text_of(slots) << "\n";
    }
  }
  run("llvm-mc-19 --triple=bpfel -mcpu=v4 -filetype=obj -o " + scratch.file("out.o") + " " + scratch.file("in.s"));
  run("llvm-objcopy-19 -O binary --only-section=.text " + scratch.file("out.o") + " " + scratch.file("out.bin"));
  std::ifstream file(scratch.file("out.bin"), std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  const std::string got = bytes.str();
  ASSERT_EQ(got.size(), slot_count * sizeof(Insn));
  size_t at = 0;
  for (const Slots& slots : samples) {
    ASSERT_EQ(std::memcmp(got.data() + at, slots.data(), slots.size() * sizeof(Insn)), 0) << text_of(slots);
    at += slots.size() * sizeof(Insn);
  }
}

TEST(Llvm, OurAssemblerReadsWhatLlvmPrints) {
  if (!exists("llvm-mc-19")) GTEST_SKIP() << "llvm-mc-19 is not installed";
  const Scratch scratch;
  const std::vector<Slots> samples = all_forms();
  {
    std::ofstream file(scratch.file("in.txt"));
    for (const Slots& slots : samples) {
      for (size_t i = 0; i < slots.size() * sizeof(Insn); i++) {
        char byte[8];
        std::snprintf(byte, sizeof byte, "0x%02x ", reinterpret_cast<const uint8_t*>(slots.data())[i]);
        file << byte;
      }
      file << "\n";
    }
  }
  std::istringstream lines(run("llvm-mc-19 --triple=bpfel -mcpu=v4 --disassemble " + scratch.file("in.txt")));
  std::string line;
  size_t at = 0;
  while (std::getline(lines, line)) {
    if (line.find_first_not_of(" \t") == std::string::npos || line.find(".text") != std::string::npos) continue;
    ASSERT_LT(at, samples.size()) << line;
    auto code = assemble(line);
    ASSERT_TRUE(code) << line << " for " << text_of(samples[at]) << ": " << code.error().need;
    ASSERT_EQ(*code, samples[at]) << line << " for " << text_of(samples[at]);
    at++;
  }
  EXPECT_EQ(at, samples.size());
}

}  // namespace
}  // namespace perdita::isa
