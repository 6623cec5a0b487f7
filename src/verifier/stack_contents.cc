// SPDX-License-Identifier: Apache-2.0
#include "verifier/stack_contents.h"

#include <algorithm>

namespace perdita::verifier {
namespace {

bool overlaps(const StackCell& cell, int offset, unsigned size) {
  return cell.offset < offset + static_cast<int>(size) && offset < cell.offset + cell.size;
}

// What a cell of `size` bytes keeps of a register: the low bytes of a number. The number's identity survives where
// nothing is cut off.
RegValue cut_to(const RegValue& value, unsigned size) {
  if (!value.is_scalar() || size == 8) return value;
  bool cuts = (value.value.wide.u.max >> (size * 8)) != 0;
  return RegValue::scalar(domain::zero_extended(value.value, size * 8), cuts ? kNoId : value.id, value.fixed);
}

}  // namespace

size_t StackContents::first_behind(int offset) const {
  auto at = std::partition_point(cells_.begin(), cells_.end(),
                                 [offset](const StackCell& cell) { return cell.offset + cell.size <= offset; });
  return static_cast<size_t>(at - cells_.begin());
}

const StackCell* StackContents::find(int offset, unsigned size) const {
  const size_t at = first_behind(offset);
  const bool found = at < cells_.size() && cells_[at].offset == offset && cells_[at].size == size;
  return found ? &cells_[at] : nullptr;
}

void StackContents::set_initialised(int offset, unsigned size, bool value) {
  for (unsigned i = 0; i < size; i++) initialised_.set(index(offset) + i, value);
}

void StackContents::break_cells(int offset, unsigned size) {
  const size_t first = first_behind(offset);
  size_t last = first;
  for (; last < cells_.size() && overlaps(cells_[last], offset, size); last++) {
    const StackCell& cell = cells_[last];
    if (!cell.value.is_scalar()) set_initialised(cell.offset, cell.size, false);
  }
  using Distance = std::vector<StackCell>::difference_type;
  cells_.erase(cells_.begin() + static_cast<Distance>(first), cells_.begin() + static_cast<Distance>(last));
}

void StackContents::store(int offset, unsigned size, const RegValue& value) {
  RegValue kept = cut_to(value, size);
  const bool is_cell = !kept.is_scalar() || kept.id != kNoId || !kept.value.wide.is_unknown();
  const size_t at = first_behind(offset);
  const bool same_place = at < cells_.size() && cells_[at].offset == offset && cells_[at].size == size;
  if (is_cell && same_place) {  // the common case: the same variable once more
    cells_[at].value = kept;
    set_initialised(offset, size, true);
    return;
  }
  fill(offset, size);
  if (!is_cell) return;
  using Distance = std::vector<StackCell>::difference_type;
  cells_.insert(cells_.begin() + static_cast<Distance>(first_behind(offset)),
                {static_cast<int16_t>(offset), static_cast<uint8_t>(size), kept});
}

void StackContents::fill(int offset, unsigned size) {
  break_cells(offset, size);
  set_initialised(offset, size, true);
}

void StackContents::disturb(int offset, unsigned size) { break_cells(offset, size); }

void StackContents::forget(const std::function<bool(const RegValue&)>& lost) {
  for (const StackCell& cell : cells_) {
    if (lost(cell.value)) set_initialised(cell.offset, cell.size, false);
  }
  std::erase_if(cells_, [&](const StackCell& cell) { return lost(cell.value); });
}

StackRead StackContents::readable(int offset, unsigned size) const {
  for (size_t at = first_behind(offset); at < cells_.size() && overlaps(cells_[at], offset, size); at++) {
    if (!cells_[at].value.is_scalar()) return StackRead::part_of_pointer;
  }
  for (unsigned i = 0; i < size; i++) {
    if (!is_initialised(offset + static_cast<int>(i))) return StackRead::uninitialised;
  }
  return StackRead::ok;
}

std::optional<RegValue> StackContents::load(int offset, unsigned size) const {
  if (const StackCell* cell = find(offset, size)) return cell->value;
  if (readable(offset, size) != StackRead::ok) return std::nullopt;
  if (const size_t at = first_behind(offset); at < cells_.size()) {
    const StackCell& cell = cells_[at];
    bool inside = cell.offset <= offset && offset + static_cast<int>(size) <= cell.offset + cell.size;
    if (!inside) return RegValue::scalar(domain::zero_extended(Scalar64::unknown(), size * 8));
    // Memory is little endian: later bytes are higher ones.
    unsigned down = static_cast<unsigned>(offset - cell.offset) * 8;
    Scalar64 shifted = domain::apply_wide(domain::Operation::rsh, cell.value.value, Scalar64::constant(down));
    return RegValue::scalar(domain::zero_extended(shifted, size * 8));
  }
  return RegValue::scalar(domain::zero_extended(Scalar64::unknown(), size * 8));
}

StackContents StackContents::join(const StackContents& a, const StackContents& b,
                                  const std::function<RegValue(const RegValue&, const RegValue&)>& merge) {
  StackContents joined;
  joined.initialised_ = a.initialised_ & b.initialised_;
  auto keep_what_is_left = [&joined](const StackCell& cell) {
    if (!cell.value.is_scalar()) joined.set_initialised(cell.offset, cell.size, false);
  };
  for (const StackCell& cell : a.cells_) {
    const StackCell* other = b.find(cell.offset, cell.size);
    if (other == nullptr) {
      // The other side may know these bytes in other cuts, or as plain initialised bytes: numbers either way, or else
      // uninitialised by the lines above or below.
      keep_what_is_left(cell);
      continue;
    }
    RegValue value = merge(cell.value, other->value);
    if (!value.is_readable()) {
      joined.set_initialised(cell.offset, cell.size, false);
    } else if (!value.is_scalar() || value.id != kNoId || !value.value.wide.is_unknown()) {
      joined.cells_.push_back({cell.offset, cell.size, value});
    }
  }
  for (const StackCell& cell : b.cells_) {
    if (a.find(cell.offset, cell.size) == nullptr) keep_what_is_left(cell);
  }
  return joined;
}

bool StackContents::covers(const StackContents& inner,
                           const std::function<bool(const RegValue&, const RegValue&)>& value_covers) const {
  if ((initialised_ & ~inner.initialised_).any()) return false;
  for (size_t i = 0; i < cells_.size(); i++) {
    const StackCell& cell = cells_[i];
    // Mostly both have the same cells.
    const bool alike =
        i < inner.cells_.size() && inner.cells_[i].offset == cell.offset && inner.cells_[i].size == cell.size;
    if (alike) {
      if (!value_covers(cell.value, inner.cells_[i].value)) return false;
      continue;
    }
    std::optional<RegValue> value = inner.load(cell.offset, cell.size);
    if (!value || !value_covers(cell.value, *value)) return false;
  }
  // Bytes that this one calls plain numbers must not be an address in the other.
  for (const StackCell& cell : inner.cells_) {
    if (cell.value.is_scalar() || find(cell.offset, cell.size) != nullptr) continue;
    for (unsigned i = 0; i < cell.size; i++) {
      if (is_initialised(cell.offset + static_cast<int>(i))) return false;
    }
  }
  return true;
}

}  // namespace perdita::verifier
