// SPDX-License-Identifier: Apache-2.0
//
// A fixed share of what `script/fuzz guarded` does for as long as one likes: made-up programs in the fuzzer's world.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <random>

#include "guarded_world.h"
#include "isa/insn.h"

namespace perdita::fuzz {
namespace {

using namespace isa;  // NOLINT: names of opcodes

// Instructions that have a chance: registers hold addresses and handles that they need, calls have arguments.
class Maker {
 public:
  explicit Maker(uint32_t seed) : random_(seed) {}

  std::vector<Insn> program() {
    std::vector<Insn> code(2 + random_() % 60);
    for (size_t i = 0; i < code.size(); i++) {
      code[i] = one();
      if (code[i].opcode == kLddw && i + 1 < code.size()) code[++i] = {0, 0, 0, 0};
    }
    if (random_() % 4 == 0) add_loop(code);
    code.back() = make(kJmp | kExit, 0, 0, 0, 0);
    return code;
  }

 private:
  static Insn make(unsigned opcode, unsigned dst, unsigned src, int offset, int32_t imm) {
    return {static_cast<uint8_t>(opcode), make_regs(dst, src), static_cast<int16_t>(offset), imm};
  }
  // A call of loop or for_each_map_elem, with the callback somewhere in the program.
  void add_loop(std::vector<Insn>& code) {
    const bool map = random_() % 2 == 0;
    const auto at = static_cast<ptrdiff_t>(random_() % (1 + code.size() / 4));
    const auto callback = static_cast<int32_t>(2 + random_() % code.size());
    const Insn call[] = {make(kLddw, 1, map ? kLddwMap : kLddwImm, 0, static_cast<int32_t>(random_() % 5)),
                         make(0, 0, 0, 0, 0),
                         make(kLddw, 2, kLddwFunction, 0, callback),
                         make(0, 0, 0, 0, 0),
                         make(kAlu64 | kMov | kX, 3, 10, 0, 0),
                         make(kAlu64 | kMov | kK, 4, 0, 0, 0),
                         make(kJmp | kCall, 0, kCallHelper, 0, map ? 164 : 181)};
    code.insert(code.begin() + at, std::begin(call), std::end(call));
  }
  unsigned reg() { return random_() % 11; }
  unsigned argument() { return 1 + random_() % 5; }
  int nearby() { return static_cast<int>(random_() % 48) - 40; }

  Insn one() {
    const auto small = static_cast<int32_t>(random_() % 16);
    switch (random_() % 16) {
      case 0: {
        Insn insn;
        const uint64_t bits = uint64_t{random_()} << 32 | random_();
        std::memcpy(&insn, &bits, sizeof insn);
        return insn;
      }
      case 1:
      case 2:
        return make(4, 0, 0, 0, static_cast<int32_t>(random_() & 0xffff));  // becomes a call of a helper
      case 3:
        return make(kLddw, argument(), random_() % 2 == 0 ? kLddwMap : kLddwMapValue, 0, small & 7);
      case 4:
        return make(kLddw, 2, kLddwFunction, 0, small);
      case 5:
        return make(kJmp | kCall, 0, kCallLocal, 0, small);
      case 6:
        return make(kAlu64 | kMov | kX, argument(), 10, 0, 0);
      case 7:
        return make(kAlu64 | kAdd | kK, argument(), 0, 0, -8 * (small & 3));
      case 8:
        return make(kAlu64 | kMov | kK, reg() % 10, 0, 0, small);
      case 9:
        return make(kAlu64 | kMov | kX, reg() % 10, reg(), 0, 0);
      case 10:
        return make(kStx | kMem | (random_() & 0x18), reg(), reg(), nearby(), 0);
      case 11:
        return make(kSt | kMem | (random_() & 0x18), 10, 0, -8 * (1 + (small & 7)), small);
      case 12:
        return make(kLdx | kMem | (random_() & 0x18), reg() % 10, reg(), small, 0);
      case 13:
        return make(kJmp | (random_() % 14) << 4 | (random_() & kX), reg(), reg(), nearby() + 20, small);
      case 14:
        return make(kStx | kAtomic | (random_() % 2 == 0 ? kW : kDw), reg(), reg(), -8, kAdd);
      default:
        return make(kJmp | kExit, 0, 0, 0, 0);
    }
  }

  std::mt19937 random_;
};

TEST(GuardedFuzz, AFixedShare) {
  std::array<unsigned, 256> seen{};
  for (uint32_t seed = 0; seed < 40000; seed++) {
    const std::vector<Insn> code = Maker(seed).program();
    const Status status = run_guarded_bytes(reinterpret_cast<const uint8_t*>(code.data()), code.size() * sizeof(Insn));
    seen[static_cast<uint8_t>(status)]++;
  }
  // The share reaches everything that the guard can say.
  for (const Status status : {Status::ok, Status::bad_access, Status::bad_argument, Status::bad_jump, Status::read_only,
                              Status::bad_instruction, Status::out_of_steps, Status::out_of_stack, Status::bad_value}) {
    EXPECT_GT(seen[static_cast<uint8_t>(status)], 0u) << status_name(status);
  }
}

}  // namespace
}  // namespace perdita::fuzz
