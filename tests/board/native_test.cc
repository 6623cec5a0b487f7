// SPDX-License-Identifier: Apache-2.0
//
// Native code on the emulated board, compiled there, against the reference semantics: every opcode with operands at the
// edges in low, high and equal registers, random programs, branches of every length; without facts, with all facts that
// hold for the run, and with some of them. The board's bytes are those of this machine.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <tuple>

#include "emulate/board.h"
#include "emulate/random_program.h"
#include "emulate/trace.h"
#include "isa/assemble.h"
#include "isa/disassemble.h"
#include "isa/form.h"
#include "isa/helpers.h"
#include "isa/span.h"
#include "runtime/native.h"
#include "verifier/proof.h"
#include "verifier/testing/program_generator.h"
#include "verifier/testing/test_platform.h"

namespace perdita::emulate {
namespace {

using namespace isa;  // NOLINT: names of opcodes

Insn make(unsigned opcode, unsigned dst, unsigned src, int offset, int32_t imm) {
  return {static_cast<uint8_t>(opcode), make_regs(dst, src), static_cast<int16_t>(offset), imm};
}
const Insn kReturn = make(kJmp | kExit, 0, 0, 0, 0);

void load_constant(std::vector<Insn>& code, unsigned dst, uint64_t value) {
  code.push_back(make(kLddw, dst, kLddwImm, 0, static_cast<int32_t>(value)));
  code.push_back(make(0, 0, 0, 0, static_cast<int32_t>(value >> 32)));
}

constexpr size_t kBatch = 3000;  // what fits the runner's memory

// What script/fuzz says, or what a test takes by itself.
unsigned setting(const char* name, unsigned otherwise) {
  const char* const given = std::getenv(name);
  return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : otherwise;
}
unsigned wanted_programs(unsigned share) { return setting("PERDITA_PROGRAMS", share); }

class NativeCode : public testing::Test {
 protected:
  void SetUp() override {
    runner_ = find_runner("armv7m");
    if (!runner_) GTEST_SKIP() << "the runner firmware is not built: script/build mps2-an385";
  }

  // Without facts, with all, with some.
  void add(Program program) {
    ASSERT_EQ(refusal(program), "");
    program.engine = kJobNative;
    const Trace traced = trace(program);
    for (const unsigned dropped : {16u, 0u, 4u}) {
      program.facts.clear();
      if (dropped != 16) program.facts = fact_string(program.code, traced.facts, random_, dropped);
      jobs_.push_back({program, traced.result,
                       checksum(traced.memory.data(), static_cast<uint32_t>(traced.memory.size())), traced.executed});
    }
    if (jobs_.size() >= kBatch) run();
  }

  void run() {
    std::vector<Program> programs;
    for (const Job& job : jobs_) programs.push_back(job.program);
    const auto ran = run_on_board(*runner_, programs);
    ASSERT_TRUE(ran) << ran.error().message << ": " << ran.error().have;
    for (size_t i = 0; i < jobs_.size(); i++) {
      const Ran& one = (*ran)[i];
      std::vector<uint16_t> costs;
      const auto code = compile_here(programs[i], &costs);
      ASSERT_TRUE(code);
      const bool same =
          one.status == Status::ok && one.result == jobs_[i].result && one.memory_sum == jobs_[i].memory_sum;
      ASSERT_TRUE(same) << std::hex << one.result << " is not " << jobs_[i].result << ", memory "
                        << (one.memory_sum == jobs_[i].memory_sum ? "equal" : "differs") << ", facts "
                        << programs[i].facts.size() << "\n"
                        << listing(programs[i]);
      ASSERT_EQ(one.code_bytes, code->size()) << listing(programs[i]);
      ASSERT_EQ(one.code_sum, checksum(code->data(), one.code_bytes)) << listing(programs[i]);
      const uint64_t most = bound(programs[i].code, costs, jobs_[i].executed);
      ASSERT_LE(one.instructions, most) << listing(programs[i]);
      ran_instructions_ += one.instructions;
      bound_instructions_ += most;
      code_bytes_ += one.code_bytes;
      insns_ += programs[i].code.size();
      compile_instructions_ += one.compile_instructions;
    }
    ran_ += jobs_.size();
    jobs_.clear();
  }

