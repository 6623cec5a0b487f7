// SPDX-License-Identifier: Apache-2.0
//
// What the verifier says of programs by the grammar, held to verdicts.golden: how many it accepts, with which bounds in
// sum, and why it rejects the others. Containment shows what it accepts too much; this shows what it loses. After a
// change that is meant, PERDITA_REBASE=1 writes the file anew, and its diff shows what the change did.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

#include "isa/assemble.h"
#include "verifier/proof.h"
#include "verifier/testing/program_generator.h"
#include "verifier/testing/test_platform.h"

namespace perdita::verifier {
namespace {

constexpr unsigned kPerLine = 50, kShort = 2000, kWhole = 30;

std::string summary(const std::string& hook, unsigned first, unsigned count, bool whole) {
  std::map<std::string, unsigned> codes;
  unsigned accepted = 0;
  uint64_t bounds = 0, stack = 0;
  for (unsigned seed = first; seed < first + count; seed++) {
    std::mt19937_64 random(seed);
    testing::ProgramGenerator generator(random, hook);
    auto code = isa::assemble(whole ? generator.make() : generator.make_short());
    if (!code) return "no program: " + code.error().message;
    Verdict verdict = verify(testing::module_with(*code, hook), testing::TestPlatform(), {});
    for (const Diagnostic& diagnostic : verdict.progs[0].diagnostics) codes[diagnostic.code]++;
    if (!verdict.accepted) continue;
    accepted++;
    stack += verdict.progs[0].bounds.stack_bytes;
    for (const auto& [engine, bound] : verdict.progs[0].bounds.machine_instructions) bounds += bound;
    bounds += verdict.progs[0].bounds.instructions;
  }
  std::string text = fmt::format("{} {} {}: {} accepted, bounds {}, stack {};", hook, whole ? "whole" : "short", first,
                                 accepted, bounds, stack);
  for (const auto& [code, times] : codes) text += fmt::format(" {} {}", code, times);
  return text;
}

TEST(Verdicts, AreAsTheyWere) {
  std::string lines;
  for (const char* hook : {"tick", "packet", "sniff"}) {
    for (unsigned first = 1; first <= kShort; first += kPerLine) lines += summary(hook, first, kPerLine, false) + "\n";
    for (unsigned first = 1; first <= kWhole; first += 10) lines += summary(hook, first, 10, true) + "\n";
  }
  const char* folder = std::getenv("PERDITA_SOURCE");
  std::string path = std::string(folder != nullptr ? folder : ".") + "/tests/verifier/verdicts.golden";
  if (std::getenv("PERDITA_REBASE") != nullptr) std::ofstream(path) << lines;
  std::ifstream file(path);
  std::string known{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(lines, known) << "PERDITA_REBASE=1 writes " << path << " anew";
}

}  // namespace
}  // namespace perdita::verifier
