// SPDX-License-Identifier: Apache-2.0
//
// What the generator promises beside correct code (tests/board/native_test.cc holds it to that): the size it tells is
// the size it writes, nothing is written elsewhere, the same input gives the same bytes, and its workspace is small.
#include <gtest/gtest.h>

#include <cstring>

#include "emulate/random_program.h"
#include "emulate/trace.h"
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
Made make(const Input& input, size_t bytes, uint8_t workspace_fill) {
  const size_t needed = xtensa.workspace_bytes(input.get());
  constexpr size_t kBehind = 64;
  std::vector<uint32_t> workspace((needed + kBehind) / sizeof(uint32_t) + 1);
  auto* const work = reinterpret_cast<uint8_t*>(workspace.data());
  std::memset(work, workspace_fill, needed);
  std::memset(work + needed, kUntouched, kBehind);
  std::vector<uint8_t> code(bytes + kBehind, kUntouched);
  const Generated generated = xtensa.generate(input.get(), {work, needed}, {code.data(), bytes}, {});
  for (size_t i = 0; i < kBehind; i++) {
    EXPECT_EQ(work[needed + i], kUntouched);
    EXPECT_EQ(code[bytes + i], kUntouched);
  }
  code.resize(bytes);
  return {generated, code};
}

Generated size_only(const Input& input) {
  std::vector<uint32_t> workspace(xtensa.workspace_bytes(input.get()) / sizeof(uint32_t) + 1);
  return xtensa.generate(input.get(), {reinterpret_cast<uint8_t*>(workspace.data()), workspace.size() * 4}, {}, {});
}

TEST(Xtensa, SizeIsWhatIsWrittenAndBytesRepeat) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 400; i++) {
    const Input input = random_input(random, static_cast<unsigned>(random() % 60));
    const Generated size = size_only(input);
    ASSERT_EQ(size.failure, Failure::none);
    const Made exact = make(input, size.code_bytes, 0);
    ASSERT_EQ(exact.generated.failure, Failure::none);
    ASSERT_EQ(exact.generated.code_bytes, size.code_bytes);
    // Larger buffer, other rubbish in the workspace: the same bytes, and none behind them.
    const Made roomy = make(input, size.code_bytes + 40, 0xff);
    ASSERT_TRUE(std::equal(exact.code.begin(), exact.code.end(), roomy.code.begin()));
    for (size_t at = size.code_bytes; at < roomy.code.size(); at++) ASSERT_EQ(roomy.code[at], kUntouched);
  }
}

TEST(Xtensa, ABufferTooSmallIsLeftAlone) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 40; i++) {
    const Input input = random_input(random, 12);
    const uint32_t size = size_only(input).code_bytes;
    for (uint32_t bytes = 1; bytes < size; bytes += 1 + bytes / 4) {
      const Made made = make(input, bytes, 0);
      ASSERT_EQ(made.generated.failure, Failure::buffer_too_small);
      ASSERT_EQ(made.generated.code_bytes, size);
      for (const uint8_t byte : made.code) ASSERT_EQ(byte, kUntouched);
    }
  }
}

TEST(Xtensa, AWorkspaceTooSmallIsRefused) {
  std::mt19937_64 random(3);
  const Input input = random_input(random, 12);
  std::vector<uint32_t> workspace(xtensa.workspace_bytes(input.get()) / 4);
  const MutableBytes small = {reinterpret_cast<uint8_t*>(workspace.data()), xtensa.workspace_bytes(input.get()) - 1};
  EXPECT_EQ(xtensa.generate(input.get(), small, {}, {}).failure, Failure::workspace_too_small);
}

