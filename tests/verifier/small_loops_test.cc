// SPDX-License-Identifier: Apache-2.0
//
// Loops of two variables, long enough to be summarised, against what they do: for each input, and for several ways to
// decide what memory decides, the loop is run here, in a few lines of C++. What is accepted ends, within its bound, and
// where nothing depends on anything the bound is exact.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "isa/assemble.h"
#include "verifier/proof.h"
#include "verifier/testing/collected_states.h"
#include "verifier/testing/test_platform.h"

namespace perdita::verifier {
namespace {

constexpr uint64_t kInputs = 8, kEndless = 40'000;

struct Change {
  bool to_second = false;
  int64_t add = 0;
  bool adds_input = false, narrow = false;
  unsigned shift = 0;  // instead, to the right
};

struct Loop {
  int64_t first = 0, second = 0;
  bool first_is_input = false, second_is_input = false;
  Change always[2], sometimes;  // the latter where memory says so
  bool has_sometimes = false;
  const char* relation = "<";
  bool narrow = false, with_second = false, asked_first = false;
  int64_t limit = 0;
};

constexpr const char* kRelations[] = {"<", "<=", "!=", "s<", "s<=", ">", ">=", "s>", "s>=", "=="};

std::string text_of(const Change& change) {
  const char* prefix = change.narrow ? "w" : "r";
  if (change.shift != 0) return fmt::format("  {}{} >>= {}\n", prefix, change.to_second ? 7 : 6, change.shift);
  return fmt::format("  {}{} += {}\n", prefix, change.to_second ? 7 : 6,
                     change.adds_input ? fmt::format("{}9", prefix) : std::to_string(change.add));
}

std::string text_of(const Loop& loop) {
  std::string text = "  r0 = 0\n  r9 = *(u64 *)(r1 + 0)\n  r9 &= 7\n";
  text += loop.first_is_input ? "  r6 = r9\n" : fmt::format("  r6 = {}\n", loop.first);
  text += loop.second_is_input ? "  r7 = r9\n" : fmt::format("  r7 = {}\n", loop.second);
  const char* prefix = loop.narrow ? "w" : "r";
  const std::string with = loop.with_second ? fmt::format("{}7", prefix) : std::to_string(loop.limit);
  const std::string asks = fmt::format("  if {}6 {} {} goto ", prefix, loop.relation, with);
  text += "again:\n";
  if (loop.asked_first) text += asks + "on\n  goto out\non:\n";
  if (loop.has_sometimes) {
    text +=
        "  r1 = map[3][0]+0\n  r1 = *(u64 *)(r1 + 0)\n  if r1 & 1 goto over\n" + text_of(loop.sometimes) + "over:\n";
  }
  text += text_of(loop.always[0]) + text_of(loop.always[1]);
  text += loop.asked_first ? "  goto again\n" : asks + "again\n";
  return text + "out:\n  exit\n";
}

bool holds(const char* relation, bool narrow, uint64_t a, uint64_t b) {
  if (narrow) a = static_cast<uint32_t>(a), b = static_cast<uint32_t>(b);
  auto x = static_cast<int64_t>(a), y = static_cast<int64_t>(b);
  if (narrow) x = static_cast<int32_t>(a), y = static_cast<int32_t>(b);
  const std::string_view name = relation;
  if (name == "<") return a < b;
  if (name == "<=") return a <= b;
  if (name == ">") return a > b;
  if (name == ">=") return a >= b;
  if (name == "==") return a == b;
  if (name == "!=") return a != b;
  if (name == "s<") return x < y;
  if (name == "s<=") return x <= y;
  return name == "s>" ? x > y : x >= y;
}

// How many instructions it takes; kEndless and above: more than this looks at.
template <typename Choose>
uint64_t steps_of(const Loop& loop, uint64_t input, Choose choose) {
  uint64_t words[2] = {loop.first_is_input ? input : static_cast<uint64_t>(loop.first),
                       loop.second_is_input ? input : static_cast<uint64_t>(loop.second)};
  auto change = [&](const Change& by) {
    uint64_t& word = words[by.to_second ? 1 : 0];
    if (by.shift == 0) word += by.adds_input ? input : static_cast<uint64_t>(by.add);
    if (by.narrow) word = static_cast<uint32_t>(word);
    word >>= by.shift;
  };
  auto goes_on = [&] {
    return holds(loop.relation, loop.narrow, words[0], loop.with_second ? words[1] : static_cast<uint64_t>(loop.limit));
  };
  uint64_t steps = 5;
  for (uint64_t iteration = 0; steps < kEndless; iteration++) {
    if (loop.asked_first) {
      steps++;
      if (!goes_on()) return steps + 2;
    }
    if (loop.has_sometimes) {
      steps += 4;  // lddw counts once
      steps--;
      if (choose(iteration)) {
        change(loop.sometimes);
        steps++;
      }
    }
    change(loop.always[0]);
    change(loop.always[1]);
    steps += 3;
    if (!loop.asked_first && !goes_on()) return steps + 1;
  }
  return steps;
}

class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {}
  bool one_in(uint64_t n) { return random_() % n == 0; }

