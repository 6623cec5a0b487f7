// SPDX-License-Identifier: Apache-2.0
//
// Test only. Where a concrete machine's choices come from: a random generator, or a tape that a search keeps and
// changes. What is drawn beyond a tape's end is random and written behind it, so that the same tape gives the same run.
#pragma once

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace perdita::verifier::testing {

class Entropy {
 public:
  Entropy() = default;
  Entropy(const Entropy&) = delete;
  Entropy& operator=(const Entropy&) = delete;
  virtual ~Entropy() = default;
  virtual uint64_t operator()() = 0;
  // Drawn with a purpose: each word should decide about one thing, and plainly.
  virtual bool guided() const { return false; }
};

class RandomEntropy : public Entropy {
 public:
  explicit RandomEntropy(std::mt19937_64& random) : random_(random) {}
  uint64_t operator()() override { return random_(); }

 private:
  std::mt19937_64& random_;
};

// Where draws behind the tape's end come from: a few words over and over, which leads further into loops and state
// machines than noise does, with one in `noise` from everywhere (0: none); no words: all from everywhere.
struct Alphabet {
  std::vector<uint64_t> words;
  uint64_t noise = 0;
};

class Tape : public Entropy {
 public:
  static constexpr size_t kMostKept = 4096;

  Tape(std::vector<uint64_t> drawn, Alphabet alphabet, std::mt19937_64& random)
      : drawn_(std::move(drawn)), alphabet_(std::move(alphabet)), random_(random) {}

  bool guided() const override { return true; }
  uint64_t operator()() override {
    if (at_ < drawn_.size()) return drawn_[at_++];
    uint64_t word = fresh();
    if (at_ < kMostKept) {
      drawn_.push_back(word);
      at_++;
    }
    return word;
  }
  const std::vector<uint64_t>& drawn() const { return drawn_; }
  const Alphabet& alphabet() const { return alphabet_; }

 private:
  uint64_t fresh() {
    const std::vector<uint64_t>& words = alphabet_.words;
    if (words.empty() || (alphabet_.noise != 0 && random_() % alphabet_.noise == 0)) return random_();
    return words.size() == 1 ? words[0] : words[random_() % words.size()];
  }

  std::vector<uint64_t> drawn_;
  size_t at_ = 0;
  Alphabet alphabet_;
  std::mt19937_64& random_;
};

}  // namespace perdita::verifier::testing
