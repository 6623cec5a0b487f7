// SPDX-License-Identifier: Apache-2.0
//
// Native code on the emulated boards, compiled there, against the reference semantics: every opcode with operands at
// the edges in low, high and equal registers, random programs, branches of every length; without facts, with all facts
// that hold for the run, and with some of them. The board's bytes are those of this machine.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <tuple>

#include "diag/render.h"
#include "emulate/board.h"
#include "emulate/random_program.h"
#include "emulate/trace.h"
#include "isa/assemble.h"
#include "isa/disassemble.h"
#include "isa/form.h"
#include "isa/helpers.h"
#include "isa/span.h"
#include "object/load.h"
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

// Of a C file with one function, which wants no platform.
std::vector<Insn> kernel_code(const std::filesystem::path& source, const std::string& cpu) {
  const auto object = std::filesystem::temp_directory_path() /
                      ("perdita-" + source.stem().string() + "-" + std::to_string(getpid()) + ".o");
  const std::string command = "clang-19 -target bpf -mcpu=" + cpu +
                              " -g -O2 -ffreestanding -isystem /usr/include/$(gcc -print-multiarch) "
                              "-D'SEC=__attribute__((section(\"kernel\"), used))' -c '" +
                              source.string() + "' -o '" + object.string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  std::ifstream file(object, std::ios::binary);
  const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  std::filesystem::remove(object);
  const auto module = object::load(bytes, source.filename().string(), nullptr);
  EXPECT_TRUE(module) << render(module.error(), false);
  return module ? module->progs.front().code : std::vector<Insn>{};
}

// Of one target, on its board. $PERDITA_TARGETS names those that are tested, all without it.
class NativeCode : public testing::TestWithParam<const jit::Target*> {
 protected:
  void SetUp() override {
    const char* const wanted = std::getenv("PERDITA_TARGETS");
    if (wanted != nullptr &&
        (" " + std::string(wanted) + " ").find(" " + std::string(target().name) + " ") == std::string::npos) {
      GTEST_SKIP() << target().name << " is not among $PERDITA_TARGETS";
    }
    runner_ = find_runner(target().name);
    if (!runner_) GTEST_SKIP() << "the runner firmware for " << target().name << " is not built: script/build";
  }

  const jit::Target& target() const { return *GetParam(); }

