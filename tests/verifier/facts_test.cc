// SPDX-License-Identifier: Apache-2.0
//
// The facts for code generators: right on every accepted text case and on random programs, as the noise says
// (src/verifier/testing/noise.h); noticed where they are wrong; and worth having.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "isa/assemble.h"
#include "isa/facts_text.h"
#include "isa/form.h"
#include "verifier/alignment.h"
#include "verifier/proof.h"
#include "verifier/testing/noise.h"
#include "verifier/testing/program_generator.h"
#include "verifier/testing/test_platform.h"
#include "verifier/testing/text_case.h"

namespace perdita::verifier {
namespace {

using isa::Facts;
using isa::Upper;

std::filesystem::path source_folder() {
  const char* folder = std::getenv("PERDITA_SOURCE");
  return folder != nullptr ? folder : ".";
}

object::Module module_of(const std::string& text, const std::string& hook) {
  auto code = isa::assemble(text);
  EXPECT_TRUE(code) << text;
  return testing::module_with(code ? *code : std::vector<isa::Insn>{}, hook);
}

// The facts of an accepted program, as text, by instruction.
std::vector<std::string> facts_of(const std::string& text, const std::string& hook = "tick") {
  object::Module module = module_of(text, hook);
  testing::TestPlatform platform;
  Verdict verdict = verify(module, platform, {});
  EXPECT_TRUE(verdict.accepted) << text;
  std::vector<Facts> facts = testing::read_facts(module.progs[0], verdict.progs[0].facts);
  std::vector<std::string> texts;
  for (size_t i = 0; i < facts.size(); i++) texts.push_back(isa::facts_text(module.progs[0].code[i], facts[i]));
  return texts;
}

TEST(Facts, HoldOnTheTextCases) {
  testing::TestPlatform platform;
  std::mt19937_64 random(1);
  uint64_t accepted = 0, noise = 0, extensions = 0, alignments = 0;
  for (const testing::TextCase& text_case : testing::read_cases(source_folder() / "tests/verifier/cases")) {
    if (!text_case.accept) continue;
    auto result = testing::check_facts(module_of(text_case.code, text_case.hook), platform, 20, random);
    ASSERT_EQ(result.failure, "") << text_case.file << ": " << text_case.name << "\n" << text_case.code;
    accepted += result.accepted ? 1 : 0;
    noise += result.noise;
    extensions += result.extensions;
    alignments += result.alignments;
  }
  EXPECT_GT(accepted, 50u);
  EXPECT_GT(noise, 1000u);
  EXPECT_GT(extensions, 1000u);
  EXPECT_GT(alignments, 1000u);
}

#ifdef __SANITIZE_ADDRESS__
constexpr unsigned kPrograms = 60;
#else
constexpr unsigned kPrograms = 150;
#endif

class FactsByHook : public ::testing::TestWithParam<const char*> {};

// A random program, verified once for all tests that look at it.
struct Verified {
  std::mt19937_64 random;  // goes on behind what made the program
  std::string text;
  object::Module module;
  Verdict verdict;

