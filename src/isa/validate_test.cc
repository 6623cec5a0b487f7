// SPDX-License-Identifier: Apache-2.0
#include "isa/validate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace perdita::isa {
namespace {

constexpr References kReferences{.maps = 3, .functions = 2};
constexpr Insn kMov0{kAlu64 | kMov, 0, 0, 0};
constexpr Insn kExitInsn{kJmp | kExit, 0, 0, 0};

std::vector<Insn> lddw(unsigned dst, unsigned src, int32_t imm, int32_t next_imm) {
  return {{kLddw, make_regs(dst, src), 0, imm}, {0, 0, 0, next_imm}};
}

Insn jump(int16_t offset) { return {kJmp | kJa, 0, offset, 0}; }
Insn jump_wide(int32_t offset) { return {kJmp32 | kJa, 0, 0, offset}; }
Insn branch(int16_t offset) { return {kJmp | kJeq, make_regs(1, 0), offset, 0}; }
Insn call(unsigned kind, int32_t imm) { return {kJmp | kCall, make_regs(0, kind), 0, imm}; }

std::vector<Insn> join(std::initializer_list<std::vector<Insn>> parts) {
  std::vector<Insn> code;
  for (const std::vector<Insn>& part : parts) code.insert(code.end(), part.begin(), part.end());
  return code;
}

Span<const Insn> view(const std::vector<Insn>& code) { return {code.data(), code.size()}; }

bool accepts(const std::vector<Insn>& code) {
  Violation violation;
  return validate(view(code), kReferences, violation);
}

// ---- fields of single instructions, against rows written down from RFC 9669 for this test ----

struct Row {
  std::vector<uint8_t> opcodes;
  std::set<unsigned> dst, src;
  std::set<int> offsets;   // empty: any
  std::set<int32_t> imms;  // empty: any
};

const std::set<unsigned> kZeroOnly = {0};
const std::set<unsigned> kWritable = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
const std::set<unsigned> kReadable = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
const std::set<int32_t> kAnyImm = {};
const std::set<int> kAnyOffset = {};

std::vector<Row> rows() {
  return {
      // add sub mul or and lsh rsh xor arsh by immediate and by register, 64 and 32 bits
      {{0x07, 0x17, 0x27, 0x47, 0x57, 0x67, 0x77, 0xa7, 0xc7}, kWritable, kZeroOnly, {0}, kAnyImm},
      {{0x04, 0x14, 0x24, 0x44, 0x54, 0x64, 0x74, 0xa4, 0xc4}, kWritable, kZeroOnly, {0}, kAnyImm},
      {{0x0f, 0x1f, 0x2f, 0x4f, 0x5f, 0x6f, 0x7f, 0xaf, 0xcf}, kWritable, kReadable, {0}, {0}},
      {{0x0c, 0x1c, 0x2c, 0x4c, 0x5c, 0x6c, 0x7c, 0xac, 0xcc}, kWritable, kReadable, {0}, {0}},
      // div mod
      {{0x37, 0x97, 0x34, 0x94}, kWritable, kZeroOnly, {0, 1}, kAnyImm},
      {{0x3f, 0x9f, 0x3c, 0x9c}, kWritable, kReadable, {0, 1}, {0}},
      // mov
      {{0xb7, 0xb4}, kWritable, kZeroOnly, {0}, kAnyImm},
      {{0xbf}, kWritable, kReadable, {0, 8, 16, 32}, {0}},
      {{0xbc}, kWritable, kReadable, {0, 8, 16}, {0}},
      // neg
      {{0x87, 0x84}, kWritable, kZeroOnly, {0}, {0}},
      // le, be, bswap
      {{0xd4, 0xdc, 0xd7}, kWritable, kZeroOnly, {0}, {16, 32, 64}},
      // ldxw ldxh ldxb ldxdw, ldxsw ldxsh ldxsb
      {{0x61, 0x69, 0x71, 0x79, 0x81, 0x89, 0x91}, kWritable, kReadable, kAnyOffset, {0}},
      // stw sth stb stdw
      {{0x62, 0x6a, 0x72, 0x7a}, kReadable, kZeroOnly, kAnyOffset, kAnyImm},
      {{0x63, 0x6b, 0x73, 0x7b}, kReadable, kReadable, kAnyOffset, {0}},
      // exit
      {{0x95}, kZeroOnly, kZeroOnly, {0}, {0}},
      // conditional jumps; the program below has room for one slot either way only
      {{0x15, 0x25, 0x35, 0x45, 0x55, 0x65, 0x75, 0xa5, 0xb5, 0xc5, 0xd5}, kReadable, kZeroOnly, {-2, -1, 0}, kAnyImm},
      {{0x16, 0x26, 0x36, 0x46, 0x56, 0x66, 0x76, 0xa6, 0xb6, 0xc6, 0xd6}, kReadable, kZeroOnly, {-2, -1, 0}, kAnyImm},
      {{0x1d, 0x2d, 0x3d, 0x4d, 0x5d, 0x6d, 0x7d, 0xad, 0xbd, 0xcd, 0xdd}, kReadable, kReadable, {-2, -1, 0}, {0}},
      {{0x1e, 0x2e, 0x3e, 0x4e, 0x5e, 0x6e, 0x7e, 0xae, 0xbe, 0xce, 0xde}, kReadable, kReadable, {-2, -1, 0}, {0}},
      // ja, gotol
      {{0x05}, kZeroOnly, kZeroOnly, {-2, -1, 0}, {0}},
      {{0x06}, kZeroOnly, kZeroOnly, {0}, {-2, -1, 0}},
  };
}

const std::array<int, 13> kOffsets = {INT16_MIN, -33, -2, -1, 0, 1, 2, 8, 9, 16, 32, 64, INT16_MAX};
const std::array<int32_t, 20> kImms = {INT32_MIN, -2,   -1,   0,    1,    2,    8,    16,   32,   64,
                                       0x40,      0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe0, 0xe1, 0xf1, INT32_MAX};

template <typename T>
bool allows(const std::set<T>& allowed, T value) {
  return allowed.contains(value);
}

// Calls `visit` with every opcode, every pair of registers, and each of the offsets and immediates above.
void for_all_instructions(uint8_t opcode, const std::function<void(const Insn&)>& visit) {
  for (unsigned regs = 0; regs < 256; regs++) {
    for (int offset : kOffsets) {
      for (int32_t imm : kImms) visit({opcode, static_cast<uint8_t>(regs), static_cast<int16_t>(offset), imm});
    }
  }
}

bool expected_atomic(const Insn& insn) {
  static const std::set<int32_t> kPlain = {0x00, 0x40, 0x50, 0xa0};
  static const std::set<int32_t> kFetching = {0x01, 0x41, 0x51, 0xa1, 0xe1};
  if (!kReadable.contains(insn.dst()) || !kReadable.contains(insn.src())) return false;
  if (kPlain.contains(insn.imm) || insn.imm == 0xf1) return true;
  return kFetching.contains(insn.imm) && kWritable.contains(insn.src());
}

bool expected_call(const Insn& insn) {
  static const std::set<int32_t> kKnownHelpers = {1, 2, 3, 5, 6, 7, 8};
  if (insn.dst() != 0 || insn.offset != 0) return false;
  switch (insn.src()) {
    case 0:
      return kKnownHelpers.contains(insn.imm);
    case 1:
      return insn.imm == -2;  // to the mov in front, the entry; the call itself and the exit are run into
    case 2:
      return insn.imm == 0 || insn.imm == 1;
    default:
      return false;
  }
}

TEST(Validate, FieldsOfEveryOpcode) {
  const std::vector<Row> all_rows = rows();
  for (unsigned number = 0; number < 256; number++) {
    const auto opcode = static_cast<uint8_t>(number);
    if (opcode == kLddw) continue;  // takes two slots: below
    const Row* row = nullptr;
    for (const Row& candidate : all_rows) {
      for (uint8_t known : candidate.opcodes) {
        if (known == opcode) row = &candidate;
      }
    }
    for_all_instructions(opcode, [&](const Insn& insn) {
      bool expected = row != nullptr && allows(row->dst, unsigned{insn.dst()}) &&
                      allows(row->src, unsigned{insn.src()}) &&
                      (row->offsets.empty() || row->offsets.contains(insn.offset)) &&
                      (row->imms.empty() || row->imms.contains(insn.imm));
      if (opcode == 0xc3 || opcode == 0xdb) expected = expected_atomic(insn);
      if (opcode == 0x85) expected = expected_call(insn);
      const std::array<Insn, 3> code = {kMov0, insn, kExitInsn};
      Violation violation;
      const bool accepted = validate(Span<const Insn>(code.data(), 3), kReferences, violation);
      ASSERT_EQ(accepted, expected) << "opcode " << number << " dst " << int{insn.dst()} << " src " << int{insn.src()}
                                    << " offset " << insn.offset << " imm " << insn.imm << ": "
                                    << (accepted ? "accepted" : violation.reason);
    });
  }
}

TEST(Validate, FieldsOfWideLoad) {
  for_all_instructions(kLddw, [&](const Insn& insn) {
    for (int32_t next_imm : {0, 1, -1, INT32_MAX}) {
      bool expected = kWritable.contains(insn.dst()) && insn.offset == 0;
      switch (insn.src()) {
        case 0:
          break;
        case 4:  // mov, lddw, exit: only the entry is a subprogram that nothing runs into
          expected = expected && next_imm == 0 && insn.imm == -2;
          break;
        case 5:
          expected = expected && next_imm == 0 && insn.imm >= 0 && insn.imm < 3;
          break;
        case 6:
          expected = expected && insn.imm >= 0 && insn.imm < 3;
          break;
        default:
          expected = false;
      }
      const std::array<Insn, 4> code = {kMov0, insn, Insn{0, 0, 0, next_imm}, kExitInsn};
      Violation violation;
      ASSERT_EQ(validate(Span<const Insn>(code.data(), 4), kReferences, violation), expected)
          << "dst " << int{insn.dst()} << " src " << int{insn.src()} << " imm " << insn.imm << " next " << next_imm;
    }
  });
}

TEST(Validate, SecondHalfOfWideLoadIsEmptyButForItsImmediate) {
  for (unsigned opcode = 0; opcode < 256; opcode++) {
    for (unsigned regs = 0; regs < 256; regs++) {
      for (int16_t offset : {0, 1, -1}) {
        const std::vector<Insn> code = {
            kMov0, {kLddw, 1, 0, 5}, {static_cast<uint8_t>(opcode), static_cast<uint8_t>(regs), offset, 7}, kExitInsn};
        ASSERT_EQ(accepts(code), opcode == 0 && regs == 0 && offset == 0);
      }
    }
  }
}

// ---- where control may go ----

struct Refused {
  const char* what;
  std::vector<Insn> code;
  uint32_t instruction;
  const char* reason;
};

TEST(Validate, NamesTheFirstInstructionAndTheReason) {
  const std::vector<Insn> mov = {kMov0};
  const std::vector<Insn> exit = {kExitInsn};
  const std::vector<Refused> cases = {
      {"nothing", {}, 0, "the program is empty"},
      {"no exit", {kMov0, kMov0}, 1, "execution runs off the end of the program"},
      {"branch last", {kExitInsn, branch(-2)}, 1, "execution runs off the end of the program"},
      {"call last", {call(kCallHelper, 5)}, 0, "execution runs off the end of the program"},
      {"lddw last", lddw(1, 0, 1, 1), 0, "execution runs off the end of the program"},
      {"half a lddw", {kMov0, {kLddw, 1, 0, 5}}, 1, "the second half of a lddw is missing"},
      {"second half alone", {{0, 0, 0, 0}, kExitInsn}, 0, "no such instruction"},
      {"jump to the end", {branch(1), kExitInsn}, 0, "jump out of the program"},
      {"jump far behind", {branch(INT16_MAX), kExitInsn}, 0, "jump out of the program"},
      {"jump before", {branch(-2), kExitInsn}, 0, "jump out of the program"},
      {"wide jump behind", {jump_wide(INT32_MAX), kExitInsn}, 0, "jump out of the program"},
      {"wide jump before", {jump_wide(INT32_MIN), kExitInsn}, 0, "jump out of the program"},
      {"into a lddw", join({{branch(1)}, lddw(1, 0, 1, 1), exit}), 0, "jump into the second half of a lddw"},
      {"back into a lddw", join({lddw(1, 0, 1, 1), {jump(-2)}}), 2, "jump into the second half of a lddw"},
      {"call into a lddw", join({{call(kCallLocal, 2), kExitInsn}, lddw(1, 0, 1, 1), exit}), 0,
       "a reference to no subprogram"},
      {"call behind", {call(kCallLocal, 1), kExitInsn}, 0, "a reference to no subprogram"},
      {"call before", {call(kCallLocal, -2), kExitInsn}, 0, "a reference to no subprogram"},
      {"call far", {call(kCallLocal, INT32_MAX), kExitInsn}, 0, "a reference to no subprogram"},
      {"callback behind", join({lddw(1, kLddwFunction, 2, 0), exit}), 0, "a reference to no subprogram"},
      {"into the callee", {call(kCallLocal, 1), kMov0, kExitInsn}, 1, "execution runs into another subprogram"},
      {"lddw into the callee", join({{call(kCallLocal, 2)}, lddw(1, 0, 1, 1), exit}), 1,
       "execution runs into another subprogram"},
      {"into a callback", join({lddw(2, kLddwFunction, 2, 0), mov, exit}), 2, "execution runs into another subprogram"},
      {"jump to the callee", {call(kCallLocal, 1), jump(0), kExitInsn}, 1, "jump into another subprogram"},
      {"jump to the caller", {call(kCallLocal, 1), kExitInsn, jump(-3)}, 2, "jump into another subprogram"},
      {"branch to the caller",
       {call(kCallLocal, 1), kExitInsn, branch(-2), kExitInsn},
       2,
       "jump into another subprogram"},
      {"unknown helper", {call(kCallHelper, 4), kExitInsn}, 0, "no such helper"},
      {"helper 0", {call(kCallHelper, 0), kExitInsn}, 0, "no such helper"},
      {"helper -1", {call(kCallHelper, -1), kExitInsn}, 0, "no such helper"},
      {"function too high", {call(kCallFunction, 2), kExitInsn}, 0, "a reference to no function"},
      {"function -1", {call(kCallFunction, -1), kExitInsn}, 0, "a reference to no function"},
      {"call of kind 3", {call(3, 0), kExitInsn}, 0, "no such kind of call"},
      {"call by register", {{kJmp | kCall | kX, 1, 0, 0}, kExitInsn}, 0, "no such instruction"},
      {"map too high", join({lddw(1, kLddwMap, 3, 0), exit}), 0, "a reference to no map"},
      {"map -1", join({lddw(1, kLddwMapValue, -1, 0), exit}), 0, "a reference to no map"},
      {"map by descriptor", join({lddw(1, 1, 0, 0), exit}), 0, "no such kind of lddw"},
      {"write to r10", {{kAlu64 | kMov, 10, 0, 0}, kExitInsn}, 0, "r10 can only be read"},
      {"load to r10", {{kLdx | kMem | kW, make_regs(10, 1), 0, 0}, kExitInsn}, 0, "r10 can only be read"},
      {"lddw to r10", join({lddw(10, 0, 1, 1), exit}), 0, "r10 can only be read"},
      {"fetch into r10", {{kStx | kAtomic | kW, make_regs(1, 10), 0, kFetch}, kExitInsn}, 0, "r10 can only be read"},
      {"r11", {{kAlu64 | kMov | kX, make_regs(0, 11), 0, 0}, kExitInsn}, 0, "no such register"},
      {"r15", {{kAlu64 | kMov, 15, 0, 0}, kExitInsn}, 0, "no such register"},
      {"ld_abs", {{kLd | kAbs | kW, 0, 0, 0}, kExitInsn}, 0, "packet access of classic BPF is not supported"},
      {"ld_ind", {{kLd | kInd | kB, 0, 0, 0}, kExitInsn}, 0, "packet access of classic BPF is not supported"},
      {"atomic on bytes", {{kStx | kAtomic | kB, 0, 0, 0}, kExitInsn}, 0, "no such instruction"},
      {"atomic on halves", {{kStx | kAtomic | kH, 0, 0, 0}, kExitInsn}, 0, "no such instruction"},
      {"atomic subtraction", {{kStx | kAtomic | kW, 0, 0, kSub}, kExitInsn}, 0, "no such atomic operation"},
      {"xchg without fetch", {{kStx | kAtomic | kW, 0, 0, 0xe0}, kExitInsn}, 0, "no such atomic operation"},
      {"load-acquire", {{kStx | kAtomic | kW, 0, 0, 0x100}, kExitInsn}, 0, "no such atomic operation"},
      {"sign-extending load of 64", {{kLdx | kMemSx | kDw, 0, 0, 0}, kExitInsn}, 0, "no such instruction"},
      {"sign-extending store", {{kStx | kMemSx | kW, 0, 0, 0}, kExitInsn}, 0, "no such instruction"},
      {"neg by register", {{kAlu64 | kNeg | kX, 0, 0, 0}, kExitInsn}, 0, "no such instruction"},
      {"bswap with source bit", {{kAlu64 | kEnd | kX, 0, 0, 16}, kExitInsn}, 0, "no such instruction"},
      {"swap of 8", {{kAlu | kEnd, 0, 0, 8}, kExitInsn}, 0, "the width of a byte swap is not 16, 32 or 64"},
      {"exit in jmp32", {{kJmp32 | kExit, 0, 0, 0}, kExitInsn}, 0, "no such instruction"},
      {"call in jmp32", {{kJmp32 | kCall, 0, 0, 5}, kExitInsn}, 0, "no such instruction"},
      {"may_goto", {{0xe5, 0, 0, 0}, kExitInsn}, 0, "no such instruction"},
      {"mov32 from 32", {{kAlu | kMov | kX, 0, 32, 0}, kExitInsn}, 0, "the offset of a 32-bit move is not 0, 8 or 16"},
      {"mov from 64", {{kAlu64 | kMov | kX, 0, 64, 0}, kExitInsn}, 0, "the offset of a move is not 0, 8, 16 or 32"},
      {"div of sort 2", {{kAlu64 | kDiv, 0, 2, 1}, kExitInsn}, 0, "the offset of a division is neither 0 nor 1"},
      {"the first of two", {{kAlu64 | kMov, 11, 0, 0}, {0xff, 0, 0, 0}, kExitInsn}, 0, "no such register"},
      {"flow before a field",
       {call(kCallLocal, 1), kMov0, {0xff, 0, 0, 0}},
       1,
       "execution runs into another subprogram"},
  };
  for (const Refused& refused : cases) {
    SCOPED_TRACE(refused.what);
    Violation violation{99, nullptr};
    EXPECT_FALSE(validate(view(refused.code), kReferences, violation));
    EXPECT_EQ(violation.instruction, refused.instruction);
    EXPECT_STREQ(violation.reason, refused.reason);
  }
}

TEST(Validate, AcceptsSubprogramsCallbacksAndLoops) {
  const std::vector<Insn> exit = {kExitInsn};
  EXPECT_TRUE(accepts({kExitInsn}));
  EXPECT_TRUE(accepts({jump(-1)}));
  EXPECT_TRUE(accepts({jump_wide(-1)}));
  EXPECT_TRUE(accepts({branch(-1), kExitInsn}));
  EXPECT_TRUE(accepts({call(kCallLocal, 1), kExitInsn, kMov0, kExitInsn}));
  EXPECT_TRUE(accepts({call(kCallLocal, -1), kExitInsn})) << "recursion is the verifier's to refuse";
  EXPECT_TRUE(accepts({call(kCallLocal, 1), jump(-2), call(kCallLocal, 1), kExitInsn, branch(0), kExitInsn}));
  EXPECT_TRUE(accepts(join({lddw(1, kLddwFunction, 2, 0), exit, {kMov0, kExitInsn}})));
  EXPECT_TRUE(accepts(join({lddw(1, kLddwMapValue, 2, 64), lddw(2, kLddwMap, 0, 0), exit})));
}

// `count` calls, each to a subprogram of its own, the last one first; every subprogram is an exit.
std::vector<Insn> with_subprograms(int count) {
  std::vector<Insn> code;
  for (int i = 0; i < count; i++) {
    const int target = 2 * count - i;
    code.push_back(call(kCallLocal, target - i - 1));
  }
  code.push_back(kExitInsn);
  for (int i = 0; i < count; i++) code.push_back(kExitInsn);
  return code;
}

TEST(Validate, CountsSubprograms) {
  EXPECT_TRUE(accepts(with_subprograms(kMaxSubprograms - 1)));
  Violation violation;
  EXPECT_FALSE(validate(view(with_subprograms(kMaxSubprograms)), kReferences, violation));
  EXPECT_EQ(violation.instruction, kMaxSubprograms - 1);
  EXPECT_STREQ(violation.reason, "more than 64 subprograms");
}

TEST(Validate, LimitsLength) {
  std::vector<Insn> code(kMaxInstructions, kMov0);
  code.back() = kExitInsn;
  EXPECT_TRUE(accepts(code));
  code.push_back(kExitInsn);
  EXPECT_FALSE(accepts(code));
}

// ---- all small programs ----

// Follows every path of an accepted program, knowing nothing of the validator: each step must be on an instruction, and
// each instruction must belong to one subprogram only.
void expect_closed(const std::vector<Insn>& code) {
  std::set<size_t> second_halves;
  for (size_t pc = 0; pc < code.size(); pc++) {
    if (code[pc].opcode == kLddw) second_halves.insert(++pc);
  }
  std::vector<int64_t> entries = {0};
  std::vector<int64_t> owner(code.size(), -1);
  for (size_t next_entry = 0; next_entry < entries.size(); next_entry++) {
    const int64_t entry = entries[next_entry];
    std::vector<int64_t> work = {entry};
    std::set<int64_t> seen;
    while (!work.empty()) {
      const int64_t pc = work.back();
      work.pop_back();
      if (!seen.insert(pc).second) continue;
      ASSERT_GE(pc, 0);
      ASSERT_LT(pc, static_cast<int64_t>(code.size()));
      const auto slot = static_cast<size_t>(pc);
      ASSERT_FALSE(second_halves.contains(slot));
      ASSERT_TRUE(owner[slot] == -1 || owner[slot] == entry) << "shared by two subprograms";
      owner[slot] = entry;
      const Insn& insn = code[slot];
      if ((insn.opcode == 0x85 && insn.src() == 1) || (insn.opcode == 0x18 && insn.src() == 4)) {
        const int64_t target = pc + insn.imm + 1;
        if (std::find(entries.begin(), entries.end(), target) == entries.end()) entries.push_back(target);
      }
      if (insn.opcode == 0x95) continue;
      if (insn.opcode == 0x05) {
        work.push_back(pc + 1 + insn.offset);
      } else if (insn.opcode == 0x06) {
        work.push_back(pc + 1 + insn.imm);
      } else {
        work.push_back(pc + (insn.opcode == kLddw ? 2 : 1));
        if (insn.opcode == 0x15) work.push_back(pc + 1 + insn.offset);
      }
    }
  }
}

TEST(Validate, AllSmallProgramsStayInside) {
  const std::vector<std::vector<Insn>> alphabet = {
      {kMov0},
      {kExitInsn},
      {jump(0)},
      {jump(1)},
      {jump(-2)},
      {jump_wide(1)},
      {branch(1)},
      {branch(2)},
      {branch(-2)},
      {call(kCallLocal, 0)},
      {call(kCallLocal, 1)},
      {call(kCallLocal, 2)},
      {call(kCallLocal, -2)},
      lddw(1, 0, 1, 1),
      lddw(1, kLddwFunction, 2, 0),
      lddw(1, kLddwFunction, -3, 0),
  };
  unsigned accepted = 0;
  std::array<size_t, 5> choice{};
  for (size_t length = 1; length <= choice.size(); length++) {
    choice.fill(0);
    for (bool more = true; more;) {
      std::vector<Insn> code;
      for (size_t i = 0; i < length; i++) {
        code.insert(code.end(), alphabet[choice[i]].begin(), alphabet[choice[i]].end());
      }
      if (accepts(code)) {
        accepted++;
        expect_closed(code);
        if (HasFatalFailure()) return;
      }
      size_t digit = 0;
      while (digit < length && ++choice[digit] == alphabet.size()) choice[digit++] = 0;
      more = digit < length;
    }
  }
  EXPECT_GT(accepted, 1000u);
}

// Bytes of any content are judged without a step outside them (the sanitizers watch).
TEST(Validate, AnyBytes) {
  std::mt19937 random(1);
  std::uniform_int_distribution<int> byte(0, 255);
  unsigned refused = 0;
  for (int round = 0; round < 20000; round++) {
    std::vector<Insn> code(static_cast<size_t>(byte(random) % 6));
    for (Insn& insn : code) {
      for (size_t i = 0; i < sizeof insn; i++) {
        reinterpret_cast<uint8_t*>(&insn)[i] = static_cast<uint8_t>(byte(random));
      }
      if (byte(random) < 128) insn.opcode = byte(random) < 128 ? kLddw : (kJmp | kCall);
    }
    Violation violation{99, nullptr};
    if (!validate(view(code), kReferences, violation)) {
      refused++;
      ASSERT_NE(violation.reason, nullptr);
      ASSERT_LE(violation.instruction, code.size());
    }
  }
  EXPECT_GT(refused, 10000u);
}

}  // namespace
}  // namespace perdita::isa
