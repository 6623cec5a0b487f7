// SPDX-License-Identifier: Apache-2.0
#include "object/dump.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "object/compile_fixture.h"
#include "object/load.h"

namespace perdita::object {
namespace {

using testing::HasSubstr;

const Module& everything() {
  static const Module module = [] {
    std::vector<uint8_t> bytes = compile(kEverything);
    std::vector<uint8_t> btf = read_elf(bytes)->find(".BTF")->bytes;
    return *load(bytes, "demo.bpf.o", &btf);
  }();
  return module;
}

TEST(Dump, SummaryNamesEverything) {
  std::string text = dump_summary(everything());
  EXPECT_THAT(text, testing::StartsWith("module demo\nprogram first  section sensor  instructions "));
  EXPECT_THAT(text, HasSubstr("\n  function scale  first "));
  EXPECT_THAT(text, HasSubstr("\nprogram second  section packet/in  "));
  EXPECT_THAT(text, HasSubstr("\nmap counts  type array  key 4  value 8  entries 4  pinned\n  types "));
  EXPECT_THAT(text, HasSubstr("\nmap seen  type hash  key 8  value 16  entries 9\n"));
  EXPECT_THAT(text, testing::ContainsRegex("\nmap .rodata  type array  key 4  value [0-9]+  entries 1  read-only\n"));
  EXPECT_THAT(text, testing::EndsWith("\ncalls run_each\ncalls led_set\ncalls sensor_read\n"));
}

TEST(Dump, InstructionsNameWhatTheyReferTo) {
  std::string text = dump_instructions(everything(), everything().progs[0], false);
  EXPECT_THAT(text, testing::StartsWith("first:\n    0: "));
  for (const char* part :
       {"\nshared:\n", "\nscale:\n", "\neach:\n", "; map counts\n", "; value of .rodata\n", "; value of .data\n",
        "; helper map_lookup_elem\n", "; function sensor_read\n", "; shared\n", "; scale\n", "; each\n"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, testing::Not(HasSubstr("prog.bpf.c")));
}

TEST(Dump, SourceStandsBeforeItsInstructions) {
  std::string text = dump_instructions(everything(), everything().progs[1], true);
  EXPECT_THAT(text, testing::StartsWith("second:\n; ./prog.bpf.c:"));
  EXPECT_THAT(text, HasSubstr("int second(struct sample *s)"));
}

TEST(Dump, EveryInstructionOnce) {
  for (const Prog& prog : everything().progs) {
    std::string text = dump_instructions(everything(), prog, false);
    size_t lines = static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
    size_t wide = 0;
    for (size_t i = 0; i < prog.code.size(); i++) {
      if (prog.code[i].opcode != isa::kLddw) continue;
      wide++;
      i++;
    }
    EXPECT_EQ(lines, prog.code.size() - wide + prog.subprograms.size());
  }
}

}  // namespace
}  // namespace perdita::object
