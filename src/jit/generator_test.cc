// SPDX-License-Identifier: Apache-2.0
//
// What every generator promises beside correct code (tests/board/native_test.cc holds it to that): the size it tells is
// the size it writes, nothing is written elsewhere, the same input gives the same bytes, and its workspace is small.
#include <gtest/gtest.h>

#include <cstring>

#include "emulate/random_program.h"
#include "emulate/trace.h"
#include "isa/fact_writer.h"
#include "jit/generate.h"

namespace perdita::jit {
namespace {

constexpr uint8_t kUntouched = 0xa5;
constexpr uint32_t kHelpers[] = {emulate::kEchoHelper};

struct Input {
  emulate::Program program;
  std::vector<isa::Subprogram> subprograms;

  Program get() const {
    return {{program.code.data(), program.code.size()},
            {subprograms.data(), subprograms.size()},
            {program.facts.data(), program.facts.size()},
            Span<const uint32_t>(kHelpers),
            0};
  }
};

Input random_input(std::mt19937_64& random, unsigned statements) {
  Input input;
  input.program = emulate::random_program(random, statements);
  input.subprograms = emulate::whole_frames(input.program.code);
  if (random() % 2 == 0) {
    const emulate::Trace traced = emulate::trace(input.program);
    input.program.facts = emulate::fact_string(input.program.code, traced.facts, random, 2);
  }
  return input;
}

struct Made {
  Generated generated;
  std::vector<uint8_t> code;
};

// Into a buffer of `bytes`, with a workspace of its own: what stands behind each must stay as it is.
Made make(const Target& target, const Input& input, size_t bytes, uint8_t workspace_fill) {
  const size_t needed = target.workspace_bytes(input.get());
  constexpr size_t kBehind = 64;
  std::vector<uint32_t> workspace((needed + kBehind) / sizeof(uint32_t) + 1);
  auto* const work = reinterpret_cast<uint8_t*>(workspace.data());
  std::memset(work, workspace_fill, needed);
  std::memset(work + needed, kUntouched, kBehind);
  std::vector<uint8_t> code(bytes + kBehind, kUntouched);
  const Generated generated = target.generate(input.get(), {work, needed}, {code.data(), bytes}, {});
  for (size_t i = 0; i < kBehind; i++) {
    EXPECT_EQ(work[needed + i], kUntouched);
    EXPECT_EQ(code[bytes + i], kUntouched);
  }
  code.resize(bytes);
  return {generated, code};
}

Generated size_only(const Target& target, const Input& input) {
  std::vector<uint32_t> workspace(target.workspace_bytes(input.get()) / sizeof(uint32_t) + 1);
  return target.generate(input.get(), {reinterpret_cast<uint8_t*>(workspace.data()), workspace.size() * 4}, {}, {});
}

class Generator : public testing::TestWithParam<const Target*> {
 protected:
  const Target& target() const { return *GetParam(); }
};

TEST_P(Generator, SizeIsWhatIsWrittenAndBytesRepeat) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 400; i++) {
    const Input input = random_input(random, static_cast<unsigned>(random() % 60));
    const Generated size = size_only(target(), input);
    ASSERT_EQ(size.failure, Failure::none);
    const Made exact = make(target(), input, size.code_bytes, 0);
    ASSERT_EQ(exact.generated.failure, Failure::none);
    ASSERT_EQ(exact.generated.code_bytes, size.code_bytes);
    // Larger buffers, other rubbish in the workspace: the same bytes.
    for (const size_t more : {40, 1000, 100001}) {
      const Made roomy = make(target(), input, size.code_bytes + more, 0xff);
      ASSERT_EQ(roomy.generated.code_bytes, size.code_bytes);
      ASSERT_TRUE(std::equal(exact.code.begin(), exact.code.end(), roomy.code.begin()));
    }
  }
}

TEST_P(Generator, ABufferTooSmallIsRefused) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 40; i++) {
    const Input input = random_input(random, 12);
    const uint32_t size = size_only(target(), input).code_bytes;
    for (uint32_t bytes = 1; bytes < size; bytes += 1 + bytes / 4) {
      const Made made = make(target(), input, bytes, 0);
      ASSERT_EQ(made.generated.failure, Failure::buffer_too_small);
      ASSERT_EQ(made.generated.code_bytes, size);
    }
  }
}

TEST_P(Generator, AWorkspaceTooSmallIsRefused) {
  std::mt19937_64 random(3);
  const Input input = random_input(random, 12);
  std::vector<uint32_t> workspace(target().workspace_bytes(input.get()) / 4);
  const MutableBytes small = {reinterpret_cast<uint8_t*>(workspace.data()), target().workspace_bytes(input.get()) - 1};
  EXPECT_EQ(target().generate(input.get(), small, {}, {}).failure, Failure::workspace_too_small);
}

