// SPDX-License-Identifier: Apache-2.0
//
// The kernel of this machine as an oracle (docs/verifier/kernel.md): programs that Linux means the same by go to its
// verifier and to ours. What it refuses and we accept has to be explained, and to be contained on a concrete machine;
// what both accept runs in the kernel and in the runtime's interpreter, with equal results, packets, contexts and maps.
// Where this process may not load programs, the test skips, and says why. A fixed share; by the environment:
//   PERDITA_PROGRAMS     how many generated programs, and mutants, of each dialect
//   PERDITA_SEED         the first one's seed
//   PERDITA_OBJECTS      a folder of objects for Linux, to be judged by both
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "isa/assemble.h"
#include "isa/validate.h"
#include "oracle/explained.h"
#include "oracle/oracle.h"
#include "program_fixture.h"
#include "verifier/testing/containment.h"
#include "verifier/testing/program_mutator.h"
#include "verifier/testing/test_platform.h"
#include "verifier/testing/text_case.h"

namespace perdita::verifier::oracle {
namespace {

constexpr unsigned kRuns = 8, kRunsInC = 100, kWitnessRuns = 40;

#ifdef __SANITIZE_ADDRESS__
constexpr unsigned kPrograms = 15;
#else
constexpr unsigned kPrograms = 100;
#endif

// Instructions that the kernel walks: with fewer rights it takes many times as long, speculating on each branch.
constexpr uint64_t kLongWay = 150;

unsigned setting(const char* name, unsigned otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? static_cast<unsigned>(std::strtoul(value, nullptr, 10)) : otherwise;
}

// The kernel's answer says nothing about these: it follows loops for as long as they last.
bool is_about_effort(const std::string& code) {
  return code == "too-complex" || code == "loop-not-bounded" || code == "irreducible-loop";
}

class KernelOracle : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    refusal_ = kernel_refusal();
    if (!refusal_.empty()) return;
    auto platform = platform::load(source_folder() / "tests/platforms/linux");
    ASSERT_TRUE(platform) << render(platform.error(), false);
    platform_ = *platform;
    oracle_.emplace(*platform_);
  }
  static void TearDownTestSuite() {
    oracle_.reset();
    platform_.reset();
  }
  void SetUp() override {
    if (!refusal_.empty()) GTEST_SKIP() << refusal_;
    ASSERT_TRUE(oracle_);
  }

  void ask(const Subject& subject, unsigned runs = kRuns) {
    ProgVerdict ours = oracle_->judge(subject);
    if (!ours.accepted && is_about_effort(ours.diagnostics.at(0).code)) {
      not_asked_++;
      return;
    }
    const KernelVerdict kernel = oracle_->judge_in_kernel(subject);
    if (kernel.error == ENOENT) {  // a map that its definition alone does not make
      not_asked_++;
      return;
    }
    counts_[ours.accepted ? 1 : 0][kernel.accepted ? 1 : 0]++;
    if (!ours.accepted) return;
    if (!kernel.accepted) return refused_by_kernel(subject, kernel);
    if (kernel.processed <= kLongWay) ask_with_fewer_rights(subject);
    if (!subject.board) return;
    std::mt19937_64 random(1);
    EXPECT_EQ(oracle_->differs(subject, ours, kernel, runs, random), "") << subject.name << "\n" << shown(subject);
    compared_++;
  }

  void print(const char* what) const {
    fmt::print(
        "{}: both accept {} ({} without CAP_PERFMON), both refuse {}, only we accept {}, only the kernel {}; {} of "
        "which it was not asked; {} programs ran in both\n",
        what, counts_[1][1], without_rights_, counts_[0][0], counts_[1][0], counts_[0][1], not_asked_, compared_);
  }

  unsigned counts_[2][2] = {};  // by our verdict and the kernel's
  unsigned not_asked_ = 0, compared_ = 0, without_rights_ = 0;

