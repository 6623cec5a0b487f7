// SPDX-License-Identifier: Apache-2.0
//
// Every case of tests/verifier/cases: the verdict, and on a rejection the codes of all diagnostics.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "diag/render.h"
#include "isa/assemble.h"
#include "verifier/proof.h"
#include "verifier/testing/test_platform.h"
#include "verifier/testing/text_case.h"

namespace perdita::verifier {
namespace {

using testing::TextCase;

std::filesystem::path source_folder() {
  const char* folder = std::getenv("PERDITA_SOURCE");
  return folder != nullptr ? folder : ".";
}

std::vector<TextCase> all_cases() { return testing::read_cases(source_folder() / "tests/verifier/cases"); }

std::string explain(const ProgVerdict& verdict) {
  std::string text;
  for (const Diagnostic& diagnostic : verdict.diagnostics) text += render(diagnostic, false);
  return text;
}

class TextCases : public ::testing::TestWithParam<TextCase> {};

TEST_P(TextCases, HasItsVerdict) {
  const TextCase& text_case = GetParam();
  ASSERT_FALSE(text_case.name.empty()) << "a line of " << text_case.file << " means nothing";
  auto code = isa::assemble(text_case.code);
  ASSERT_TRUE(code) << code.error().message << " " << code.error().need << "\n" << text_case.code;
  testing::TestPlatform platform;
  Verdict verdict = verify(testing::module_with(*code, text_case.hook), platform, {});
  ASSERT_EQ(verdict.progs.size(), 1u);
  const ProgVerdict& prog = verdict.progs[0];
  EXPECT_EQ(prog.accepted, text_case.accept) << explain(prog);
  EXPECT_EQ(prog.accepted, verdict.accepted);
  EXPECT_EQ(prog.accepted, prog.diagnostics.empty());
  std::vector<std::string> codes;
  for (const Diagnostic& diagnostic : prog.diagnostics) {
    codes.push_back(diagnostic.code);
    EXPECT_FALSE(diagnostic.message.empty());
  }
  EXPECT_EQ(codes, text_case.codes) << explain(prog);
  for (const std::string& said : text_case.says)
    EXPECT_NE(explain(prog).find(said), std::string::npos) << explain(prog);
  if (text_case.bound) {
    EXPECT_EQ(prog.bounds.instructions, *text_case.bound);
  }
  if (text_case.stack) {
    EXPECT_EQ(prog.bounds.stack_bytes, *text_case.stack);
  }
}

std::string test_name(const ::testing::TestParamInfo<TextCase>& param) {
  std::string name = std::filesystem::path(param.param.file).stem().string() + "_" + param.param.name;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name + "_" + std::to_string(param.index);
}

INSTANTIATE_TEST_SUITE_P(Files, TextCases, ::testing::ValuesIn(all_cases()), test_name);

TEST(TextCaseFiles, AreMany) { EXPECT_GE(all_cases().size(), 700u); }

// Every code that the guide lists has a case here or a test that names it, and the other way round.
TEST(TextCaseFiles, CoverTheCodesOfTheGuide) {
  std::set<std::string> seen;
  for (const TextCase& text_case : all_cases()) seen.insert(text_case.codes.begin(), text_case.codes.end());
  for (const char* code : {"too-complex", "internal-contradiction", "unknown-hook", "unknown-program",
                           "subprogram-layout", "legacy-load"}) {
    seen.insert(code);  // verify_test.cc, linux_test.cc; the contradiction cannot be provoked
  }
  std::set<std::string> listed;
  std::ifstream guide(source_folder() / "docs/guide/errors/verifier.md");
  for (std::string line; std::getline(guide, line);) {
    if (line.starts_with("| `")) listed.insert(line.substr(3, line.find('`', 3) - 3));
  }
  EXPECT_EQ(seen, listed);
}

}  // namespace
}  // namespace perdita::verifier
