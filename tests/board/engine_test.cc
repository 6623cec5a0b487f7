// SPDX-License-Identifier: Apache-2.0
//
// All engines on the emulated boards: the public conformance suite, every arithmetic and jump opcode against the
// reference semantics, memory accesses that are aligned in no way, and callbacks. The interpreter's inner loop is made
// of other code there than on the host (word_pair.h).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "emulate/board.h"
#include "emulate/firmware.h"
#include "isa/assemble.h"
#include "isa/conformance_case.h"
#include "isa/reference.h"

namespace perdita::emulate {
namespace {

using namespace isa;  // NOLINT: names of opcodes

constexpr JobEngine kEngines[] = {kJobGuarded, kJobInterpreter, kJobNative};
constexpr const char* kEngineNames[] = {" (guarded)", " (interpreter)", " (native)"};

Insn make(unsigned opcode, unsigned dst, unsigned src, int offset, int32_t imm) {
  return {static_cast<uint8_t>(opcode), make_regs(dst, src), static_cast<int16_t>(offset), imm};
}
const Insn kReturn = make(kJmp | kExit, 0, 0, 0, 0);

void load_constant(std::vector<Insn>& code, unsigned dst, uint64_t value) {
  code.push_back(make(kLddw, dst, kLddwImm, 0, static_cast<int32_t>(value)));
  code.push_back(make(0, 0, 0, 0, static_cast<int32_t>(value >> 32)));
}

class BoardEngines : public testing::TestWithParam<const jit::Target*> {
 protected:
  void SetUp() override {
    runner_ = find_runner(GetParam()->name);
    if (!runner_) GTEST_SKIP() << "the runner firmware for " << GetParam()->name << " is not built: script/build";
  }

  // Adds a program for each engine, and what r0 must be.
  void expect(const std::vector<Insn>& code, const std::vector<uint8_t>& memory, uint64_t result,
              const std::string& what) {
    for (const JobEngine engine : kEngines) {
      Program program;
      program.engine = engine;
      program.code = code;
      program.memory = memory;
      if (!refusal(program).empty()) return;
      programs_.push_back(program);
      results_.push_back(result);
      names_.push_back(what + kEngineNames[engine]);
    }
  }

  void run(size_t at_least, const std::string& emulator_arguments = "") {
    EXPECT_GE(programs_.size(), at_least);
    const auto ran = run_on_board(*runner_, programs_, emulator_arguments);
    ASSERT_TRUE(ran) << ran.error().message << ": " << ran.error().have;
    for (size_t i = 0; i < programs_.size(); i++) {
      ASSERT_EQ((*ran)[i].status, Status::ok) << names_[i];
      ASSERT_EQ((*ran)[i].result, results_[i]) << names_[i];
      ASSERT_EQ((*ran)[i].memory_sum, run_here(programs_[i]).memory_sum) << names_[i];
      if (programs_[i].engine != kJobNative) continue;
      // The board's compile and the host's: the same bytes.
      const auto code = compile_here(*GetParam(), programs_[i]);
      ASSERT_TRUE(code) << names_[i];
      ASSERT_EQ((*ran)[i].code_bytes, code->size()) << names_[i];
      ASSERT_EQ((*ran)[i].code_sum, checksum(code->data(), static_cast<uint32_t>(code->size()))) << names_[i];
    }
  }