 private:
  void ask_with_fewer_rights(const Subject& subject) {
    const KernelVerdict kernel = oracle_->judge_in_kernel(subject, Rights::without_perfmon);
    if (kernel.accepted) {
      without_rights_++;
      return;
    }
    const Explanation* explanation = explanation_by_rights(kernel.said);
    ASSERT_NE(explanation, nullptr) << subject.name << ": accepted by us, and refused by the kernel to who has fewer "
                                    << "rights, which nobody has explained: " << kernel.said << "\n"
                                    << shown(subject);
    fmt::print("  {}: with fewer rights: {}: {}\n", subject.name, explanation->name,
               kernel.said.substr(0, kernel.said.find('\n')));
  }
  void refused_by_kernel(const Subject& subject, const KernelVerdict& kernel) {
    const Explanation* explanation = explanation_of(kernel.said);
    ASSERT_NE(explanation, nullptr) << subject.name << ": accepted by us, refused by the kernel (" << kernel.error
                                    << "), which nobody has explained: " << kernel.said << "\n"
                                    << shown(subject);
    fmt::print("  {}: {}: {}\n", subject.name, explanation->name, kernel.said.substr(0, kernel.said.find('\n')));
    if (!subject.board) return;
    // The kernel's is a guess about what runs; here it runs.
    object::Module module = testing::module_with(*subject.board, subject.dialect->hook);
    module.maps = subject.module.maps;
    std::mt19937_64 random(1);
    const auto witness = testing::check_containment(module, kWitnessRuns, random);
    EXPECT_EQ(witness.failure, "") << subject.name << ": the kernel refuses it: " << kernel.said << "\n"
                                   << shown(subject);
  }

  static inline std::string refusal_;
  static inline std::shared_ptr<const platform::Platform> platform_;

 protected:
  static inline std::optional<Oracle> oracle_;
  static const platform::Platform& platform() { return *platform_; }
};

// The boards' form of a program that is not the same one differs in each of the things that are compared.
TEST_F(KernelOracle, SeesWhatDiffers) {
  const std::string enter =
      "r6 = r1\nr2 = *(u64 *)(r1 + 0)\nr3 = *(u64 *)(r1 + 8)\nr4 = r2\nr4 += 14\nr0 = 0\n"
      "if r4 > r3 goto out\n";
  const std::string program =
      enter + "*(u8 *)(r2 + 3) = 1\n*(u32 *)(r6 + 16) = 2\nr1 = map[3][0]+0\n*(u8 *)(r1 + 5) = 3\nr0 = 4\nout: exit\n";
  const auto code = isa::assemble(program);
  ASSERT_TRUE(code);
  auto subject = subject_of("all four", *code, dialect_for(BPF_PROG_TYPE_SCHED_CLS));
  ASSERT_TRUE(subject);
  const ProgVerdict ours = oracle_->judge(*subject);
  const KernelVerdict kernel = oracle_->judge_in_kernel(*subject);
  ASSERT_TRUE(ours.accepted && kernel.accepted);
  auto differs = [&](int32_t from, int32_t to) {
    Subject other = *subject;
    for (isa::Insn& insn : *other.board) {
      const bool stores =
          isa::insn_class(insn.opcode) == isa::kSt || insn.opcode == (isa::kAlu64 | isa::kMov | isa::kK);
      if (insn.imm == from && stores) insn.imm = to;
    }
    std::mt19937_64 random(1);
    return oracle_->differs(other, ours, kernel, kRuns, random);
  };
  EXPECT_EQ(differs(1, 1), "");
  EXPECT_THAT(differs(1, 9), ::testing::HasSubstr("the packet: "));
  EXPECT_THAT(differs(2, 9), ::testing::HasSubstr("the context at 8: "));
  EXPECT_THAT(differs(3, 9), ::testing::HasSubstr("map 3 at "));
  EXPECT_THAT(differs(4, 9), ::testing::HasSubstr("the result: "));
}

