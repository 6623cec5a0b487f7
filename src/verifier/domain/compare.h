// SPDX-License-Identifier: Apache-2.0
//
// What the outcome of a comparison tells about its operands. `assume` removes members that cannot have made the
// relation true and never one that can (sound); false: no pair makes it true, so that arm of the branch is not taken.
// Pure functions, constant time.
#pragma once

#include "verifier/domain/number.h"

namespace perdita::verifier::domain {

enum class Relation : uint8_t {
  equal,
  not_equal,
  above,        // unsigned >
  not_below,    // unsigned >=
  below,        // unsigned <
  not_above,    // unsigned <=
  greater,      // signed >
  not_less,     // signed >=
  less,         // signed <
  not_greater,  // signed <=
  common_bits,  // a & b is not 0
  no_common_bits
};

// What holds where `relation` does not.
constexpr Relation opposite(Relation relation) {
  switch (relation) {
    case Relation::equal:
      return Relation::not_equal;
    case Relation::not_equal:
      return Relation::equal;
    case Relation::above:
      return Relation::not_above;
    case Relation::not_below:
      return Relation::below;
    case Relation::below:
      return Relation::not_below;
    case Relation::not_above:
      return Relation::above;
    case Relation::greater:
      return Relation::not_greater;
    case Relation::not_less:
      return Relation::less;
    case Relation::less:
      return Relation::not_less;
    case Relation::not_greater:
      return Relation::greater;
    case Relation::common_bits:
      return Relation::no_common_bits;
    case Relation::no_common_bits:
      break;
  }
  return Relation::common_bits;
}

// The same relation with the operands exchanged.
constexpr Relation exchanged(Relation relation) {
  switch (relation) {
    case Relation::above:
      return Relation::below;
    case Relation::not_below:
      return Relation::not_above;
    case Relation::below:
      return Relation::above;
    case Relation::not_above:
      return Relation::not_below;
    case Relation::greater:
      return Relation::less;
    case Relation::not_less:
      return Relation::not_greater;
    case Relation::less:
      return Relation::greater;
    case Relation::not_greater:
      return Relation::not_less;
    default:
      return relation;
  }
}

// a != value: a value at the end of a range shortens the range; one inside leaves no trace in a convex domain.
template <unsigned W>
constexpr bool exclude(Number<W>& a, uint64_t value) {
  if (a.is_constant()) return a.u.min != value;
  if (a.u.min == value) a.u.min++;
  if (a.u.max == value) a.u.max--;
  int64_t as_signed = to_signed<W>(value);
  if (a.s.min < a.s.max) {
    if (a.s.min == as_signed) a.s.min++;
    if (a.s.max == as_signed) a.s.max--;
  }
  return reduce(a);
}

// a < b, or a <= b where `or_equal`, in the order of the range `Part`: a stays below b's largest member, b above a's
// smallest.
template <typename Part>
constexpr bool order(Part& a, Part& b, bool or_equal) {
  if (or_equal ? a.min > b.max : a.min >= b.max) return false;
  a.max = std::min(a.max, or_equal ? b.max : b.max - 1);  // b.max > a.min here: it has a predecessor
  b.min = std::max(b.min, or_equal ? a.min : a.min + 1);
  return true;
}

template <unsigned W>
constexpr bool assume(Relation relation, Number<W>& a, Number<W>& b) {
  bool possible = true;
  switch (relation) {
    case Relation::equal:
      if (!meet(a, b)) return false;
      b = a;
      return true;
    case Relation::not_equal: {
      Number<W> left = a;  // as it was: the second exclusion must not see the first one's result
      if (b.is_constant() && !exclude(a, b.u.min)) return false;
      return !left.is_constant() || exclude(b, left.u.min);
    }
    case Relation::below:
      possible = order(a.u, b.u, false);
      break;
    case Relation::not_above:
      possible = order(a.u, b.u, true);
      break;
    case Relation::above:
      possible = order(b.u, a.u, false);
      break;
    case Relation::not_below:
      possible = order(b.u, a.u, true);
      break;
    case Relation::less:
      possible = order(a.s, b.s, false);
      break;
    case Relation::not_greater:
      possible = order(a.s, b.s, true);
      break;
    case Relation::greater:
      possible = order(b.s, a.s, false);
      break;
    case Relation::not_less:
      possible = order(b.s, a.s, true);
      break;
    case Relation::common_bits: {
      // At least one bit that both may have. Where one operand is a single bit, the other one has it.
      uint64_t shared = a.bits.largest() & b.bits.largest();
      if (shared == 0) return false;
      if (std::has_single_bit(shared)) {
        possible =
            meet(a.bits, Tnum<W>{shared, kMask<W> & ~shared}) && meet(b.bits, Tnum<W>{shared, kMask<W> & ~shared});
      }
      break;
    }
    case Relation::no_common_bits:
      // Where one is known to have a bit, the other has not.
      possible = meet(a.bits, Tnum<W>{0, kMask<W> & ~b.bits.value});
      possible = possible && meet(b.bits, Tnum<W>{0, kMask<W> & ~a.bits.value});
      break;
  }
  return possible && reduce(a) && reduce(b);
}

}  // namespace perdita::verifier::domain