  std::optional<std::filesystem::path> runner_;
  std::vector<Program> programs_;
  std::vector<uint64_t> results_;
  std::vector<std::string> names_;
};

TEST_P(BoardEngines, ConformanceSuite) {
  const auto folder = conformance_folder();
  if (!folder) GTEST_SKIP() << "the conformance suite is not beside the checkout";
  for (const ConformanceCase& test : read_conformance_cases(*folder)) {
    const auto code = assemble(test.text);
    ASSERT_TRUE(code) << test.name;
    expect(*code, test.memory, test.result.value_or(0), test.name);
  }
  run(326);
}

constexpr std::pair<uint64_t, uint64_t> kPairs[] = {
    {0, 0},
    {0x123456789abcdef0, 0x0fedcba987654321},
    {0x8000000000000000, 0xffffffffffffffff},
    {0x80000000, 0xffffffff},
    {0xffffffff, 1},
    {0x100000000, 0xffffffff},
    {0xfffffffffffffff9, 4},
    {7, 0xfffffffffffffffe},
    {0xdeadbeefcafebabe, 37},
    {0x7fffffffffffffff, 0x8000000000000000},
};

TEST_P(BoardEngines, ArithmeticAgainstTheReference) {
  for (unsigned opcode = 0; opcode < 256; opcode++) {
    const uint8_t group = insn_class(static_cast<uint8_t>(opcode));
    if (group != kAlu && group != kAlu64) continue;
    const bool by_register = (opcode & kX) != 0 && insn_op(static_cast<uint8_t>(opcode)) != kEnd;
    for (const int offset : {0, 1, 8, 16, 32}) {
      for (const int32_t imm : {0, 1, -1, 7, 16, 32, 33, 64, INT32_MIN}) {
        const Insn insn = make(opcode, 3, by_register ? 4 : 0, offset, imm);
        for (const auto& [dst, src] : kPairs) {
          std::vector<Insn> code;
          load_constant(code, 3, dst);
          load_constant(code, 4, src);
          code.insert(code.end(), {insn, make(kAlu64 | kMov | kX, 0, 3, 0, 0), kReturn});
          Program program;
          program.code = code;
          if (!refusal(program).empty()) break;
          expect(code, {}, reference_arithmetic(insn, dst, src), std::to_string(opcode) + "/" + std::to_string(imm));
        }
      }
    }
  }
  run(4000);
}

TEST_P(BoardEngines, JumpsAgainstTheReference) {
  for (unsigned opcode = 0; opcode < 256; opcode++) {
    const uint8_t group = insn_class(static_cast<uint8_t>(opcode));
    const uint8_t op = insn_op(static_cast<uint8_t>(opcode));
    if ((group != kJmp && group != kJmp32) || op == kJa || op == kCall || op == kExit) continue;
    for (const int32_t imm : {0, -1, 7, INT32_MIN}) {
      const Insn insn = make(opcode, 3, (opcode & kX) != 0 ? 4 : 0, 1, imm);
      for (const auto& [dst, src] : kPairs) {
        std::vector<Insn> code = {make(kAlu64 | kMov | kK, 0, 0, 0, 1)};
        load_constant(code, 3, dst);
        load_constant(code, 4, src);
        code.insert(code.end(), {insn, make(kAlu64 | kMov | kK, 0, 0, 0, 0), kReturn});
        Program program;
        program.code = code;
        if (!refusal(program).empty()) break;
        expect(code, {}, reference_taken(insn, dst, src) ? 1 : 0, std::to_string(opcode));
      }
    }
  }
  run(2000);
}

// With an emulator that ends at the first unaligned access of the machine, where the target does not rely on them.
// Where it does, the same emulator must have seen one.
TEST_P(BoardEngines, AccessesAtEveryAlignment) {
  std::vector<uint8_t> memory(24);
  for (size_t i = 0; i < memory.size(); i++) memory[i] = static_cast<uint8_t>(0x5d * i + 0x83);
  for (int offset = 0; offset < 16; offset++) {
    uint64_t bits;
    std::memcpy(&bits, &memory[static_cast<size_t>(offset)], sizeof bits);
    for (const uint8_t size : {kB, kH, kW, kDw}) {
      for (const uint8_t mode : {kMem, kMemSx}) {
        const Insn load = make(kLdx | mode | size, 0, 1, offset, 0);
        Program program;
        program.code = {load, kReturn};
        if (refusal(program).empty()) expect(program.code, memory, reference_loaded(load, bits), "load");
      }
      std::vector<Insn> code;
      load_constant(code, 4, 0x1122334455667788);
      code.push_back(make(kAlu64 | kMov | kK, 0, 0, 0, 0));
      code.push_back(make(kStx | kMem | size, 1, 4, offset, 0));
      code.push_back(kReturn);
      expect(code, memory, 0, "store of a register");  // run() compares the memory
      code[3] = make(kSt | kMem | size, 1, 0, offset, -0x12345678);
      expect(code, memory, 0, "store of an immediate");
    }
  }
  const std::string watched = "-plugin " + std::string(PERDITA_ALIGNED_PLUGIN);
  const bool unaligned = GetParam() == &jit::armv7m;
  run(400, unaligned ? "" : watched);
  if (unaligned) {
    const auto ran = run_on_board(*runner_, programs_, watched);
    ASSERT_FALSE(ran);
    EXPECT_THAT(ran.error().have, testing::HasSubstr("unaligned access to"));
  }
}

// r0 = loop(n, callback, stack, flags); the callback adds its index to a sum on the caller's stack and ends at `last`.
std::vector<Insn> summing_loop(int32_t n, int32_t last, int32_t flags) {
  return {
      make(kSt | kMem | kDw, 10, 0, -8, 0),
      make(kAlu64 | kMov | kK, 6, 0, 0, 77),
      make(kAlu64 | kMov | kK, 1, 0, 0, n),
      make(kLddw, 2, kLddwFunction, 0, 11),
      make(0, 0, 0, 0, 0),
      make(kAlu64 | kMov | kX, 3, 10, 0, 0),
      make(kAlu64 | kAdd | kK, 3, 0, 0, -8),
      make(kAlu64 | kMov | kK, 4, 0, 0, flags),
      make(kJmp | kCall, 0, kCallHelper, 0, 181),
      make(kAlu64 | kMul | kK, 0, 0, 0, 1000),
      make(kLdx | kMem | kDw, 1, 10, -8, 0),
      make(kAlu64 | kAdd | kX, 0, 1, 0, 0),
      make(kAlu64 | kMul | kK, 0, 0, 0, 100),
      make(kAlu64 | kAdd | kX, 0, 6, 0, 0),
      kReturn,
      // callback: r1 index, r2 data
      make(kLdx | kMem | kDw, 6, 2, 0, 0),
      make(kAlu64 | kAdd | kX, 6, 1, 0, 0),
      make(kStx | kMem | kDw, 2, 6, 0, 0),
      make(kAlu64 | kMov | kK, 0, 0, 0, 0),
      make(kJmp | kJne | kK, 1, 0, 1, last),
      make(kAlu64 | kMov | kK, 0, 0, 0, 1),
      kReturn,
  };
}

TEST_P(BoardEngines, CallbacksOfLoop) {
  expect(summing_loop(0, -1, 0), {}, 77, "no iteration");
  expect(summing_loop(10, -1, 0), {}, (10 * 1000 + 45) * 100 + 77, "all iterations");
  expect(summing_loop(10, 3, 0), {}, (4 * 1000 + 6) * 100 + 77, "ended by the callback");
  expect(summing_loop(10, -1, 1), {}, static_cast<uint64_t>(-22 * 1000) * 100 + 77, "flags");
  expect(summing_loop((1 << 23) + 1, -1, 0), {}, static_cast<uint64_t>(-7 * 1000) * 100 + 77, "too many");
  run(10);
}

// The board restarts after a fault, and would run the jobs, and fault, for ever.
TEST_P(BoardEngines, AFaultEndsTheRunAndIsTold) {
  const auto faulty = find_firmware(GetParam()->name, "fault_test");
  ASSERT_TRUE(faulty) << "built with the runner";
  Program program;
  program.code = {kReturn};
  const auto ran = run_on_board(*faulty, {program});
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().message, "the board ran 0 of 1 programs");
  EXPECT_THAT(ran.error().have, testing::StartsWith("perdita fault: "));
}

INSTANTIATE_TEST_SUITE_P(Targets, BoardEngines, testing::Values(&jit::armv7m, &jit::rv32imc, &jit::xtensa),
                         [](const auto& parameter) { return std::string(parameter.param->name); });

}  // namespace
}  // namespace perdita::emulate
