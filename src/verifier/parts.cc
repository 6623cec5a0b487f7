// SPDX-License-Identifier: Apache-2.0
#include "verifier/parts.h"

#include "verifier/domain/before.h"

namespace perdita::verifier {
namespace {

using domain::Operation;

constexpr unsigned kSteps = 3;  // from part to whole, to another part
constexpr size_t kMost = 64;    // in a block; more are not needed, and each is looked at for each of the others

template <typename Known>
void keep(std::vector<Known>& all, const Known& one) {
  if (all.size() == kMost) all.erase(all.begin());
  all.push_back(one);
}

// What is known of the whole by what is known of the part; and the other way round.
Scalar64 whole_of(const Part& known, const Scalar64& part) {
  switch (known.operation) {
    case Operation::bit_and:
      return domain::scalar_of<64, 32>(domain::before_mask(part.wide, known.by));
    case Operation::rsh:
      return domain::scalar_of<64, 32>(domain::before_shift(part.wide, static_cast<unsigned>(known.by)));
    case Operation::bit_or:
      return domain::scalar_of<64, 32>(domain::before_or(part.wide));
    default:  // around the circle of 2^32, and back
      return domain::apply_low(Operation::sub, part, Scalar64::constant(known.by));
  }
}
Scalar64 part_of(const Part& known, const Scalar64& whole) {
  if (known.operation == Operation::bit_or) return domain::scalar_of<64, 32>(domain::after_or(whole.wide));
  const Scalar64 by = Scalar64::constant(known.by);
  return known.operation == Operation::add ? domain::apply_low(Operation::add, whole, by)
                                           : domain::apply_wide(known.operation, whole, by);
}

// Sound: V of a part is what the operation makes of V of the whole, in every execution (record_part), and both
// directions hold every such pair.
bool narrow(const Analysis& analysis, State& state, uint32_t id, const Scalar64& number, unsigned steps) {
  if (steps == 0) return true;
  for (const Part& known : analysis.parts) {
    uint32_t other = kNoId;
    Scalar64 told;
    if (known.part == id) {
      other = known.whole;
      told = moved_by(whole_of(known, number), wrapped_difference(0, known.fixed));
    } else if (known.whole == id) {
      other = known.part;
      told = part_of(known, moved_by(number, known.fixed));
    } else {
      continue;
    }
    if (!state.narrow(other, told) || !narrow(analysis, state, other, told, steps - 1)) return false;
  }
  return true;
}

// Sound: offsets are small, so their difference is exact, and is its own lower half where that is not negative.
bool tell_apart(State& state, const Distance& known, const Scalar64& number) {
  if (known.low && number.wide.u.max > INT32_MAX) return true;
  return state.learn(known.to, known.from, number.wide.s.max - known.fixed) &&
         state.learn(known.from, known.to, known.fixed - number.wide.s.min);
}

}  // namespace

// The whole is V(whole) + fixed, modulo 2^64, and the part, which gets a name of its own, is V(part). An instruction of
// 32 bits makes of it what one of 64 bits does: with a mask of which the upper half is 0, always; otherwise where the
// number has no more than 32 bits.
void record_part(Analysis& analysis, Operation operation, bool wide, const RegValue& whole, uint64_t by,
                 RegValue& part) {
  // The packet's size is another number when the packet was moved.
  if (whole.id == kNoId || whole.id == kPacketSizeId || part.value.is_constant()) return;
  if (!wide && operation != Operation::bit_and && !is_unsigned_32(whole.value)) return;
  if (!wide) by &= UINT32_MAX;
  if (operation == Operation::rsh) by %= wide ? 64 : 32;
  analysis.name(part);
  keep(analysis.parts, {part.id, whole.id, whole.fixed, operation, by});
}

void record_apart(Analysis& analysis, const RegValue& to, const RegValue& from, bool low, RegValue& number) {
  const Origin a = origin_of(to), b = origin_of(from);
  if (a.id == kNoId || b.id == kNoId || a.id == kZeroId || b.id == kZeroId || number.value.is_constant()) return;
  analysis.name(number);
  keep(analysis.distances, {number.id, a.id, b.id, a.fixed - b.fixed, low});
}

bool narrow_parts(const Analysis& analysis, State& state, uint32_t id, const Scalar64& number) {
  if (id == kNoId) return true;
  for (const Distance& known : analysis.distances) {
    if (known.number == id && !tell_apart(state, known, number)) return false;
  }
  return narrow(analysis, state, id, number, kSteps);
}

}  // namespace perdita::verifier