// Whatever the facts say, true or not, the generator ends, agrees with itself and stays inside its buffers.
TEST_P(Generator, AnyFactsAtAll) {
  std::mt19937_64 random(4);
  for (int i = 0; i < 1000; i++) {
    Input input = random_input(random, static_cast<unsigned>(random() % 40));
    input.program.facts.resize(random() % 200);
    for (uint8_t& byte : input.program.facts) byte = static_cast<uint8_t>(random());
    const Generated size = size_only(target(), input);
    ASSERT_EQ(size.failure, Failure::none);
    ASSERT_EQ(make(target(), input, size.code_bytes, 0).generated.failure, Failure::none);
  }
}

TEST_P(Generator, AThousandInstructionsTakeLessThanFourKilobytes) {
  const std::vector<isa::Insn> code(1000, {isa::kJmp | isa::kExit, 0, 0, 0});
  std::vector<isa::Subprogram> subprograms(40);  // of 64 it would be 4.3 KB
  for (uint32_t i = 0; i < subprograms.size(); i++) subprograms[i] = {i, 0};
  const Program program = {{code.data(), code.size()}, {subprograms.data(), subprograms.size()}, {}, {}, 0};
  EXPECT_LE(target().workspace_bytes(program), 4096u - (&target() == &armv7m ? 700u : 1100u));  // and its stack
}

TEST_P(Generator, HelpersThatTheImageDoesNotImportAreRefused) {
  Input input;
  input.program.code = {{isa::kJmp | isa::kCall, 0, 0, 7}, {isa::kJmp | isa::kExit, 0, 0, 0}};
  input.subprograms = {{0, 0}};
  EXPECT_EQ(size_only(target(), input).failure, Failure::unknown_helper);
}

// Whether some instruction loads the machine register from the link table.
bool loads_thumb(const std::vector<uint8_t>& code, unsigned reg, unsigned offset) {
  for (size_t i = 0; i + 4 <= code.size(); i += 2) {
    const unsigned first = code[i] | code[i + 1] << 8;
    const unsigned second = code[i + 2] | code[i + 3] << 8;
    // LDR reg, [r11, #offset] (DDI 0403, A7.7.43, encoding T3).
    if (first == 0xf8db && second == (reg << 12 | offset)) return true;
  }
  return false;
}
bool loads_riscv(const std::vector<uint8_t>& code, unsigned reg, unsigned offset) {
  for (size_t i = 0; i + 4 <= code.size(); i += 2) {
    uint32_t insn;
    std::memcpy(&insn, &code[i], sizeof insn);
    // lw reg, offset(s9) (RISC-V unprivileged ISA, 2.6).
    if (insn == (offset << 20 | 25u << 15 | 2u << 12 | reg << 7 | 3u)) return true;
  }
  return false;
}
bool loads_xtensa(const std::vector<uint8_t>& code, unsigned reg, unsigned offset) {
  for (size_t i = 0; i + 3 <= code.size(); i++) {
    // L32I.N or L32I reg, a15, offset (ISA reference manual, chapter 6).
    const unsigned narrow = code[i] | code[i + 1] << 8;
    const unsigned wide = narrow | static_cast<unsigned>(code[i + 2]) << 16;
    if (offset <= 60 && narrow == (offset / 4 << 12 | 0xf00 | reg << 4 | 8)) return true;
    if (wide == (offset / 4 << 16 | 0x2f00 | reg << 4 | 2)) return true;
  }
  return false;
}

// Two helpers, three functions: their thunks, then two words of each map (docs/spec/calling.md).
TEST_P(Generator, TheLinkTableIsTheWayToEverything) {
  const std::vector<isa::Insn> code = {{isa::kLddw, isa::make_regs(1, isa::kLddwMap), 0, 5},
                                       {},
                                       {isa::kLddw, isa::make_regs(2, isa::kLddwMapValue), 0, 6},
                                       {},
                                       {isa::kJmp | isa::kCall, isa::make_regs(0, isa::kCallFunction), 0, 2},
                                       {isa::kJmp | isa::kCall, 0, 0, 1},
                                       {isa::kJmp | isa::kExit, 0, 0, 0}};
  const isa::Subprogram entry = {0, 0};
  constexpr uint32_t kTwo[] = {4, 1};
  const Program program = {{code.data(), code.size()}, {&entry, 1}, {}, Span<const uint32_t>(kTwo), 3};
  std::vector<uint32_t> workspace(target().workspace_bytes(program) / 4 + 1);
  std::vector<uint8_t> bytes(1000);
  const Generated made = target().generate(
      program, {reinterpret_cast<uint8_t*>(workspace.data()), workspace.size() * 4}, {bytes.data(), bytes.size()}, {});
  ASSERT_EQ(made.failure, Failure::none);
  bytes.resize(made.code_bytes);
  // Where each target has r1, r2, a thunk's address, the first argument.
  const auto loads = &target() == &rv32imc ? loads_riscv : &target() == &xtensa ? loads_xtensa : loads_thumb;
  constexpr unsigned kThumb[] = {1, 2, 12, 0}, kRiscv[] = {12, 13, 5, 10}, kXtensa[] = {3, 4, 8, 2};
  const unsigned* const regs = &target() == &rv32imc ? kRiscv : &target() == &xtensa ? kXtensa : kThumb;
  EXPECT_TRUE(loads(bytes, regs[0], 8 + 4 * 5 + 8 * 5));
  EXPECT_TRUE(loads(bytes, regs[1], 8 + 4 * 5 + 8 * 6 + 4));
  EXPECT_TRUE(loads(bytes, regs[2], 8 + 4 * (2 + 2)));
  EXPECT_TRUE(loads(bytes, regs[2], 8 + 4 * 1));
  EXPECT_TRUE(loads(bytes, regs[3], 0));
}

