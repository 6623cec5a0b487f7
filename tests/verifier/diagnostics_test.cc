// SPDX-License-Identifier: Apache-2.0
//
// The texts that people read: for each program of tests/verifier/diagnostics the diagnostics as the command prints them
// and as JSON, or, where its comment begins with "log:", the log of its states, against NAME.txt beside it.
//
//   verifier_diagnostics_test --rebase      writes what there is now to the files; look at the difference
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "pipeline/verdict_json.h"
#include "program_fixture.h"

namespace perdita::verifier {
namespace {

namespace fs = std::filesystem;

bool rebase = false;

class Diagnostics : public ProgramTest {};

std::string content_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Files are named as if the compiler had been called beside them.
std::string without_folder(std::string text) {
  std::string folder = (source_folder() / "tests/verifier/diagnostics").string() + "/";
  for (size_t at = text.find(folder); at != std::string::npos; at = text.find(folder)) text.erase(at, folder.size());
  return text;
}

TEST_P(Diagnostics, ReadAsTheyShould) {
  ASSERT_NE(platform_, nullptr);
  const bool wants_log = content_of(GetParam()).find("/* log: ") != std::string::npos;
  auto module = object::load(compiled(GetParam()), GetParam().filename().string(), platform_.get());
  ASSERT_TRUE(module) << render(module.error(), false);
  Options options;
  options.log = wants_log;
  const Verdict verdict = verify(*module, *platform_, options);
  EXPECT_EQ(verdict.accepted, wants_log);
  std::string text;
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const ProgVerdict& prog : verdict.progs) {
    for (const Diagnostic& diagnostic : prog.diagnostics) {
      // What was needed, what is known and what to do: each says all three.
      EXPECT_FALSE(diagnostic.need.empty()) << diagnostic.message;
      EXPECT_FALSE(diagnostic.have.empty()) << diagnostic.message;
      EXPECT_FALSE(diagnostic.hint.empty()) << diagnostic.message;
      text += render(diagnostic, false);
      list.push_back(pipeline::to_json(diagnostic));
    }
    if (wants_log) text += prog.log;
  }
  if (!list.empty()) text += list.dump(2) + "\n";
  text = without_folder(text);
  fs::path expected = GetParam();
  expected.replace_extension().replace_extension(".txt");
  if (rebase) std::ofstream(expected) << text;
  EXPECT_EQ(text, content_of(expected));
}

INSTANTIATE_TEST_SUITE_P(All, Diagnostics, ::testing::ValuesIn(programs_in("tests/verifier/diagnostics")), name_of);

}  // namespace
}  // namespace perdita::verifier

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  perdita::verifier::rebase = argc == 2 && std::string(argv[1]) == "--rebase";
  return RUN_ALL_TESTS();
}
