// SPDX-License-Identifier: Apache-2.0
//
// Straight code, with facts about several numbers (linear.h), against what it computes: random arithmetic of both
// widths on numbers from everywhere and on pointers, with branches on the way. Each number that a name stands for is
// known here, whether a register still holds it or not, so every fact is held against it: those about several numbers,
// differences, sums that are multiples of 2^32, what values are counted from, and what branches are believed to tell.
#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <memory>
#include <random>

#include "isa/assemble.h"
#include "isa/form.h"
#include "isa/reference.h"
#include "known_today.h"
#include "verifier/record.h"
#include "verifier/references.h"
#include "verifier/testing/test_platform.h"
#include "verifier/transfer.h"

namespace perdita::verifier {
namespace {

using domain::Int128;

constexpr unsigned kNumbers = 5, kWays = 24;  // registers from r0 on; r6 and r7 are pointers, r8 is the packet's end
constexpr uint64_t kPacket = uint64_t{1} << 40, kValue = uint64_t{1} << 41;

struct Range {
  int64_t least, most;
};
constexpr int64_t k31 = int64_t{1} << 31, k32 = int64_t{1} << 32, k61 = int64_t{1} << 61;
constexpr Range kRanges[] = {{0, 15},
                             {0, 255},
                             {-8, 7},
                             {0, k32 - 1},
                             {k31 - 4, k31 + 3},
                             {k32 - 3, k32 + 3},
                             {-k31, k31 - 1},
                             {-k32, 3},
                             {0, kTame},
                             {-kTame, 5},
                             {kTame - 2, kTame + 2},
                             {0, k61},
                             {INT64_MIN, INT64_MAX},
                             {1, 2},
                             {0, 65535}};

// One way through the code: what registers hold, and what the names stand for.
struct Way {
  std::array<uint64_t, 11> regs;
  uint64_t size;
  std::map<uint32_t, int64_t> names;
};

struct Figures;

class StraightCode : public ::testing::Test {
 protected:
  StraightCode() {
    module_ = testing::module_with(*isa::assemble("r0 = 0\nexit\n"), "packet");
    hook_ = platform_.hook("packet");
  }

  uint64_t below(uint64_t limit) { return random_() % limit; }
  bool one_in(uint64_t n) { return below(n) == 0; }
  int64_t between(const Range& range) {
    const uint64_t length = static_cast<uint64_t>(range.most) - static_cast<uint64_t>(range.least);
    const uint64_t edge = below(3);
    if (edge == 0) return range.least;
    if (edge == 1) return range.most;
    return wrapped_sum(range.least, static_cast<int64_t>(length == UINT64_MAX ? random_() : below(length + 1)));
  }

