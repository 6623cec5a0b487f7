// SPDX-License-Identifier: Apache-2.0
//
// Both engines against the public conformance suite and against the reference semantics (isa/reference.h): every
// arithmetic, jump, load and atomic opcode on values at the edges and at random.
#include "runtime/engine.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "isa/assemble.h"
#include "isa/conformance_case.h"
#include "isa/reference.h"
#include "isa/validate.h"
#include "runtime/engine_bench.h"

namespace perdita::runtime {
namespace {

using namespace isa;  // NOLINT: names of opcodes

constexpr EngineBench::Engine kEngines[] = {run_interpreter, run_guarded};

Insn make(unsigned opcode, unsigned dst, unsigned src, int offset, int32_t imm) {
  return {static_cast<uint8_t>(opcode), make_regs(dst, src), static_cast<int16_t>(offset), imm};
}
void load_constant(std::vector<Insn>& code, unsigned dst, uint64_t value) {
  code.push_back(make(kLddw, dst, kLddwImm, 0, static_cast<int32_t>(value)));
  code.push_back(make(0, 0, 0, 0, static_cast<int32_t>(value >> 32)));
}
const Insn kReturn = make(kJmp | kExit, 0, 0, 0, 0);

bool valid(const std::vector<Insn>& code) {
  Violation violation;
  return validate({code.data(), code.size()}, {}, violation);
}

TEST(Engines, ConformanceSuite) {
  const auto folder = conformance_folder();
  if (!folder) GTEST_SKIP() << "the conformance suite is not beside the checkout";
  size_t cases = 0;
  for (const ConformanceCase& test : read_conformance_cases(*folder)) {
    std::vector<Insn> code = test.raw;
    if (code.empty() && !test.text.empty()) {
      const auto assembled = assemble(test.text);
      ASSERT_TRUE(assembled) << test.name;
      code = *assembled;
    }
    if (code.empty()) continue;
    if (!valid(code)) {
      EXPECT_TRUE(test.must_fail) << test.name;
      continue;
    }
    cases++;
    for (const auto engine : kEngines) {
      EngineBench bench;
      bench.context = test.memory;
      const Outcome outcome = bench.run(engine, code);
      if (test.must_fail) {
        EXPECT_TRUE(engine != run_guarded || outcome.status != Status::ok) << test.name;
        continue;
      }
      EXPECT_EQ(outcome.status, Status::ok) << test.name;
      EXPECT_EQ(outcome.result, test.result.value_or(outcome.result)) << test.name;
    }
  }
  EXPECT_GT(cases, 150u);
}

constexpr uint64_t kEdges[] = {0,
                               1,
                               2,
                               31,
                               32,
                               63,
                               64,
                               0x7f,
                               0x80,
                               0x7fff,
                               0x8000,
                               0x7fffffff,
                               0x80000000,
                               0xffffffff,
                               0x100000000,
                               0x7fffffffffffffff,
                               0x8000000000000000,
                               0xffffffff80000000,
                               0xfffffffffffffffe,
                               0xffffffffffffffff};

// All pairs of edges, then random values.
template <typename Check>
void for_values(Check check) {
  for (const uint64_t a : kEdges) {
    for (const uint64_t b : kEdges) check(a, b);
  }
  std::mt19937_64 random(1);
  for (int i = 0; i < 100; i++) check(random(), random() >> random() % 64);
}

TEST(Engines, ArithmeticAgainstTheReference) {
  EngineBench bench;
  size_t forms = 0;
  for (unsigned opcode = 0; opcode < 256; opcode++) {
    const uint8_t cls = insn_class(static_cast<uint8_t>(opcode));
    if (cls != kAlu && cls != kAlu64) continue;
    for (const int offset : {0, 1, 8, 16, 32}) {
      for (const int32_t imm : {0, 1, -1, 7, 16, 32, 64, 33, INT32_MIN, INT32_MAX}) {
        const bool by_register = (opcode & kX) != 0 && insn_op(static_cast<uint8_t>(opcode)) != kEnd;
        const Insn insn = make(opcode, 3, by_register ? 4 : 0, offset, imm);
        if (!valid({insn, kReturn})) continue;
        forms++;
        for_values([&](uint64_t dst, uint64_t src) {
          std::vector<Insn> code;
          load_constant(code, 3, dst);
          load_constant(code, 4, src);
          code.push_back(insn);
          code.push_back(make(kAlu64 | kMov | kX, 0, 3, 0, 0));
          code.push_back(kReturn);
          for (const auto engine : kEngines) {
            const Outcome outcome = bench.run(engine, code);
            ASSERT_EQ(outcome.status, Status::ok);
            ASSERT_EQ(outcome.result, reference_arithmetic(insn, dst, src))
                << std::hex << opcode << " " << offset << " " << imm << " " << dst << " " << src;
          }
        });
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
  EXPECT_GT(forms, 150u);
}

TEST(Engines, JumpsAgainstTheReference) {
  EngineBench bench;
  size_t forms = 0;
  for (unsigned opcode = 0; opcode < 256; opcode++) {
    const uint8_t cls = insn_class(static_cast<uint8_t>(opcode));
    const uint8_t op = insn_op(static_cast<uint8_t>(opcode));
    if ((cls != kJmp && cls != kJmp32) || op == kJa || op == kCall || op == kExit) continue;
    for (const int32_t imm : {0, 1, -1, 64, INT32_MIN, INT32_MAX}) {
      const Insn insn = make(opcode, 3, (opcode & kX) != 0 ? 4 : 0, 1, imm);
      if (!valid({insn, kReturn, kReturn})) continue;
      forms++;
      for_values([&](uint64_t dst, uint64_t src) {
        std::vector<Insn> code = {make(kAlu64 | kMov | kK, 0, 0, 0, 1)};
        load_constant(code, 3, dst);
        load_constant(code, 4, src);
        code.push_back(insn);
        code.push_back(make(kAlu64 | kMov | kK, 0, 0, 0, 0));
        code.push_back(kReturn);
        for (const auto engine : kEngines) {
          const Outcome outcome = bench.run(engine, code);
          ASSERT_EQ(outcome.status, Status::ok);
          ASSERT_EQ(outcome.result, reference_taken(insn, dst, src) ? 1u : 0u)
              << std::hex << opcode << " " << imm << " " << dst << " " << src;
        }
      });
      if (testing::Test::HasFatalFailure()) return;
    }
  }
  EXPECT_GT(forms, 60u);
}

// Loads, stores and atomics on memory that is aligned in no way (atomics: to their size).
TEST(Engines, MemoryAgainstTheReference) {
  std::mt19937_64 random(2);
  for (const auto engine : kEngines) {
    for (unsigned offset = 0; offset < 16; offset++) {
      for (const uint8_t mode : {kMem, kMemSx}) {
        for (const uint8_t size : {kB, kH, kW, kDw}) {
          const Insn insn = make(kLdx | mode | size, 0, 1, static_cast<int>(offset), 0);
          if (!valid({insn, kReturn})) continue;
          EngineBench bench;
          bench.context.resize(24);
          for (uint8_t& byte : bench.context) byte = static_cast<uint8_t>(random());
          uint64_t bits;
          memcpy(&bits, &bench.context[offset], sizeof bits);
          ASSERT_EQ(bench.run(engine, {insn, kReturn}).result, reference_loaded(insn, bits));
        }
      }
      for (const uint8_t size : {kB, kH, kW, kDw}) {
        const unsigned bytes = access_bytes(size);
        for (const uint8_t cls : {kSt, kStx}) {
          EngineBench bench;
          bench.context.assign(24, 0x55);
          const uint64_t value = random();
          const auto imm = static_cast<int32_t>(random());
          std::vector<Insn> code;
          load_constant(code, 4, value);
          code.push_back(make(cls | kMem | size, 1, cls == kStx ? 4 : 0, static_cast<int>(offset), imm));
          code.push_back(kReturn);
          std::vector<uint8_t> expected = bench.context;
          const uint64_t stored = cls == kStx ? value : static_cast<uint64_t>(static_cast<int64_t>(imm));
          memcpy(&expected[offset], &stored, bytes);
          ASSERT_EQ(bench.run(engine, code).status, Status::ok);
          ASSERT_EQ(bench.context, expected);
        }
      }
    }
  }
}

TEST(Engines, AtomicsAgainstTheReference) {
  std::mt19937_64 random(3);
  constexpr int32_t kOperations[] = {kAdd,         kOr,           kAnd,          kXor,  kAdd | kFetch,
                                     kOr | kFetch, kAnd | kFetch, kXor | kFetch, kXchg, kCmpxchg};
  for (const auto engine : kEngines) {
    for (const uint8_t size : {kW, kDw}) {
      for (const int32_t operation : kOperations) {
        for (int round = 0; round < 200; round++) {
          const Insn insn = make(kStx | kAtomic | size, 1, 4, 8, operation);
          const uint64_t memory = random();
          const uint64_t src = random();
          const uint64_t r0 = round % 2 == 0 ? memory : random();  // every other exchange happens
          EngineBench bench;
          bench.context.assign(48, 0);
          memcpy(&bench.context[8], &memory, sizeof memory);
          std::vector<Insn> code;
          load_constant(code, 4, src);
          load_constant(code, 0, r0);
          code.push_back(insn);
          code.push_back(make(kStx | kMem | kDw, 1, 4, 32, 0));
          code.push_back(kReturn);
          const Outcome outcome = bench.run(engine, code);
          const AtomicOutcome expected = reference_atomic(insn, memory, src, r0);
          uint64_t memory_after;
          uint64_t src_after;
          memcpy(&memory_after, &bench.context[8], sizeof memory_after);
          memcpy(&src_after, &bench.context[32], sizeof src_after);
          if (size == kW) {
            ASSERT_EQ(memory_after >> 32, memory >> 32) << "beside the 32 bits";
            memory_after = static_cast<uint32_t>(memory_after);
          }
          ASSERT_EQ(memory_after, expected.memory) << operation;
          ASSERT_EQ(src_after, expected.src) << operation;
          ASSERT_EQ(outcome.result, expected.r0) << operation;
          ASSERT_EQ(bench.port.depth, 0u);
        }
      }
    }
  }
}

// The whole register file and the stack after straight-line programs of random arithmetic: the engines agree.
TEST(Engines, RandomProgramsAgree) {
  std::mt19937 random(4);
  for (int round = 0; round < 3000; round++) {
    std::vector<Insn> code;
    for (unsigned reg = 0; reg < 10; reg++) load_constant(code, reg, (uint64_t{random()} << 32) | random());
    for (int i = 0; i < 30; i++) {
      const Insn insn = make((random() & 0xf0) | (random() % 2 == 0 ? kAlu : kAlu64) | (random() & kX), random() % 10,
                             random() % 10, random() % 3 == 0 ? 1 << random() % 6 : 0, static_cast<int32_t>(random()));
      Insn tried = insn;
      if ((tried.opcode & kX) == 0) tried.regs = make_regs(insn.dst(), 0);
      if ((tried.opcode & kX) != 0) tried.imm = 0;
      if (valid({tried, kReturn})) code.push_back(tried);
    }
    // r0 becomes a digest of all registers.
    for (unsigned reg = 1; reg < 10; reg++) {
      code.push_back(make(kAlu64 | kMul | kK, 0, 0, 0, 31));
      code.push_back(make(kAlu64 | kXor | kX, 0, reg, 0, 0));
    }
    code.push_back(kReturn);
    EngineBench bench;
    const Outcome interpreted = bench.run(run_interpreter, code);
    const Outcome guarded = bench.run(run_guarded, code);
    ASSERT_EQ(interpreted.status, Status::ok);
    ASSERT_EQ(guarded.status, Status::ok);
    ASSERT_EQ(interpreted.result, guarded.result);
    ASSERT_EQ(guarded.steps, code.size() - 10);  // a lddw is one step
  }
}

// A subprogram that calls itself until r1 is 0. The entry returns 42 where r6 and r10 came back to it.
constexpr const char* kRecursion = R"(
mov %r1, 0
mov %r6, 42
mov %r7, %r10
call local recurse
mov %r0, %r6
jeq %r7, %r10, done
mov %r0, -1
done:
exit
recurse:
stxdw [%r10-512], %r1
mov %r6, 1
jeq %r1, 0, leave
sub %r1, 1
call local recurse
leave:
exit
)";
constexpr uint32_t kRecursiveCall = 12;

TEST(Engines, FramesAndStackAreLimited) {
  const auto assembled = assemble(kRecursion);
  ASSERT_TRUE(assembled);
  std::vector<Insn> code = *assembled;
  for (const auto engine : kEngines) {
    for (int32_t depth = 0; depth < 12; depth++) {
      code[0].imm = depth;
      EngineBench bench;
      const Outcome outcome = bench.run(engine, code);
      if (depth <= 6) {
        EXPECT_EQ(outcome.status, Status::ok) << depth;
        EXPECT_EQ(outcome.result, 42u);
      } else {
        EXPECT_EQ(outcome.status, Status::out_of_stack) << depth;
        EXPECT_EQ(outcome.pc, kRecursiveCall);
      }
      EngineBench small;
      small.stack_bytes = 3 * kFrameStackBytes;
      EXPECT_EQ(small.run(engine, code).status, depth <= 1 ? Status::ok : Status::out_of_stack) << depth;
    }
    EngineBench none;
    none.stack_bytes = kFrameStackBytes - 8;
    EXPECT_EQ(none.run(engine, {kReturn}).status, Status::out_of_stack);
  }
}

}  // namespace
}  // namespace perdita::runtime
