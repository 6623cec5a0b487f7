// SPDX-License-Identifier: Apache-2.0
//
// Containment of random programs, a fixed share: the same seeds every time. fuzz/verifier_containment.cc runs for as
// long as one likes.
#include "verifier/testing/containment.h"

#include <gtest/gtest.h>

#include "isa/assemble.h"
#include "verifier/testing/program_generator.h"
#include "verifier/testing/test_platform.h"

namespace perdita::verifier {
namespace {

// The sanitizers look at the verifier's own memory, for which a fifth of the programs, five times as long each, is
// enough.
#ifdef __SANITIZE_ADDRESS__
constexpr unsigned kPrograms = 300;
#else
constexpr unsigned kPrograms = 1500;
#endif

class Containment : public ::testing::TestWithParam<const char*> {};

TEST_P(Containment, OfRandomPrograms) {
  unsigned accepted = 0, programs = kPrograms;
  uint64_t executions = 0, instructions = 0;
  for (unsigned seed = 1; seed <= programs; seed++) {
    std::mt19937_64 random(seed);
    std::string text = testing::ProgramGenerator(random, GetParam()).make();
    auto code = isa::assemble(text);
    ASSERT_TRUE(code) << code.error().message << ": " << code.error().need << "\n" << text;
    auto result = testing::check_containment(testing::module_with(*code, GetParam()), 20, random);
    ASSERT_EQ(result.failure, "") << "seed " << seed << "\n" << text;
    accepted += result.accepted ? 1 : 0;
    executions += result.executions;
    instructions += result.instructions;
  }
  // The generator must keep making programs that say something: accepted, and not trivial.
  EXPECT_GT(accepted, programs / 8);
  EXPECT_GT(executions, programs);
  EXPECT_GT(instructions, 30 * executions);
}

std::string hook_name(const ::testing::TestParamInfo<const char*>& param) { return param.param; }

INSTANTIATE_TEST_SUITE_P(Hooks, Containment, ::testing::Values("tick", "packet", "sniff"), hook_name);

}  // namespace
}  // namespace perdita::verifier