  std::string number() { return std::to_string(below(kNumbers)); }
  int32_t immediate() {
    constexpr int32_t kImmediates[] = {0,  1,   2,   3,  4,  7,  8,         15,        16,   31,
                                       32, 255, 256, -1, -2, -8, INT32_MAX, INT32_MIN, 65535};
    return kImmediates[below(std::size(kImmediates))];
  }
  std::string instruction() {
    constexpr const char* kOperators[] = {
        "+=", "-=", "+=", "-=", "+=", "-=", "*=", "&=", "|=", "^=", "<<=", ">>=", "s>>=", "/=", "%=", "s/=", "s%="};
    constexpr const char* kShifts[] = {"<<=", ">>=", "s>>="};
    const std::string p = one_in(3) ? "w" : "r", dst = p + number();
    switch (below(12)) {
      case 0:
        return dst + " = " + p + number();
      case 1:
        return dst + " = -" + dst;
      case 2:
        return dst + " = " + std::to_string(immediate());
      case 3:
        return dst + " " + kShifts[below(3)] + " " + std::to_string(one_in(2) ? below(17) : below(p == "w" ? 32 : 64));
      case 4:
        return dst + " ^= -1";
      case 5:
        return "r6 " + std::string(one_in(2) ? "+" : "-") + "= r" + number();
      case 6:
        return "r7 " + std::string(one_in(2) ? "+" : "-") + "= " +
               (one_in(2) ? std::to_string(below(16)) : "r" + number());
      case 7: {
        constexpr const char* kDistances[] = {"r8", "r6", "r9"};
        return std::string(kDistances[below(3)]) + " -= r6";  // a copy is put in its place
      }
      default:
        break;
    }
    const char* const op = kOperators[below(std::size(kOperators))];
    return dst + " " + op + " " + (one_in(2) ? p + number() : std::to_string(immediate()));
  }
  std::string branch() {
    constexpr const char* kRelations[] = {"<", "<=", "!=", "s<", "s<=", ">", ">=", "s>", "s>=", "==", "&"};
    const std::string relation = kRelations[below(std::size(kRelations))];
    if (one_in(6)) return std::string("if r6 ") + (one_in(2) ? "<=" : "<") + " r8 goto +0";
    const std::string p = one_in(3) ? "w" : "r";
    return "if " + p + number() + " " + relation + " " + (one_in(2) ? p + number() : std::to_string(immediate())) +
           " goto +0";
  }

  // Begins anew: values, and ways that have such.
  void begin() {
    report_.emplace(module_.progs[0]);
    analysis_.emplace(*subject_, *report_);
    analysis_->linear = linear_;
    state_ = State();
    state_.frames.emplace_back();
    ways_.assign(kWays, {});
    const Range sizes{static_cast<int64_t>(below(20)), 20 + static_cast<int64_t>(below(30))};
    state_.packet_size = domain::signed_scalar<64, 32>(sizes.least, sizes.most);
    for (Way& way : ways_)
      way.names[kPacketSizeId] = static_cast<int64_t>(way.size = static_cast<uint64_t>(between(sizes)));
    for (unsigned i = 0; i < kNumbers; i++) {
      const Range range = kRanges[below(one_in(2) ? 3 : std::size(kRanges))];
      state_.regs[i] = RegValue::scalar(domain::signed_scalar<64, 32>(range.least, range.most));
      for (Way& way : ways_) way.regs[i] = static_cast<uint64_t>(between(range));
    }
    restore_pointers();
    pending_.clear();
    if (linear_) return;
    // As if these were what a loop counts with.
    for (unsigned i = 0; i < kNumbers; i++) {
      analysis_->name(state_.regs[i]);
      if (state_.regs[i].id != kNoId) analysis_->loop_numbers.push_back(state_.regs[i].id);
    }
  }
  // x & (x - 1), into another register.
  void take_a_bit() {
    const std::string x = number(), y = number(), p = one_in(3) ? "w" : "r";
    if (x == y) return;
    pending_ = {p + y + " &= " + p + x, "r" + y + " += -1", "r" + y + " = r" + x, "if r" + x + " != 0 goto +0"};
  }
  std::string next() {
    if (pending_.empty() && one_in(12)) take_a_bit();
    if (pending_.empty()) return one_in(3) ? branch() : instruction();
    const std::string text = pending_.back();
    pending_.pop_back();
    return text;
  }
  void restore_pointers() {
    auto put = [this](unsigned reg, const RegValue& value, uint64_t address) {
      state_.regs[reg] = value;
      for (Way& way : ways_) way.regs[reg] = address;
    };
    if (!state_.regs[6].has_offset()) put(6, RegValue::pointer(RegKind::packet), kPacket);
    if (state_.regs[7].kind != RegKind::map_value) {
      RegValue pointer = RegValue::pointer(RegKind::map_value);
      pointer.map = 6;
      put(7, pointer, kValue);
    }
    put(8, RegValue::of_kind(RegKind::packet_end), 0);
    for (Way& way : ways_) way.regs[8] = kPacket + way.size;
    state_.regs[9] = state_.regs[6];
    for (Way& way : ways_) way.regs[9] = way.regs[6];
  }

