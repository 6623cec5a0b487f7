// SPDX-License-Identifier: Apache-2.0
//
// The programs of tests/precision/programs: code as people write it, all of it safe, so all of it is to be accepted;
// and their bounds, held against the longest run that a search finds. README.md says how to add one.
//
//   precision_test [INPUTS]      how many inputs per program are tried; without, a share that takes seconds
#include <fmt/format.h>

#include <map>

#include "known.h"
#include "verifier/program_fixture.h"
#include "verifier/testing/containment.h"
#include "verifier/testing/mutate.h"
#include "verifier/testing/worst_case_search.h"

namespace perdita::verifier {
namespace {

testing::Effort effort;

// Runs in which each moment is held against the states that the analysis had there.
constexpr unsigned kContainedRuns = 20;

// Changed copies of each program, and of programs with a larger bound none: they would take most of the time.
unsigned mutants = 6;
constexpr unsigned kMutantRuns = 12;
constexpr uint64_t kMutantBound = 3000;

class Precision : public ::testing::TestWithParam<std::filesystem::path> {
 protected:
  static void SetUpTestSuite() {
    auto bytes = platform::build(source_folder() / "tests/precision/field.platform.h");
    ASSERT_TRUE(bytes) << render(bytes.error(), false);
    auto parsed = platform::parse(*bytes);
    ASSERT_TRUE(parsed) << render(parsed.error(), false);
    platform_ = *parsed;
  }

  // The instruction set that the source asks for; the command's own where it asks for none.
  static std::string cpu_of(const std::filesystem::path& source) {
    std::ifstream file(source);
    const std::string mark = "/* -mcpu=";
    for (std::string line; std::getline(file, line) && line.starts_with("/*");) {
      if (line.starts_with(mark)) return line.substr(mark.size(), line.find(':') - mark.size());
    }
    return "v3";
  }

  // Null where it does not load; then the test has failed.
  static const object::Module* module_of(const std::filesystem::path& source) {
    static std::map<std::filesystem::path, object::Module> loaded;
    auto found = loaded.find(source);
    if (found != loaded.end()) return &found->second;
    std::string file = source.filename().string();
    auto module = object::load(compiled(source, "tests/precision", cpu_of(source)), file, platform_.get());
    EXPECT_TRUE(module) << render(module.error(), false);
    return module ? &loaded.emplace(source, *module).first->second : nullptr;
  }

  static void TearDownTestSuite() {
    fmt::print("changed copies: {} refused, {} accepted and contained\n", refused_mutants_, accepted_mutants_);
  }

  static inline std::shared_ptr<const platform::Platform> platform_;
  static inline unsigned refused_mutants_ = 0, accepted_mutants_ = 0;
};

TEST_P(Precision, IsAcceptedAndTheBoundIsTight) {
  ASSERT_NE(platform_, nullptr);
  std::string file = GetParam().filename().string();
  std::string name = file.substr(0, file.find('.'));
  const object::Module* module = module_of(GetParam());
  ASSERT_NE(module, nullptr);
  const Verdict verdict = verify(*module, *platform_, {});
  std::string why;
  for (const ProgVerdict& prog : verdict.progs) {
    for (const Diagnostic& diagnostic : prog.diagnostics) why += render(diagnostic, false);
  }
  auto refused = precision::kRefused.find(name);
  if (refused != precision::kRefused.end()) {
    EXPECT_FALSE(verdict.accepted) << "is accepted now: take it off the list of what is refused";
    fmt::print("{:24} refused: {}\n", name, refused->second);
    return;
  }
  ASSERT_TRUE(verdict.accepted) << why;

  for (size_t i = 0; i < verdict.progs.size(); i++) {
    const ProgVerdict& prog = verdict.progs[i];
    const perdita_hook* hook = platform_->hook(prog.hook);
    ASSERT_NE(hook, nullptr);
    uint64_t bound = prog.bounds.instructions;
    auto seen = testing::search_worst_case(*module, i, *platform_, *hook, bound, effort);
    EXPECT_EQ(seen.fault, "");
    ASSERT_GT(seen.instructions, 0u);
    EXPECT_LE(seen.instructions, bound);
    double ratio = static_cast<double>(bound) / static_cast<double>(seen.instructions);
    fmt::print("{:24} bound {:7} found {:7} in {:6} inputs, ratio {:.2f}\n", prog.name, bound, seen.instructions,
               seen.inputs, ratio);
    object::Module alone = *module;
    alone.progs = {module->progs[i]};
    std::mt19937_64 random(1);
    auto contained = testing::check_containment(alone, *platform_, kContainedRuns, random);
    EXPECT_EQ(contained.failure, "");
    if (!contained.followed) fmt::print("{:24} has too many states to be held against each\n", prog.name);
    bool loose = precision::kLoose.contains(prog.name);
    EXPECT_TRUE(loose || ratio <= 2.0) << "the bound is loose, or the search did not find the worst case: "
                                       << prog.name;
  }
}

// What is accepted of them still does what the analysis says.
TEST_P(Precision, ChangedCopiesAreRefusedOrContained) {
  ASSERT_NE(platform_, nullptr);
  const object::Module* module = module_of(GetParam());
  ASSERT_NE(module, nullptr);
  const Verdict verdict = verify(*module, *platform_, {});
  std::mt19937_64 random(1);
  for (size_t i = 0; i < module->progs.size(); i++) {
    if (!verdict.progs[i].accepted || verdict.progs[i].bounds.instructions > kMutantBound) continue;
    for (unsigned number = 0; number < mutants; number++) {
      object::Module alone = *module;
      alone.progs = {module->progs[i]};
      std::string change = testing::mutate(alone.progs[0], random);
      auto contained = testing::check_containment(alone, *platform_, kMutantRuns, random);
      ASSERT_EQ(contained.failure, "") << change;
      (contained.accepted ? accepted_mutants_ : refused_mutants_)++;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Precision, ::testing::ValuesIn(programs_in("tests/precision/programs")), name_of);

TEST(PrecisionPrograms, AreMany) { EXPECT_GE(programs_in("tests/precision/programs").size(), 64u); }

// A list names what there is.
TEST(PrecisionPrograms, AreWhatTheListsName) {
  for (const auto& [name, why] : precision::kRefused) {
    EXPECT_TRUE(std::filesystem::exists(source_folder() / "tests/precision/programs" / (name + ".bpf.c"))) << name;
    EXPECT_FALSE(why.empty()) << name;
  }
}

}  // namespace
}  // namespace perdita::verifier

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (argc == 2) {
    perdita::verifier::effort.inputs = std::stoull(argv[1]);
    perdita::verifier::mutants = static_cast<unsigned>(perdita::verifier::effort.inputs / 10);
    perdita::verifier::effort.instructions = UINT64_MAX;
  }
  return RUN_ALL_TESTS();
}
