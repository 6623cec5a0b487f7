// SPDX-License-Identifier: Apache-2.0
#include "verifier/widen.h"

#include <algorithm>

namespace perdita::verifier {
namespace {

constexpr unsigned kWidths[] = {4, 8, 12, 16, 24, 31, 32, 63};  // bits: what counters and sizes are likely to stay in

// The range from 0 on that holds the number, or everything.
Scalar64 threshold_above(const Scalar64& number) {
  for (unsigned bits : kWidths) {
    uint64_t most = (uint64_t{1} << bits) - 1;
    if (number.wide.u.max <= most) return domain::unsigned_scalar<64, 32>(0, most);
  }
  return Scalar64::unknown();
}

// Sound: what comes out holds all of `joined`. What the join left alone is kept, so a second round changes nothing.
RegValue widened(const RegValue& known, const RegValue& joined) {
  if (known.kind != joined.kind || !joined.is_readable() || joined.is_poison()) return joined;
  if (known.value == joined.value && known.fixed == joined.fixed) return joined;
  if (joined.is_scalar()) return RegValue::scalar(threshold_above(joined.value), joined.id, joined.fixed);
  return RegValue::of_kind(RegKind::mixed);
}

void widen_stack(const StackContents& known, StackContents& joined) {
  std::vector<StackCell> cells = joined.cells();
  for (const StackCell& cell : cells) {
    std::optional<RegValue> before = known.load(cell.offset, cell.size);
    if (!before) continue;
    RegValue value = widened(*before, cell.value);
    if (value == cell.value) continue;
    if (value.is_readable()) {
      joined.store(cell.offset, cell.size, value);
    } else {
      joined.forget([&cell](const RegValue& other) { return other == cell.value; });
    }
  }
}

}  // namespace

State widen(const State& known, const State& next, uint32_t& next_id) {
  State joined = join(known, next, next_id);
  for (size_t i = 0; i < joined.regs.size(); i++) joined.regs[i] = widened(known.regs[i], joined.regs[i]);
  for (size_t i = 0; i < joined.frames.size(); i++) {
    for (size_t k = 0; k < joined.frames[i].saved.size(); k++) {
      joined.frames[i].saved[k] = widened(known.frames[i].saved[k], joined.frames[i].saved[k]);
    }
    widen_stack(known.stack(i), joined.edit_stack(i));
  }
  // A fact that changes is lost: facts could change without end.
  std::erase_if(joined.differences, [&known](const Difference& fact) {
    return std::find(known.differences.begin(), known.differences.end(), fact) == known.differences.end();
  });
  return joined;
}

}  // namespace perdita::verifier
