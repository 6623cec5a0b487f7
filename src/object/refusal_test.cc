// SPDX-License-Identifier: Apache-2.0
//
// Each object that Perdita refuses, with the code, the line and the name that the message must hold.
#include "object/refusal.h"

#include <gmock/gmock.h>

#include "object/compile_fixture.h"
#include "object/load.h"

namespace perdita::object {
namespace {

struct Case {
  const char* name;
  const char* source;
  const char* flags;
  const char* code;
  const char* says;  // stands in the message
  uint32_t line;     // of the file; the prologue has three lines; 0: none
};

std::ostream& operator<<(std::ostream& out, const Case& test) { return out << test.name; }

const Case kCases[] = {
    {"LegacyMapTooShort", "int m SEC(\"maps\") = 1; SEC(\"tick\") int p(void *c) { return 0; }", "", "object-map",
     "'m' has a definition of 4 bytes in section 'maps'", 0},
    {"LegacyMapOfAnotherType",
     "struct { int type, key, value, entries, flags; } m SEC(\"maps\") = {11, 8, 4, 1, 0};"
     "SEC(\"tick\") int p(void *c) { return 0; }",
     "", "object-map", "is of type 11 (lpm_trie)", 0},
    {"LegacyMapThatSaysMore",
     "struct { int type, key, value, entries, flags, id, pinning; } m SEC(\"maps\") = {2, 4, 4, 1, 0, 0, 2};"
     "SEC(\"tick\") int p(void *c) { return 0; }",
     "", "object-map", "'m' says more in its definition than", 0},
    {"NoPrograms", "int p(void *c) { return 0; }", "", "object-no-program", "no program", 0},
    {"Undefined", "extern int gone(int);\nSEC(\"tick\") int p(void *c) {\n return gone(1); }", "",
     "object-undefined-symbol", "'gone'", 6},
    {"UndefinedWithoutBtf", "extern int gone(int) __ksym; SEC(\"tick\") int p(void *c) { return gone(1); }", "-g0",
     "object-undefined-symbol", "'gone'", 0},
    {"Kconfig", "extern int CONFIG_HZ __kconfig;\nSEC(\"tick\") int p(void *c) {\n return CONFIG_HZ; }", "",
     "object-kconfig", "'CONFIG_HZ'", 6},
    {"ExternVariable", "extern const int jiffies __ksym;\nSEC(\"tick\") int p(void *c) { return jiffies; }", "",
     "object-extern-variable", "'jiffies'", 5},
    {"FunctionAddress",
     "extern int maybe(int) __ksym __weak;\nSEC(\"tick\") int p(void *c) { return maybe ? maybe(1) : 0; }", "",
     "object-function-address", "'maybe'", 5},
    {"PointerInData", "int n; int *volatile where = &n; SEC(\"tick\") int p(void *c) { return *where; }", "",
     "object-data-relocation", "'n'", 0},
    {"ForeignSection", "int n SEC(\"stuff\") = 2;\nSEC(\"tick\") int p(void *c) { return n++; }", "",
     "object-foreign-section", "'stuff'", 5},
    {"InnerMaps",
     "struct inner { __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, __u32); __type(value, __u32); __uint(max_entries, "
     "1); };"
     "struct { __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, 1); __type(key, __u32);"
     " __array(values, struct inner); } outer SEC(\".maps\"); SEC(\"tick\") int p(void *c) { return 0; }",
     "", "object-map", "'outer' has initial values", 0},
    {"DeclarationOfAnotherMap",
     "struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, int); __type(value, int);"
     " __uint(tail_instructions, 9); } m SEC(\".maps\"); SEC(\"tick\") int p(void *c) { return 0; }",
     "", "object-map", "has a 'tail_instructions', but is no program array", 0},
    {"StackAlone",
     "struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 1); __type(key, int); __type(value, int);"
     " __uint(tail_stack, 8); } m SEC(\".maps\"); SEC(\"tick\") int p(void *c) { return 0; }",
     "", "object-map", "has a tail_stack without tail_instructions", 0},
    {"PresetBehindTheEnd",
     "int p(void *c); struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 1); __type(key, int);"
     " __uint(value_size, 4); __array(values, int(void *)); } m SEC(\".maps\") = {.values = {[1] = (void *)&p}};"
     " SEC(\"tick\") int p(void *c) { return 0; }",
     "", "object-map", "has a value for slot 1 of 1", 0},
    {"UnknownMapType",
     "struct { __uint(type, BPF_MAP_TYPE_LPM_TRIE); __uint(max_entries, 1); __type(key, __u64); __type(value, int); } m"
     " SEC(\".maps\"); SEC(\"tick\") int p(void *c) { return 0; }",
     "", "object-map", "is of type 11 (lpm_trie)", 0},
    {"UnknownMapTypeByName",
     "struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, 1); __type(key, int); __type(value, int); }"
     " m SEC(\".maps\"); SEC(\"tick\") int p(void *c) { return 0; }",
     "", "object-map", "6 (percpu_array); supported are", 0},
    {"QueueWithKey",
     "struct { __uint(type, BPF_MAP_TYPE_QUEUE); __uint(max_entries, 1); __type(key, int); __type(value, int); }"
     " m SEC(\".maps\"); SEC(\"tick\") int p(void *c) { return 0; }",
     "", "object-map", "with a key", 0},
    {"RingOfNoPowerOfTwo",
     "struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 100); } m SEC(\".maps\");"
     "SEC(\"tick\") int p(void *c) { return 0; }",
     "", "object-map", "100 bytes: max_entries has to be a power of two", 0},
    {"LruFlags",
     "struct { __uint(type, BPF_MAP_TYPE_LRU_HASH); __uint(max_entries, 1); __type(key, int); __type(value, int);"
     " __uint(map_flags, BPF_F_NO_COMMON_LRU); } m SEC(\".maps\"); SEC(\"tick\") int p(void *c) { return 0; }",
     "", "object-map", "map_flags 0x2", 0},
    {"SpinLockInMap",
     "struct v { int n; struct { struct bpf_spin_lock l[1]; } in; }; struct { __uint(type, 1); __uint(max_entries, 1);"
     " __type(key, int); __type(value, struct v); } m SEC(\".maps\"); SEC(\"tick\") int p(void *c) { return 0; }",
     "", "object-map", "'value' that holds a struct bpf_spin_lock", 0},
    {"TimerInMap",
     "struct v { struct bpf_timer t; }; struct { __uint(type, 2); __uint(max_entries, 1);"
     " __type(key, int); __type(value, struct v); } m SEC(\".maps\"); SEC(\"tick\") int p(void *c) { return 0; }",
     "", "object-map", "a struct bpf_timer", 0},
    {"KernelPointerInMap",
     "struct v { int __attribute__((btf_type_tag(\"kptr\"))) *p; }; struct { __uint(type, 2); __uint(max_entries, 1);"
     " __type(key, int); __type(value, struct v); } m SEC(\".maps\"); SEC(\"tick\") int p(void *c) { return 0; }",
     "", "object-map", "a pointer marked 'kptr'", 0},
    {"UnknownHelperByName", "SEC(\"tick\") int p(void *c) {\n return bpf_get_current_pid_tgid(); }", "",
     "object-unknown-helper", "calls bpf_get_current_pid_tgid (helper 14)", 5},
    {"TimerHelper", "struct bpf_timer t;\nSEC(\"tick\") int p(void *c) {\n return bpf_timer_start(&t, 1, 0); }", "",
     "object-unknown-helper", "bpf_timer_start (helper 171)", 6},
    {"UnknownMapField",
     "struct { __uint(type, 2); __uint(max_entries, 1); __type(key, int); __type(value, int); __uint(numa_node, 1); } m"
     " SEC(\".maps\"); SEC(\"tick\") int p(void *c) { return 0; }",
     "", "object-map", "'numa_node'", 0},
    {"MapFlags",
     "struct { __uint(type, 1); __uint(max_entries, 1); __type(key, int); __type(value, int); __uint(map_flags, 1); } m"
     " SEC(\".maps\"); SEC(\"tick\") int p(void *c) { return 0; }",
     "", "object-map", "map_flags 0x1", 0},
    {"MapWithoutEntries",
     "struct { __uint(type, 2); __type(key, int); __type(value, int); } m SEC(\".maps\"); SEC(\"tick\") int p(void *c) "
     "{ return 0; }",
     "", "object-map", "no entries", 0},
    {"MapWithoutValue",
     "struct { __uint(type, 2); __uint(max_entries, 1); __type(key, int); } m SEC(\".maps\"); SEC(\"tick\") int p(void "
     "*c) { return 0; }",
     "", "object-map", "no value", 0},
    {"MapKeyOfArray",
     "struct { __uint(type, 2); __uint(max_entries, 1); __type(key, long); __type(value, int); } m SEC(\".maps\");"
     "SEC(\"tick\") int p(void *c) { return 0; }",
     "", "object-map", "keys of 8 bytes", 0},
    {"MapSizeTwice",
     "struct { __uint(type, 2); __uint(max_entries, 1); __type(key, int); __type(value, int); __uint(value_size, 8); } "
     "m"
     " SEC(\".maps\"); SEC(\"tick\") int p(void *c) { return 0; }",
     "", "object-map", "'value_size' twice", 0},
    {"MapsWithoutBtf",
     "struct { __uint(type, 2); __uint(max_entries, 1); __type(key, int); __type(value, int); } m SEC(\".maps\");"
     "SEC(\"tick\") int p(void *c) { return bpf_map_lookup_elem(&m, c) != 0; }",
     "-g0", "object-map", "no BTF", 0},
    {"HugeData", "char big[(1 << 20) + 1]; SEC(\"tick\") int p(void *c) { return big[1]; }", "", "object-map",
     "1048577 bytes", 0},
    {"AddressBehindData",
     "int n[4];\nSEC(\"tick\") int p(void *c) {\n void *q; asm volatile(\"%0 = n + 16 ll\" : \"=r\"(q)); return q == c "
     "? n[1] : 0; }",
     "", "object-address-outside", "'n'", 6},
    {"CommonSymbol", "int n; SEC(\"tick\") int p(void *c) { return n; }", "-fcommon", "object-common-symbol", "'n'", 4},
    {"LongName", "SEC(\"tick\") int a_name_of_exactly_32_bytes_in_all(void *c) { return 0; }", "",
     "object-name-too-long", "33 bytes; at most 31", 0},
    {"FallsThrough", "SEC(\"tick\") int q(void *c) {\n asm volatile(\"r0 = 0\\n\");\n __builtin_unreachable(); }", "",
     "object-falls-through", "'q' runs on", 5},
    {"EmptyFunction",
     "SEC(\"tick\") int q(void *c) { return 0; } SEC(\"tick\") int p(void *c) { __builtin_unreachable(); }", "",
     "object-falls-through", "'p' has no instructions", 0},
    {"Overlap", "SEC(\"tick\") int p(void *c) { return 0; } int q(void *c) __attribute__((alias(\"p\")));", "",
     "object-functions-overlap", "share", 4},
    {"BadInstruction", "SEC(\"tick\") int p(void *c) {\n asm volatile(\".8byte 0x00000000000000ff\\n\");\n return 0; }",
     "", "object-invalid-instruction", "'p' breaks a rule", 5},
    {"JumpOutOfFunction",
     "SEC(\"tick\") int p(void *c) {\n asm volatile(\"goto +20\\n\");\n return 0; }"
     "SEC(\"tick\") int q(void *c) { return 0; }",
     "", "object-malformed", "leaves the function 'p'", 5},
    {"ForgedMap",
     "SEC(\"tick\") int p(void *c) {\n asm volatile(\".8byte 0x0000000000005018\\n.8byte 0\\n\");\n return 0; }", "",
     "object-malformed", "without a relocation", 5},
    {"ForgedFunction", "SEC(\"tick\") int p(void *c) {\n asm volatile(\".8byte 0x0000000000002085\\n\");\n return 0; }",
     "", "object-malformed", "without a relocation", 5},
    {"CallIntoNothing",
     "SEC(\"tick\") int p(void *c) {\n asm volatile(\".8byte 0x0000000000001085\\n\");\n return 0; }", "",
     "object-malformed", "start of a function", 5},
};

class Refusal : public testing::TestWithParam<Case> {};

TEST_P(Refusal, SaysWhatAndWhere) {
  const Case& test = GetParam();
  Result<Module> module = load(compile(test.source, test.flags), "demo.bpf.o", nullptr);
  ASSERT_FALSE(module);
  const Diagnostic& error = module.error();
  EXPECT_EQ(error.code, test.code) << error.message;
  EXPECT_THAT(error.message, testing::HasSubstr(test.says));
  EXPECT_FALSE(error.hint.empty());
  EXPECT_EQ(error.place.line, test.line);
  EXPECT_EQ(error.place.file, test.line != 0 ? "./prog.bpf.c" : "demo.bpf.o");
}

INSTANTIATE_TEST_SUITE_P(Objects, Refusal, testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(NotAnObject, OfNoKind) {
  std::vector<uint8_t> text = {'h', 'e', 'l', 'l', 'o', '\n'};
  for (const std::vector<uint8_t>& bytes : {std::vector<uint8_t>{}, text, std::vector<uint8_t>(4096, 0)}) {
    Result<Module> module = load(bytes, "notes.txt", nullptr);
    ASSERT_FALSE(module);
    EXPECT_EQ(module.error().code, "object-not-elf");
    EXPECT_EQ(module.error().outcome, Outcome::unusable_input);
    EXPECT_EQ(module.error().place.file, "notes.txt");
  }
}

TEST(NotAnObject, OfAnotherMachine) {
  std::vector<uint8_t> bytes = compile("SEC(\"tick\") int p(void *c) { return 0; }");
  bytes[18] = 62;  // e_machine: x86-64
  EXPECT_EQ(load(bytes, "x.o", nullptr).error().code, "object-not-bpf");
}

TEST(NotAnObject, BigEndian) {
  std::vector<uint8_t> bytes = compile("SEC(\"tick\") int p(void *c) { return 0; }");
  bytes[5] = 2;  // EI_DATA: most significant byte first
  EXPECT_EQ(load(bytes, "x.o", nullptr).error().code, "object-not-bpf");
}

TEST(NotAnObject, TooManyPrograms) {
  std::string source;
  for (int i = 0; i < 17; i++) source += "SEC(\"tick\") int p" + std::to_string(i) + "(void *c) { return 0; }\n";
  EXPECT_EQ(load(compile(source), "x.o", nullptr).error().code, "object-too-many");
}

TEST(Printable, KeepsTextAndDropsTheRest) {
  EXPECT_EQ(printable("plain\ttext"), "plain\ttext");
  EXPECT_EQ(printable("\x1b[0m\r\n\x7f"), "?[0m???");
  EXPECT_EQ(printable("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x9d"), "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x9d");
  EXPECT_EQ(printable("\xc0\xaf\xed\xa0\x80\xf5\xff\xc2\x9b"), "?????????");
  EXPECT_EQ(printable("\xe2\x82"), "??");
  EXPECT_EQ(printable("ab\xc3\xa9", 3), "ab");
}

}  // namespace
}  // namespace perdita::object