  std::optional<int64_t> counted(const Way& way, unsigned reg) const {
    const RegValue& value = state_.regs[reg];
    const uint64_t base = value.kind == RegKind::packet ? kPacket : value.kind == RegKind::map_value ? kValue : 0;
    if (!value.is_scalar() && !value.has_offset()) return std::nullopt;
    return static_cast<int64_t>(way.regs[reg] - base - static_cast<uint64_t>(value.fixed));
  }

  // A number that no register ever held, as one was taken from a pointer: a fact says what it is.
  void learn_from_facts(Way& way) const {
    for (const Linear& fact : state_.linear.facts()) {
      if (fact.least != fact.most) continue;
      Int128 others = 0;
      const Term* unknown = nullptr;
      for (const Term& term : fact.terms) {
        auto known = way.names.find(term.id);
        if (term.factor == 0) break;
        if (known == way.names.end() && unknown != nullptr) return;
        if (known == way.names.end()) {
          unknown = &term;
        } else {
          others += Int128{term.factor} * known->second;
        }
      }
      if (unknown != nullptr && std::abs(unknown->factor) == 1)
        way.names[unknown->id] = static_cast<int64_t>((fact.least - others) * unknown->factor);
    }
  }

  // What every register and fact says, of every way; the names that registers show are learnt.
  void compare(const std::string& after) {
    for (Way& way : ways_) {
      ASSERT_TRUE(state_.packet_size.contains(way.size)) << after;
      for (unsigned reg = 0; reg < 10; reg++) {
        const RegValue& value = state_.regs[reg];
        const std::optional<int64_t> base = counted(way, reg);
        if (!base) continue;
        const uint64_t word = value.is_scalar() ? way.regs[reg] : static_cast<uint64_t>(*base);
        ASSERT_TRUE(value.value.contains(word)) << after << ", r" << reg << " = " << word;
        if (uint32_t id = number_id(value); id != kNoId) {
          ASSERT_EQ(way.names.try_emplace(id, *base).first->second, *base) << after << ", r" << reg;
        }
        if (value.raised_id != kNoId) {
          const auto raised = static_cast<uint64_t>(wrapped_sum(way.names.at(value.raised_id), value.fixed));
          ASSERT_EQ(raised << 32, word) << after;
        }
        const int64_t bytes = value.kind == RegKind::packet ? *base + state_.packet_range(value.id) : 0;
        ASSERT_LE(bytes, int64_t(way.size)) << after;
      }
      learn_from_facts(way);
      for (const Difference& fact : state_.differences) {
        // What was refused leaves a fact about a number that nothing got.
        if (!way.names.contains(fact.a) || !way.names.contains(fact.b)) continue;
        ASSERT_LE(int64_t(Int128{way.names.at(fact.a)} - way.names.at(fact.b)), fact.most) << after;
      }
      for (const auto& [less, more] : analysis_->one_bit_less) {
        const auto bits = [&way](uint32_t id) { return std::popcount(static_cast<uint64_t>(way.names.at(id))); };
        ASSERT_LT(bits(less), bits(more)) << after;
      }
      for (const Part& known : analysis_->parts) {
        // Of what was put over itself nothing is left to know it by.
        if (!way.names.contains(known.part) || !way.names.contains(known.whole)) continue;
        const uint64_t part = static_cast<uint64_t>(way.names.at(known.part));
        const uint64_t whole = static_cast<uint64_t>(wrapped_sum(way.names.at(known.whole), known.fixed));
        switch (known.operation) {
          case domain::Operation::bit_and:
            ASSERT_EQ(part, whole & known.by) << after;
            break;
          case domain::Operation::rsh:
            ASSERT_EQ(part, whole >> known.by) << after;
            break;
          case domain::Operation::add:
            ASSERT_LE(whole, UINT32_MAX) << after;
            ASSERT_EQ(part, (whole + known.by) & UINT32_MAX) << after;
            break;
          default:
            ASSERT_EQ(part & whole, whole) << after;
        }
      }
      for (const Distance& known : analysis_->distances) {
        if (!way.names.contains(known.number) || !way.names.contains(known.to) || !way.names.contains(known.from))
          continue;
        const int64_t apart = way.names.at(known.to) - way.names.at(known.from) + known.fixed;
        ASSERT_EQ(way.names.at(known.number), known.low ? int64_t(static_cast<uint32_t>(apart)) : apart) << after;
      }
      auto value_of = [&way](const Sum& sum) {
        Int128 value = sum.constant();
        for (const Term& term : sum.terms()) value += Int128{term.factor} * way.names.at(term.id);
        return value;
      };
      for (const auto* facts : {&state_.linear.facts(), &state_.linear.ranges()}) {
        for (const Linear& fact : *facts) {
          const Int128 value = value_of(fact.sum());
          ASSERT_TRUE(fact.least == INT64_MIN || fact.least <= value) << after;
          ASSERT_TRUE(fact.most == INT64_MAX || value <= fact.most) << after;
        }
      }
      for (const Sum& sum : state_.linear.modular()) ASSERT_EQ(int64_t(value_of(sum) % kModulus), 0) << after;
    }
  }