// RISC-V cores may trap where an address is no multiple of the access' size: of the instructions that access memory
// through another register than the stack pointer, none is wider than the fact says.
TEST(RiscV, NoAccessIsWiderThanItIsAligned) {
  constexpr unsigned kSizes[] = {isa::kB, isa::kH, isa::kW, isa::kDw};
  for (const unsigned kind :
       {isa::kLdx | isa::kMem, isa::kLdx | isa::kMemSx, isa::kStx | isa::kMem, isa::kSt | isa::kMem}) {
    for (const unsigned size : kSizes) {
      if (kind == (isa::kLdx | isa::kMemSx) && size == isa::kDw) continue;
      for (unsigned alignment = 0; alignment < 4; alignment++) {
        for (const bool swaps : {false, true}) {
          const isa::Insn access = {static_cast<uint8_t>(kind | size), isa::make_regs(3, 2), 8, 1234};
          const auto bits = static_cast<int32_t>(8 * isa::access_bytes(access.opcode));
          std::vector<isa::Insn> code = {access};
          if (swaps && size != isa::kB) code.push_back({isa::kAlu64 | isa::kEnd, isa::make_regs(3, 0), 0, bits});
          code.push_back({isa::kJmp | isa::kExit, 0, 0, 0});
          isa::FactWriter facts;
          for (const isa::Insn& insn : code) {
            isa::Facts one;
            one.alignment_log2 = static_cast<uint8_t>(alignment);
            facts.add(insn, one);
          }
          const std::vector<uint8_t> bits_of_facts = facts.take();
          const isa::Subprogram entry = {0, 0};
          const Program program = {
              {code.data(), code.size()}, {&entry, 1}, {bits_of_facts.data(), bits_of_facts.size()}, {}, 0};
          std::vector<uint32_t> workspace(rv32imc.workspace_bytes(program) / 4 + 1);
          uint8_t bytes[200];
          const Generated made = rv32imc.generate(
              program, {reinterpret_cast<uint8_t*>(workspace.data()), workspace.size() * 4}, MutableBytes(bytes), {});
          ASSERT_EQ(made.failure, Failure::none);
          unsigned accesses = 0;
          for (uint32_t i = 0; i < made.code_bytes;) {
            uint32_t insn = 0;
            const uint32_t length = (bytes[i] & 3) == 3 ? 4 : 2;
            std::memcpy(&insn, bytes + i, length);
            i += length;
            unsigned wide = 0;
            if (length == 2) {
              const unsigned op = insn & 0xe003;
              if (op == 0x4000 || op == 0xc000) wide = 4;  // c.lw, c.sw
            } else if ((insn & 0x5f) == 3) {               // LOAD, STORE; funct3 holds the size
              wide = 1u << (insn >> 12 & 3);
            }
            if (wide == 0) continue;
            accesses++;
            EXPECT_LE(wide, 1u << alignment) << kind << " " << size;
          }
          EXPECT_GE(accesses, 1u);
        }
      }
    }
  }
}

// More code than offsets can tell; refused in each mode.
TEST_P(Generator, ProgramsTooLargeAreRefused) {
  Input input;
  const isa::Insn divide = {isa::kAlu64 | isa::kDiv | isa::kX, isa::make_regs(2, 3), 1, 0};
  input.program.code.assign(8000, divide);
  input.program.code.push_back({isa::kJmp | isa::kExit, 0, 0, 0});
  input.subprograms = {{0, 0}};
  EXPECT_EQ(size_only(target(), input).failure, Failure::program_too_large);
  EXPECT_EQ(make(target(), input, 100, 0).generated.failure, Failure::program_too_large);
}

INSTANTIATE_TEST_SUITE_P(Targets, Generator, testing::Values(&armv7m, &rv32imc, &xtensa),
                         [](const auto& parameter) { return std::string(parameter.param->name); });

}  // namespace
}  // namespace perdita::jit