// Whatever the facts say, true or not, the generator ends, agrees with itself and stays inside its buffers.
TEST(Xtensa, AnyFactsAtAll) {
  std::mt19937_64 random(4);
  for (int i = 0; i < 1000; i++) {
    Input input = random_input(random, static_cast<unsigned>(random() % 40));
    input.program.facts.resize(random() % 200);
    for (uint8_t& byte : input.program.facts) byte = static_cast<uint8_t>(random());
    const Generated size = size_only(input);
    ASSERT_EQ(size.failure, Failure::none);
    ASSERT_EQ(make(input, size.code_bytes, 0).generated.failure, Failure::none);
  }
}

TEST(Xtensa, AThousandInstructionsTakeLessThanFourKilobytes) {
  const std::vector<isa::Insn> code(1000, {isa::kJmp | isa::kExit, 0, 0, 0});
  std::vector<isa::Subprogram> subprograms(isa::kMaxSubprograms);
  for (uint32_t i = 0; i < subprograms.size(); i++) subprograms[i] = {i, 0};
  const Program program = {{code.data(), code.size()}, {subprograms.data(), subprograms.size()}, {}, {}, 0};
  EXPECT_LE(xtensa.workspace_bytes(program), 4096u - 400);  // and its stack
}

TEST(Xtensa, HelpersThatTheImageDoesNotImportAreRefused) {
  Input input;
  input.program.code = {{isa::kJmp | isa::kCall, 0, 0, 7}, {isa::kJmp | isa::kExit, 0, 0, 0}};
  input.subprograms = {{0, 0}};
  EXPECT_EQ(size_only(input).failure, Failure::unknown_helper);
}

// L32I of the register from the link table, a15, in its 16-bit form (up to 60) or its 24-bit one.
bool loads(const std::vector<uint8_t>& code, unsigned reg, unsigned base, unsigned offset) {
  for (size_t i = 0; i + 3 <= code.size(); i++) {
    const unsigned narrow = code[i] | code[i + 1] << 8;
    if (offset <= 60 && narrow == (offset / 4 << 12 | base << 8 | reg << 4 | 8)) return true;
    const unsigned wide = narrow | static_cast<unsigned>(code[i + 2]) << 16;
    if (wide == (offset / 4 << 16 | 2u << 12 | base << 8 | reg << 4 | 2)) return true;
  }
  return false;
}

// Two helpers, three functions: their thunks, then two words of each map (docs/spec/calling.md).
TEST(Xtensa, TheLinkTableIsTheWayToEverything) {
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
  std::vector<uint32_t> workspace(xtensa.workspace_bytes(program) / 4 + 1);
  std::vector<uint8_t> bytes(1000);
  const Generated made = xtensa.generate(program, {reinterpret_cast<uint8_t*>(workspace.data()), workspace.size() * 4},
                                         {bytes.data(), bytes.size()}, {});
  ASSERT_EQ(made.failure, Failure::none);
  bytes.resize(made.code_bytes);
  EXPECT_TRUE(loads(bytes, 3, 15, 8 + 4 * 5 + 8 * 5));
  EXPECT_TRUE(loads(bytes, 4, 15, 8 + 4 * 5 + 8 * 6 + 4));
  EXPECT_TRUE(loads(bytes, 8, 15, 8 + 4 * (2 + 2)));
  EXPECT_TRUE(loads(bytes, 8, 15, 8 + 4 * 1));
  EXPECT_TRUE(loads(bytes, 2, 15, 0));
}

// More code than offsets can tell; refused in each mode, and no byte is written.
TEST(Xtensa, ProgramsTooLargeAreRefused) {
  Input input;
  const isa::Insn divide = {isa::kAlu64 | isa::kDiv | isa::kX, isa::make_regs(2, 3), 1, 0};
  input.program.code.assign(5000, divide);
  input.program.code.push_back({isa::kJmp | isa::kExit, 0, 0, 0});
  input.subprograms = {{0, 0}};
  EXPECT_EQ(size_only(input).failure, Failure::program_too_large);
  EXPECT_EQ(make(input, 100, 0).code, std::vector<uint8_t>(100, kUntouched));
}

}  // namespace
}  // namespace perdita::jit