  Change change(bool to_second) {
    constexpr int64_t kSteps[] = {1, 1, 1, 2, 3, 7, -1, -1, -2, -5, 0, 0};
    Change change{to_second, kSteps[random_() % std::size(kSteps)], one_in(12), one_in(4)};
    if (one_in(8)) change.shift = one_in(3) ? 2 : 1;
    return change;
  }

  Loop loop() {
    constexpr int64_t kLimits[] = {0, 1, 2000, 2001, 3000, 3001, -1, 6};
    constexpr int64_t kStarts[] = {0, 1, 2500, 3000, -2000, -3};
    Loop loop;
    loop.first = kStarts[random_() % std::size(kStarts)];
    loop.second = kStarts[random_() % std::size(kStarts)];
    loop.first_is_input = one_in(3);
    loop.second_is_input = one_in(4);
    loop.always[0] = change(false);
    loop.always[1] = change(!one_in(4));
    loop.sometimes = change(one_in(2));
    loop.has_sometimes = one_in(3);
    loop.relation = kRelations[random_() % std::size(kRelations)];
    loop.narrow = one_in(3);
    loop.with_second = one_in(3);
    loop.asked_first = one_in(2);
    loop.limit = kLimits[random_() % std::size(kLimits)];
    return loop;
  }

 private:
  std::mt19937_64 random_;
};

TEST(SmallLoops, EndWithinTheirBounds) {
  const char* wanted = std::getenv("PERDITA_PROGRAMS");
  const char* first = std::getenv("PERDITA_SEED");
  const unsigned count = wanted != nullptr ? static_cast<unsigned>(std::atoi(wanted)) : 150;
  const unsigned from = first != nullptr ? static_cast<unsigned>(std::atoi(first)) : 1;
  testing::TestPlatform platform;
  unsigned accepted = 0, looked_at = 0, exact = 0, with_facts = 0, exact_with_facts = 0;
  for (unsigned seed = from; seed < from + count; seed++) {
    const Loop loop = Maker(seed).loop();
    std::mt19937_64 random(seed);
    uint64_t most = 0;
    for (uint64_t input = 0; input < kInputs; input++) {
      for (unsigned way = 0; way < (loop.has_sometimes ? 5 : 1); way++) {
        most = std::max(most, steps_of(loop, input, [&](uint64_t iteration) {
                          return way == 0   ? true
                                 : way == 1 ? false
                                 : way == 2 ? iteration % 2 == 0
                                 : way == 3 ? iteration < 300
                                            : random() % 2 == 0;
                        }));
      }
    }
    // What is endless takes the verifier its whole budget to refuse: one of many.
    if (most >= kEndless && seed % 16 != 0) continue;
    looked_at++;
    const std::string text = text_of(loop);
    auto code = isa::assemble(text);
    ASSERT_TRUE(code) << code.error().message << "\n" << text;
    const object::Module module = testing::module_with(*code, "tick");
    const Verdict verdict = verify(module, platform, {});
    if (!verdict.accepted) continue;
    accepted++;
    // Also in the attempt that knows facts about several numbers, and summarises loops at once.
    testing::CollectedStates none(0);
    if (auto linear = testing::collect_linear_states(module, none)) {
      with_facts++;
      ASSERT_LE(most, linear->worst.instructions) << "seed " << seed << "\n" << text;
      exact_with_facts += most == linear->worst.instructions ? 1 : 0;
    }
    // Whoever accepts what is longer than this looks at must know it.
    ASSERT_LE(most, verdict.progs[0].bounds.instructions) << "seed " << seed << "\n" << text;
    exact += most == verdict.progs[0].bounds.instructions ? 1 : 0;
  }
  EXPECT_GT(accepted, looked_at / 3);
  EXPECT_GT(exact, accepted / 3);
  if (wanted == nullptr) {
    // What is lost shows here: after a change that is meant, the figures as they are.
    EXPECT_GE(accepted, 99u);
    EXPECT_GE(exact, 96u);
    EXPECT_GE(with_facts, 97u);
    EXPECT_GE(exact_with_facts, 96u);
  }
  RecordProperty("accepted", static_cast<int>(accepted));
  RecordProperty("exact", static_cast<int>(exact));
  if (wanted != nullptr) fmt::print("{} looked at, {} accepted, {} with exact bounds\n", looked_at, accepted, exact);
}

// ---- two ends that come closer: which facts about several numbers are for ----

// From `low` and `high` (-1: the input) a middle is made, and memory says which of the two becomes the middle and so
// much more.
struct Search {
  int64_t low = 0, high = 0, more_low = 1, more_high = 0;
  bool narrow = false, or_equal = false, both_steps = false;
  unsigned shift = 1;
};

Search search(uint64_t seed) {
  std::mt19937_64 random(seed);
  auto one_of = [&random](std::initializer_list<int64_t> all) { return *(all.begin() + random() % all.size()); };
  Search search{one_of({0, 0, 0, 1, 100, -7}), one_of({1000, 4096, 100000, -1, 17})};
  search.more_low = one_of({1, 1, 1, 0, 2, 3});
  search.more_high = one_of({0, 0, -1, -1, 1, -2});
  search.narrow = random() % 3 == 0;
  search.or_equal = random() % 3 == 0;
  search.both_steps = random() % 4 == 0;
  search.shift = random() % 5 == 0 ? 2 : 1;
  return search;
}

std::string text_of(const Search& s) {
  const char* p = s.narrow ? "w" : "r";
  std::string text = "  r0 = 0\n  r9 = *(u64 *)(r1 + 0)\n  r9 &= 1023\n";
  text += fmt::format("  {}6 = {}\n", p, s.low);
  text += s.high < 0 ? "  r7 = r9\n" : fmt::format("  r7 = {}\n", s.high);
  text += fmt::format("again:\n  if {0}6 s{1} {0}7 goto out\n", p, s.or_equal ? ">" : ">=");
  text += s.both_steps ? fmt::format("  {0}8 = {0}7\n  {0}8 += {0}6\n  {0}8 >>= {1}\n", p, s.shift)
                       : fmt::format("  {0}8 = {0}7\n  {0}8 -= {0}6\n  {0}8 >>= {1}\n  {0}8 += {0}6\n", p, s.shift);
  text += "  r1 = map[3][0]+0\n  r1 = *(u64 *)(r1 + 0)\n  if r1 & 1 goto up\n";
  text += fmt::format("  {0}7 = {0}8\n  {0}7 += {1}\n  goto again\nup:\n", p, s.more_high);
  text += fmt::format("  {0}6 = {0}8\n  {0}6 += {1}\n  goto again\nout:\n  exit\n", p, s.more_low);
  return text;
}

template <typename Choose>
uint64_t steps_of(const Search& s, uint64_t input, Choose choose) {
  auto cut = [&s](uint64_t word) { return s.narrow ? uint64_t{static_cast<uint32_t>(word)} : word; };
  auto number = [&s](uint64_t word) {
    return s.narrow ? int64_t{static_cast<int32_t>(word)} : static_cast<int64_t>(word);
  };
  uint64_t low = cut(static_cast<uint64_t>(s.low)), high = s.high < 0 ? input : static_cast<uint64_t>(s.high);
  uint64_t steps = 5;
  for (uint64_t iteration = 0; steps < kEndless; iteration++) {
    if (s.or_equal ? number(low) > number(high) : number(low) >= number(high)) return steps + 2;
    const uint64_t middle = s.both_steps ? cut(low + high) >> s.shift : cut((cut(high - low) >> s.shift) + low);
    const bool up = choose(iteration);
    steps += (s.both_steps ? 7 : 8) + 3;
    if (up) {
      low = cut(middle + static_cast<uint64_t>(s.more_low));
    } else {
      high = cut(middle + static_cast<uint64_t>(s.more_high));
    }
  }
  return steps;
}

TEST(SmallLoops, SearchesEndWithinTheirBounds) {
  constexpr unsigned kSearches = 100;
  testing::TestPlatform platform;
  unsigned accepted = 0, tight = 0;
  for (unsigned seed = 1; seed <= kSearches; seed++) {
    const Search loop = search(seed);
    std::mt19937_64 random(seed);
    uint64_t most = 0;
    for (uint64_t input : {0u, 1u, 2u, 500u, 1022u, 1023u}) {
      for (unsigned way = 0; way < 6; way++) {
        most = std::max(most, steps_of(loop, input, [&](uint64_t iteration) {
                          return way < 2 ? way == 0 : way == 2 ? iteration % 2 == 0 : random() % 2 == 0;
                        }));
      }
    }
    if (most >= kEndless && seed % 16 != 0) continue;
    const std::string text = text_of(loop);
    auto code = isa::assemble(text);
    ASSERT_TRUE(code) << code.error().message << "\n" << text;
    const Verdict verdict = verify(testing::module_with(*code, "tick"), platform, {});
    if (!verdict.accepted) continue;
    accepted++;
    ASSERT_LE(most, verdict.progs[0].bounds.instructions) << "seed " << seed << "\n" << text;
    tight += verdict.progs[0].bounds.instructions <= 2 * most ? 1 : 0;
  }
  // What is lost shows here: after a change that is meant, the figures as they are.
  EXPECT_GE(accepted, 53u);
  EXPECT_GE(tight, 30u);
}

}  // namespace
}  // namespace perdita::verifier
