// SPDX-License-Identifier: Apache-2.0
//
// Loops in loops over three small numbers, summarised at once, against everything that they can do: all ways are gone
// through here, for each input and whatever memory says, so that the longest run is known. What is accepted ends, and
// its bound is no less.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <map>
#include <random>
#include <vector>

#include "isa/assemble.h"
#include "verifier/proof.h"
#include "verifier/testing/collected_states.h"
#include "verifier/testing/test_platform.h"

namespace perdita::verifier {
namespace {

constexpr size_t kMostMoments = 60'000;  // of one program; those with more are left out

struct Op {
  enum class Kind { add, add_read, set, copy, read, read_bit, branch, jump, exit } kind;
  unsigned reg = 0, other = 0;  // 0 to 2: r6 to r8
  int64_t number = 0;           // added, set, mask of what is read, compared with
  const char* relation = "";
  size_t target = 0;
};

using Words = std::array<int64_t, 4>;  // r6 to r8, and what was read last
using Moment = std::pair<size_t, Words>;

class Nest {
 public:
  explicit Nest(uint64_t seed) : random_(seed) {
    for (int64_t& start : starts_) start = between(0, 3);
    reads_start_ = one_in(3);
    block(0);
    ops_.push_back({Op::Kind::exit});
  }

  std::string text() const {
    std::string text = "  r6 = map[3][0]+0\n  r6 = *(u64 *)(r6 + 0)\n  r6 &= 3\n";
    if (!reads_start_) text = fmt::format("  r6 = {}\n", starts_[0]);
    text += fmt::format("  r7 = {}\n  r8 = {}\n  r9 = 0\n", starts_[1], starts_[2]);
    for (size_t i = 0; i < ops_.size(); i++) text += fmt::format("l{}:\n", i) + text_of(ops_[i]);
    return text;
  }

  // The most instructions; nothing where a run may go on for ever, or there is too much to look at.
  std::optional<uint64_t> longest() {
    uint64_t most = 0;
    for (int64_t start = reads_start_ ? 0 : starts_[0]; start <= (reads_start_ ? 3 : starts_[0]); start++) {
      std::optional<uint64_t> from = longest_from({0, {start, starts_[1], starts_[2], 0}});
      if (!from) return std::nullopt;
      most = std::max(most, *from);
    }
    return most + (reads_start_ ? 6 : 4);
  }
  bool endless() const { return endless_; }

 private:
  int64_t between(int64_t least, int64_t most) {
    return least + static_cast<int64_t>(random_() % static_cast<uint64_t>(most - least + 1));
  }
  bool one_in(uint64_t n) { return random_() % n == 0; }
  unsigned reg() { return static_cast<unsigned>(between(0, 2)); }

  void block(unsigned depth) {
    for (int64_t count = between(1, 3); count > 0; count--) statement(depth);
  }

  void statement(unsigned depth) {
    switch (between(0, depth < 3 ? 9 : 6)) {
      case 0:
      case 1:
        ops_.push_back({Op::Kind::add, reg(), 0, one_in(4) ? between(-2, -1) : between(1, 3)});
        break;
      case 2:
        ops_.push_back({Op::Kind::read, 0, 0, one_in(2) ? 1 : 3});
        ops_.push_back({Op::Kind::add_read, reg()});
        break;
      case 3:
        ops_.push_back({Op::Kind::set, reg(), 0, between(0, 4)});
        break;
      case 4:
        ops_.push_back({Op::Kind::copy, reg(), reg()});
        break;
      case 5:
      case 6: {
        const size_t branch = ops_.size();
        ops_.push_back(one_in(2) ? Op{Op::Kind::read_bit} : asks());
        if (depth < 5) block(depth + 1);
        ops_[branch].target = ops_.size();
        break;
      }
      default:
        loop(depth + 1);
    }
  }