  void finish(size_t at_least) {
    run();
    EXPECT_GE(ran_, at_least);
    RecordProperty("programs", static_cast<int>(ran_));
    RecordProperty("percent_of_bound", static_cast<int>(100 * ran_instructions_ / bound_instructions_));
    RecordProperty("bytes_per_insn_x100", static_cast<int>(100 * code_bytes_ / insns_));
    RecordProperty("compile_instructions_per_insn", static_cast<int>(compile_instructions_ / insns_));
  }

  // What the code may execute in this run, by what the generator says of it.
  static uint64_t bound(const std::vector<Insn>& code, const std::vector<uint16_t>& costs,
                        const std::vector<uint64_t>& executed) {
    constexpr uint64_t kRunner = 110;  // between the runner's two readings of the clock, beside `enter`
    constexpr uint64_t kEcho = 10;
    uint64_t most = kRunner + runtime::kEnterMost;
    for (size_t i = 0; i < code.size(); i++) {
      const uint8_t op = insn_op(code[i].opcode);
      uint64_t cost = costs[i];
      if (insn_class(code[i].opcode) == kAlu64 && (op == kDiv || op == kMod)) cost += runtime::kDivisionMost;
      if (form_of(code[i].opcode) == Form::atomic) cost += runtime::kAtomicMost;
      if (code[i].opcode == (kJmp | kCall) && code[i].src() == kCallHelper) cost += kEcho;
      most += cost * executed[i];
    }
    return most;
  }

  static std::string listing(const Program& program) {
    return disassemble(Span<const Insn>(program.code.data(), program.code.size()));
  }

