// SPDX-License-Identifier: Apache-2.0
//
// The public conformance suite against assembler, validator and reference: each case is assembled, validated, printed
// and read back, and run by a small interpreter that has no semantics of its own.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "isa/assemble.h"
#include "isa/conformance_case.h"
#include "isa/disassemble.h"
#include "isa/form.h"
#include "isa/reference.h"
#include "isa/validate.h"

namespace perdita::isa {
namespace {

constexpr uint64_t kMemoryBase = 0x10000;
constexpr uint64_t kStackBase = 0x20000;
constexpr uint64_t kMaxSteps = 1'000'000;

// Runs a validated program step by step with the reference. Nothing where it faults.
class Machine {
 public:
  Machine(const std::vector<Insn>& code, const std::vector<uint8_t>& memory) : code_(code), memory_(memory) {
    registers_[1] = memory.empty() ? 0 : kMemoryBase;
    registers_[2] = memory.size();
    registers_[kFrameRegister] = kStackBase + kFrameStackBytes;
  }

  std::optional<uint64_t> run() {
    for (uint64_t steps = 0; steps < kMaxSteps && !faulted_; steps++) {
      const Insn& insn = code_[pc_++];
      if (insn.opcode == (kJmp | kExit) && frames_.empty()) return registers_[0];
      step(insn);
    }
    return std::nullopt;
  }

 private:
  struct Frame {
    size_t pc;
    std::array<uint64_t, 5> saved;  // r6 to r10
  };

  uint8_t* at(uint64_t address, size_t size) {
    if (address >= kMemoryBase && address + size <= kMemoryBase + memory_.size()) {
      return memory_.data() + (address - kMemoryBase);
    }
    if (address >= kStackBase && address + size <= kStackBase + stack_.size()) {
      return stack_.data() + (address - kStackBase);
    }
    faulted_ = true;
    return nullptr;
  }

  uint64_t read(uint64_t address, size_t size) {
    uint64_t value = 0;
    if (const uint8_t* from = at(address, size)) std::memcpy(&value, from, size);
    return value;
  }

  void write(uint64_t address, size_t size, uint64_t value) {
    if (uint8_t* to = at(address, size)) std::memcpy(to, &value, size);
  }

  void jump(int64_t distance) { pc_ = static_cast<size_t>(static_cast<int64_t>(pc_) + distance); }

  void call(const Insn& insn) {
    if (insn.src() == kCallHelper) {
      registers_[0] = registers_[1];  // helper 5 of the suite gives its first argument back
      return;
    }
    Frame frame{pc_, {}};
    std::memcpy(frame.saved.data(), &registers_[6], sizeof frame.saved);
    frames_.push_back(frame);
    if (frames_.size() >= kMaxFrames) faulted_ = true;
    registers_[kFrameRegister] += kFrameStackBytes;
    jump(insn.imm);
  }

  void leave() {
    pc_ = frames_.back().pc;
    std::memcpy(&registers_[6], frames_.back().saved.data(), sizeof(Frame::saved));
    frames_.pop_back();
  }

  void atomic(const Insn& insn) {
    const size_t size = access_bytes(insn.opcode);
    const uint64_t address = registers_[insn.dst()] + static_cast<uint64_t>(int64_t{insn.offset});
    const AtomicOutcome outcome = reference_atomic(insn, read(address, size), registers_[insn.src()], registers_[0]);
    write(address, size, outcome.memory);
    if (insn.imm == kCmpxchg) {
      registers_[0] = outcome.r0;
    } else {
      registers_[insn.src()] = outcome.src;
    }
  }

  void step(const Insn& insn) {
    uint64_t& dst = registers_[insn.dst()];
    const uint64_t src = registers_[insn.src()];
    const size_t size = access_bytes(insn.opcode);
    const auto offset = static_cast<uint64_t>(int64_t{insn.offset});
    switch (form_of(insn.opcode)) {
      case Form::load_wide:
        dst = static_cast<uint32_t>(insn.imm) | uint64_t{static_cast<uint32_t>(code_[pc_++].imm)} << 32;
        break;
      case Form::load:
        dst = reference_loaded(insn, read(src + offset, size));
        break;
      case Form::store_immediate:
        write(dst + offset, size, static_cast<uint64_t>(int64_t{insn.imm}));
        break;
      case Form::store_register:
        write(dst + offset, size, src);
        break;
      case Form::atomic:
        atomic(insn);
        break;
      case Form::jump:
        jump(insn.offset);
        break;
      case Form::jump_wide:
        jump(insn.imm);
        break;
      case Form::branch_immediate:
      case Form::branch_register:
        if (reference_taken(insn, dst, src)) jump(insn.offset);
        break;
      case Form::call:
        call(insn);
        break;
      case Form::exit:
        leave();
        break;
      default:
        dst = reference_arithmetic(insn, dst, src);
        break;
    }
  }

  std::vector<Insn> code_;
  std::vector<uint8_t> memory_;
  std::array<uint8_t, kMaxFrames * kFrameStackBytes> stack_{};
  std::array<uint64_t, 11> registers_{};
  std::vector<Frame> frames_;
  size_t pc_ = 0;
  bool faulted_ = false;
};

Span<const Insn> view(const std::vector<Insn>& code) { return {code.data(), code.size()}; }

TEST(Conformance, CasesAssembleValidateAndGiveTheirResult) {
  const auto folder = conformance_folder();
  if (!folder) GTEST_SKIP() << "no conformance suite beside the checkout";
  unsigned count = 0;
  for (const ConformanceCase& test : read_conformance_cases(*folder)) {
    SCOPED_TRACE(test.name);
    ASSERT_FALSE(test.text.empty());
    auto code = assemble(test.text);
    if (!code) {
      ADD_FAILURE() << "line " << code.error().place.line << ": " << code.error().place.source << ": "
                    << code.error().need;
      continue;
    }
    if (!test.raw.empty()) {
      EXPECT_EQ(*code, test.raw);
    }
    Violation violation;
    if (!validate(view(*code), {}, violation)) {
      ADD_FAILURE() << "instruction " << violation.instruction << ": " << violation.reason;
      continue;
    }
    auto again = assemble(disassemble(view(*code)));
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, *code);
    ASSERT_TRUE(test.result.has_value());
    const auto result = Machine(*code, test.memory).run();
    ASSERT_TRUE(result.has_value()) << "faulted, or ran for too long";
    EXPECT_EQ(*result, *test.result);
    count++;
  }
  EXPECT_GE(count, 150u);
}

TEST(Conformance, TextThatIsWrongIsRefused) {
  const auto folder = conformance_folder();
  if (!folder) GTEST_SKIP() << "no conformance suite beside the checkout";
  unsigned count = 0;
  for (const ConformanceCase& test : read_conformance_cases(*folder / "negative")) {
    if (!test.name.starts_with("invalid_") || test.text.empty()) continue;
    EXPECT_FALSE(assemble(test.text)) << test.name;
    count++;
  }
  EXPECT_GE(count, 6u);
}

TEST(Conformance, ReservedFieldsThatAreSetAreRefused) {
  const auto folder = conformance_folder();
  if (!folder) GTEST_SKIP() << "no conformance suite beside the checkout";
  unsigned count = 0;
  for (const ConformanceCase& test : read_conformance_cases(*folder / "negative")) {
    if (test.raw.empty()) continue;
    EXPECT_TRUE(test.must_fail) << test.name;
    Violation violation;
    EXPECT_FALSE(validate(view(test.raw), {}, violation)) << test.name;
    count++;
  }
  EXPECT_GE(count, 18u);
}

}  // namespace
}  // namespace perdita::isa
