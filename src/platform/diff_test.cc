// SPDX-License-Identifier: Apache-2.0
#include "platform/diff.h"

#include <gmock/gmock.h>

#include "platform/header_fixture.h"

namespace perdita::platform {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kBase = R"(
PERDITA_PLATFORM("p");
PERDITA_CAPABILITIES("leds", "log");
struct c { uint32_t a; uint32_t b; };
PERDITA_HOOK(h, struct c, PERDITA_BUDGET(100), PERDITA_RESULT(0, 1), PERDITA_ALLOWS("leds"));
PERDITA_HOOK(other, struct c, PERDITA_BUDGET(5));
PERDITA_FUNCTION(int32_t, f, (uint32_t x PERDITA_RANGE(0, 3), const void* p, uint32_t n PERDITA_SIZE(1, 64)),
                 PERDITA_COST(10), PERDITA_STACK(16), PERDITA_NEEDS("leds"));
PERDITA_FUNCTION(void, g, (void), PERDITA_COST(1), PERDITA_STACK(0));
)";

class DiffTest : public HeaderFixture {
 protected:
  void SetUp() override {
    HeaderFixture::SetUp();
    base_ = platform_of(kBase);
    ASSERT_NE(base_, nullptr);
  }

  std::vector<Change> after(const std::string& from, const std::string& to) {
    std::string text = kBase;
    text.replace(text.find(from), from.size(), to);
    auto edited = platform_of(text);
    return edited == nullptr ? std::vector<Change>() : diff(*base_, *edited);
  }

  std::shared_ptr<const Platform> base_;
};

TEST_F(DiffTest, NothingChangedIsNoChange) {
  EXPECT_THAT(diff(*base_, *base_), IsEmpty());
  EXPECT_EQ(render({}), "");
}

// One edit at a time: which entry and property it shows at, and whether packages survive it.
TEST_F(DiffTest, EveryEditIsFound) {
  struct Edit {
    const char *from, *to, *name, *property, *before, *now;
    bool breaks;
  };
  const Edit edits[] = {
      {"BUDGET(100)", "BUDGET(99)", "h", "budget", "100", "99", false},
      {"RESULT(0, 1)", "RESULT(0, 2)", "h", "result", "0 to 1", "0 to 2", true},
      {"ALLOWS(\"leds\")", "ALLOWS(\"leds\", \"log\")", "h", "capabilities", "leds", "leds, log", false},
      {"BUDGET(100)", "BUDGET(100), PERDITA_LEVEL(1)", "h", "level", "0", "1", true},
      {"BUDGET(100)", "BUDGET(100), PERDITA_COMBINE(\"max\")", "h", "combine", "last", "max", true},
      {"BUDGET(100)", "BUDGET(100), PERDITA_SECTIONS(\"h*\")", "h", "sections", "h", "h*", false},
      {"RANGE(0, 3)", "RANGE(0, 4)", "f", "parameter 1", "number, uint32, 0 to 3", "number, uint32, 0 to 4", true},
      {"(uint32_t x", "(uint16_t x", "f", "parameter 1", "number, uint32, 0 to 3", "number, uint16, 0 to 3", true},
      {"SIZE(1, 64)", "SIZE(0, 64)", "f", "parameter 2", "in, up to 64 bytes, size in parameter 3",
       "in, up to 64 bytes, size in parameter 3, may be empty", true},
      {"COST(10)", "COST(11)", "f", "cost", "50", "51", true},
      {"STACK(16)", "STACK(24)", "f", "stack", "80", "88", true},
      {"NEEDS(\"leds\")", "NEEDS(\"log\")", "f", "capability", "leds", "log", true},
      {"FUNCTION(int32_t", "FUNCTION(uint8_t", "f", "result", "int32, -2147483648 to 2147483647", "uint8, 0 to 255",
       true},
      {"PLATFORM(\"p\")", "PLATFORM(\"q\")", "p", "name", "p", "q", false},
  };
  for (const Edit& edit : edits) {
    std::vector<Change> changes = after(edit.from, edit.to);
    ASSERT_EQ(changes.size(), 1u) << edit.to << "\n" << render(changes);
    EXPECT_EQ(changes[0].kind, ChangeKind::changed);
    EXPECT_EQ(changes[0].name, edit.name);
    EXPECT_EQ(changes[0].breaks, edit.breaks) << edit.to;
    ASSERT_EQ(changes[0].properties.size(), 1u) << edit.to;
    EXPECT_EQ(changes[0].properties[0].property, edit.property);
    EXPECT_EQ(changes[0].properties[0].before, edit.before);
    EXPECT_EQ(changes[0].properties[0].after, edit.now);
  }
}