  void code(unsigned seeds, Figures& figures);
  void step(const std::string& text) {
    auto code = isa::assemble(text + "\nexit\n");
    ASSERT_TRUE(code) << text;
    module_.progs[0].code = *code;
    // All have names, so that what they stand for is known when they are gone.
    for (unsigned reg = 0; reg < kNumbers && linear_; reg++) analysis_->name(state_.regs[reg]);
    compare("before " + text);
    const isa::Insn insn = (*code)[0];
    if (isa::insn_class(insn.opcode) == isa::kJmp || isa::insn_class(insn.opcode) == isa::kJmp32) {
      std::unique_ptr<State> other;
      const Way followed = ways_[below(ways_.size())];
      auto taken = [&insn](const Way& way) {
        return isa::reference_taken(insn, way.regs[insn.dst()], way.regs[insn.src()]);
      };
      const bool goes = taken(followed);
      const Arms arms = transfer_branch(*analysis_, state_, other, 0);
      for (const Way& way : ways_) ASSERT_TRUE(taken(way) ? arms.taken : arms.not_taken) << text;
      if (!goes && other != nullptr) state_ = std::move(*other);
      std::erase_if(ways_, [&](const Way& way) { return taken(way) != goes; });
    } else {
      transfer(*analysis_, state_, 0);
      const RegValue& dst = state_.regs[insn.dst()];
      for (Way& way : ways_) {
        // A number that got its name when it was shifted, and is gone.
        if (dst.raised_id != kNoId)
          way.names.try_emplace(dst.raised_id, wrapped_difference(int64_t(way.regs[insn.dst()]), dst.fixed));
        way.regs[insn.dst()] = isa::reference_arithmetic(insn, way.regs[insn.dst()], way.regs[insn.src()]);
      }
    }
    compare("after " + text);
    // What all facts together say of each number.
    for (unsigned reg = 0; reg < kNumbers; reg++) {
      if (!state_.regs[reg].is_scalar()) continue;
      const Scalar64 number = sharpened(state_, state_.regs[reg]);
      for (const Way& way : ways_) ASSERT_TRUE(number.contains(way.regs[reg])) << text << ", r" << reg;
      sharper_ += number == state_.regs[reg].value ? 0 : 1;
    }
    for (unsigned reg : {6, 7}) {
      if (!state_.regs[reg].has_offset()) continue;
      const Scalar64 offset = sharpened(state_, state_.regs[reg]);
      for (const Way& way : ways_)
        ASSERT_TRUE(offset.contains(way.regs[reg] - (state_.regs[reg].kind == RegKind::packet ? kPacket : kValue)))
            << text;
      sharper_ += offset == whole_offset(state_.regs[reg]) ? 0 : 1;
    }
  }

