// SPDX-License-Identifier: Apache-2.0
#include "object/load.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "object/compile_fixture.h"

namespace perdita::object {
namespace {

using testing::ElementsAre;

Module load_or_fail(const std::vector<uint8_t>& bytes, const std::vector<uint8_t>* btf = nullptr,
                    std::string_view name = "build/demo.bpf.o") {
  Result<Module> module = load(bytes, name, btf);
  EXPECT_TRUE(module) << module.error().code << ": " << module.error().message;
  return module ? *module : Module{};
}

const Module& everything() {
  static const Module module = [] {
    std::vector<uint8_t> bytes = compile(kEverything);
    Result<ElfFile> elf = read_elf(bytes);
    return load_or_fail(bytes, &elf->find(".BTF")->bytes);
  }();
  return module;
}

std::vector<std::string> names(const std::vector<Subprogram>& subprograms) {
  std::vector<std::string> out;
  for (const Subprogram& subprogram : subprograms) out.push_back(subprogram.name);
  return out;
}

// The instructions of a program that refer to something, lddw with `source` in their source field.
std::vector<size_t> addresses(const Prog& prog, uint8_t source) {
  std::vector<size_t> out;
  for (size_t i = 0; i < prog.code.size(); i++) {
    if (prog.code[i].opcode != isa::kLddw) continue;
    if (prog.code[i].src() == source) out.push_back(i);
    i++;
  }
  return out;
}

std::vector<size_t> calls(const Prog& prog, uint8_t source) {
  std::vector<size_t> out;
  for (size_t i = 0; i < prog.code.size(); i++) {
    if (prog.code[i].opcode == (isa::kJmp | isa::kCall) && prog.code[i].src() == source) out.push_back(i);
  }
  return out;
}

// In the order of the object; what a board has is the same in either way of saying it.
TEST(LegacyMaps, AreLoadedForBoards) {
  const char* source = R"(
struct bpf_map_def_of_5 { int type, key, value, entries, flags; };
struct bpf_map_def_of_7 { int type, key, value, entries, flags, inner, node; };
struct bpf_map_def_of_5 counts SEC("maps") = {BPF_MAP_TYPE_ARRAY, 4, 8, 16, 0};
struct bpf_map_def_of_7 seen SEC("maps") = {BPF_MAP_TYPE_HASH, 8, 4, 32, 0, 0, 0};
SEC("tick") int p(void *c) { __u64 key = 0; return bpf_map_lookup_elem(&seen, &key) ||
                                                   bpf_map_lookup_elem(&counts, &key); }
)";
  for (const char* flags : {"", "-g0"}) {
    const Module module = load_or_fail(compile(source, flags));
    ASSERT_EQ(module.maps.size(), 2u);
    const Map& counts = module.maps[module.maps[0].name == "counts" ? 0 : 1];
    const Map& seen = module.maps[module.maps[0].name == "counts" ? 1 : 0];
    EXPECT_EQ(counts.def, (isa::MapDef{isa::MapType::array, 4, 8, 16, 0}));
    EXPECT_EQ(seen.def, (isa::MapDef{isa::MapType::hash, 8, 4, 32, 0}));
    EXPECT_EQ(addresses(module.progs[0], isa::kLddwMap).size(), 2u);
    EXPECT_FALSE(module.judged);
  }
}

Module judged(const std::vector<uint8_t>& bytes) {
  Result<Module> module = load(bytes, "judged.o", static_cast<const std::vector<uint8_t>*>(nullptr), Purpose::judge);
  EXPECT_TRUE(module) << module.error().code << ": " << module.error().message;
  return module ? *module : Module{};
}

const Map* map_of(const Module& module, std::string_view name) {
  for (const Map& map : module.maps) {
    if (map.name == name) return &map;
  }
  return nullptr;
}

TEST(Judged, HoldsWhatLinuxHas) {
  const Module module = judged(compile(kForLinux));
  ASSERT_TRUE(module.judged);
  const Map* of_maps = map_of(module, "of_maps");
  const Map* by_btf = map_of(module, "by_btf");
  ASSERT_TRUE(of_maps != nullptr && of_maps->inner && by_btf != nullptr && by_btf->inner);
  EXPECT_EQ(module.maps[*of_maps->inner].name, "hashed");
  EXPECT_EQ(module.maps[*by_btf->inner].name, "by_btf.inner");
  EXPECT_EQ(module.maps[*by_btf->inner].def, (isa::MapDef{isa::MapType{6}, 4, 8, 4, 0}));
  ASSERT_NE(map_of(module, "trie"), nullptr);
  // Two variables of the kernel's settings, each at a multiple of 8, and nothing known about them.
  const Map* settings = map_of(module, ".kconfig");
  ASSERT_NE(settings, nullptr);
  EXPECT_EQ(settings->def, (isa::MapDef{isa::MapType::array, 4, 16, 1, isa::kMapReadOnlyForProg}));
  EXPECT_TRUE(settings->initial.empty());
  ASSERT_EQ(module.progs.size(), 3u);
  for (const Prog& prog : module.progs) EXPECT_EQ(prog.on_demand, prog.section == ".text");
  EXPECT_FALSE(check(module));
}

TEST(Judged, IsNotForBoards) {
  Result<Module> module = load(compile(kForLinux), "judged.o", nullptr);
  ASSERT_FALSE(module);
  EXPECT_EQ(module.error().code, "object-map");
}

// The tables that old compilers did not write: types and sizes of functions.
TEST(Judged, FindsFunctionsWithoutSizes) {
  std::vector<uint8_t> bytes =
      compile("SEC(\"one\") int a(void *c) { return 1; } SEC(\"two\") int b(void *c) { return 2; }", "-g0");
  Result<ElfFile> elf = read_elf(bytes);
  ASSERT_TRUE(elf);
  const ElfSection* symbols = elf->find(".symtab");
  auto at = std::search(bytes.begin(), bytes.end(), symbols->bytes.begin(), symbols->bytes.end());
  for (size_t i = 0; i < elf->symbols.size(); i++) {
    auto symbol = at + static_cast<std::ptrdiff_t>(i * 24);
    if (elf->symbols[i].kind != SymbolKind::function) continue;
    symbol[4] = static_cast<uint8_t>(symbol[4] & 0xf0);  // STT_NOTYPE
    std::fill(symbol + 16, symbol + 24, uint8_t{0});
  }
  const Module module = judged(bytes);
  ASSERT_EQ(module.progs.size(), 2u);
  EXPECT_EQ(module.progs[0].name, "a");
  EXPECT_EQ(module.progs[1].section, "two");
  EXPECT_FALSE(load(bytes, "old.o", nullptr));
}

TEST(Judged, BigEndianIsRefused) {
  std::vector<uint8_t> bytes = compile("SEC(\"one\") int a(void *c) { return 1; }");
  bytes[5] = 2;  // ELFDATA2MSB
  Result<Module> module = load(bytes, "big.o", static_cast<const std::vector<uint8_t>*>(nullptr), Purpose::judge);
  ASSERT_FALSE(module);
  EXPECT_EQ(module.error().code, "object-not-bpf");
}

TEST(Load, NamesModuleAfterFile) {
  EXPECT_EQ(everything().name, "demo");
  std::vector<uint8_t> bytes = compile("SEC(\"tick\") int p(void *c) { return 1; }");
  EXPECT_EQ(load_or_fail(bytes, nullptr, "plain.o").name, "plain");
  EXPECT_EQ(load_or_fail(bytes, nullptr, ".o").name, ".o");
}

TEST(Load, EachGlobalFunctionOfASectionIsAProgram) {
  const Module& module = everything();
  ASSERT_EQ(module.progs.size(), 3u);
  EXPECT_EQ(module.progs[0].name, "first");
  EXPECT_EQ(module.progs[0].section, "sensor");
  EXPECT_EQ(module.progs[1].name, "second");
  EXPECT_EQ(module.progs[1].section, "packet/in");
  EXPECT_EQ(module.progs[2].name, "third");
  EXPECT_EQ(module.progs[2].section, "packet/in");
}

TEST(Load, AProgramHoldsExactlyWhatItReaches) {
  const Module& module = everything();
  EXPECT_THAT(names(module.progs[0].subprograms), ElementsAre("first", "shared", "scale", "each"));
  EXPECT_THAT(names(module.progs[1].subprograms), ElementsAre("second", "scale"));
  EXPECT_THAT(names(module.progs[2].subprograms), ElementsAre("third"));
}

TEST(Load, CallsLeadToTheirSubprograms) {
  for (const Prog& prog : everything().progs) {
    for (size_t at : calls(prog, isa::kCallLocal)) {
      int64_t target = static_cast<int64_t>(at) + prog.code[at].imm + 1;
      EXPECT_TRUE(std::any_of(prog.subprograms.begin(), prog.subprograms.end(),
                              [&](const Subprogram& s) { return s.first == target; }))
          << prog.name << " instruction " << at;
    }
  }
  const Prog& first = everything().progs[0];
  ASSERT_EQ(calls(first, isa::kCallLocal).size(), 2u);
  // first -> shared, shared -> scale
  size_t call = calls(first, isa::kCallLocal)[0];
  EXPECT_EQ(call + first.code[call].imm + 1, first.subprograms[1].first);
  call = calls(first, isa::kCallLocal)[1];
  EXPECT_EQ(call + first.code[call].imm + 1, first.subprograms[2].first);
}

TEST(Load, FunctionsOfThePlatformAreCalledByIndex) {
  const Module& module = everything();
  EXPECT_THAT(module.functions, ElementsAre("run_each", "led_set", "sensor_read"));
  std::vector<size_t> at = calls(module.progs[0], isa::kCallFunction);
  ASSERT_EQ(at.size(), 3u);
  EXPECT_EQ(module.progs[0].code[at[0]].imm, 0);
  EXPECT_EQ(module.progs[0].code[at[2]].imm, 2);
  EXPECT_EQ(module.progs[0].code[at[1]].offset, 0);
}

TEST(Load, CallbackIsADistance) {
  const Prog& prog = everything().progs[0];
  std::vector<size_t> at = addresses(prog, isa::kLddwFunction);
  ASSERT_EQ(at.size(), 1u);
  EXPECT_EQ(at[0] + prog.code[at[0]].imm + 1, prog.subprograms[3].first);
  EXPECT_EQ(prog.code[at[0] + 1].imm, 0);
}

TEST(Load, MapsAreDefinedByBtf) {
  const Module& module = everything();
  ASSERT_EQ(module.maps.size(), 5u);
  EXPECT_EQ(module.maps[0].name, "counts");
  EXPECT_EQ(module.maps[0].def, (isa::MapDef{isa::MapType::array, 4, 8, 4, 0}));
  EXPECT_TRUE(module.maps[0].pinned);
  EXPECT_EQ(module.maps[1].name, "seen");
  EXPECT_EQ(module.maps[1].def, (isa::MapDef{isa::MapType::hash, 8, 16, 9, 0}));
  EXPECT_FALSE(module.maps[1].pinned);
  EXPECT_TRUE(module.maps[1].initial.empty());
}

TEST(Load, SectionsOfDataAreMaps) {
  const Module& module = everything();
  const Map& rodata = module.maps[2];
  EXPECT_EQ(rodata.name, ".rodata");
  EXPECT_EQ(rodata.origin, MapOrigin::rodata);
  EXPECT_EQ(rodata.def.flags, isa::kMapReadOnlyForProg);
  ASSERT_EQ(rodata.initial.size(), rodata.def.value_size);
  EXPECT_EQ(rodata.initial[0], 7);       // limit
  constexpr char format[] = "value %d";  // with its zero
  EXPECT_NE(std::search(rodata.initial.begin(), rodata.initial.end(), std::begin(format), std::end(format)),
            rodata.initial.end());
  const Map& data = module.maps[3];
  EXPECT_EQ(data.name, ".data");
  EXPECT_EQ(data.origin, MapOrigin::data);
  EXPECT_EQ(data.def, (isa::MapDef{isa::MapType::array, 4, 4, 1, 0}));
  EXPECT_THAT(data.initial, ElementsAre(3, 0, 0, 0));
  const Map& bss = module.maps[4];
  EXPECT_EQ(bss.name, ".bss");
  EXPECT_EQ(bss.origin, MapOrigin::bss);
  EXPECT_EQ(bss.def.value_size, 32u);
  EXPECT_TRUE(bss.initial.empty());
}

TEST(Load, AddressesNameMapAndOffset) {
  const Prog& prog = everything().progs[0];
  std::vector<size_t> map = addresses(prog, isa::kLddwMap);
  ASSERT_EQ(map.size(), 1u);
  EXPECT_EQ(prog.code[map[0]].imm, 0);
  EXPECT_EQ(prog.code[map[0] + 1].imm, 0);
  bool format = false;
  for (size_t at : addresses(prog, isa::kLddwMapValue)) {
    // The format string stands behind `limit` in .rodata.
    format = format || (prog.code[at].imm == 2 && prog.code[at + 1].imm == 4);
  }
  EXPECT_TRUE(format);
}

TEST(Load, EveryInstructionKnowsItsLine) {
  for (const Prog& prog : everything().progs) {
    ASSERT_FALSE(prog.lines.empty());
    for (const Subprogram& subprogram : prog.subprograms) {
      EXPECT_TRUE(std::any_of(prog.lines.begin(), prog.lines.end(),
                              [&](const SourceLine& line) {
                                return line.instruction == subprogram.first && line.file == "./prog.bpf.c" &&
                                       line.line != 0;
                              }))
          << prog.name << "/" << subprogram.name;
    }
  }
  const Prog& second = everything().progs[1];
  EXPECT_NE(second.lines[0].text.find("int second(struct sample *s)"), std::string::npos);
  EXPECT_NE(second.lines[0].column, 0u);
}

TEST(Load, WithoutBtfThereAreNoLines) {
  Module module = load_or_fail(compile("int n = 4; SEC(\"tick\") int p(void *c) { return n; }", "-g0"));
  ASSERT_EQ(module.progs.size(), 1u);
  EXPECT_TRUE(module.progs[0].lines.empty());
  EXPECT_EQ(module.maps.at(0).name, ".data");
}

TEST(Load, StaticFunctionOfAProgramSectionIsASubprogram) {
  Module module = load_or_fail(compile(R"(
    SEC("tick") __attribute__((noinline)) static int twice(int x) { return bpf_get_prandom_u32() + x; }
    SEC("tick") int p(int *c) { return twice(1) + twice(2); }
  )"));
  ASSERT_EQ(module.progs.size(), 1u);
  EXPECT_THAT(names(module.progs[0].subprograms), ElementsAre("p", "twice"));
}

TEST(Load, RecursionDoesNotHang) {
  Module module = load_or_fail(compile(R"(
    __attribute__((noinline)) int odd(int x);
    __attribute__((noinline)) int even(int x) { return x ? odd(x - 1) + bpf_get_prandom_u32() : 1; }
    __attribute__((noinline)) int odd(int x) { return x ? even(x - 1) + bpf_get_prandom_u32() : 0; }
    SEC("tick") int p(int *c) { return even(3); }
  )"));
  EXPECT_THAT(names(module.progs.at(0).subprograms), ElementsAre("p", "even", "odd"));
}

TEST(Load, SourceAndStringsMayNameControlCharacters) {
  std::vector<uint8_t> bytes = compile("SEC(\"tick\") int p(void *c) { return 1; /* \x1b[31m \xff \xc3\xa9 */ }");
  Module module = load_or_fail(bytes);
  ASSERT_FALSE(module.progs.at(0).lines.empty());
  const std::string& text = module.progs[0].lines[0].text;
  EXPECT_NE(text.find("?[31m ? \xc3\xa9"), std::string::npos) << text;
}

TEST(Load, IsAFunctionOfItsInput) {
  std::vector<uint8_t> bytes = compile(kEverything);
  Result<ElfFile> elf = read_elf(bytes);
  Module again = load_or_fail(bytes, &elf->find(".BTF")->bytes);
  ASSERT_EQ(again.progs.size(), everything().progs.size());
  for (size_t i = 0; i < again.progs.size(); i++) EXPECT_EQ(again.progs[i].code, everything().progs[i].code);
}

}  // namespace
}  // namespace perdita::object