TEST_F(KernelOracle, GeneratedPrograms) {
  const unsigned count = setting("PERDITA_PROGRAMS", kPrograms), first = setting("PERDITA_SEED", 1);
  for (const Dialect& dialect : dialects()) {
    for (unsigned seed = first; seed < first + count && !HasFatalFailure(); seed++) ask(generated(seed, dialect));
  }
  print("generated programs");
  EXPECT_GT(counts_[1][1], count / 2);
  EXPECT_GT(compared_, count / 2);
}

std::vector<Subject> cases(const Dialect& dialect) {
  std::vector<Subject> subjects;
  for (const testing::TextCase& text_case : testing::read_cases(source_folder() / "tests/verifier/cases")) {
    const auto code = isa::assemble(text_case.code);
    const bool same_hook =
        text_case.hook == "sniff" ? dialect.hook == std::string("packet") : text_case.hook == dialect.hook;
    if (!code || !same_hook) continue;
    if (auto subject = subject_of(fmt::format("{}: {}", text_case.file, text_case.name), *code, dialect)) {
      subjects.push_back(*std::move(subject));
    }
  }
  return subjects;
}

TEST_F(KernelOracle, TextCases) {
  for (const Dialect& dialect : dialects()) {
    for (const Subject& subject : cases(dialect)) ask(subject);
  }
  print("text cases");
  EXPECT_GT(counts_[1][1], 150u);
}

TEST_F(KernelOracle, MutatedTextCases) {
  const unsigned count = setting("PERDITA_PROGRAMS", kPrograms) * 3, first = setting("PERDITA_SEED", 1);
  for (const Dialect& dialect : dialects()) {
    const std::vector<Subject> all = cases(dialect);
    for (unsigned seed = first; seed < first + count && !HasFatalFailure(); seed++) {
      std::mt19937_64 random(seed);
      const Subject& one = all[random() % all.size()];
      const Subject& other = all[random() % all.size()];
      if (!one.board || !other.board) continue;
      const Code code = testing::ProgramMutator(random).mutated(*one.board, *other.board);
      auto subject = subject_of(fmt::format("mutant {} of {}", seed, one.name), code, dialect);
      isa::Violation violation;
      const isa::References references{static_cast<uint32_t>(one.module.maps.size()), 0};
      if (subject && isa::validate({code.data(), code.size()}, references, violation)) ask(*subject);
    }
  }
  print("mutants of text cases");
  EXPECT_GT(counts_[1][1], count / 20);
}

class KernelOraclePrograms : public KernelOracle, public ::testing::WithParamInterface<std::filesystem::path> {};

// C for Linux, as clang compiles it.
TEST_P(KernelOraclePrograms, AreAcceptedAndDoTheSame) {
  auto module = object::load(compiled(GetParam()), GetParam().filename().string(), &platform());
  ASSERT_TRUE(module) << render(module.error(), false);
  for (const Subject& subject : subjects_of(*module, platform())) ask(subject, kRunsInC);
  print(GetParam().filename().c_str());
  EXPECT_GT(compared_, 0u);
  EXPECT_EQ(compared_, counts_[1][1]);
}

INSTANTIATE_TEST_SUITE_P(All, KernelOraclePrograms, ::testing::ValuesIn(programs_in("tests/verifier/kernel")), name_of);

// Objects that somebody else made, none of which are here.
class KernelOracleObjects : public KernelOracle, public ::testing::WithParamInterface<std::filesystem::path> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(KernelOracleObjects);

std::vector<std::filesystem::path> objects() {
  std::vector<std::filesystem::path> found;
  const char* folder = std::getenv("PERDITA_OBJECTS");
  if (folder == nullptr) return found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".o") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

TEST_P(KernelOracleObjects, AreJudgedByBoth) {
  std::ifstream file(GetParam(), std::ios::binary);
  const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  auto module = object::load(bytes, GetParam().filename().string(), &platform());
  if (!module) return;
  for (const Subject& subject : subjects_of(*module, platform())) ask(subject);
  print(GetParam().c_str());
}

INSTANTIATE_TEST_SUITE_P(All, KernelOracleObjects, ::testing::ValuesIn(objects()));

}  // namespace
}  // namespace perdita::verifier::oracle
