// SPDX-License-Identifier: Apache-2.0
#include "oracle/subject.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "isa/assemble.h"
#include "isa/form.h"
#include "isa/helpers.h"
#include "oracle/contents.h"
#include "verifier/testing/program_generator.h"
#include "verifier/testing/program_mutator.h"
#include "verifier/testing/test_platform.h"

namespace perdita::verifier::oracle {

using testing::ProgramGenerator;

namespace {

constexpr size_t kWide = 6;  // of the test module: an array that programs address directly
bool names_portable_maps_only(const Code& code, const std::vector<object::Map>& maps) {
  for (size_t pc = 0; pc < code.size(); pc++) {
    if (code[pc].opcode != isa::kLddw) continue;
    const uint8_t kind = code[pc].src();
    if (kind == isa::kLddwMap || kind == isa::kLddwMapValue) {
      const auto index = static_cast<size_t>(code[pc].imm);
      if (index >= maps.size() || !is_portable(maps[index].def)) return false;
      if (kind == isa::kLddwMapValue && maps[index].def.max_entries != 1) return false;
    }
    pc++;
  }
  return true;
}

// Helpers whose results are a function of what the program and its maps hold.
bool calls_portable_helpers_only(const Code& code) {
  for (size_t pc = 0; pc < code.size(); pc++) {
    if (code[pc].opcode == isa::kLddw) {
      pc++;
    } else if (isa::form_of(code[pc].opcode) == isa::Form::call && code[pc].src() == isa::kCallHelper) {
      const auto number = static_cast<uint32_t>(code[pc].imm);
      if (number != isa::kHelperMapLookup && number != isa::kHelperMapUpdate && number != isa::kHelperMapDelete) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

std::vector<object::Map> portable_maps() {
  std::vector<object::Map> maps = testing::module_with({}, "tick").maps;
  maps[kWide].def.max_entries = 1;
  return maps;
}

std::optional<Subject> subject_of(const std::string& name, const Code& board, const Dialect& dialect) {
  static const std::vector<object::Map> maps = portable_maps();
  if (!names_portable_maps_only(board, maps)) return std::nullopt;
  // Not where a jump leads nowhere: it would lead somewhere in the other form.
  if (testing::code_of(testing::units_of(board)) != board) return std::nullopt;
  const std::optional<Code> code = for_linux(board, dialect);
  if (!code) return std::nullopt;
  Subject subject;
  subject.name = fmt::format("{}: {}", dialect.name, name);
  subject.dialect = &dialect;
  if (calls_portable_helpers_only(board)) subject.board = board;
  subject.module.judged = true;
  subject.module.name = "oracle";
  subject.module.maps = maps;
  testing::set_code(subject.module, *code, dialect.section);
  return subject;
}

Subject generated(uint64_t seed, const Dialect& dialect) {
  std::mt19937_64 random(seed);
  const auto uses = dialect.has_skb ? ProgramGenerator::Uses::portable : ProgramGenerator::Uses::portable_in_maps;
  ProgramGenerator generator(random, dialect.hook, uses);
  const std::string text = seed % 8 == 0 ? generator.make_loop() : generator.make_middling();
  const auto code = isa::assemble(text);
  EXPECT_TRUE(code) << code.error().message << ": " << code.error().need << "\n" << text;
  auto subject = code ? subject_of(fmt::format("seed {}", seed), *code, dialect) : std::nullopt;
  EXPECT_TRUE(subject) << "the generator wrote what Linux has no form for: seed " << seed << "\n" << text;
  return subject ? *std::move(subject) : Subject{};
}

std::vector<Subject> subjects_of(const object::Module& module, const platform::Platform& linux_platform) {
  std::vector<Subject> subjects;
  for (const object::Prog& prog : module.progs) {
    const perdita_hook* hook = linux_platform.hook_for_section(prog.section);
    for (const Dialect& dialect : dialects()) {
      if (hook == nullptr || hook->name != std::string(dialect.linux_hook)) continue;
      Subject& subject = subjects.emplace_back();
      subject.name = fmt::format("{}: {}/{}", dialect.name, module.name, prog.name);
      subject.dialect = &dialect;
      subject.module = module;
      subject.module.progs = {prog};
      if (names_portable_maps_only(prog.code, module.maps) && calls_portable_helpers_only(prog.code)) {
        subject.board = for_board(prog.code, dialect);
      }
    }
  }
  return subjects;
}

}  // namespace perdita::verifier::oracle
