// SPDX-License-Identifier: Apache-2.0
#include "verifier/widen.h"

#include <algorithm>

#include "verifier/domain/widen.h"

namespace perdita::verifier {
namespace {

class Widening {
 public:
  Widening(std::span<const int64_t> thresholds, bool at_once) : thresholds_(thresholds), at_once_(at_once) {}

  // Sound: what comes out holds all of `joined`. What the join left alone is kept, so a second round changes nothing.
  RegValue value(const RegValue& known, const RegValue& joined) const {
    if (known.kind != joined.kind || !joined.is_readable() || joined.is_poison()) return joined;
    if (joined.is_scalar()) {
      if (known.value == joined.value) return joined;
      return RegValue::scalar(number(known.value, joined.value), joined.id, joined.fixed);
    }
    if (!joined.has_offset() || whole_offset(known) == whole_offset(joined)) return joined;
    RegValue wider = joined;
    wider.value = number(moved_by(whole_offset(known), -joined.fixed), joined.value);
    Scalar64 offset = whole_offset(wider);
    bool near = offset.wide.s.min > -kOffsetLimit && offset.wide.s.max < kOffsetLimit;
    return near ? wider : RegValue::of_kind(RegKind::mixed);
  }

  void stack(const StackContents& known, StackContents& joined) const {
    const std::vector<StackCell> cells = joined.cells();
    for (const StackCell& cell : cells) {
      std::optional<RegValue> before = known.load(cell.offset, cell.size);
      if (!before) continue;
      RegValue wider = value(*before, cell.value);
      if (wider == cell.value) continue;
      if (wider.is_readable()) {
        joined.store(cell.offset, cell.size, wider);
      } else {
        joined.forget([&cell](const RegValue& other) { return other == cell.value; });
      }
    }
  }

 private:
  Scalar64 number(const Scalar64& known, const Scalar64& joined) const {
    return at_once_ ? Scalar64::unknown() : domain::widen(known, joined, thresholds_);
  }

  std::span<const int64_t> thresholds_;
  bool at_once_;
};

}  // namespace

State widen(const State& known, const State& next, uint32_t& next_id, std::span<const int64_t> thresholds,
            bool at_once) {
  State joined = join(known, next, next_id);
  Widening widening(thresholds, at_once);
  for (size_t i = 0; i < joined.regs.size(); i++) joined.regs[i] = widening.value(known.regs[i], joined.regs[i]);
  for (size_t i = 0; i < joined.frames.size(); i++) {
    SavedRegisters& saved = joined.frames[i].saved;
    for (size_t k = 0; k < saved.size(); k++) {
      const RegValue wider = widening.value(known.frames[i].saved[k], saved[k]);
      if (wider != saved[k]) saved.edit(k) = wider;
    }
    widening.stack(known.stack(i), joined.edit_stack(i));
  }
  // A fact that changes is lost: facts could change without end. Names are new where states were joined.
  std::erase_if(joined.differences, [&known](const Difference& fact) {
    return std::none_of(known.differences.begin(), known.differences.end(),
                        [&fact](const Difference& other) { return other.most == fact.most; });
  });
  if (at_once) {
    joined.linear = {};
  } else {
    joined.linear.erase_changed(known.linear);
  }
  joined.drop_unused_differences();  // a pointer that is lost leaves none behind
  return joined;
}

}  // namespace perdita::verifier