  // Without facts, with all, with some.
  void add(Program program, bool with_facts = true) {
    ASSERT_EQ(refusal(program), "");
    program.engine = kJobNative;
    const Trace traced = trace(program);
    for (const unsigned dropped : {16u, 0u, 4u}) {
      if (dropped != 16 && !with_facts) continue;
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
    const auto ran = run_on_board(*runner_, programs, emulator_arguments_);
    ASSERT_TRUE(ran) << ran.error().message << ": " << ran.error().have;
    for (size_t i = 0; i < jobs_.size(); i++) {
      const Ran& one = (*ran)[i];
      std::vector<uint16_t> costs;
      const auto code = compile_here(target(), programs[i], &costs);
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

  const runtime::RoutineCosts& routines() const {
    return *std::ranges::find_if(runtime::kRoutineCosts, [this](const runtime::RoutineCosts& costs) {
      return std::string_view(costs.target) == target().name;
    });
  }

  // What the code may execute in this run, by what the generator says of it.
  uint64_t bound(const std::vector<Insn>& code, const std::vector<uint16_t>& costs,
                 const std::vector<uint64_t>& executed) const {
    constexpr uint64_t kRunner = 140;  // between the runner's two readings of the clock, beside `enter`
    constexpr uint64_t kEcho = 10;
    const runtime::RoutineCosts& routines = this->routines();
    uint64_t most = kRunner + routines.enter;
    for (size_t i = 0; i < code.size(); i++) {
      const uint8_t op = insn_op(code[i].opcode);
      uint64_t cost = costs[i];
      const uint8_t group = insn_class(code[i].opcode);
      const bool divides = op == kDiv || op == kMod;
      if (group == kAlu64 && divides) cost += routines.division;
      if (group == kAlu && divides) cost += routines.word_division;
      if (form_of(code[i].opcode) == Form::atomic) cost += routines.atomic;
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
  std::string emulator_arguments_;
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

TEST_P(NativeCode, EveryOperationAndJump) {
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
TEST_P(NativeCode, EveryPair) {
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
TEST_P(NativeCode, EveryIndexAndShiftedOperand) {
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
TEST_P(NativeCode, ConstantsInLoops) {
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

// Conditional and unconditional, of words and of 64 bits, forward and backward, over code of every length around what
// each encoding reaches.
TEST_P(NativeCode, BranchesOfEveryLength) {
  std::vector<int> lengths;
  for (int i = 0; i < 140; i++) lengths.push_back(i);
  for (int i = 1010; i < 1030; i++) lengths.push_back(i);
  if (&target() == &jit::rv32imc) {
    for (int i = 2030; i < 2050; i++) lengths.push_back(i);
  }
  lengths.push_back(9000);
  if (&target() == &jit::xtensa) lengths.push_back(17000);  // without facts more than 64 KB
  for (const int length : lengths) {
    for (const uint8_t kind : {kJa, kJeq, kJgt}) {
      for (const uint8_t group : {kJmp32, kJmp}) {
        // Far ones in turn, for they take time.
        const unsigned reg = (length & 1) != 0 ? 8 : 6;
        if (length > 200 && (group == kJmp) != ((length & 2) != 0)) continue;
        // Forward over fillers of two bytes each, then backward over them, twice.
        std::vector<Insn> code = {make(kAlu64 | kMov | kK, 0, 0, 0, 0), make(kAlu64 | kMov | kK, reg, 0, 0, 0)};
        if (kind == kJa) {
          code.push_back(group == kJmp32 ? make(kJmp32 | kJa, 0, 0, 0, length) : make(kJmp | kJa, 0, 0, length, 0));
        } else if (kind == kJeq) {
          code.push_back(make(group | kJeq | kK, reg, 0, length, 0));
        } else {
          code.push_back(make(group | kJle | kK, reg, 0, length, 5));
        }
        const size_t start = code.size();
        for (int i = 0; i < length; i++) code.push_back(make(kAlu | kAdd | kK, 0, 0, 0, 1));
        code.push_back(make(kAlu64 | kAdd | kK, reg, 0, 0, 1));
        const int back = static_cast<int>(start) - static_cast<int>(code.size()) - 1;
        code.push_back(make(group | (kind == kJeq ? kJne : kJlt) | kK, reg, 0, back, 3));
        code.push_back(kReturn);
        Program program;
        program.code = code;
        add(program);
        if (HasFatalFailure()) return;
      }
    }
  }
  finish(1400);
}

// Exits of a subprogram that saves all there is to save are longer than most, so branches over them are those whose
// length is guessed too short.
TEST_P(NativeCode, BranchesOverManyExits) {
  for (int exits = 1; exits < 310; exits += exits < 40 ? 1 : 9) {
    for (const int32_t value : {0, 1}) {
      for (const Insn& jump : {make(kJmp32 | kJeq | kK, 1, 0, exits, 0), make(kJmp | kJne | kK, 1, 0, exits, 0),
                               make(kJmp | kJsgt | kK, 1, 0, exits, 0), make(kJmp | kJlt | kX, 1, 2, exits, 0)}) {
        Program program;
        program.code = {make(kAlu64 | kMov | kK, 1, 0, 0, value), make(kAlu64 | kMov | kK, 2, 0, 0, 1),
                        make(kAlu64 | kMov | kK, 0, 0, 0, -7)};
        for (unsigned reg = 6; reg < 10; reg++) {
          program.code.push_back(make(kAlu64 | kMov | kX, reg, 0, 0, 0));
          program.code.push_back(make(kAlu64 | kAdd | kX, reg, 2, 0, 0));
          program.code.push_back(make(kAlu64 | kAdd | kX, 0, reg, 0, 0));
        }
        program.code.push_back(jump);
        for (int i = 0; i < exits; i++) program.code.push_back(kReturn);
        program.code.push_back(make(kAlu64 | kXor | kX, 0, 9, 0, 0));
        program.code.push_back(kReturn);
        add(program);
        if (HasFatalFailure()) return;
      }
    }
  }
  finish(500);
}

// Shifted by a register, where nobody reads the result's upper word: no upper word has to have a place, and what is
// written where it would be is what was saved of the caller's; with any number of registers saved.
TEST_P(NativeCode, ShiftsThatNobodyReads) {
  for (const int op : {kLsh, kRsh, kArsh}) {
    for (unsigned saved = 0; saved < 16; saved++) {
      for (const unsigned dst : {0u, 1u, 2u, 4u}) {
        for (const int32_t value : {-5, 7}) {
          for (const int32_t count : {0, 5, 36}) {
            Program program;
            for (unsigned reg = 6; reg < 10; reg++) {
              if ((saved >> (reg - 6) & 1) != 0) program.code.push_back(make(kAlu64 | kMov | kK, reg, 0, 0, 1));
            }
            for (const Insn& insn :
                 {make(kAlu64 | kMov | kK, dst, 0, 0, value), make(kAlu64 | kMov | kK, 3, 0, 0, count),
                  make(static_cast<unsigned>(kAlu64 | op | kX), dst, 3, 0, 0), make(kAlu | kMov | kX, 0, dst, 0, 0),
                  kReturn}) {
              program.code.push_back(insn);
            }
            add(program);
            if (HasFatalFailure()) return;
          }
        }
      }
    }
  }
  finish(3 * 3 * 16 * 4 * 2 * 3);
}

// A move whose copy the next instruction changes at once is a part of it.
TEST_P(NativeCode, MovesBeforeOperations) {
  constexpr struct {
    unsigned dst, left, src;
  } kThree[] = {{3, 2, 4}, {4, 6, 6}, {8, 9, 3}, {7, 5, 8}, {2, 10, 3}, {3, 2, 3}, {7, 8, 7}, {5, 6, 5}};
  for (unsigned opcode = 0; opcode < 256; opcode++) {
    const auto byte = static_cast<uint8_t>(opcode);
    if (insn_class(byte) != kAlu && insn_class(byte) != kAlu64) continue;
    const bool by_register = uses_register(byte) && insn_op(byte) != kEnd;
    for (const auto& [dst, left, src] : kThree) {
      for (const int move : {kAlu64 | kMov | kX, kAlu | kMov | kX}) {
        for (const int offset : {0, 1}) {
          for (const int32_t imm : kImmediates) {
            if (by_register && imm != 0) continue;
            for (unsigned i = 0; i < (by_register ? 8u : 2u); i++) {
              std::vector<Insn> code;
              load_constant(code, src, kValues[random_() % std::size(kValues)]);
              if (left != 10) load_constant(code, left, kValues[random_() % std::size(kValues)]);
              load_constant(code, dst, kValues[random_() % std::size(kValues)]);
              code.push_back(make(static_cast<unsigned>(move), dst, left, 0, 0));
              // Nothing that depends on the stack's address comes out.
              if (left == 10) code.push_back(make(kAlu64 | kSub | kX, dst, 10, 0, 0));
              code.push_back(make(opcode, dst, by_register ? src : 0, offset, imm));
              code.push_back(make(kAlu64 | kMov | kX, 0, dst, 0, 0));
              code.push_back(kReturn);
              Program program;
              program.code = code;
              if (left == 10 && move != (kAlu64 | kMov | kX)) break;
              if (!refusal(program).empty()) break;
              if (random_() % 3 == 0) add(program);
              if (HasFatalFailure()) return;
            }
          }
        }
      }
    }
  }
  finish(4000);
}

// "if r1 == r2 goto +1; goto on": one branch, near and far, and backward out of a loop's end.
TEST_P(NativeCode, ConditionsThatJumpOverAJump) {
  for (unsigned opcode = 0; opcode < 256; opcode++) {
    const auto byte = static_cast<uint8_t>(opcode);
    if (form_of(byte) != Form::branch_immediate && form_of(byte) != Form::branch_register) continue;
    for (const int distance : {0, 1, 20, 40, 100, 900}) {
      for (unsigned i = 0; i < 6; i++) {
        const unsigned left = i % 2 == 0 ? 2 : 9;
        const uint64_t value = random_() % 2 == 0 ? random_() % 3 : kValues[random_() % std::size(kValues)];
        const int32_t imm = uses_register(byte) ? 0 : static_cast<int32_t>(random_() % 3) - (i == 5 ? 1 : 0);
        std::vector<Insn> code;
        load_constant(code, left, value);
        load_constant(code, 3, random_() % 2 == 0 ? value : kValues[random_() % std::size(kValues)]);
        code.push_back(make(kAlu64 | kMov | kK, 0, 0, 0, 1));
        code.push_back(make(opcode, left, uses_register(byte) ? 3 : 0, 1, imm));
        code.push_back(make(kJmp | kJa, 0, 0, distance, 0));
        for (int k = 0; k < distance; k++) code.push_back(make(kAlu64 | kAdd | kK, 0, 0, 0, k));
        // Twice through here, and back to where the condition stands.
        code.push_back(make(kAlu64 | kMul | kK, 0, 0, 0, 3));
        code.push_back(make(kAlu64 | kAdd | kK, left, 0, 0, 1));
        code.push_back(make(kAlu | kAdd | kK, 8, 0, 0, 1));
        code.insert(code.begin(), make(kAlu64 | kMov | kK, 8, 0, 0, 0));
        code.push_back(make(kJmp32 | kJgt | kK, 8, 0, 1, 1));
        code.push_back(make(kJmp | kJa, 0, 0, -distance - 7, 0));
        code.push_back(make(kAlu64 | kXor | kX, 0, left, 0, 0));
        code.push_back(kReturn);
        Program program;
        program.code = code;
        if (!refusal(program).empty()) continue;
        add(program);
        if (HasFatalFailure()) return;
      }
    }
  }
  finish(2000);
}

// Programs that use every register as 64 bits: most upper words are in memory, and what is in scratch registers of them
// goes from instruction to instruction.
TEST_P(NativeCode, EveryRegisterHasTwoWords) {
  constexpr uint8_t kOps[] = {kAdd, kSub, kXor, kOr, kAnd, kMul, kLsh, kRsh, kArsh, kMov, kMov, kMov, kAdd, kSub};
  for (unsigned i = 0; i < 700; i++) {
    const auto any = [this](unsigned most) { return static_cast<unsigned>(random_() % most); };
    std::vector<Insn> code;
    for (unsigned reg = 0; reg < 10; reg++) {
      if (reg != 1) load_constant(code, reg, any(3) == 0 ? kValues[any(std::size(kValues))] : random_());
    }
    load_constant(code, 1, random_());
    for (int at = -64; at < 0; at += 8) code.push_back(make(kStx | kMem | kDw, 10, any(10), at, 0));
    unsigned dst = any(10);
    for (unsigned steps = 20 + any(40); steps > 0; steps--) {
      if (any(3) == 0) dst = any(10);
      const unsigned src = any(10);
      const int slot = -8 * static_cast<int>(1 + any(8));
      const uint8_t op = kOps[any(std::size(kOps))];
      switch (any(12)) {
        case 0:
          code.push_back(make(kLdx | kMem | kDw, dst, 10, slot, 0));
          break;
        case 1:
          code.push_back(make(kStx | kMem | kDw, 10, dst, slot, 0));
          break;
        case 2:
          code.push_back(make(kLdx | kMem | kDw, dst, 10, slot, 0));
          code.push_back(make(kStx | kMem | kDw, 10, dst, -8 * static_cast<int>(1 + any(8)), 0));
          break;
        case 3:
          code.push_back(make(kAlu | kMov | kX, dst, src, 0, 0));
          break;
        case 4:
          code.push_back(make(kJmp | kJsgt | kX, dst, src, 1, 0));
          code.push_back(make(kAlu64 | kXor | kX, dst, any(10), 0, 0));
          break;
        case 5:
          code.push_back(
              make(kAlu64 | op | kK, dst, 0, 0,
                   op == kLsh || op == kRsh || op == kArsh ? static_cast<int>(any(64)) : static_cast<int>(any(9)) - 4));
          break;
        case 6:
          code.push_back(make(kAlu64 | kAdd | kK, dst, 0, 0, static_cast<int32_t>(random_())));
          break;
        default:
          code.push_back(make(kAlu64 | op | kX, dst, src, 0, 0));
      }
    }
    for (unsigned reg = 1; reg < 10; reg++) {
      code.push_back(make(kAlu64 | kMul | kK, 0, 0, 0, 31));
      code.push_back(make(kAlu64 | kXor | kX, 0, reg, 0, 0));
    }
    for (int at = -64; at < 0; at += 8) {
      code.push_back(make(kLdx | kMem | kDw, 1, 10, at, 0));
      code.push_back(make(kAlu64 | kMul | kK, 0, 0, 0, 7));
      code.push_back(make(kAlu64 | kAdd | kX, 0, 1, 0, 0));
    }
    code.push_back(kReturn);
    Program program;
    program.code = code;
    add(program);
    if (HasFatalFailure()) return;
  }
  finish(2000);
}

// Shifted up and down again by one word and more.
TEST_P(NativeCode, ShiftsUpAndDown) {
  for (const auto& [dst, left] : kRegisters) {
    for (const int up : {32, 33, 48, 56, 63, 31}) {
      for (const int down : {32, 40, 56, 63, 31}) {
        for (const uint8_t op : {kRsh, kArsh}) {
          for (const uint64_t value : kValues) {
            std::vector<Insn> code;
            load_constant(code, left, value);
            code.push_back(make(kAlu64 | kMov | kX, dst, left, 0, 0));
            code.push_back(make(kAlu64 | kLsh | kK, dst, 0, 0, up));
            code.push_back(make(kAlu64 | op | kK, dst, 0, 0, down));
            code.push_back(make(kAlu64 | kMov | kX, 0, dst, 0, 0));
            code.push_back(kReturn);
            Program program;
            program.code = code;
            if (random_() % 2 == 0) add(program);
            if (HasFatalFailure()) return;
          }
        }
      }
    }
  }
  finish(3000);
}

// Every size, at every alignment, at the ends of what displacements reach, in both byte orders.
TEST_P(NativeCode, LoadsAndStores) {
  // Ends the emulator at the first access that is not aligned.
  if (&target() != &jit::armv7m) emulator_arguments_ = "-plugin " + std::string(PERDITA_ALIGNED_PLUGIN);
  constexpr unsigned kSizes[] = {kB, kH, kW, kDw};
  constexpr int kOffsets[] = {0,    1,    2,    3,    4,    6,    8,    121,  124,  128,  1020, 1021, 1024,
                              2040, 2041, 2044, 2046, 2047, 2048, 2050, 4086, 4087, 4088, 4095, 4096, 4100};
  for (const int offset : kOffsets) {
    for (const unsigned size : kSizes) {
      for (const unsigned kind : {0u, 1u, 2u, 3u, 4u, 5u}) {
        for (const bool below : {false, true}) {
          const unsigned base = random_() % 2 == 0 ? 1 : 9;
          const unsigned reg = random_() % 3 == 0 ? base : random_() % 2 == 0 ? 5 : 7;
          const int displacement = below ? -offset : offset;
          std::vector<Insn> code;
          code.push_back(make(kAlu64 | kMov | kX, 6, 1, 0, 0));
          if (below) code.push_back(make(kAlu64 | kAdd | kK, 1, 0, 0, 4120));
          code.push_back(make(kAlu64 | kMov | kX, base, 1, 0, 0));
          if (kind < 4) {
            if (kind == 1 && size == kDw) continue;
            code.push_back(make(kLdx | (kind == 1 ? kMemSx : kMem) | size, reg, base, displacement, 0));
            const auto bits = static_cast<int32_t>(8 * access_bytes(static_cast<uint8_t>(size)));
            if (kind == 2 && size != kB) code.push_back(make(kAlu | kEnd | kX, reg, 0, 0, bits));
            if (kind == 3 && size != kB) code.push_back(make(kAlu64 | kEnd | kK, reg, 0, 0, bits));
          } else if (kind == 4) {
            load_constant(code, 2, kValues[random_() % std::size(kValues)] ^ random_());
            code.push_back(make(kStx | kMem | size, base, 2, displacement, 0));
            code.push_back(make(kAlu64 | kMov | kK, reg, 0, 0, 0));
          } else {
            code.push_back(
                make(kSt | kMem | size, base, 0, displacement, kImmediates[random_() % std::size(kImmediates)]));
            code.push_back(make(kAlu64 | kMov | kK, reg, 0, 0, 0));
          }
          code.push_back(make(kAlu64 | kMov | kX, 0, reg, 0, 0));
          code.push_back(kReturn);
          Program program;
          program.code = code;
          for (unsigned i = 0; i < 4128; i++) program.memory.push_back(static_cast<uint8_t>(random_()));
          add(program);
          if (HasFatalFailure()) return;
          if (jobs_.size() >= 900) run();
        }
      }
    }
  }
  finish(3000);
}

// Constants that a loop asks for, more than there are registers left over, in a loop within a loop.
TEST_P(NativeCode, MoreConstantsThanRegisters) {
  for (unsigned i = 0; i < 400; i++) {
    const unsigned used = 1 + i % 4;  // registers beside r0 and the counters
    std::vector<Insn> code = {make(kAlu64 | kMov | kK, 0, 0, 0, 1), make(kAlu64 | kMov | kK, 6, 0, 0, 0)};
    for (unsigned reg = 1; reg <= used; reg++) load_constant(code, reg, random_());
    const size_t outer = code.size();
    code.push_back(make(kAlu64 | kMov | kK, 7, 0, 0, 0));
    const size_t inner = code.size();
    for (unsigned n = random_() % 12 + 1; n > 0; n--) {
      const unsigned dst = static_cast<unsigned>(random_() % (used + 1));
      const auto imm = static_cast<int32_t>(random_() % 3 == 0 ? kImmediates[random_() % std::size(kImmediates)]
                                                               : 0x10101 * static_cast<int>(random_() % 6 + 1));
      constexpr uint8_t kOps[] = {kAdd, kSub, kMul, kOr, kAnd, kXor, kDiv, kMod};
      const uint8_t op = kOps[random_() % std::size(kOps)];
      const uint8_t group = random_() % 2 == 0 || op == kDiv || op == kMod ? kAlu : kAlu64;
      if (imm == 0 && (op == kDiv || op == kMod)) continue;
      code.push_back(make(group | op | kK, dst, 0, 0, imm));
      if (random_() % 4 == 0) {
        code.push_back(make((random_() % 2 == 0 ? kJmp : kJmp32) | kJgt | kK, dst, 0, 1, imm));
        code.push_back(make(kAlu64 | kXor | kK, 0, 0, 0, 0x10101));
      }
    }
    code.push_back(make(kAlu64 | kAdd | kK, 7, 0, 0, 1));
    code.push_back(make(kJmp | kJlt | kK, 7, 0, static_cast<int>(inner) - static_cast<int>(code.size()) - 1, 3));
    code.push_back(make(kAlu64 | kAdd | kK, 6, 0, 0, 1));
    code.push_back(make(kJmp | kJlt | kK, 6, 0, static_cast<int>(outer) - static_cast<int>(code.size()) - 1, 3));
    for (unsigned reg = 1; reg <= used; reg++) code.push_back(make(kAlu64 | kXor | kX, 0, reg, 0, 0));
    code.push_back(kReturn);
    Program program;
    program.code = code;
    add(program);
    if (HasFatalFailure()) return;
  }
  finish(1200);
}

TEST_P(NativeCode, RandomPrograms) {
  const unsigned programs = wanted_programs(2500);
  for (unsigned i = 0; i < programs; i++) {
    Program program = random_program(random_, static_cast<unsigned>(2 + random_() % 40));
    // They use 128 bytes of each frame.
    program.frame_bytes = 128 + 8 * static_cast<uint32_t>(random_() % 49);
    add(program);
    if (HasFatalFailure()) return;
  }
  finish(3 * size_t{programs});
}

// r10 where it is a number like any other: in what becomes of it its value cancels out. But facts would be about what
// it is here.
TEST_P(NativeCode, TheFramePointerAsAnOperand) {
  for (const uint32_t frame_bytes : {16u, 128u, 136u, 248u, 256u, 264u, 512u}) {
    for (const unsigned reg : {3u, 0u, 6u, 9u}) {
      const auto in = [&](std::vector<Insn> code) {
        code.insert(code.begin(), make(kAlu64 | kMov | kX, 2, 10, 0, 0));
        code.push_back(kReturn);
        Program program;
        program.code = code;
        program.frame_bytes = frame_bytes;
        add(program, false);
      };
      const Insn to_r0 = make(kAlu64 | kMov | kX, 0, reg, 0, 0);
      const Insn constant = make(kAlu64 | kMov | kK, reg, 0, 0, 0x12345);
      for (const uint8_t group : {kAlu64, kAlu}) {
        for (const uint8_t op : {kAdd, kSub, kXor, kOr, kAnd, kMul}) {
          // The same with r10 and with its copy.
          in({constant, make(group | op | kX, reg, 10, 0, 0), make(kAlu64 | kMov | kX, 4, reg, 0, 0), constant,
              make(group | op | kX, reg, 2, 0, 0), make(kAlu64 | kSub | kX, reg, 4, 0, 0), to_r0});
        }
        in({make(group | kMov | kX, reg, 10, 0, 0), make(group | kMov | kX, 4, 2, 0, 0),
            make(kAlu64 | kSub | kX, reg, 4, 0, 0), to_r0});
      }
      for (const uint8_t group : {kJmp, kJmp32}) {
        for (const uint8_t op : {kJeq, kJne, kJgt, kJge, kJlt, kJle, kJset}) {
          for (const int32_t below : {0, -8}) {
            const std::vector<Insn> before = {make(kAlu64 | kMov | kX, reg, 10, 0, 0),
                                              make(kAlu64 | kAdd | kK, reg, 0, 0, below)};
            const std::vector<Insn> behind = {make(kAlu64 | kMov | kK, 0, 0, 0, 1), kReturn,
                                              make(kAlu64 | kMov | kK, 0, 0, 0, 2)};
            std::vector<Insn> code = before;
            code.push_back(make(group | op | kX, 10, reg, 2, 0));
            code.insert(code.end(), behind.begin(), behind.end());
            in(code);
            code[2] = make(group | op | kX, reg, 10, 2, 0);
            in(code);
          }
        }
        in({make(group | kJset | kK, 10, 0, 1, 7), make(kAlu64 | kMov | kK, 2, 0, 0, 4),
            make(kAlu64 | kMov | kX, reg, 2, 0, 0), make(kAlu64 | kAnd | kK, reg, 0, 0, 7), to_r0});
      }
      // Stored, and added to memory on the stack.
      in({make(kStx | kMem | kDw, 10, 10, -16, 0), make(kLdx | kMem | kDw, reg, 10, -16, 0),
          make(kAlu64 | kSub | kX, reg, 2, 0, 0), to_r0});
      in({make(kSt | kMem | kDw, 10, 0, -8, 5), make(kStx | kAtomic | kDw, 10, 10, -8, kAdd),
          make(kLdx | kMem | kDw, reg, 10, -8, 0), make(kAlu64 | kSub | kX, reg, 10, 0, 0), to_r0});
      if (HasFatalFailure()) return;
    }
  }
  finish(700);
}

// Contents of the last map, where they are addressed directly and where a callback walks over its four values, which
// it ends at the third or not at all. As the interpreter does it.
TEST_P(NativeCode, MapsAndTheirCallbacks) {
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
TEST_P(NativeCode, OffsetsIntoAMap) {
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
    unsigned base = 2;
    for (int parts = 0; parts < 6; parts++) {
      if (any(2) != 0) base = 2 + static_cast<unsigned>(any(5));
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
      // Or the next part looks at another place of the map by the same register.
      if (any(2) != 0) continue;
      code.push_back(any(2) != 0 ? make(kLdx | kMem | kW, base, base, 4, 0) : make(kAlu64 | kMov | kK, base, 0, 0, 7));
    }
    code.push_back(make(kAlu64 | kMov | kK, base, 0, 0, 7));  // no address comes out
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
TEST_P(NativeCode, TailCallsEndTheProgramWhereTheySucceed) {
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

// The kernels of ../shared/workloads, where they are there, in three versions of the instruction set: bare, for no
// proof is about them, with the facts of the run and without.
TEST_P(NativeCode, Workloads) {
  const char* const source = std::getenv("PERDITA_SOURCE");
  const auto folder = std::filesystem::path(source != nullptr ? source : ".") / "../shared/workloads";
  if (!std::filesystem::exists(folder / "progs.h")) GTEST_SKIP() << "no workloads in " << folder;
  // A length or a number, another, and what follows.
  struct Kernel {
    const char* name;
    uint32_t first, second;
    size_t bytes;
  };
  for (const Kernel& kernel : {Kernel{"fletcher32", 180, 0x04030201, 364}, Kernel{"crc32", 360, 0x04030201, 364},
                               Kernel{"sieve", 300, 0, 1028}, Kernel{"fibmod", 300, 1'000'000'007, 8}}) {
    for (const char* const cpu : {"v2", "v3", "v4"}) {
      Program program;
      program.code = kernel_code(folder / (std::string(kernel.name) + ".c"), cpu);
      program.memory.resize(kernel.bytes);
      for (size_t i = 0; i < kernel.bytes; i++) program.memory[i] = static_cast<uint8_t>(i * 7 + i / 9);
      std::memcpy(program.memory.data(), &kernel.first, sizeof kernel.first);
      std::memcpy(program.memory.data() + 4, &kernel.second, sizeof kernel.second);
      add(program);
      if (HasFatalFailure()) return;
    }
  }
  finish(36);
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
TEST_P(NativeCode, VerifiedPrograms) {
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
    // A loop that counts to 2^31 ends, but not while an emulator is waited for.
    if (!verdict.accepted || verdict.progs[0].bounds.instructions > 1'000'000) continue;
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

INSTANTIATE_TEST_SUITE_P(Targets, NativeCode, testing::Values(&jit::armv7m, &jit::rv32imc, &jit::xtensa),
                         [](const auto& parameter) { return std::string(parameter.param->name); });

}  // namespace
}  // namespace perdita::emulate