  Op asks() {
    constexpr const char* kRelations[] = {"s>=", "s>=", "s>", "s<", "s<=", "==", "!=", ">="};
    return {Op::Kind::branch, reg(), 0, between(0, 12), kRelations[random_() % std::size(kRelations)]};
  }

  // Its variable is moved on by one at least in each iteration, mostly.
  void loop(unsigned depth) {
    const size_t head = ops_.size();
    const unsigned counter = reg();
    const bool asked_first = one_in(2), down = one_in(4);
    const int64_t limit = down ? between(-3, 1) : between(3, 12);
    if (asked_first) ops_.push_back({Op::Kind::branch, counter, 0, limit, down ? "s<=" : "s>="});
    if (!one_in(6)) ops_.push_back({Op::Kind::add, counter, 0, down ? between(-2, -1) : between(1, 2)});
    block(depth);
    const size_t leaves = one_in(3) ? ops_.size() : SIZE_MAX;
    if (leaves != SIZE_MAX) ops_.push_back({Op::Kind::read_bit});
    if (asked_first) {
      ops_.push_back({Op::Kind::jump, 0, 0, 0, "", head});
    } else {
      ops_.push_back({Op::Kind::branch, counter, 0, limit, down ? "s>" : "s<", head});
    }
    if (asked_first) ops_[head].target = ops_.size();
    if (leaves != SIZE_MAX) ops_[leaves].target = ops_.size();
  }

  static std::string text_of(const Op& op) {
    const std::string read = "map[3][0]+0\n";
    switch (op.kind) {
      case Op::Kind::add:
        return fmt::format("  r{} += {}\n", op.reg + 6, op.number);
      case Op::Kind::add_read:
        return fmt::format("  r{} += r9\n", op.reg + 6);
      case Op::Kind::set:
        return fmt::format("  r{} = {}\n", op.reg + 6, op.number);
      case Op::Kind::copy:
        return fmt::format("  r{} = r{}\n", op.reg + 6, op.other + 6);
      case Op::Kind::read:
        return fmt::format("  r9 = {}  r9 = *(u64 *)(r9 + 0)\n  r9 &= {}\n", read, op.number);
      case Op::Kind::read_bit:
        return fmt::format("  r1 = {}  r1 = *(u64 *)(r1 + 0)\n  if r1 & 1 goto l{}\n", read, op.target);
      case Op::Kind::branch:
        return fmt::format("  if r{} {} {} goto l{}\n", op.reg + 6, op.relation, op.number, op.target);
      case Op::Kind::jump:
        return fmt::format("  goto l{}\n", op.target);
      case Op::Kind::exit:
        break;
    }
    return "  r0 = 0\n  exit\n";
  }

  static uint64_t cost_of(const Op& op) {
    if (op.kind == Op::Kind::read || op.kind == Op::Kind::read_bit) return 3;
    return op.kind == Op::Kind::exit ? 2 : 1;
  }

  static bool holds(const Op& op, int64_t word) {
    const std::string_view relation = op.relation;
    if (relation == "s>=") return word >= op.number;
    if (relation == "s>") return word > op.number;
    if (relation == "s<") return word < op.number;
    if (relation == "s<=") return word <= op.number;
    if (relation == "==") return word == op.number;
    if (relation == "!=") return word != op.number;
    return static_cast<uint64_t>(word) >= static_cast<uint64_t>(op.number);
  }

  std::vector<Moment> after(const Moment& moment) const {
    const Op& op = ops_[moment.first];
    Moment next{moment.first + 1, moment.second};
    int64_t& word = next.second[op.reg];
    switch (op.kind) {
      case Op::Kind::add:
        word += op.number;
        return {next};
      case Op::Kind::add_read:
        word += next.second[3];
        return {next};
      case Op::Kind::set:
        word = op.number;
        return {next};
      case Op::Kind::copy:
        word = next.second[op.other];
        return {next};
      case Op::Kind::read: {
        std::vector<Moment> all;
        for (int64_t read = 0; read <= op.number; read++) {
          next.second[3] = read;
          all.push_back(next);
        }
        return all;
      }
      case Op::Kind::read_bit: {
        Moment taken = next;
        taken.first = op.target;
        return {next, taken};
      }
      case Op::Kind::branch:
        if (holds(op, word)) next.first = op.target;
        return {next};
      case Op::Kind::jump:
        next.first = op.target;
        return {next};
      case Op::Kind::exit:
        break;
    }
    return {};
  }