  testing::TestPlatform platform_;
  object::Module module_;
  const perdita_hook* hook_ = nullptr;
  std::optional<Subject> subject_;
  std::optional<Report> report_;
  std::optional<Analysis> analysis_;
  State state_;
  std::vector<Way> ways_;
  std::mt19937_64 random_;
  unsigned sharper_ = 0;
  bool linear_ = true;
  std::vector<std::string> pending_;  // the next one last
};

struct Figures {
  size_t facts, multiples, differences, ended, alike, less, parts, distances;
};

// Random code by many seeds, each step held against what it does.
void StraightCode::code(unsigned seeds, Figures& figures) {
  subject_.emplace(Subject{module_, module_.progs[0], *hook_, functions_of(module_, platform_), platform_});
  for (unsigned seed = 1; seed <= seeds; seed++) {
    random_.seed(seed);
    begin();
    std::string all;
    for (unsigned i = 0; i < 14; i++) {
      const std::string text = next();
      all += text + "\n";
      ASSERT_NO_FATAL_FAILURE(step(text)) << "seed " << seed << "\n" << all;
      // A distance that was computed goes to a number; what was refused begins anew.
      if (state_.regs[6].is_scalar()) state_.regs[0] = state_.regs[6];
      for (Way& way : ways_) way.regs[0] = state_.regs[6].is_scalar() ? way.regs[6] : way.regs[0];
      for (unsigned reg : {8u, 9u}) {
        if (!state_.regs[reg].is_scalar()) continue;
        state_.regs[1] = state_.regs[reg];
        for (Way& way : ways_) way.regs[1] = way.regs[reg];
      }
      restore_pointers();
      if (one_in(8)) state_.drop_unused_differences();
    }
    figures.facts += state_.linear.facts().size() + state_.linear.ranges().size();
    figures.multiples += state_.linear.modular().size();
    figures.differences += state_.differences.size();
    figures.ended += ways_.size();
    figures.less += analysis_->one_bit_less.size();
    figures.parts += analysis_->parts.size();
    figures.distances += analysis_->distances.size();
    for (unsigned a = 0; a < 10; a++) {
      for (unsigned b = 0; b < a; b++) {
        const uint32_t id = number_id(state_.regs[a]);
        figures.alike += id != kNoId && id == number_id(state_.regs[b]) ? 1 : 0;
      }
    }
  }
}

// What is not recorded any more shows in the figures: after a change that is meant, they are as they are then.
TEST_F(StraightCode, DoesWhatFactsSay) {
  Figures figures{};
  code(4000, figures);
  EXPECT_GE(figures.facts, known_today(21309));
  EXPECT_GE(figures.alike, known_today(2260));
  EXPECT_GE(figures.parts, known_today(1218));
  EXPECT_GE(figures.distances, known_today(85));
  EXPECT_GE(figures.multiples, known_today(1279));
  EXPECT_GE(figures.differences, known_today(1472));
  EXPECT_GE(sharper_, known_today(1500));
  EXPECT_GT(figures.ended, 4000u * 3);
}

// Without those about several numbers, as in the first attempt: what is counted from the same, and differences.
TEST_F(StraightCode, DoesWhatItsNumbersSay) {
  linear_ = false;
  Figures figures{};
  code(4000, figures);
  EXPECT_EQ(figures.facts + figures.multiples, 0u);
  EXPECT_GE(figures.differences, known_today(2289));
  EXPECT_GE(figures.alike, known_today(2170));
  EXPECT_GE(figures.less, known_today(1294));
  EXPECT_GE(figures.parts, known_today(977));
  EXPECT_GE(figures.distances, known_today(85));
}

}  // namespace
}  // namespace perdita::verifier
