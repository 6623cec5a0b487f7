// SPDX-License-Identifier: Apache-2.0
//
// verifier_facts [PROGRAMS] [FIRST_SEED] [RUNS]: random programs, verified, and where they are accepted run beside
// themselves with noise in every upper half that their facts call dead (src/verifier/testing/noise.h). Prints the first
// program whose facts do not hold, and exits with 1.
#include <cstdio>
#include <cstdlib>

#include "isa/assemble.h"
#include "verifier/testing/noise.h"
#include "verifier/testing/program_generator.h"
#include "verifier/testing/test_platform.h"

int main(int argc, char** argv) {
  using namespace perdita;  // NOLINT: a program of its own
  unsigned long programs = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10000;
  unsigned long first = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1;
  unsigned long runs = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 50;
  const char* hooks[] = {"tick", "packet", "sniff"};
  unsigned long accepted = 0;
  unsigned long long executions = 0, instructions = 0, noise = 0, extensions = 0, alignments = 0;
  verifier::testing::TestPlatform platform;
  for (unsigned long seed = first; seed < first + programs; seed++) {
    std::mt19937_64 random(seed);
    const char* hook = hooks[seed % 3];
    std::string text = verifier::testing::ProgramGenerator(random, hook).make();
    auto code = isa::assemble(text);
    if (!code) {
      std::printf("seed %lu: the generator wrote what is no program\n", seed);
      return 1;
    }
    auto result = verifier::testing::check_facts(verifier::testing::module_with(*code, hook), platform,
                                                 static_cast<unsigned>(runs), random);
    if (!result.failure.empty()) {
      std::printf("seed %lu on %s: %s\n%s", seed, hook, result.failure.c_str(), text.c_str());
      return 1;
    }
    accepted += result.accepted ? 1 : 0;
    executions += result.executions;
    instructions += result.instructions;
    noise += result.noise;
    extensions += result.extensions;
    alignments += result.alignments;
  }
  std::printf(
      "%lu programs, %lu accepted, %llu executions, %llu instructions: %llu upper halves overwritten, %llu "
      "extended, %llu addresses aligned\n",
      programs, accepted, executions, instructions, noise, extensions, alignments);
  return 0;
}
