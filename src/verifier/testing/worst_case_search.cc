// SPDX-License-Identifier: Apache-2.0
#include "verifier/testing/worst_case_search.h"

#include <algorithm>
#include <random>
#include <vector>

#include "verifier/testing/machine.h"

namespace perdita::verifier::testing {
namespace {

constexpr size_t kKept = 12;

struct Candidate {
  std::vector<uint64_t> drawn;
  Alphabet alphabet;
  uint64_t instructions = 0;
};

// A few draws replaced by edges or by their neighbours, a piece repeated or filled, or the rest left to chance.
void change(std::vector<uint64_t>& drawn, std::mt19937_64& random) {
  if (drawn.empty()) return;
  auto place = [&] { return static_cast<ptrdiff_t>(random() % drawn.size()); };
  switch (random() % 5) {
    case 0:
      drawn.resize(static_cast<size_t>(place()));
      return;
    case 1: {
      ptrdiff_t from = place(), to = place();
      auto size = static_cast<ptrdiff_t>(random() % 64);
      size = std::min(size, static_cast<ptrdiff_t>(drawn.size()) - std::max(from, to));
      std::vector<uint64_t> piece(drawn.begin() + from, drawn.begin() + from + size);
      std::copy(piece.begin(), piece.end(), drawn.begin() + to);
      return;
    }
    case 2: {
      ptrdiff_t from = place();
      auto size = std::min(static_cast<ptrdiff_t>(1 + random() % 16), static_cast<ptrdiff_t>(drawn.size()) - from);
      std::fill_n(drawn.begin() + from, size, random() % 2 == 0 ? 0 : drawn[static_cast<size_t>(from)]);
      return;
    }
    default:
      break;
  }
  for (uint64_t changes = 1 + random() % 4; changes > 0; changes--) {
    uint64_t& word = drawn[static_cast<size_t>(place())];
    switch (random() % 5) {
      case 0:
        word = 0;
        break;
      case 1:
        word = random() % 64;
        break;
      case 2:
        word ^= uint64_t{1} << (random() % 64);
        break;
      case 3:
        word = drawn[static_cast<size_t>(place())];
        break;
      default:
        word = random();
    }
  }
}

// The bytes that the program compares with, as far as they stand in it: its immediates and their neighbours, and its
// constant data.
std::vector<uint8_t> dictionary_of(const object::Module& module) {
  std::vector<uint8_t> words;
  for (const isa::Insn& insn : module.progs[0].code) {
    for (int near = -1; near <= 1; near++) words.push_back(static_cast<uint8_t>(insn.imm + near));
  }
  for (const object::Map& map : module.maps) {
    if ((map.def.flags & isa::kMapReadOnlyForProg) == 0) continue;
    words.insert(words.end(), map.initial.begin(), map.initial.end());
  }
  return words;
}

// One to four words that end in a byte of the dictionary, or in any, and that the machine takes as they are.
Alphabet alphabet_from(const std::vector<uint8_t>& dictionary, std::mt19937_64& random) {
  constexpr uint64_t kNoises[] = {0, 0, 256, 32};
  Alphabet alphabet;
  alphabet.noise = kNoises[random() % 4];
  alphabet.words.resize(uint64_t{1} << (random() % 3));
  for (uint64_t& word : alphabet.words) {
    uint64_t low = random() % 3 == 0 ? random() % 256 : dictionary[random() % dictionary.size()];
    do word = (random() & ~uint64_t{0xff}) | low;
    while (word % 6 < 4);
  }
  return alphabet;
}

}  // namespace

WorstSeen search_worst_case(const object::Module& module, size_t prog, const platform::Platform& platform,
                            const perdita_hook& hook, uint64_t bound, const Effort& effort) {
  object::Module alone = module;
  alone.progs = {module.progs[prog]};
  std::mt19937_64 random(1);
  const std::vector<uint8_t> dictionary = dictionary_of(alone);
  std::vector<Candidate> best;
  WorstSeen seen;
  uint64_t executed = 0;
  while (seen.inputs < effort.inputs && executed < effort.instructions && seen.fault.empty()) {
    std::vector<uint64_t> start;
    Alphabet alphabet;
    if (random() % 4 != 0) alphabet = alphabet_from(dictionary, random);
    if (!best.empty() && random() % 4 != 0) {
      const Candidate& from = best[random() % best.size()];
      start = from.drawn;
      if (random() % 2 == 0) alphabet = from.alphabet;
      change(start, random);
    }
    Tape tape(std::move(start), std::move(alphabet), random);
    Machine machine(alone, platform, hook, tape);
    while (machine.step()) {
      if (machine.cost().instructions > bound) {
        seen.fault = "more instructions than the bound";
        break;
      }
    }
    if (seen.fault.empty()) seen.fault = machine.fault();
    uint64_t instructions = machine.cost().instructions;
    executed += instructions;
    seen.inputs++;
    seen.instructions = std::max(seen.instructions, instructions);
    bool worth = best.size() < kKept || instructions >= best.back().instructions;
    if (!worth) continue;
    if (best.size() == kKept) best.pop_back();
    auto behind = std::find_if(best.begin(), best.end(),
                               [&](const Candidate& other) { return other.instructions <= instructions; });
    best.insert(behind, {tape.drawn(), tape.alphabet(), instructions});
  }
  return seen;
}

}  // namespace perdita::verifier::testing
