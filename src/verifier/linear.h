// SPDX-License-Identifier: Apache-2.0
//
// Facts about several numbers at once: least <= factor1 * V(id1) + factor2 * V(id2) + … <= most, as integers, the
// numbers being read as signed. What arithmetic computes is such a fact (t = 256 - from), and what follows from several
// of them is found by adding them up until nothing is left but numbers whose range is known. States keep them only in
// the attempt that wants them (analyse.cc): most programs are understood without.
//
// The names in a fact need not be held by a value any more: it then says that there is such a number.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "verifier/domain/compare.h"
#include "verifier/domain/number.h"
#include "verifier/reg_value.h"

namespace perdita::verifier {

struct State;

// What 32-bit arithmetic leaves out are multiples of this.
constexpr domain::Int128 kModulus = domain::Int128{1} << 32;

// To the next smaller integer.
constexpr domain::Int128 floor_divided(domain::Int128 number, domain::Int128 by) {
  const domain::Int128 quotient = number / by;
  return number % by != 0 && (number < 0) != (by < 0) ? quotient - 1 : quotient;
}

struct Term {
  uint32_t id = kNoId;
  int64_t factor = 0;
  bool operator==(const Term&) const = default;
};

// A sum of multiples of named numbers, and a constant.
class Sum {
 public:
  static constexpr size_t kMostTerms = 6;
  static constexpr int64_t kMostFactor = 1 << 20;

  // Adds factor * V(id).
  Sum& add(uint32_t id, int64_t factor);
  // Adds factor times the value, or the pointer's offset. Only right where neither the value nor V wraps: the sum is
  // unusable otherwise, and where the value has no name and is not constant.
  Sum& add(const RegValue& value, int64_t factor);
  Sum& add_constant(domain::Int128 constant);

  bool usable() const { return usable_; }
  std::span<const Term> terms() const { return {terms_.data(), count_}; }
  domain::Int128 constant() const { return constant_; }
  int64_t factor_of(uint32_t id) const;
  // this * times + other * other_times, all terms of it.
  Sum combined(int64_t times, const Sum& other, int64_t other_times) const;
  Sum negated() const { return Sum().combined(0, *this, -1); }

 private:
  std::array<Term, kMostTerms> terms_{};  // ascending by id
  size_t count_ = 0;
  domain::Int128 constant_ = 0;
  bool usable_ = true;
};

struct Linear {
  static constexpr size_t kMostTerms = 4;
  std::array<Term, kMostTerms> terms{};  // ascending by id, the first factor positive, no common divisor; then zeros
  int64_t least = INT64_MIN, most = INT64_MAX;  // at the ends: nothing is known
  bool operator==(const Linear&) const = default;

  bool has(uint32_t id) const;
  Sum sum() const;
};

// What a branch has told about two numbers: V(a) + fixed_a `relation` V(b) + fixed_b, of 64 or of the lower 32 bits. So
// that the same question, asked again, has the same answer.
struct Condition {
  uint32_t a, b;
  int64_t fixed_a, fixed_b;
  domain::Relation relation;
  bool wide;
  bool operator==(const Condition&) const = default;
};

class LinearFacts {
 public:
  bool empty() const { return facts_.empty() && ranges_.empty() && modular_.empty() && conditions_.empty(); }
  // About two numbers and more.
  const std::vector<Linear>& facts() const { return facts_; }
  // About one, of those that are in the others or were.
  const std::vector<Linear>& ranges() const { return ranges_; }
  // Sums that are multiples of 2^32.
  const std::vector<Sum>& modular() const { return modular_; }

  // The sum is known to be within [least, most]; together with what is known already. What does not fit is left out.
  void learn(const Sum& sum, domain::Int128 least, domain::Int128 most);
  // The sum is a multiple of 2^32: what 32-bit arithmetic says that may have wrapped.
  void learn_modular(const Sum& sum);
  void learn_condition(const Condition& condition);
  const std::vector<Condition>& conditions() const { return conditions_; }
  bool knows(const Condition& condition) const;
  // V(id) is this.
  void narrow(uint32_t id, const Scalar64& number);
  void forget(uint32_t id);
  // Puts in place of numbers that no value has, and that one fact says what they are, what it says: facts are then
  // about fewer and nearer numbers, and stay where states are joined. Not of those that have to keep their meaning
  // (State::lasting_ids). `used` ascending.
  void eliminate_unused(const State& state, std::span<const uint32_t> used);
  // Drops what has nothing to do with numbers that are used (ascending).
  void drop_unconnected(std::span<const uint32_t> used);
  // Drops what `known` does not say with the same factors and ends of some numbers.
  void erase_changed(const LinearFacts& known);
  // Turns what is a multiple of 2^32 into what it is, where only one multiple is possible.
  void resolve(const State& state);

 private:
  bool eliminate(const State& state, const Linear& definition, const Term& term);

  static constexpr size_t kMostFacts = 48, kMostRanges = 60, kMostModular = 6, kMostConditions = 6;
  std::vector<Linear> facts_, ranges_;  // oldest first
  std::vector<Sum> modular_;
  std::vector<Condition> conditions_;
};

// How many sums are looked at for one question.
constexpr unsigned kThorough = 200, kQuick = 60;

// The most that the sum can be by all that the state knows, if anything is known; stops looking at `enough`.
std::optional<domain::Int128> most_of(const State& state, const Sum& sum, unsigned effort = kThorough,
                                      std::optional<domain::Int128> enough = std::nullopt);
std::optional<domain::Int128> least_of(const State& state, const Sum& sum, unsigned effort = kThorough,
                                       std::optional<domain::Int128> enough = std::nullopt);
// Whether the sum is known to be a multiple of 2^32.
bool is_modular(const State& state, const Sum& sum);

}  // namespace perdita::verifier
