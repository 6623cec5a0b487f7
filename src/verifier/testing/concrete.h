// SPDX-License-Identifier: Apache-2.0
//
// Test only. The concrete semantics of arithmetic and comparisons at W bits (RFC 9669, sections 4.1 and 4.3), written
// down once more and independently of the domains, and sets of words to hold the domains against.
#pragma once

#include <cstdint>
#include <vector>

#include "verifier/domain/scalar.h"

namespace perdita::verifier::testing {

using domain::kMask;
using domain::Number;
using domain::Operation;
using domain::Relation;
using domain::to_bits;
using domain::to_signed;

constexpr Operation kOperations[] = {Operation::add,    Operation::sub,     Operation::mul,  Operation::udiv,
                                     Operation::umod,   Operation::sdiv,    Operation::smod, Operation::bit_and,
                                     Operation::bit_or, Operation::bit_xor, Operation::lsh,  Operation::rsh,
                                     Operation::arsh};

constexpr Relation kRelations[] = {Relation::equal,       Relation::not_equal,   Relation::above,
                                   Relation::not_below,   Relation::below,       Relation::not_above,
                                   Relation::greater,     Relation::not_less,    Relation::less,
                                   Relation::not_greater, Relation::common_bits, Relation::no_common_bits};

template <unsigned W>
uint64_t concrete(Operation operation, uint64_t a, uint64_t b) {
  int64_t sa = to_signed<W>(a), sb = to_signed<W>(b);
  switch (operation) {
    case Operation::add:
      return (a + b) & kMask<W>;
    case Operation::sub:
      return (a - b) & kMask<W>;
    case Operation::mul:
      return (a * b) & kMask<W>;
    case Operation::udiv:
      return b == 0 ? 0 : a / b;
    case Operation::umod:
      return b == 0 ? a : a % b;
    case Operation::sdiv:
      if (b == 0) return 0;
      return sb == -1 ? (0 - a) & kMask<W> : to_bits<W>(sa / sb);
    case Operation::smod:
      if (b == 0) return a;
      return sb == -1 ? 0 : to_bits<W>(sa % sb);
    case Operation::bit_and:
      return a & b;
    case Operation::bit_or:
      return a | b;
    case Operation::bit_xor:
      return a ^ b;
    case Operation::lsh:
      return (a << (b & (W - 1))) & kMask<W>;
    case Operation::rsh:
      return a >> (b & (W - 1));
    case Operation::arsh:
      break;
  }
  return to_bits<W>(sa >> (b & (W - 1)));
}

template <unsigned W>
bool holds(Relation relation, uint64_t a, uint64_t b) {
  int64_t sa = to_signed<W>(a), sb = to_signed<W>(b);
  switch (relation) {
    case Relation::equal:
      return a == b;
    case Relation::not_equal:
      return a != b;
    case Relation::above:
      return a > b;
    case Relation::not_below:
      return a >= b;
    case Relation::below:
      return a < b;
    case Relation::not_above:
      return a <= b;
    case Relation::greater:
      return sa > sb;
    case Relation::not_less:
      return sa >= sb;
    case Relation::less:
      return sa < sb;
    case Relation::not_greater:
      return sa <= sb;
    case Relation::common_bits:
      return (a & b) != 0;
    case Relation::no_common_bits:
      break;
  }
  return (a & b) == 0;
}

// Every range, in both readings, and every pattern of known bits of W bits, reduced.
template <unsigned W>
std::vector<Number<W>> all_simple_numbers() {
  std::vector<Number<W>> all;
  auto keep = [&all](Number<W> n) {
    if (reduce(n)) all.push_back(n);
  };
  for (uint64_t low = 0; low <= kMask<W>; low++) {
    for (uint64_t high = low; high <= kMask<W>; high++) {
      keep({{}, {low, high}, {}});
      keep({{},
            {},
            {static_cast<int64_t>(low) + domain::kSignedMin<W>, static_cast<int64_t>(high) + domain::kSignedMin<W>}});
    }
  }
  for (uint64_t mask = 0; mask <= kMask<W>; mask++) {
    for (uint64_t value = 0; value <= kMask<W>; value++) {
      if ((value & mask) == 0) keep({{value, mask}, {}, {}});
    }
  }
  return all;
}

template <unsigned W>
std::vector<uint64_t> members(const Number<W>& n) {
  std::vector<uint64_t> words;
  for (uint64_t word = 0; word <= kMask<W>; word++) {
    if (n.contains(word)) words.push_back(word);
  }
  return words;
}

// The best Number that holds all the words.
template <unsigned W>
Number<W> number_holding(const std::vector<uint64_t>& words) {
  Number<W> n = Number<W>::constant(words.front());
  for (uint64_t word : words) n = join(n, Number<W>::constant(word));
  reduce(n);
  return n;
}

}  // namespace perdita::verifier::testing
