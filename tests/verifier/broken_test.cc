// SPDX-License-Identifier: Apache-2.0
//
// Good programs with one check broken: each conditional branch of the accepted text cases and of the compiled programs
// left out, taken always, or its constant moved by one. Where such a program is still accepted, it must be harmless: it
// runs on many inputs, nothing faults, and each moment is in the states that the analysis had there.
#include <fmt/format.h>

#include <cstdio>

#include "isa/assemble.h"
#include "isa/disassemble.h"
#include "isa/form.h"
#include "isa/validate.h"
#include "program_fixture.h"
#include "verifier/testing/containment.h"
#include "verifier/testing/program_mutator.h"
#include "verifier/testing/test_platform.h"
#include "verifier/testing/text_case.h"

namespace perdita::verifier {
namespace {

using testing::Code;
using testing::Unit;

struct Broken {
  std::string what;
  Code code;
};

// All the ways to break one branch.
std::vector<Broken> broken_at(const std::vector<Unit>& units, size_t at) {
  std::vector<Broken> all;
  auto add = [&](const std::string& what, const std::vector<Unit>& changed) {
    if (auto code = testing::code_of(changed)) all.push_back({fmt::format("{} {}", what, at), *code});
  };
  add("left out", testing::without(units, at, 1));
  std::vector<Unit> changed = units;
  changed[at].insn.opcode = isa::kJmp | isa::kJa;
  changed[at].insn.regs = 0;
  changed[at].insn.imm = 0;
  add("taken always", changed);
  if (isa::form_of(units[at].insn.opcode) != isa::Form::branch_immediate) return all;
  for (int by : {-1, 1}) {
    changed = units;
    changed[at].insn.imm = static_cast<int32_t>(int64_t{changed[at].insn.imm} + by);
    add(by < 0 ? "one less at" : "one more at", changed);
  }
  return all;
}

constexpr size_t kMostBranches = 30;

struct Count {
  unsigned programs = 0, broken = 0, rejected = 0, harmless = 0;
};

// The module's programs are good. What was broken of it is rejected, or harmless.
void break_everywhere(object::Module module, const platform::Platform& platform, const std::string& name,
                      Count& count) {
  const std::string section = module.progs[0].section;
  const std::vector<Unit> units = testing::units_of(module.progs[0].code);
  std::vector<size_t> branches;
  for (size_t at = 0; at < units.size(); at++) {
    isa::Form form = isa::form_of(units[at].insn.opcode);
    if (form == isa::Form::branch_immediate || form == isa::Form::branch_register) branches.push_back(at);
  }
  count.programs++;
  // Of a long program not each.
  for (size_t i = 0; i < branches.size(); i += 1 + branches.size() / kMostBranches) {
    size_t at = branches[i];
    for (const Broken& broken : broken_at(units, at)) {
      testing::set_code(module, broken.code, section);
      count.broken++;
      std::mt19937_64 random(at);
      auto result = testing::check_containment(module, platform, 100, random);
      EXPECT_EQ(result.failure, "") << name << ": " << broken.what << "\n"
                                    << isa::disassemble({broken.code.data(), broken.code.size()});
      (result.accepted ? count.harmless : count.rejected)++;
      if (result.accepted) std::printf("still accepted: %s: %s\n", name.c_str(), broken.what.c_str());
    }
  }
}

void print(const char* of, const Count& count) {
  std::printf("%s: %u programs, %u times one check broken: %u rejected, %u still accepted, all of these harmless\n", of,
              count.programs, count.broken, count.rejected, count.harmless);
}

TEST(BrokenChecks, OfTextCases) {
  Count count;
  for (const testing::TextCase& text_case : testing::read_cases(source_folder() / "tests/verifier/cases")) {
    if (!text_case.accept) continue;
    auto code = isa::assemble(text_case.code);
    ASSERT_TRUE(code) << text_case.name;
    break_everywhere(testing::module_with(*code, text_case.hook), testing::TestPlatform(), text_case.name, count);
  }
  print("text cases", count);
  // About half of the branches of text cases are there because a check needs them; others make a loop, or show that a
  // test which says nothing is not believed.
  EXPECT_GT(count.broken, 200u);
  EXPECT_GT(count.rejected * 5, count.broken * 2);
}

class BrokenPrograms : public ProgramTest {
 protected:
  void SetUp() override { ASSERT_NE(platform_, nullptr); }
};

TEST_P(BrokenPrograms, AreRejectedOrHarmless) {
  auto module = object::load(compiled(GetParam()), GetParam().filename().string(), platform_.get());
  ASSERT_TRUE(module) << render(module.error(), false);
  Count count;
  for (const object::Prog& prog : module->progs) {
    object::Module one = *module;
    testing::set_code(one, prog.code, prog.section);
    if (!verify(one, *platform_, {}).accepted) continue;
    std::mt19937_64 random(1);
    EXPECT_EQ(testing::check_containment(one, *platform_, 200, random).failure, "") << prog.name;
    break_everywhere(one, *platform_, prog.name, count);
  }
  print(GetParam().filename().c_str(), count);
}

INSTANTIATE_TEST_SUITE_P(Examples, BrokenPrograms, ::testing::ValuesIn(programs_in("examples")), name_of);
INSTANTIATE_TEST_SUITE_P(Programs, BrokenPrograms, ::testing::ValuesIn(programs_in("tests/verifier/programs")),
                         name_of);

}  // namespace
}  // namespace perdita::verifier