  Verified(const std::string& hook, unsigned seed)
      : random(seed), text(testing::ProgramGenerator(random, hook).make()), module(module_of(text, hook)) {
    verdict = verify(module, testing::TestPlatform(), {});
  }
};

const Verified& verified(const std::string& hook, unsigned seed) {
  static std::map<std::pair<std::string, unsigned>, Verified> known;
  return known.try_emplace({hook, seed}, hook, seed).first->second;
}

TEST_P(FactsByHook, HoldOnRandomPrograms) {
  testing::TestPlatform platform;
  unsigned accepted = 0;
  uint64_t instructions = 0, noise = 0;
  for (unsigned seed = 1; seed <= kPrograms; seed++) {
    const Verified& program = verified(GetParam(), seed);
    std::mt19937_64 random = program.random;
    auto result = testing::check_facts(program.module, platform, program.verdict, 10, random);
    ASSERT_EQ(result.failure, "") << "seed " << seed << "\n" << program.text;
    accepted += result.accepted ? 1 : 0;
    instructions += result.instructions;
    noise += result.noise;
  }
  EXPECT_GT(accepted, kPrograms / 8);
  EXPECT_GT(noise, instructions / 5);
}

// One field of one instruction, strengthened to what the verifier did not say.
bool strengthen(Facts& facts, const isa::Insn& insn, std::mt19937_64& random) {
  const uint8_t fields = isa::fact_fields(insn);
  const Facts before = facts;
  auto more = [&random](Upper upper) { return static_cast<Upper>(static_cast<unsigned>(upper) | (1 + random() % 2)); };
  switch (random() % 6) {
    case 0:
      if ((fields & isa::kFactUpperDead) != 0) facts.upper_dead = true;
      break;
    case 1:
      if ((fields & isa::kFactDst) != 0) facts.dst = more(facts.dst);
      break;
    case 2:
      if ((fields & isa::kFactSrc) != 0) facts.src = more(facts.src);
      break;
    case 3:
      if ((fields & isa::kFactCount) != 0) facts.count = isa::ShiftCount::below_32;
      break;
    case 4:
      if ((fields & isa::kFactDivisor) != 0) facts.divisor_not_zero = true;
      break;
    default:
      if ((fields & isa::kFactAlignment) != 0 && (1u << facts.alignment_log2) < isa::access_bytes(insn.opcode)) {
        facts.alignment_log2++;
      }
      break;
  }
  return !(facts == before);
}

#ifdef __SANITIZE_ADDRESS__
constexpr unsigned kStrengthened = 4;
#else
constexpr unsigned kStrengthened = 24;
#endif
constexpr unsigned kDraws = 50;

// Strengthened at random, facts are wrong most of the time (not always: the verifier does not know all), and where
// inputs come by that, it is seen.
TEST_P(FactsByHook, AreSeenToBeWrongWhereTheyAre) {
  testing::TestPlatform platform;
  unsigned changed = 0, caught = 0;
  for (unsigned seed = 1; changed < kStrengthened; seed++) {
    const Verified& program = verified(GetParam(), seed);
    if (!program.verdict.accepted) continue;
    const object::Prog& prog = program.module.progs[0];
    const ProgVerdict& verdict = program.verdict.progs[0];
    std::mt19937_64 random = program.random;
    std::vector<Facts> facts = testing::read_facts(prog, verdict.facts);
    // Most fields of most instructions cannot be strengthened: drawn again, as a program is dearer than that.
    bool is_changed = false;
    for (unsigned draw = 0; draw < kDraws && !is_changed; draw++) {
      size_t at = random() % facts.size();
      is_changed = strengthen(facts[at], prog.code[at], random);
    }
    if (!is_changed) continue;
    changed++;
    auto result = testing::run_with_facts(program.module, platform, facts, verdict.bounds.instructions, 15, random);
    caught += result.failure.empty() ? 0 : 1;
  }
  RecordProperty("caught", static_cast<int>(caught));
  EXPECT_GT(caught, changed / 5);
}

std::string hook_name(const ::testing::TestParamInfo<const char*>& param) { return param.param; }

INSTANTIATE_TEST_SUITE_P(Hooks, FactsByHook, ::testing::Values("tick", "packet", "sniff"), hook_name);

// ---- each kind of fact, by hand: said where it holds, not said where it does not, caught where it is said wrongly
// ----

struct Case {
  const char* what;
  const char* hook;
  const char* code;
  size_t at;                  // the instruction
  const char* says;           // as text
  void (*lie)(Facts& facts);  // null: there is nothing to say wrongly
};

const Case kCases[] = {
    {"a wide result is read as such", "tick", "r0 = *(u64 *)(r1 + 0)\n r0 >>= 40\n r0 &= 63\n exit", 0, "aligned 4",
     [](Facts& f) { f.upper_dead = true; }},
    {"only its lower half is", "tick", "r0 = *(u64 *)(r1 + 0)\n w0 &= 63\n exit", 0, "aligned 4, r0 low only", nullptr},
    {"masked, the upper half is not read", "tick", "r0 = *(u64 *)(r1 + 0)\n r0 &= 63\n exit", 0,
     "aligned 4, r0 low only", nullptr},
    {"through a branch that reads all of it", "tick",
     "r2 = *(u64 *)(r1 + 0)\n r0 = 0\n if r2 s> 5 goto +1\n r0 = 1\n exit", 0, "aligned 4",
     [](Facts& f) { f.upper_dead = true; }},
    {"a word compared as a word", "tick", "r2 = *(u32 *)(r1 + 8)\n r0 = 0\n if r2 > 5 goto +1\n r0 = 1\n exit", 2,
     "r2 zero", [](Facts& f) { f.dst = Upper::sign; }},
    {"then it has no upper half", "tick", "r2 = *(u32 *)(r1 + 8)\n r0 = 0\n if r2 > 5 goto +1\n r0 = 1\n exit", 0,
     "aligned 4, r2 low only", nullptr},
    {"an int of 32 bits", "tick", "r2 = *(s32 *)(r1 + 8)\n r0 = 0\n if r2 s> 5 goto +1\n r0 = 1\n exit", 2, "r2 sign",
     [](Facts& f) { f.dst = Upper::zero; }},
    {"a small number is both", "tick", "r2 = *(u16 *)(r1 + 8)\n r0 = 0\n if r2 s> 5 goto +1\n r0 = 1\n exit", 2,
     "r2 either", nullptr},
    {"pointers are words", "packet",
     "r2 = *(u64 *)(r1 + 0)\n r3 = *(u64 *)(r1 + 8)\n r0 = 0\n r2 += 14\n if r2 > r3 goto +1\n r0 = 1\n exit", 4,
     "r2 zero, r3 zero", nullptr},
    {"a wide accumulator takes words", "tick",
     "r2 = *(u64 *)(r1 + 0)\n r3 = *(u32 *)(r1 + 8)\n r2 += r3\n r0 = 0\n if r2 > 5 goto +1\n r0 = 1\n exit", 2,
     "r3 zero", [](Facts& f) { f.src = Upper::sign; }},
    {"a count below 32", "tick",
     "r2 = *(u64 *)(r1 + 0)\n r3 = *(u8 *)(r1 + 8)\n r3 &= 31\n r2 >>= r3\n w0 = w2\n w0 &= 1\n exit", 3,
     "count below 32, r2 low only", nullptr},
    {"one that is masked", "tick",
     "r2 = *(u64 *)(r1 + 0)\n r3 = *(u8 *)(r1 + 8)\n r2 >>= r3\n w0 = w2\n w0 &= 1\n exit", 2, "r2 low only",
     [](Facts& f) { f.count = isa::ShiftCount::below_32; }},
    {"one from 32 on", "tick",
     "r2 = *(u64 *)(r1 + 0)\n r3 = *(u8 *)(r1 + 8)\n r3 &= 31\n r3 |= 32\n r2 <<= r3\n r2 >>= 40\n w0 = w2\n w0 &= 1\n "
     "exit",
     4, "count 32 to 63", [](Facts& f) { f.count = isa::ShiftCount::below_32; }},
    {"a divisor that was checked", "tick",
     "r2 = *(u32 *)(r1 + 8)\n r0 = 0\n if r2 == 0 goto +3\n r0 = 1000\n r0 /= r2\n w0 &= 63\n exit", 4,
     "r0 either, r2 zero, divisor not zero, r0 low only", nullptr},
    {"one that was not", "tick", "r2 = *(u32 *)(r1 + 8)\n r2 &= 3\n r0 = 50\n w0 /= w2\n exit", 3, "r0 low only",
     [](Facts& f) { f.divisor_not_zero = true; }},
    {"an index in steps of four", "tick",
     "r2 = *(u32 *)(r1 + 8)\n r2 &= 12\n r3 = map[3][0]+0\n r3 += r2\n r0 = *(u32 *)(r3 + 0)\n w0 &= 1\n exit", 5,
     "aligned 4, r0 low only", nullptr},
    {"an index in steps of two", "tick",
     "r2 = *(u32 *)(r1 + 8)\n r2 &= 10\n r3 = map[3][0]+0\n r3 += r2\n r0 = *(u32 *)(r3 + 0)\n w0 &= 1\n exit", 5,
     "aligned 2, r0 low only", [](Facts& f) { f.alignment_log2 = 2; }},
    {"a packet is as aligned as its hook says", "packet",
     "r2 = *(u64 *)(r1 + 0)\n r3 = *(u64 *)(r1 + 8)\n r4 = r2\n r4 += 16\n r0 = 0\n if r4 > r3 goto +2\n"
     " r0 = *(u64 *)(r2 + 8)\n r0 &= 1\n exit",
     6, "aligned 4, r0 low only", [](Facts& f) { f.alignment_log2 = 3; }},
    {"behind an odd header", "packet",
     "r2 = *(u64 *)(r1 + 0)\n r3 = *(u64 *)(r1 + 8)\n r4 = r2\n r4 += 18\n r0 = 0\n if r4 > r3 goto +2\n"
     " r0 = *(u32 *)(r2 + 14)\n r0 &= 1\n exit",
     6, "aligned 2, r0 low only", [](Facts& f) { f.alignment_log2 = 2; }},
    {"what a function converts itself", "tick", "r1 = *(u64 *)(r1 + 0)\n r1 &= 7\n call function[0]\n r0 = 0\n exit", 2,
     "r1 zero, r0 low only", nullptr},
    {"flags are 64 bits wide", "tick",
     "r6 = *(u64 *)(r1 + 0)\n *(u64 *)(r10 - 8) = r6\n r1 = map[4]\n r2 = r10\n r2 += -8\n r3 = r6\n call 87\n r0 = "
     "0\n exit",
     7, "r1 zero, r2 zero, r0 low only", [](Facts& f) { f.args[2] = Upper::zero; }},
    {"a small flag is read, too", "tick",
     "*(u64 *)(r10 - 8) = 1\n r1 = map[4]\n r2 = r10\n r2 += -8\n r3 = 0\n call 87\n r0 = 0\n exit", 6,
     "r1 zero, r2 zero, r3 zero, r0 low only", [](Facts& f) { f.args[1] = Upper::either; }},
    {"a mask that keeps the upper half", "tick", "r2 = *(u64 *)(r1 + 0)\n r2 &= -8\n r2 >>= 60\n r0 = r2\n exit", 0,
     "aligned 4", [](Facts& f) { f.upper_dead = true; }},
    {"a mask that clears it, on one of two paths", "tick",
     "r3 = *(u32 *)(r1 + 8)\n if w3 == 0 goto +2\n r2 = *(u64 *)(r1 + 0)\n goto +2\n r2 = *(u64 *)(r1 + 0)\n r2 &= "
     "63\n r2 >>= 60\n r0 = r2\n exit",
     4, "aligned 4, r2 low only", nullptr},
    {"the path beside it", "tick",
     "r3 = *(u32 *)(r1 + 8)\n if w3 == 0 goto +2\n r2 = *(u64 *)(r1 + 0)\n goto +2\n r2 = *(u64 *)(r1 + 0)\n r2 &= "
     "63\n r2 >>= 60\n r0 = r2\n exit",
     2, "aligned 4", [](Facts& f) { f.upper_dead = true; }},
    {"what is masked must be cleared there", "tick",
     "r3 = *(u32 *)(r1 + 8)\n if w3 == 0 goto +2\n r2 = *(u64 *)(r1 + 0)\n goto +2\n r2 = *(u64 *)(r1 + 0)\n r2 &= "
     "63\n r2 >>= 60\n r0 = r2\n exit",
     5, "", [](Facts& f) { f.upper_dead = true; }},
    {"bits that are set above all", "tick", "r2 = *(u64 *)(r1 + 0)\n r2 |= -8\n r2 >>= 60\n r0 = r2\n exit", 0,
     "aligned 4, r2 low only", nullptr},
    {"bits that are set below", "tick", "r2 = *(u64 *)(r1 + 0)\n r2 |= 8\n r2 >>= 60\n r0 = r2\n exit", 0, "aligned 4",
     [](Facts& f) { f.upper_dead = true; }},
    {"shifted over the middle", "tick", "r2 = *(u64 *)(r1 + 0)\n r2 <<= 36\n r2 >>= 60\n r0 = r2\n exit", 0,
     "aligned 4, r2 low only", nullptr},
    {"shifted within", "tick", "r2 = *(u64 *)(r1 + 0)\n r2 <<= 16\n r2 >>= 60\n r0 = r2\n exit", 0, "aligned 4",
     [](Facts& f) { f.upper_dead = true; }},
    {"an exchange of bytes", "tick", "r2 = *(u64 *)(r1 + 0)\n r2 = bswap64 r2\n w0 = w2\n w0 &= 1\n exit", 0,
     "aligned 4", [](Facts& f) { f.upper_dead = true; }},
    {"one of 32 bits", "tick", "r2 = *(u64 *)(r1 + 0)\n r2 = bswap32 r2\n w0 = w2\n w0 &= 1\n exit", 0,
     "aligned 4, r2 low only", nullptr},
    {"bits looked at below", "tick", "r2 = *(u64 *)(r1 + 0)\n r0 = 0\n if r2 & 7 goto +1\n r0 = 1\n exit", 0,
     "aligned 4, r2 low only", nullptr},
    {"bits looked at above", "tick", "r2 = *(u64 *)(r1 + 0)\n r0 = 0\n if r2 & -256 goto +1\n r0 = 1\n exit", 0,
     "aligned 4", nullptr},
    {"a quotient needs all of it", "tick", "r2 = *(u64 *)(r1 + 0)\n r2 /= 1000\n w0 = w2\n w0 &= 1\n exit", 0,
     "aligned 4", [](Facts& f) { f.upper_dead = true; }},
    {"a product only what is asked for", "tick", "r2 = *(u64 *)(r1 + 0)\n r2 *= 1000\n w0 = w2\n w0 &= 1\n exit", 0,
     "aligned 4, r2 low only", nullptr},
    {"a sign comes from above", "tick", "r2 = *(u64 *)(r1 + 0)\n r2 s>>= 8\n w0 = w2\n w0 &= 1\n exit", 0, "aligned 4",
     [](Facts& f) { f.upper_dead = true; }},
    {"a copy of 32 bits", "tick", "r2 = *(u64 *)(r1 + 0)\n r2 = (s32)r2\n r2 >>= 60\n r0 = r2\n exit", 0,
     "aligned 4, r2 low only", nullptr},
    {"a whole copy", "tick", "r2 = *(u64 *)(r1 + 0)\n r2 = r2\n r2 >>= 60\n r0 = r2\n exit", 0, "aligned 4",
     [](Facts& f) { f.upper_dead = true; }},
    {"what is stored whole", "tick", "r2 = *(u64 *)(r1 + 0)\n r3 = map[3][0]+0\n *(u64 *)(r3 + 0) = r2\n r0 = 0\n exit",
     0, "aligned 4", [](Facts& f) { f.upper_dead = true; }},
    {"what is stored as a word", "tick",
     "r2 = *(u64 *)(r1 + 0)\n r3 = map[3][0]+0\n *(u32 *)(r3 + 0) = r2\n r0 = 0\n exit", 0, "aligned 4, r2 low only",
     nullptr},
    {"an atomic sum of 64 bits", "tick",
     "r2 = *(u64 *)(r1 + 0)\n r3 = map[3][0]+0\n lock *(u64 *)(r3 + 0) += r2\n r0 = 0\n exit", 0, "aligned 4",
     [](Facts& f) { f.upper_dead = true; }},
    {"an atomic sum of 32 bits", "tick",
     "r2 = *(u64 *)(r1 + 0)\n r3 = map[3][0]+0\n lock *(u32 *)(r3 + 0) += w2\n r0 = 0\n exit", 0,
     "aligned 4, r2 low only", nullptr},
    {"what a comparison and exchange expects", "tick",
     "r0 = *(u64 *)(r1 + 0)\n r2 = 7\n r3 = map[3][0]+0\n r0 = cmpxchg_64(r3 + 0, r0, r2)\n r0 = 0\n exit", 0,
     "aligned 4", nullptr},
    {"a subprogram's argument of which it reads a word", "tick",
     "r1 = *(u64 *)(r1 + 0)\n call sub\n exit\nsub:\n w0 = w1\n w0 &= 1\n exit", 0, "aligned 4, r1 low only", nullptr},
    {"one of which it reads all", "tick", "r1 = *(u64 *)(r1 + 0)\n call sub\n exit\nsub:\n r0 = r1\n r0 >>= 60\n exit",
     0, "aligned 4", [](Facts& f) { f.upper_dead = true; }},
    {"what it returns is a word", "tick", "r1 = *(u64 *)(r1 + 0)\n call sub\n w0 &= 1\n exit\nsub:\n r0 = r1\n exit", 5,
     "r0 low only", nullptr},
    {"what it returns is more", "tick", "r1 = *(u64 *)(r1 + 0)\n call sub\n r0 >>= 60\n exit\nsub:\n r0 = r1\n exit", 5,
     "", [](Facts& f) { f.upper_dead = true; }},
    {"what it keeps for its caller", "tick",
     "r6 = *(u64 *)(r1 + 0)\n call sub\n r0 = r6\n r0 >>= 60\n exit\nsub:\n r6 = 0\n r0 = 0\n exit", 0, "aligned 4",
     [](Facts& f) { f.upper_dead = true; }},
    {"spilled whole", "tick",
     "r6 = *(u64 *)(r1 + 0)\n *(u64 *)(r10 - 8) = r6\n r0 = *(u64 *)(r10 - 8)\n r0 >>= 60\n exit", 0, "aligned 4",
     [](Facts& f) { f.upper_dead = true; }},
    {"a spilled word", "tick",
     "r6 = *(u32 *)(r1 + 8)\n *(u64 *)(r10 - 8) = r6\n r0 = *(u64 *)(r10 - 8)\n r0 &= 1\n exit", 1,
     "r6 zero, aligned 8", [](Facts& f) { f.src = Upper::sign; }},
    {"the result of a program is all of r0", "sniff", "r0 = *(u32 *)(r1 + 16)\n exit", 1, "r0 zero",
     [](Facts& f) { f.dst = Upper::sign; }},
};

TEST(Facts, OfEachKind) {
  testing::TestPlatform platform;
  for (const Case& test : kCases) {
    std::vector<std::string> texts = facts_of(test.code, test.hook);
    EXPECT_EQ(texts.at(test.at), test.says) << test.what;
    if (test.lie == nullptr) continue;
    object::Module module = module_of(test.code, test.hook);
    Verdict verdict = verify(module, platform, {});
    std::vector<Facts> facts = testing::read_facts(module.progs[0], verdict.progs[0].facts);
    std::mt19937_64 random(7);
    EXPECT_EQ(testing::run_with_facts(module, platform, facts, 100, 100, random).failure, "") << test.what;
    test.lie(facts[test.at]);
    EXPECT_NE(testing::run_with_facts(module, platform, facts, 100, 100, random).failure, "") << test.what;
  }
}

// Each part alone may be less aligned than their sum.
TEST(Facts, AnOffsetIsAsAlignedAsTheSumOfItsParts) {
  testing::TestPlatform platform;
  const perdita_hook& hook = *platform.hook("tick");
  RegValue pointer = RegValue::pointer(RegKind::stack, -12);
  EXPECT_EQ(alignment_of(hook, pointer, 0), 4u);
  EXPECT_EQ(alignment_of(hook, pointer, 4), 8u);
  pointer.value = Scalar64::constant(4);
  EXPECT_EQ(alignment_of(hook, pointer, 0), 8u);
  EXPECT_EQ(alignment_of(hook, pointer, 2), 2u);
  pointer.value = domain::unsigned_scalar<64, 32>(0, 7);
  EXPECT_EQ(alignment_of(hook, pointer, 0), 1u);
}

// What no execution comes to.
TEST(Facts, SayNothingWhereNothingIsExecuted) {
  std::vector<std::string> texts = facts_of("r0 = 1\n if r0 == 1 goto +2\n r2 = 7\n r0 = r2\n exit");
  EXPECT_EQ(texts[2], "");
  EXPECT_EQ(texts[3], "");
}

TEST(Facts, OfARejectedProgramAreNone) {
  testing::TestPlatform platform;
  Verdict verdict = verify(module_of("r0 = r2\n exit", "tick"), platform, {});
  EXPECT_FALSE(verdict.accepted);
  EXPECT_TRUE(verdict.progs[0].facts.empty());
}

}  // namespace
}  // namespace perdita::verifier
