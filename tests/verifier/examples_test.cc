// SPDX-License-Identifier: Apache-2.0
//
// The programs of examples/, compiled by clang as a user compiles them and verified against the demo firmware's
// platform: all are accepted but the one that is there to be refused.
#include "program_fixture.h"

namespace perdita::verifier {
namespace {

class Examples : public ProgramTest {};

TEST_P(Examples, HaveTheirVerdict) {
  ASSERT_NE(platform_, nullptr);
  const Verdict verdict = this->verdict();
  ASSERT_FALSE(verdict.progs.empty());
  bool to_be_refused = GetParam().filename() == "out_of_bounds.bpf.c";
  for (const ProgVerdict& prog : verdict.progs) {
    for (const Diagnostic& diagnostic : prog.diagnostics) {
      if (!to_be_refused) ADD_FAILURE() << prog.name << "\n" << render(diagnostic, false);
      EXPECT_FALSE(diagnostic.place.file.empty());
      EXPECT_NE(diagnostic.place.line, 0u);
      EXPECT_FALSE(diagnostic.place.source.empty());
    }
  }
  EXPECT_EQ(verdict.accepted, !to_be_refused);
}

INSTANTIATE_TEST_SUITE_P(All, Examples, ::testing::ValuesIn(programs_in("examples")), name_of);

}  // namespace
}  // namespace perdita::verifier
