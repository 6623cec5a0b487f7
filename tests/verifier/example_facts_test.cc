// SPDX-License-Identifier: Apache-2.0
//
// Facts of programs as clang writes them: right, as the noise says, and few bytes.
#include "program_fixture.h"
#include "verifier/testing/noise.h"

namespace perdita::verifier {
namespace {

class ExampleFacts : public ProgramTest {};

TEST_P(ExampleFacts, Hold) {
  ASSERT_NE(platform_, nullptr);
  auto module = object::load(compiled(GetParam()), GetParam().filename().string(), platform_.get());
  ASSERT_TRUE(module) << render(module.error(), false);
  std::mt19937_64 random(1);
  const std::vector<object::Prog> progs = module->progs;
  for (const object::Prog& prog : progs) {
    object::Module one = *module;  // the machine runs a module's first program
    one.progs = {prog};
    Verdict verdict = verify(one, *platform_, {});
    if (!verdict.accepted) continue;
    auto result = testing::check_facts(one, *platform_, 200, random);
    EXPECT_EQ(result.failure, "") << prog.name;
    EXPECT_LE(verdict.progs[0].facts.size(), prog.code.size()) << prog.name;
    RecordProperty(prog.name + "_instructions", static_cast<int>(prog.code.size()));
    RecordProperty(prog.name + "_fact_bytes", static_cast<int>(verdict.progs[0].facts.size()));
  }
}

INSTANTIATE_TEST_SUITE_P(Examples, ExampleFacts, ::testing::ValuesIn(programs_in("examples")), name_of);
INSTANTIATE_TEST_SUITE_P(Programs, ExampleFacts, ::testing::ValuesIn(programs_in("tests/verifier/programs")), name_of);

}  // namespace
}  // namespace perdita::verifier