TEST_F(DiffTest, AMemberChangesEveryHookOfItsStructure) {
  std::vector<Change> changes = after("uint32_t b;", "uint32_t b PERDITA_WRITABLE;");
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].name, "h");
  EXPECT_EQ(changes[1].name, "other");
  EXPECT_TRUE(changes[0].breaks && changes[1].breaks);
  EXPECT_THAT(render(changes), HasSubstr("hook h changed: packages that rely on it no longer run\n"
                                         "  member b: 4 bytes at 4, number -> 4 bytes at 4, number, writable\n"));
}

TEST_F(DiffTest, WhatComesAndGoes) {
  std::vector<Change> removed = after("PERDITA_FUNCTION(void, g, (void), PERDITA_COST(1), PERDITA_STACK(0));\n", "");
  ASSERT_EQ(removed.size(), 1u);
  EXPECT_EQ(removed[0].kind, ChangeKind::removed);
  EXPECT_EQ(removed[0].entry, EntryKind::function);
  EXPECT_TRUE(removed[0].breaks);
  std::vector<Change> added = after("PERDITA_FUNCTION(void, g",
                                    "PERDITA_HOOK(new, struct c, PERDITA_BUDGET(1));\n"
                                    "PERDITA_FUNCTION(void, g");
  ASSERT_EQ(added.size(), 1u);
  EXPECT_EQ(added[0].kind, ChangeKind::added);
  EXPECT_EQ(added[0].entry, EntryKind::hook);
  EXPECT_FALSE(added[0].breaks);
  std::vector<Change> capability = after("\"leds\", \"log\"", "\"log\", \"more\", \"leds\"");
  ASSERT_EQ(capability.size(), 1u) << "their order is the platform's own affair";
  EXPECT_EQ(capability[0].name, "more");
  EXPECT_THAT(render(capability), "capability more added\n");
}

TEST_F(DiffTest, ADifferenceOfTypesOnlyIsNamed) {
  std::vector<Change> changes = after("struct c { uint32_t a;", "typedef uint32_t word;\nstruct c { word a;");
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].entry, EntryKind::platform);
  EXPECT_FALSE(changes[0].breaks);
  EXPECT_THAT(render(changes), HasSubstr("type information"));
}

TEST_F(DiffTest, ProgramsAreTouchedByWhatTheyUse) {
  constexpr isa::Insn kExit = {isa::kJmp | isa::kExit, 0, 0, 0};
  auto call = [](int32_t index) {
    return isa::Insn{isa::kJmp | isa::kCall, isa::make_regs(0, isa::kCallFunction), 0, index};
  };
  object::Module module;
  module.functions = {"g", "f"};
  auto add = [&](const char* name, const char* section, std::vector<isa::Insn> code) {
    object::Prog prog;
    prog.name = name;
    prog.section = section;
    prog.code = std::move(code);
    module.progs.push_back(std::move(prog));
  };
  add("uses_f", "other", {call(1), kExit});
  add("uses_g", "other", {call(0), call(7), call(-1), kExit});
  add("on_h", "h", {kExit});
  auto names = [&](const std::vector<Change>& changes) {
    std::vector<std::string> found;
    for (const Touched& touch : touched(changes, *base_, module))
      found.push_back(touch.prog + " " + touch.change->name);
    return found;
  };
  EXPECT_THAT(names(after("COST(10)", "COST(11)")), ElementsAre("uses_f f"));
  EXPECT_THAT(names(after("RESULT(0, 1)", "RESULT(0, 2)")), ElementsAre("on_h h"));
  EXPECT_THAT(names(after("uint32_t b;", "uint32_t d;")), ElementsAre("uses_f other", "uses_g other", "on_h h"));
  EXPECT_THAT(names(after("PLATFORM(\"p\")", "PLATFORM(\"q\")")), IsEmpty());
}

}  // namespace
}  // namespace perdita::platform
