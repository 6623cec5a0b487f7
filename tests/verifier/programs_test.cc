// SPDX-License-Identifier: Apache-2.0
//
// The programs of tests/verifier/programs: written against libbpf's own headers, compiled by clang as a user compiles
// them, and verified against the demo firmware's platform. The first comment line that begins with "accept" or "reject
// CODE" is the verdict; a rejection names the line that says "here".
#include "program_fixture.h"

namespace perdita::verifier {
namespace {

class Programs : public ProgramTest {};

TEST_P(Programs, HaveTheirVerdict) {
  ASSERT_NE(platform_, nullptr);
  const Expected expected = expected_of(GetParam());
  const Verdict verdict = this->verdict();
  ASSERT_FALSE(verdict.progs.empty());
  EXPECT_EQ(verdict.accepted, expected.code.empty());
  for (const ProgVerdict& prog : verdict.progs) {
    for (const Diagnostic& diagnostic : prog.diagnostics) {
      EXPECT_EQ(diagnostic.code, expected.code) << render(diagnostic, false);
      EXPECT_EQ(diagnostic.place.line, expected.line) << render(diagnostic, false);
    }
    if (!prog.accepted) continue;
    EXPECT_GT(prog.bounds.instructions, 0u);
    EXPECT_LE(prog.bounds.stack_bytes, 512u * 8);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Programs, ::testing::ValuesIn(programs_in("tests/verifier/programs")), name_of);

}  // namespace
}  // namespace perdita::verifier
