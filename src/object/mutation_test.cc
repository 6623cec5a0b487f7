// SPDX-License-Identifier: Apache-2.0
//
// Whatever the bytes, load() answers, and what it accepts keeps the rules of a Module: every truncation, and seeded
// mutations of a real object and of the platform's BTF. Run under the sanitizers too (preset asan).
#include <gtest/gtest.h>

#include <random>

#include "object/compile_fixture.h"
#include "object/load.h"

namespace perdita::object {
namespace {

constexpr int kMutations = 40'000;

struct Input {
  std::vector<uint8_t> object;
  std::vector<uint8_t> platform_btf;
};

const Input& input() {
  static const Input input = [] {
    Input made;
    made.object = compile(kEverything);
    made.platform_btf = read_elf(made.object)->find(".BTF")->bytes;
    return made;
  }();
  return input;
}

bool answers(const std::vector<uint8_t>& object, const std::vector<uint8_t>& platform_btf,
             Purpose purpose = Purpose::run) {
  Result<Module> module = load(object, "mutant.o", &platform_btf, purpose);
  if (module) {
    std::optional<Diagnostic> broken = check(*module);
    EXPECT_FALSE(broken) << broken->message;
    return true;
  }
  EXPECT_FALSE(module.error().code.empty());
  EXPECT_FALSE(module.error().message.empty());
  return false;
}

void mutate(std::vector<uint8_t>& bytes, std::mt19937& random) {
  static constexpr uint8_t kEdges[] = {0, 1, 7, 8, 0x7f, 0x80, 0xfe, 0xff};
  unsigned count = 1 + random() % 4;
  for (unsigned i = 0; i < count; i++) {
    uint8_t& byte = bytes[random() % bytes.size()];
    switch (random() % 4) {
      case 0:
        byte = static_cast<uint8_t>(byte ^ (1u << random() % 8));
        break;
      case 1:
        byte = kEdges[random() % std::size(kEdges)];
        break;
      case 2:
        byte = static_cast<uint8_t>(byte + (random() % 2 == 0 ? 1 : -1));
        break;
      default:
        byte = static_cast<uint8_t>(random());
        break;
    }
  }
}

TEST(Mutation, OfNothingLoads) { EXPECT_TRUE(answers(input().object, input().platform_btf)); }

TEST(Mutation, EveryTruncation) {
  // The table of section headers stands at the end of the file, so no shorter one is whole.
  for (size_t size = 0; size < input().object.size(); size++) {
    std::vector<uint8_t> cut(input().object.begin(), input().object.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(answers(cut, input().platform_btf)) << size;
  }
}

TEST(Mutation, OfTheObject) {
  std::mt19937 random(20261122);
  int accepted = 0;
  for (int i = 0; i < kMutations; i++) {
    std::vector<uint8_t> object = input().object;
    mutate(object, random);
    accepted += answers(object, input().platform_btf) ? 1 : 0;
  }
  // Both answers must occur, or the mutations miss what they are for.
  EXPECT_GT(accepted, kMutations / 100);
  EXPECT_LT(accepted, kMutations * 99 / 100);
}

TEST(Mutation, OfTheTablesOnly) {
  // Symbols, relocations, types and headers: a random byte of the file mostly hits instructions and strings.
  Result<ElfFile> elf = read_elf(input().object);
  ASSERT_TRUE(elf);
  std::mt19937 random(7);
  for (const char* name : {".symtab", ".BTF", ".BTF.ext", ".reltext", ".relsensor", ".rel.text", ".maps"}) {
    const ElfSection* section = elf->find(name);
    if (section == nullptr || section->bytes.empty()) continue;
    auto at = std::search(input().object.begin(), input().object.end(), section->bytes.begin(), section->bytes.end());
    ASSERT_NE(at, input().object.end()) << name;
    for (int i = 0; i < kMutations / 8; i++) {
      std::vector<uint8_t> object = input().object;
      std::vector<uint8_t> bytes = section->bytes;
      mutate(bytes, random);
      std::copy(bytes.begin(), bytes.end(), object.begin() + (at - input().object.begin()));
      answers(object, input().platform_btf);
    }
  }
  for (int i = 0; i < kMutations / 8; i++) {
    std::vector<uint8_t> object = input().object;
    size_t headers = object.size() - elf->sections.size() * 64;  // at the end of the file
    std::vector<uint8_t> bytes(object.begin() + static_cast<std::ptrdiff_t>(headers), object.end());
    mutate(bytes, random);
    std::copy(bytes.begin(), bytes.end(), object.begin() + static_cast<std::ptrdiff_t>(headers));
    answers(object, input().platform_btf);
  }
}

// The same of what is judged only: legacy maps, maps of maps, and the looser rules.
TEST(Mutation, OfAnObjectForLinux) {
  static const std::vector<uint8_t> whole = compile(kForLinux);
  ASSERT_TRUE(answers(whole, {}, Purpose::judge));
  std::mt19937 random(4);
  int accepted = 0;
  for (int i = 0; i < kMutations / 4; i++) {
    std::vector<uint8_t> object = whole;
    mutate(object, random);
    accepted += answers(object, {}, Purpose::judge) ? 1 : 0;
  }
  EXPECT_GT(accepted, kMutations / 400);
  EXPECT_LT(accepted, kMutations / 4 * 99 / 100);
  Result<ElfFile> elf = read_elf(whole);
  ASSERT_TRUE(elf);
  for (const char* name : {"maps", ".maps", ".symtab", ".BTF", ".rel2/7", ".relfrom-netdev", "2/7"}) {
    const ElfSection* section = elf->find(name);
    ASSERT_NE(section, nullptr) << name;
    auto at = std::search(whole.begin(), whole.end(), section->bytes.begin(), section->bytes.end());
    for (int i = 0; i < kMutations / 16; i++) {
      std::vector<uint8_t> object = whole;
      std::vector<uint8_t> bytes = section->bytes;
      mutate(bytes, random);
      std::copy(bytes.begin(), bytes.end(), object.begin() + (at - whole.begin()));
      answers(object, {}, Purpose::judge);
    }
  }
}

TEST(Mutation, OfThePlatform) {
  std::mt19937 random(42);
  for (int i = 0; i < kMutations / 4; i++) {
    std::vector<uint8_t> btf = input().platform_btf;
    mutate(btf, random);
    answers(input().object, btf);
  }
}

}  // namespace
}  // namespace perdita::object
