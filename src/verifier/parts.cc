// SPDX-License-Identifier: Apache-2.0
#include "verifier/parts.h"

#include "verifier/domain/before.h"

namespace perdita::verifier {
namespace {

using domain::Operation;

constexpr unsigned kSteps = 3;  // from part to whole, to another part

Scalar64 whole_of(const Part& known, const Scalar64& part) {
  return domain::scalar_of<64, 32>(known.operation == Operation::bit_and
                                       ? domain::before_mask(part.wide, known.by)
                                       : domain::before_shift(part.wide, static_cast<unsigned>(known.by)));
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
      told = whole_of(known, number);
    } else if (known.whole == id) {
      other = known.part;
      told = domain::apply_wide(known.operation, number, Scalar64::constant(known.by));
    } else {
      continue;
    }
    if (!state.narrow(other, told) || !narrow(analysis, state, other, told, steps - 1)) return false;
  }
  return true;
}

}  // namespace

// V(whole) is the number itself where nothing is added to it, and so is V(part). An instruction of 32 bits makes of it
// what one of 64 bits does: with a mask of which the upper half is 0, always; with a shift, where the number has no
// more than 32 bits.
void record_part(Analysis& analysis, Operation operation, bool wide, const RegValue& whole, uint64_t by,
                 RegValue& part) {
  // The packet's size is another number when the packet was moved.
  if (whole.id == kNoId || whole.id == kPacketSizeId || whole.fixed != 0 || part.value.is_constant()) return;
  if (operation == Operation::rsh) {
    if (!wide && !is_unsigned_32(whole.value)) return;
    by %= wide ? 64 : 32;
  } else if (!wide) {
    by &= UINT32_MAX;
  }
  analysis.name(part);
  if (part.id == whole.id || part.fixed != 0) return;
  analysis.parts.push_back({part.id, whole.id, operation, by});
}

bool narrow_parts(const Analysis& analysis, State& state, uint32_t id, const Scalar64& number) {
  return id == kNoId || analysis.parts.empty() || narrow(analysis, state, id, number, kSteps);
}

}  // namespace perdita::verifier
