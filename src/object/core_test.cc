// SPDX-License-Identifier: Apache-2.0
//
// CO-RE: objects compiled against one version of a firmware's types, loaded against another.
#include <gmock/gmock.h>

#include "object/compile_fixture.h"
#include "object/core_access.h"
#include "object/core_relocate.h"
#include "object/load.h"

namespace perdita::object {
namespace {

constexpr const char* kCore =
    "#include <bpf/bpf_core_read.h>\n#define RELOCATED __attribute__((preserve_access_index))\n";

// The platform's types, as something that keeps them in the BTF.
std::vector<uint8_t> platform(const std::string& types, const std::string& root) {
  return compile_btf(types + "\nSEC(\"anchor\") int root(" + root + " *r) { return 0; }\n");
}

Result<Module> load_against(const std::vector<uint8_t>& btf, const std::string& source) {
  return load(compile(kCore + source), "core.bpf.o", &btf);
}

// The program's first load; none where it has no load at all.
const isa::Insn* first_load(const Prog& prog) {
  for (const isa::Insn& insn : prog.code) {
    if (isa::insn_class(insn.opcode) == isa::kLdx) return &insn;
  }
  return nullptr;
}

// What `return <expression>;` returns, where that is one instruction that moves a number.
int64_t returned(const Prog& prog) {
  EXPECT_GE(prog.code.size(), 2u);
  const isa::Insn& insn = prog.code[0];
  if (insn.opcode == isa::kLddw) {
    return static_cast<int64_t>(static_cast<uint64_t>(static_cast<uint32_t>(prog.code[1].imm)) << 32 |
                                static_cast<uint32_t>(insn.imm));
  }
  EXPECT_EQ(insn.opcode & 0xf8, isa::kMov | (insn.opcode & 0x08 ? isa::kX : 0));
  return insn.imm;
}

constexpr const char* kOldSample = "struct sample { int value; __u32 flags; } RELOCATED;\n";
constexpr const char* kNewSample =
    "struct point { int x, y; }; enum mode { MODE_OFF = 3, MODE_ON = 70000 };"
    "struct sample { __u64 time; union { struct { __u32 flags; int value; }; long whole; }; __u16 narrow; struct point "
    "points[3];"
    " enum mode mode; int bits : 4; __s32 sign; };";

TEST(Core, FieldsMove) {
  std::vector<uint8_t> btf = platform(kNewSample, "struct sample");
  Result<Module> module =
      load_against(btf, std::string(kOldSample) + "SEC(\"tick\") int p(struct sample *s) { return s->value; }");
  ASSERT_TRUE(module) << module.error().message;
  const isa::Insn* insn = first_load(module->progs[0]);
  ASSERT_NE(insn, nullptr);
  EXPECT_EQ(insn->offset, 12);
}

TEST(Core, StoresMoveToo) {
  std::vector<uint8_t> btf = platform(kNewSample, "struct sample");
  Result<Module> module =
      load_against(btf, std::string(kOldSample) + "SEC(\"tick\") int p(struct sample *s) { s->flags = 1; return 0; }");
  ASSERT_TRUE(module) << module.error().message;
  bool stored = false;
  for (const isa::Insn& insn : module->progs[0].code) {
    uint8_t klass = isa::insn_class(insn.opcode);
    if (klass == isa::kSt || klass == isa::kStx) stored = insn.offset == 8;
  }
  EXPECT_TRUE(stored);
}

TEST(Core, FlavorsAreTheSameType) {
  std::vector<uint8_t> btf = platform(kNewSample, "struct sample");
  Result<Module> module = load_against(btf,
                                       "struct sample___old { __u32 flags; } RELOCATED; SEC(\"tick\") int p(struct "
                                       "sample___old *s) { return s->flags; }");
  ASSERT_TRUE(module) << module.error().message;
  EXPECT_EQ(first_load(module->progs[0])->offset, 8);
}

TEST(Core, ElementsOfArraysInStructures) {
  std::vector<uint8_t> btf = platform(kNewSample, "struct sample");
  Result<Module> module =
      load_against(btf,
                   "struct point { int y; } RELOCATED; struct sample { struct point points[3]; } RELOCATED;"
                   "SEC(\"tick\") int p(struct sample *s) { return s->points[2].y; }");
  ASSERT_TRUE(module) << module.error().message;
  EXPECT_EQ(first_load(module->progs[0])->offset, 20 + 2 * 8 + 4);
}

TEST(Core, UnsignedIntegersChangeWidth) {
  std::vector<uint8_t> btf = platform(kNewSample, "struct sample");
  Result<Module> module =
      load_against(btf,
                   "struct sample { __u32 narrow; } RELOCATED; SEC(\"tick\") int p(struct sample *s)"
                   "{ return s->narrow; }");
  ASSERT_TRUE(module) << module.error().message;
  EXPECT_EQ(first_load(module->progs[0])->opcode, isa::kLdx | isa::kMem | isa::kH);
  EXPECT_EQ(first_load(module->progs[0])->offset, 16);
}

struct Number {
  const char* name;
  const char* expression;
  int64_t value;
};
std::ostream& operator<<(std::ostream& out, const Number& number) { return out << number.name; }

class CoreNumber : public testing::TestWithParam<Number> {};

TEST_P(CoreNumber, IsThePlatforms) {
  static const std::vector<uint8_t> btf = platform(kNewSample, "struct sample");
  Result<Module> module = load_against(
      btf, std::string("struct sample { int value; __u32 flags; int gone; __u16 narrow; __u32 sign; } RELOCATED;"
                       "enum mode { MODE_ON = 1, MODE_GONE = 2 }; struct lost { int x; };"
                       "struct point { int x, y; };"
                       "struct point___part { int y; }; struct point___more { int y, z; };"
                       "SEC(\"tick\") long p(struct sample *s) { return ") +
               GetParam().expression + "; }");
  ASSERT_TRUE(module) << module.error().message;
  EXPECT_EQ(returned(module->progs[0]), GetParam().value);
}

const Number kNumbers[] = {
    {"FieldExists", "bpf_core_field_exists(s->flags)", 1},
    {"FieldGone", "bpf_core_field_exists(s->gone)", 0},
    {"FieldSize", "bpf_core_field_size(s->narrow)", 2},
    {"FieldOffset", "bpf_core_field_offset(s->narrow)", 16},
    {"FieldSigned", "__builtin_preserve_field_info(s->sign, BPF_FIELD_SIGNED)", 1},
    {"FieldLeftShift", "__builtin_preserve_field_info(s->narrow, BPF_FIELD_LSHIFT_U64)", 48},
    {"FieldRightShift", "__builtin_preserve_field_info(s->value, BPF_FIELD_RSHIFT_U64)", 32},
    {"TypeExists", "bpf_core_type_exists(struct point)", 1},
    {"TypeGone", "bpf_core_type_exists(struct lost)", 0},
    {"TypeSize", "bpf_core_type_size(struct sample)", 56},
    {"TypeMatches", "bpf_core_type_matches(struct point)", 1},
    {"TypeMatchesInPart", "bpf_core_type_matches(struct point___part)", 1},
    {"TypeDoesNotMatch", "bpf_core_type_matches(struct point___more)", 0},
    {"EnumeratorExists", "bpf_core_enum_value_exists(enum mode, MODE_ON)", 1},
    {"EnumeratorGone", "bpf_core_enum_value_exists(enum mode, MODE_GONE)", 0},
    {"EnumeratorValue", "bpf_core_enum_value(enum mode, MODE_ON)", 70000},
};
INSTANTIATE_TEST_SUITE_P(Kinds, CoreNumber, testing::ValuesIn(kNumbers),
                         [](const auto& test) { return std::string(test.param.name); });

struct Wrong {
  const char* name;
  const char* source;
  const char* code;
  const char* says;
};
std::ostream& operator<<(std::ostream& out, const Wrong& wrong) { return out << wrong.name; }

class CoreRefusal : public testing::TestWithParam<Wrong> {};

TEST_P(CoreRefusal, NamesTheField) {
  static const std::vector<uint8_t> btf = platform(kNewSample, "struct sample");
  Result<Module> module = load_against(btf, GetParam().source);
  ASSERT_FALSE(module);
  EXPECT_EQ(module.error().code, GetParam().code) << module.error().message;
  EXPECT_THAT(module.error().message, testing::HasSubstr(GetParam().says));
  EXPECT_EQ(module.error().place.file, "./prog.bpf.c");
  EXPECT_NE(module.error().place.line, 0u);
}

const Wrong kWrongs[] = {
    {"Field", "struct sample { int a, gone; } RELOCATED; SEC(\"tick\") int p(struct sample *s) { return s->gone; }",
     "object-core-unresolved", "struct sample::gone"},
    {"Type", "struct lost { int a; } RELOCATED; SEC(\"tick\") int p(struct lost *s) { return s->a; }",
     "object-core-unresolved", "struct lost::a"},
    {"FieldOfAnotherKind",
     "struct sample { int points; } RELOCATED; SEC(\"tick\") int p(struct sample *s) { return s->points; }",
     "object-core-unresolved", "struct sample::points"},
    {"SignedWidth",
     "struct sample { __s64 sign; } RELOCATED; SEC(\"tick\") int p(struct sample *s) { return s->sign; }",
     "object-core-mismatch", "4 bytes there and 8"},
    {"IndexBehindArray",
     "struct point { int x, y; } RELOCATED; struct sample { struct point points[9]; } RELOCATED;"
     "SEC(\"tick\") int p(struct sample *s) { return s->points[3].x; }",
     "object-core-unresolved", "points[3].x"},
    {"LocalBitField",
     "struct sample { int sign : 4; } RELOCATED; SEC(\"tick\") int p(struct sample *s)"
     "{ return __builtin_preserve_field_info(s->sign, BPF_FIELD_BYTE_SIZE); }",
     "object-core-bit-field", "sign"},
    {"BitFieldOfThePlatform",
     "struct sample { int bits; } RELOCATED; SEC(\"tick\") int p(struct sample *s) { return s->bits; }",
     "object-core-bit-field", "bits"},
    {"Enumerator",
     "enum mode { MODE_GONE = 1 }; SEC(\"tick\") long p(void *s) { return bpf_core_enum_value(enum mode, MODE_GONE); }",
     "object-core-unresolved", "enum mode::MODE_GONE"},
};
INSTANTIATE_TEST_SUITE_P(Objects, CoreRefusal, testing::ValuesIn(kWrongs),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(Core, NeedsAPlatform) {
  Result<Module> module =
      load(compile(kCore + std::string(kOldSample) + "SEC(\"tick\") int p(struct sample *s) { return s->value; }"),
           "core.o", nullptr);
  ASSERT_FALSE(module);
  EXPECT_EQ(module.error().code, "object-core-no-platform");
  EXPECT_THAT(module.error().message, testing::HasSubstr("struct sample::value"));
}

TEST(Core, BrokenBtfOfThePlatformIsNamed) {
  std::vector<uint8_t> btf = platform(kNewSample, "struct sample");
  btf.resize(btf.size() / 2);
  Result<Module> module =
      load_against(btf, std::string(kOldSample) + "SEC(\"tick\") int p(struct sample *s) { return s->value; }");
  ASSERT_FALSE(module);
  EXPECT_EQ(module.error().code, "object-platform-btf");
}

TEST(Core, AmbiguousTypesAreRefused) {
  std::vector<uint8_t> btf = platform(
      "struct sample { long pad; int value; }; struct sample___two { int value; };\n"
      "struct both { struct sample a; struct sample___two b; };",
      "struct both");
  Result<Module> module =
      load_against(btf, std::string(kOldSample) + "SEC(\"tick\") int p(struct sample *s) { return s->value; }");
  ASSERT_FALSE(module);
  EXPECT_EQ(module.error().code, "object-core-ambiguous");
}

TEST(Core, TypeOfTheObjectNeedsNoPlatform) {
  Result<Module> module = load(compile(std::string(kCore) + "struct own { int x; }; SEC(\"tick\") long p(struct own *s)"
                                                            "{ return bpf_core_type_id_local(struct own); }"),
                               "core.o", nullptr);
  ASSERT_TRUE(module) << module.error().message;
  EXPECT_GT(returned(module->progs[0]), 0);
}

TEST(CoreAccess, Numbers) {
  EXPECT_EQ(parse_access("0:1:22"), (std::vector<uint32_t>{0, 1, 22}));
  for (const char* wrong : {"", ":", "0:", ":0", "0::1", "-1", "x", "4294967296", "0 "})
    EXPECT_FALSE(parse_access(wrong)) << wrong;
  std::string longest = "0";
  for (int i = 1; i < 64; i++) longest += ":0";
  EXPECT_TRUE(parse_access(longest));
  EXPECT_FALSE(parse_access(longest + ":0"));
}

}  // namespace
}  // namespace perdita::object