  struct Job {
    Program program;
    uint64_t result;
    uint32_t memory_sum;
    std::vector<uint64_t> executed;
  };
  std::optional<std::filesystem::path> runner_;
  std::vector<Job> jobs_;
  std::mt19937_64 random_{setting("PERDITA_SEED", 5)};
  size_t ran_ = 0;
  uint64_t ran_instructions_ = 0, bound_instructions_ = 0;
  uint64_t code_bytes_ = 0, insns_ = 0, compile_instructions_ = 0;
};

// Low and low, equal, low and high, high and low, high and high; and those whose upper words have other homes.
constexpr std::pair<unsigned, unsigned> kRegisters[] = {{3, 2}, {3, 3}, {2, 4}, {4, 6}, {5, 4}, {7, 0}, {0, 9}, {4, 4}};

constexpr uint64_t kValues[] = {0,
                                1,
                                0x80000000,
                                0xffffffff,
                                0x100000000,
                                0x123456789abcdef0,
                                0x8000000000000000,
                                ~uint64_t{0},
                                37,
                                0xffffffff80000000};

constexpr int32_t kImmediates[] = {0,  1,   -1,  7,      16,     31,         32,        33,        63,
                                   64, 255, 256, 0x1000, 0xffff, 0x12345678, INT32_MIN, INT32_MAX, -256};

TEST_F(NativeCode, EveryOperationAndJump) {
  for (unsigned opcode = 0; opcode < 256; opcode++) {
    const auto byte = static_cast<uint8_t>(opcode);
    const uint8_t group = insn_class(byte);
    const bool jumps = group == kJmp || group == kJmp32;
    const uint8_t op = insn_op(byte);
    if (group < kAlu || (jumps && (op == kJa || op == kCall || op == kExit))) continue;
    const bool by_register = uses_register(byte) && (jumps || op != kEnd);
    for (const auto& [dst, src] : kRegisters) {
      for (const int offset : {0, 1, 8, 16, 32}) {
        for (const int32_t imm : kImmediates) {
          if (by_register && imm != 0) continue;
          const Insn insn = make(opcode, dst, by_register ? src : 0, jumps ? 1 : offset, imm);
          // One of the operands' pairs; all of them where there is no immediate to vary.
          for (const uint64_t left : kValues) {
            const uint64_t right = kValues[random_() % std::size(kValues)];
            std::vector<Insn> code;
            load_constant(code, src, right);
            load_constant(code, dst, left);
            code.push_back(insn);
            if (jumps) {
              code.push_back(make(kAlu64 | kXor | kK, dst, 0, 0, 0x155));
              code.push_back(make(kAlu64 | kMov | kX, 0, dst, 0, 0));
            } else {
              code.push_back(make(kAlu64 | kMov | kX, 0, dst, 0, 0));
            }
            code.push_back(kReturn);
            Program program;
            program.code = code;
            if (!refusal(program).empty()) break;
            if (!by_register && random_() % 4 != 0) continue;
            add(program);
            if (HasFatalFailure()) return;
          }
        }
        if (jumps) break;
      }
    }
  }
  finish(20000);
}

// Two instructions, or three, that become fewer of the machine: a move or a shift by a word's width before every
// operation, and a condition behind it, with another move between.
TEST_F(NativeCode, EveryPair) {
  constexpr std::tuple<unsigned, unsigned, unsigned> kTriples[] = {{3, 2, 1}, {4, 6, 5}, {6, 9, 9}, {0, 5, 7}};
  const auto operations = [](unsigned dst, unsigned src) {
    std::vector<Insn> found;
    for (const uint8_t group : {kAlu, kAlu64}) {
      for (const uint8_t op : {kAdd, kSub, kMul, kOr, kAnd, kXor, kDiv, kMod, kNeg, kMov}) {
        for (const int32_t imm : {0, 1, -1, 255, 0x12345678, -0x7654321}) {
          if (imm == 0 || op != kNeg) found.push_back(make(group | op | kK, dst, 0, 0, imm));
        }
        if (op != kNeg) found.push_back(make(group | op | kX, dst, src, 0, 0));
      }
      for (const uint8_t op : {kLsh, kRsh, kArsh}) {
        for (const int32_t imm : {0, 1, 31, 32, 33, 63}) found.push_back(make(group | op | kK, dst, 0, 0, imm));
        found.push_back(make(group | op | kX, dst, src, 0, 0));
      }
      for (const int32_t imm : {16, 32, 64}) found.push_back(make(group | kEnd, dst, 0, 0, imm));
    }
    return found;
  };
  for (const auto& [dst, from, src] : kTriples) {
    const std::vector<std::vector<Insn>> firsts = {
        {make(kAlu64 | kMov | kX, dst, from, 0, 0)},
        {make(kAlu | kMov | kX, dst, from, 0, 0)},
        {make(kAlu64 | kLsh | kK, dst, 0, 0, 32)},
        {make(kAlu | kAnd | kK, dst, 0, 0, 1)},
        {make(kAlu64 | kMov | kX, dst, from, 0, 0), make(kAlu64 | kAnd | kK, dst, 0, 0, 1)},
        {make(kAlu64 | kMov | kX, dst, from, 0, 0), make(kAlu64 | kLsh | kK, dst, 0, 0, 32)}};
    for (const auto& first : firsts) {
      for (const Insn& second : operations(dst, src)) {
        {
          const bool moves = random_() % 2 != 0;
          std::vector<Insn> code;
          for (const unsigned reg : {dst, from, src, 8u})
            load_constant(code, reg, kValues[random_() % std::size(kValues)]);
          code.insert(code.end(), first.begin(), first.end());
          code.push_back(second);
          if (moves) code.push_back(make((random_() % 2 != 0 ? kAlu : kAlu64) | kMov | kX, 8, from, 0, 0));
          code.push_back(make((random_() % 2 != 0 ? kJmp : kJmp32) | kJeq | kK, dst, 0, 1, 0));
          code.push_back(make(kAlu64 | kXor | kK, dst, 0, 0, 0x155));
          code.push_back(make(kAlu64 | kXor | kX, dst, 8, 0, 0));
          if (from != dst) code.push_back(make(kAlu64 | kXor | kX, dst, from, 0, 0));
          code.push_back(make(kAlu64 | kMov | kX, 0, dst, 0, 0));
          code.push_back(kReturn);
          Program program;
          program.code = code;
          if (!refusal(program).empty()) continue;
          add(program);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
  finish(10000);
}

// An element of an array: its index comes from anywhere and is shifted or not, then loaded by every load; and shifted
// operands of every operation.
TEST_F(NativeCode, EveryIndexAndShiftedOperand) {
  for (const auto& [dst, base] : {std::pair{3u, 1u}, {4u, 1u}, {6u, 8u}, {0u, 5u}}) {
    for (const uint8_t size : {kB, kH, kW, kDw}) {
      for (const uint8_t mode : {kMem, kMemSx}) {
        if (mode == kMemSx && size == kDw) continue;
        for (const int shift : {0, 1, 2, 3, 4}) {
          for (const bool swapped : {false, true}) {
            std::vector<Insn> code;
            for (int i = 0; i < 8; i++) code.push_back(make(kSt | kMem | kDw, 1, 0, 8 * i, 0x71828384 * (i + 3)));
            if (base != 1) code.push_back(make(kAlu64 | kMov | kX, base, 1, 0, 0));
            const unsigned index = dst == 7 ? 2 : 7;
            load_constant(code, index, random_() % 3);
            if (swapped) {
              code.push_back(make(kAlu64 | kMov | kX, dst, base, 0, 0));
              if (shift != 0) code.push_back(make(kAlu64 | kLsh | kK, index, 0, 0, shift));
              code.push_back(make(kAlu64 | kAdd | kX, dst, index, 0, 0));
            } else {
              code.push_back(make(kAlu64 | kMov | kX, dst, index, 0, 0));
              if (shift != 0) code.push_back(make((shift % 2 != 0 ? kAlu64 : kAlu) | kLsh | kK, dst, 0, 0, shift));
              code.push_back(make(kAlu64 | kAdd | kX, dst, base, 0, 0));
            }
            code.push_back(make(kLdx | mode | size, dst, dst, 0, 0));
            code.push_back(make(kAlu64 | kMov | kX, 0, dst, 0, 0));
            code.push_back(make(kAlu64 | kXor | kX, 0, index, 0, 0));
            code.push_back(kReturn);
            Program program;
            program.memory.resize(64);
            program.code = code;
            add(program);
            if (HasFatalFailure()) return;
          }
        }
      }
    }
    for (const uint8_t first : {kAlu, kAlu64}) {
      for (const uint8_t kind : {kLsh, kRsh, kArsh}) {
        for (const int count : {1, 7, 31}) {
          for (const uint8_t second : {kAlu, kAlu64}) {
            for (const uint8_t op : {kAdd, kSub, kOr, kAnd, kXor, kMul}) {
              std::vector<Insn> code;
              load_constant(code, dst, kValues[random_() % std::size(kValues)]);
              load_constant(code, base, kValues[random_() % std::size(kValues)]);
              if (random_() % 2 != 0) code.push_back(make(kAlu | kMov | kX, dst, dst, 0, 0));
              code.push_back(make(first | kind | kK, dst, 0, 0, count));
              code.push_back(make(second | op | kX, dst, base, 0, 0));
              code.push_back(make((random_() % 2 != 0 ? kJmp : kJmp32) | kJne | kK, dst, 0, 1, 0));
              code.push_back(make(kAlu64 | kAdd | kX, dst, base, 0, 0));
              code.push_back(make((random_() % 2 != 0 ? kAlu64 : kAlu) | kMov | kX, 0, dst, 0, 0));
              code.push_back(kReturn);
              Program program;
              program.code = code;
              add(program);
              if (HasFatalFailure()) return;
            }
          }
        }
      }
    }
  }
  finish(1500);
}

// Loops that want constants in registers: of every operation, condition and store, in two loops of which one is in the
// other, with few registers in use and with many.
TEST_F(NativeCode, ConstantsInLoops) {
  constexpr int32_t kWanted[] = {0x12345678, -0x7654321, 0x10001, 999, 0, -1, INT32_MIN};
  for (const uint8_t group : {kAlu, kAlu64}) {
    for (const uint8_t op : {kAdd, kSub, kMul, kOr, kAnd, kXor, kDiv, kMod}) {
      for (const int32_t one : kWanted) {
        for (const bool many : {false, true}) {
          const int32_t other = kWanted[random_() % std::size(kWanted)];
          const uint8_t condition = std::array{kJeq, kJgt, kJset, kJslt, kJsge}[random_() % 5];
          std::vector<Insn> code;
          load_constant(code, 0, kValues[random_() % std::size(kValues)]);
          for (unsigned reg = 4; many && reg < 9; reg++)
            load_constant(code, reg, kValues[random_() % std::size(kValues)]);
          code.push_back(make(kAlu64 | kMov | kK, 2, 0, 0, 2));
          const size_t outer = code.size();
          code.push_back(make(kAlu | kMov | kK, 3, 0, 0, 3));
          const size_t inner = code.size();
          code.push_back(make(group | op | kK, 0, 0, 0, one));
          code.push_back(make((one % 2 != 0 ? kJmp : kJmp32) | condition | kK, 0, 0, 1, other));
          code.push_back(make(kAlu64 | kXor | kK, 0, 0, 0, other));
          code.push_back(make(kSt | kMem | kDw, 1, 0, 8, one));
          code.push_back(make(kSt | kMem | kH, 1, 0, 20, other));
          code.push_back(make(kStx | kMem | kDw, 1, 0, 24, 0));
          code.push_back(make(kAlu | kAdd | kK, 3, 0, 0, -1));
          code.push_back(
              make(kJmp32 | kJne | kK, 3, 0, static_cast<int>(inner) - static_cast<int>(code.size()) - 1, 0));
          code.push_back(make(group | kOr | kK, 0, 0, 0, other));
          code.push_back(make(kAlu64 | kAdd | kK, 2, 0, 0, -1));
          code.push_back(make(kJmp | kJne | kK, 2, 0, static_cast<int>(outer) - static_cast<int>(code.size()) - 1, 0));
          for (unsigned reg = 4; many && reg < 9; reg++) code.push_back(make(kAlu64 | kXor | kX, 0, reg, 0, 0));
          code.push_back(kReturn);
          Program program;
          program.memory.resize(32);
          program.code = code;
          add(program);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
  finish(600);
}

// Conditional and unconditional, forward and backward, over code of every length around what each encoding reaches.
TEST_F(NativeCode, BranchesOfEveryLength) {
  std::vector<int> lengths;
  for (int i = 0; i < 140; i++) lengths.push_back(i);
  for (int i = 1010; i < 1030; i++) lengths.push_back(i);
  lengths.push_back(9000);
  for (const int length : lengths) {
    for (const uint8_t kind : {kJa, kJeq, kJgt}) {
      // Forward over fillers of two bytes each, then backward over them, twice.
      std::vector<Insn> code = {make(kAlu64 | kMov | kK, 0, 0, 0, 0), make(kAlu64 | kMov | kK, 6, 0, 0, 0),
                                make(kJmp32 | kind | kK, kind == kJa ? 0 : 6, 0, kind == kJa ? 0 : length,
                                     kind == kJa    ? length
                                     : kind == kJeq ? 0
                                                    : -1)};
      if (kind == kJgt) code.back() = make(kJmp32 | kJle | kK, 6, 0, length, 5);
      const size_t start = code.size();
      for (int i = 0; i < length; i++) code.push_back(make(kAlu | kAdd | kK, 0, 0, 0, 1));
      code.push_back(make(kAlu | kAdd | kK, 6, 0, 0, 1));
      const int back = static_cast<int>(start) - static_cast<int>(code.size()) - 1;
      code.push_back(make(kJmp32 | kJlt | kK, 6, 0, back, 3));
      code.push_back(kReturn);
      Program program;
      program.code = code;
      add(program);
      if (HasFatalFailure()) return;
    }
  }
  finish(1000);
}

TEST_F(NativeCode, RandomPrograms) {
  const unsigned programs = wanted_programs(2500);
  for (unsigned i = 0; i < programs; i++) {
    add(random_program(random_, static_cast<unsigned>(2 + random_() % 40)));
    if (HasFatalFailure()) return;
  }
  finish(3 * size_t{programs});
}

// Contents of the last map, where they are addressed directly and where a callback walks over its four values, which
// it ends at the third or not at all. As the interpreter does it.
TEST_F(NativeCode, MapsAndTheirCallbacks) {
  const auto last = static_cast<int32_t>(kMaxMaps - 1);
  std::vector<Program> programs;
  for (const int32_t end : {32, 4096}) {
    Program program;
    program.code = {
        make(kLddw, 7, kLddwMapValue, 0, last),
        make(0, 0, 0, 0, 4),
        make(kSt | kMem | kDw, 7, 0, 12, 30),
        make(kSt | kMem | kW, 7, 0, 44, 3),
        make(kSt | kMem | kDw, 10, 0, -8, 0),
        make(kLddw, 1, kLddwMap, 0, last),
        make(0, 0, 0, 0, 0),
        make(kLddw, 2, kLddwFunction, 0, 10),
        make(0, 0, 0, 0, 0),
        make(kAlu64 | kMov | kX, 3, 10, 0, 0),
        make(kAlu64 | kAdd | kK, 3, 0, 0, -8),
        make(kAlu64 | kMov | kK, 4, 0, 0, 0),
        make(kJmp | kCall, 0, kCallHelper, 0, static_cast<int32_t>(kHelperForEachMapElem)),
        make(kAlu64 | kMul | kK, 0, 0, 0, 100000),
        make(kLdx | kMem | kDw, 1, 10, -8, 0),
        make(kAlu64 | kAdd | kX, 0, 1, 0, 0),
        make(kLdx | kMem | kDw, 1, 7, 12, 0),
        kReturn,
        // callback: r1 map, r2 key, r3 value, r4 data
        make(kLdx | kMem | kW, 6, 4, 0, 0),
        make(kLdx | kMem | kW, 5, 3, 0, 0),
        make(kAlu64 | kAdd | kX, 6, 5, 0, 0),
        make(kLdx | kMem | kW, 5, 2, 0, 0),
        make(kAlu64 | kAdd | kX, 6, 5, 0, 0),
        make(kStx | kMem | kDw, 4, 6, 0, 0),
        make(kAlu64 | kMov | kK, 0, 0, 0, 0),
        make(kJmp | kJlt | kK, 6, 0, 1, end),
        make(kAlu64 | kMov | kK, 0, 0, 0, 1),
        kReturn,
    };
    ASSERT_EQ(refusal(program, kMaxMaps), "");
    for (const JobEngine engine : {kJobInterpreter, kJobNative}) {
      program.engine = engine;
      programs.push_back(program);
    }
  }
  const auto ran = run_on_board(*runner_, programs);
  ASSERT_TRUE(ran) << ran.error().message << ": " << ran.error().have;
  for (const Ran& one : *ran) ASSERT_EQ(one.status, Status::ok);
  EXPECT_EQ((*ran)[0].result, (*ran)[1].result);
  EXPECT_EQ((*ran)[2].result, (*ran)[3].result);
  EXPECT_EQ((*ran)[2].result / 100000, 4u);
  EXPECT_NE((*ran)[0].result, (*ran)[2].result);
}

// Behind the address of a map's contents at an offset: whatever comes next must see it with the offset added. As the
// interpreter does it.
TEST_F(NativeCode, OffsetsIntoAMap) {
  const auto last = static_cast<int32_t>(kMaxMaps - 1);
  std::vector<Program> programs;
  for (unsigned i = 0; i < 400; i++) {
    const auto any = [this](int most) { return static_cast<int>(random_() % static_cast<unsigned>(most)); };
    std::vector<Insn> code;
    // Contents stay from run to run.
    code.push_back(make(kLddw, 7, kLddwMapValue, 0, last));
    code.push_back(make(0, 0, 0, 0, 0));
    for (int at = 0; at < 64; at += 8) code.push_back(make(kSt | kMem | kDw, 7, 0, at, 0x1234567 * at + 89));
    for (unsigned reg = 2; reg < 7; reg++) load_constant(code, reg, random_());
    for (int parts = 0; parts < 4; parts++) {
      const unsigned base = 2 + static_cast<unsigned>(any(5));
      const unsigned other = base == 6 ? 2 : base + 1;
      code.push_back(make(kLddw, base, kLddwMapValue, 0, last));
      code.push_back(make(0, 0, 0, 0, 8 * any(4)));
      for (int steps = any(4); steps >= 0; steps--) {
        const uint8_t size = std::array{kB, kH, kW, kDw}[any(4)];
        const int at = 8 * any(4);
        switch (any(8)) {
          case 0:
            code.push_back(make(kLdx | kMem | size, other, base, at, 0));
            break;
          case 1:
            code.push_back(make(kStx | kMem | size, base, other, at, 0));
            break;
          case 2:
            code.push_back(make(kSt | kMem | size, base, 0, at, any(1 << 30)));
            break;
          case 3:
            code.push_back(make(kAlu64 | kAdd | kK, other, 0, 0, any(100)));
            break;
          case 4:
            code.push_back(make(kJmp32 | kJgt | kK, other, 0, 0, any(1 << 30)));
            break;
          case 5:
            code.push_back(make(kAlu64 | kAdd | kK, base, 0, 0, 0));
            break;
          case 6:
            code.push_back(make(kLdx | kMem | size, 7, base, at, 0));
            code.push_back(make(kAlu64 | kAdd | kX, other, 7, 0, 0));
            break;
          default:
            code.push_back(make(kAlu64 | kMov | kX, 8, base, 0, 0));
            code.push_back(make(kStx | kMem | size, 8, other, at, 0));
        }
      }
      code.push_back(any(2) != 0 ? make(kLdx | kMem | kW, base, base, 4, 0) : make(kAlu64 | kMov | kK, base, 0, 0, 7));
    }
    code.push_back(make(kAlu64 | kMov | kK, 0, 0, 0, 0));
    for (unsigned reg = 2; reg < 7; reg++) {
      code.push_back(make(kAlu64 | kMul | kK, 0, 0, 0, 31));
      code.push_back(make(kAlu64 | kXor | kX, 0, reg, 0, 0));
    }
    code.push_back(make(kLddw, 7, kLddwMapValue, 0, last));
    code.push_back(make(0, 0, 0, 0, 8));
    for (const int at : {0, 8, 16, 24, 32, 40}) {
      code.push_back(make(kLdx | kMem | kDw, 8, 7, at, 0));
      code.push_back(make(kAlu64 | kAdd | kX, 0, 8, 0, 0));
      code.push_back(make(kAlu64 | kMul | kK, 0, 0, 0, 3));
    }
    code.push_back(kReturn);
    Program program;
    program.code = code;
    ASSERT_EQ(refusal(program, kMaxMaps), "");
    for (const JobEngine engine : {kJobInterpreter, kJobNative}) {
      program.engine = engine;
      programs.push_back(program);
    }
  }
  const auto ran = run_on_board(*runner_, programs);
  ASSERT_TRUE(ran) << ran.error().message << ": " << ran.error().have;
  for (size_t i = 0; i < programs.size(); i += 2) {
    ASSERT_EQ((*ran)[i + 1].status, Status::ok) << listing(programs[i]);
    ASSERT_EQ((*ran)[i].result, (*ran)[i + 1].result) << listing(programs[i]);
  }
}

// The runner's tail call succeeds at index 0, and fails elsewhere: then the program goes on.
TEST_F(NativeCode, TailCallsEndTheProgramWhereTheySucceed) {
  std::vector<Program> programs;
  for (const int32_t index : {0, 1}) {
    Program program;
    program.engine = kJobNative;
    program.memory.resize(8);
    program.code = {make(kAlu64 | kMov | kX, 6, 1, 0, 0),
                    make(kAlu64 | kMov | kK, 2, 0, 0, 0),
                    make(kAlu64 | kMov | kK, 3, 0, 0, index),
                    make(kJmp | kCall, 0, kCallHelper, 0, static_cast<int32_t>(kHelperTailCall)),
                    make(kStx | kMem | kDw, 6, 0, 0, 0),
                    kReturn};
    programs.push_back(program);
  }
  const auto ran = run_on_board(*runner_, programs);
  ASSERT_TRUE(ran) << ran.error().message << ": " << ran.error().have;
  const std::vector<uint8_t> untouched(8);
  const int64_t error = -22;
  uint8_t written[8];
  std::memcpy(written, &error, sizeof written);
  EXPECT_EQ((*ran)[0].memory_sum, checksum(untouched.data(), 8));
  EXPECT_EQ((*ran)[1].memory_sum, checksum(written, 8));
  EXPECT_EQ((*ran)[1].result, static_cast<uint64_t>(error));
}

// Programs that the runner can run: no maps, and no calls but of subprograms and callbacks.
bool runs_bare(const std::vector<Insn>& code) {
  for (size_t i = 0; i < code.size(); i++) {
    const Insn& insn = code[i];
    if (insn.opcode == kLddw) {
      if (insn.src() == kLddwMap || insn.src() == kLddwMapValue) return false;
      i++;
    } else if (insn.opcode == (kJmp | kCall)) {
      if (insn.src() == kCallFunction || (insn.src() == kCallHelper && insn.imm != static_cast<int32_t>(kHelperLoop))) {
        return false;
      }
    }
  }
  return true;
}

// Programs in threes: interpreted, native without facts, native with them. All three must end alike.
void run_in_threes(const std::filesystem::path& runner, std::vector<Program>& programs) {
  const auto ran = run_on_board(runner, programs);
  ASSERT_TRUE(ran) << ran.error().message << ": " << ran.error().have;
  for (size_t i = 0; i < programs.size(); i++) {
    const Ran& expected = (*ran)[i - i % 3];
    const bool same = (*ran)[i].status == Status::ok && (*ran)[i].result == expected.result &&
                      (*ran)[i].memory_sum == expected.memory_sum;
    const std::vector<Insn>& code = programs[i].code;
    ASSERT_TRUE(same) << std::hex << (*ran)[i].result << " is not " << expected.result << ", facts "
                      << programs[i].facts.size() << "\n"
                      << disassemble(Span<const Insn>(code.data(), code.size()));
  }
  programs.clear();
}

// Random programs that the verifier accepts, with the facts of their proof.
TEST_F(NativeCode, VerifiedPrograms) {
  const unsigned most = wanted_programs(2500);
  const verifier::testing::TestPlatform platform;
  std::vector<Program> programs;
  unsigned accepted = 0;
  for (unsigned seed = 1; seed <= most; seed++) {
    std::mt19937_64 random(uint64_t{setting("PERDITA_SEED", 0)} << 32 | seed);
    verifier::testing::ProgramGenerator generator(random, "tick");
    const auto code = assemble(seed % 4 == 0 ? generator.make() : generator.make_short());
    if (!code || !runs_bare(*code)) continue;
    const object::Module module = verifier::testing::module_with(*code, "tick");
    const verifier::Verdict verdict = verifier::verify(module, platform, {});
    if (!verdict.accepted) continue;
    accepted++;
    Program program;
    program.code = *code;
    for (unsigned i = 0; i < 32; i++) program.memory.push_back(static_cast<uint8_t>(random()));
    program.engine = kJobInterpreter;
    programs.push_back(program);
    program.engine = kJobNative;
    programs.push_back(program);
    program.facts = verdict.progs[0].facts;
    programs.push_back(program);
    if (programs.size() >= kBatch) run_in_threes(*runner_, programs);
    if (HasFatalFailure()) return;
  }
  run_in_threes(*runner_, programs);
  EXPECT_GE(accepted, most / 10);
  RecordProperty("programs", static_cast<int>(accepted));
}

}  // namespace
}  // namespace perdita::emulate
