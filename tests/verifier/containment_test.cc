// SPDX-License-Identifier: Apache-2.0
//
// Containment, a fixed share of `script/fuzz verifier`: the same seeds every time. Programs by the grammar, programs
// that the text cases hold, and mutants of these.
#include "verifier/testing/containment.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "isa/assemble.h"
#include "isa/disassemble.h"
#include "isa/validate.h"
#include "verifier/testing/program_generator.h"
#include "verifier/testing/program_mutator.h"
#include "verifier/testing/test_platform.h"
#include "verifier/testing/text_case.h"

namespace perdita::verifier {
namespace {

using testing::Code;

// The sanitizers look at the verifier's own memory, for which a few of the programs, many times as long each, are
// enough.
#ifdef __SANITIZE_ADDRESS__
constexpr unsigned kPrograms = 30, kLoops = 3, kEntangled = 10, kMutants = 500;
#else
constexpr unsigned kPrograms = 150, kLoops = 12, kEntangled = 100, kMutants = 4000;
#endif

struct Totals {
  unsigned programs = 0, accepted = 0;
  uint64_t executions = 0, instructions = 0;

  void add(const testing::ContainmentResult& result) {
    programs++;
    accepted += result.accepted ? 1 : 0;
    executions += result.executions;
    instructions += result.instructions;
  }
};

class Containment : public ::testing::TestWithParam<const char*> {};

TEST_P(Containment, OfRandomPrograms) {
  Totals totals;
  for (unsigned seed = 1; seed <= kPrograms; seed++) {
    std::mt19937_64 random(seed);
    std::string text = testing::ProgramGenerator(random, GetParam()).make();
    auto code = isa::assemble(text);
    ASSERT_TRUE(code) << code.error().message << ": " << code.error().need << "\n" << text;
    auto result = testing::check_containment(testing::module_with(*code, GetParam()), 30, random);
    ASSERT_EQ(result.failure, "") << "seed " << seed << "\n" << text;
    totals.add(result);
  }
  // The generator must keep making programs that say something: accepted, and not trivial.
  EXPECT_GT(totals.accepted, totals.programs / 8);
  EXPECT_GT(totals.executions, 5 * totals.programs);
  EXPECT_GT(totals.instructions, 50 * totals.executions);
}

// Most of these loops are refused; the others have to end.
TEST_P(Containment, OfLoopsInDisguise) {
  Totals totals;
  for (unsigned seed = 1; seed <= kLoops; seed++) {
    std::mt19937_64 random(seed);
    std::string text = testing::ProgramGenerator(random, GetParam()).make_loop();
    auto code = isa::assemble(text);
    ASSERT_TRUE(code) << code.error().message << ": " << code.error().need << "\n" << text;
    auto result = testing::check_containment(testing::module_with(*code, GetParam()), 30, random);
    ASSERT_EQ(result.failure, "") << "seed " << seed << "\n" << text;
    totals.add(result);
  }
  EXPECT_GT(totals.accepted, totals.programs / 5);
  EXPECT_GT(totals.executions, 2 * totals.programs);
}

// What two ways leave behind, held against each other.
TEST_P(Containment, OfVariablesThatHaveToDoWithEachOther) {
  Totals totals;
  for (unsigned seed = 1; seed <= kEntangled; seed++) {
    std::mt19937_64 random(seed);
    std::string text = testing::ProgramGenerator(random, GetParam()).make_entangled();
    auto code = isa::assemble(text);
    ASSERT_TRUE(code) << code.error().message << ": " << code.error().need << "\n" << text;
    auto result = testing::check_containment(testing::module_with(*code, GetParam()), 60, random);
    ASSERT_EQ(result.failure, "") << "seed " << seed << "\n" << text;
    totals.add(result);
  }
  EXPECT_GT(totals.accepted, totals.programs / 2);
  EXPECT_GT(totals.executions, 10 * totals.programs);
}

// And in the attempt that knows facts about several numbers, which most programs do not need.
TEST_P(Containment, WithFactsAboutSeveralNumbers) {
  Totals totals;
  for (unsigned seed = 1; seed <= kEntangled; seed++) {
    std::mt19937_64 random(seed);
    testing::ProgramGenerator generator(random, GetParam());
    std::string text = seed % 4 == 0 ? generator.make() : generator.make_entangled();
    auto code = isa::assemble(text);
    ASSERT_TRUE(code) << code.error().message << ": " << code.error().need << "\n" << text;
    auto result = testing::check_linear_containment(testing::module_with(*code, GetParam()), 20, random);
    ASSERT_EQ(result.failure, "") << "seed " << seed << "\n" << text;
    totals.add(result);
  }
  EXPECT_GT(totals.accepted, totals.programs / 4);
}

std::string hook_name(const ::testing::TestParamInfo<const char*>& param) { return param.param; }

INSTANTIATE_TEST_SUITE_P(Hooks, Containment, ::testing::Values("tick", "packet", "sniff"), hook_name);

struct Case {
  std::string name, hook;
  Code code;
};

std::vector<Case> cases() {
  const char* folder = std::getenv("PERDITA_SOURCE");
  std::vector<Case> cases;
  for (const testing::TextCase& text_case :
       testing::read_cases(std::filesystem::path(folder != nullptr ? folder : ".") / "tests/verifier/cases")) {
    auto code = isa::assemble(text_case.code);
    if (code && testing::TestPlatform().hook(text_case.hook) != nullptr) {
      cases.push_back({text_case.name, text_case.hook, *code});
    }
  }
  return cases;
}

template <typename Check>
void all_are_contained(const Check& check, unsigned runs) {
  Totals totals;
  for (const Case& one : cases()) {
    std::mt19937_64 random(1);
    auto result = check(testing::module_with(one.code, one.hook), runs, random);
    EXPECT_EQ(result.failure, "") << one.name;
    totals.add(result);
  }
  EXPECT_GT(totals.accepted, 50u);
}

TEST(ContainmentOfCases, AsTheyAre) {
  all_are_contained(
      [](const auto& module, unsigned runs, auto& random) { return testing::check_containment(module, runs, random); },
      30);
}

TEST(ContainmentOfCases, WithFactsAboutSeveralNumbers) {
  all_are_contained([](const auto& module, unsigned runs,
                       auto& random) { return testing::check_linear_containment(module, runs, random); },
                    20);
}

TEST(ContainmentOfCases, Mutated) {
  const std::vector<Case> all = cases();
  ASSERT_FALSE(all.empty());
  Totals totals;
  for (unsigned seed = 1; seed <= kMutants; seed++) {
    std::mt19937_64 random(seed);
    const Case& one = all[random() % all.size()];
    testing::ProgramMutator mutator(random);
    Code code = mutator.mutated(one.code, all[random() % all.size()].code);
    object::Module module = testing::module_with(code, one.hook);
    isa::References references{static_cast<uint32_t>(module.maps.size()),
                               static_cast<uint32_t>(module.functions.size())};
    isa::Violation violation;
    if (!isa::validate({code.data(), code.size()}, references, violation)) continue;
    auto result = testing::check_containment(module, 30, random);
    ASSERT_EQ(result.failure, "") << "seed " << seed << ", from '" << one.name << "'\n"
                                  << isa::disassemble({code.data(), code.size()});
    totals.add(result);
  }
  EXPECT_GT(totals.programs, kMutants * 3 / 4);
  EXPECT_GT(totals.accepted, kMutants / 10);
}

}  // namespace
}  // namespace perdita::verifier