  // In depth first, by a stack of its own.
  std::optional<uint64_t> longest_from(const Moment& first) {
    struct Going {
      Moment moment;
      std::vector<Moment> next;
      size_t done = 0;
      uint64_t most = 0;
    };
    std::vector<Going> stack;
    auto enter = [&](const Moment& moment) {
      known_[moment] = kOnTheWay;
      stack.push_back({moment, after(moment)});
    };
    if (auto known = known_.find(first); known != known_.end()) return known->second;
    enter(first);
    while (!stack.empty()) {
      Going& top = stack.back();
      if (top.done == top.next.size()) {
        const uint64_t all = top.most + cost_of(ops_[top.moment.first]);
        known_[top.moment] = all;
        stack.pop_back();
        if (stack.empty()) return all;
        stack.back().most = std::max(stack.back().most, all);
        continue;
      }
      const Moment next = top.next[top.done++];
      auto known = known_.find(next);
      if (known == known_.end()) {
        if (known_.size() > kMostMoments) return std::nullopt;
        enter(next);
      } else if (known->second == kOnTheWay) {
        endless_ = true;
        return std::nullopt;
      } else {
        top.most = std::max(top.most, known->second);
      }
    }
    return std::nullopt;
  }

  static constexpr uint64_t kOnTheWay = UINT64_MAX;
  std::mt19937_64 random_;
  std::array<int64_t, 3> starts_{};
  bool reads_start_ = false, endless_ = false;
  std::vector<Op> ops_;
  std::map<Moment, uint64_t> known_;
};

TEST(SmallNests, TakeNoMoreThanTheirBounds) {
  const char* wanted = std::getenv("PERDITA_PROGRAMS");
  const char* first = std::getenv("PERDITA_SEED");
  const unsigned count = wanted != nullptr ? static_cast<unsigned>(std::atoi(wanted)) : 200;
  const unsigned from = first != nullptr ? static_cast<unsigned>(std::atoi(first)) : 1;
  unsigned looked_at = 0, accepted = 0, tight = 0, endless = 0;
  for (unsigned seed = from; seed < from + count; seed++) {
    Nest nest(seed);
    const std::optional<uint64_t> most = nest.longest();
    if (!most && !nest.endless()) continue;
    const std::string text = nest.text();
    auto code = isa::assemble(text);
    ASSERT_TRUE(code) << code.error().message << "\n" << text;
    const object::Module module = testing::module_with(*code, "tick");
    endless += most ? 0 : 1;
    for (uint64_t exact_iterations : {0, 1}) {
      testing::CollectedStates none(0);
      looked_at++;
      auto analysed = testing::collect_linear_states(module, none, exact_iterations);
      if (!analysed) continue;
      ASSERT_TRUE(most) << "seed " << seed << " may be endless\n" << text;
      ASSERT_LE(*most, analysed->worst.instructions) << "seed " << seed << "\n" << text;
      accepted++;
      tight += analysed->worst.instructions <= 2 * *most ? 1 : 0;
    }
  }
  fmt::print("{} of {} accepted, {} bounds no more than twice what is possible; {} may be endless\n", accepted,
             looked_at, tight, endless);
  if (wanted != nullptr) return;
  // What is lost shows here: after a change that is meant, the figures as they are.
  EXPECT_GE(accepted, looked_at / 8);
}

}  // namespace
}  // namespace perdita::verifier
