// SPDX-License-Identifier: Apache-2.0
//
// What is known about one frame's 512 bytes below r10. Each byte is initialised or not; a cell says more about a run of
// 1, 2, 4 or 8 bytes that was stored as one: the number, or the pointer, with its type kept. Cells do not overlap.
// Initialised bytes outside cells hold numbers of unknown value, never part of an address: bytes of a pointer whose
// cell is broken count as uninitialised. Offsets are relative to r10, -512 to -1. A value type; linear in its cells.
#pragma once

#include <bitset>
#include <functional>
#include <optional>
#include <vector>

#include "isa/insn.h"
#include "verifier/reg_value.h"

namespace perdita::verifier {

struct StackCell {
  int16_t offset;
  uint8_t size;
  RegValue value;  // scalar: zero-extended from `size` bytes
  bool operator==(const StackCell&) const = default;
};

enum class StackRead : uint8_t { ok, uninitialised, part_of_pointer };

class StackContents {
 public:
  static constexpr int kBytes = static_cast<int>(isa::kFrameStackBytes);

  // `offset` to `offset + size` lies within the frame for each of these.

  // One store of known place: the bytes are initialised and hold `value`. A pointer needs 8 bytes.
  void store(int offset, unsigned size, const RegValue& value);
  // Numbers of unknown value, certainly in all the bytes.
  void fill(int offset, unsigned size);
  // Numbers stored to some of the bytes, or none: what was known about them is not known any more, and no more of them
  // are initialised than were.
  void disturb(int offset, unsigned size);
  // Cells of pointers that `lost` holds for become uninitialised (a frame that is gone).
  void forget(const std::function<bool(const RegValue&)>& lost);

  // Whether all the bytes may be read as numbers.
  StackRead readable(int offset, unsigned size) const;
  // The value of a read that `readable` allows, or that hits a pointer's cell exactly; zero-extended.
  std::optional<RegValue> load(int offset, unsigned size) const;

  // What was stored there as one, or null.
  const RegValue* held_at(int offset, unsigned size) const {
    const StackCell* cell = find(offset, size);
    return cell == nullptr ? nullptr : &cell->value;
  }

  bool is_initialised(int offset) const { return initialised_[index(offset)]; }
  const std::bitset<kBytes>& initialised() const { return initialised_; }  // [0] is the lowest byte's
  const std::vector<StackCell>& cells() const { return cells_; }
  std::vector<StackCell>& cells() { return cells_; }

  // Only bytes and cells for which both agree: `merge` gives the value that holds both, or none. A cell that only one
  // side has ends as unknown numbers, or uninitialised where it is a pointer.
  static StackContents join(const StackContents& a, const StackContents& b,
                            const std::function<RegValue(const RegValue&, const RegValue&)>& merge);
  // Whether whatever `inner` describes is described by this one; `value_covers(outer, inner)` decides for cells.
  bool covers(const StackContents& inner,
              const std::function<bool(const RegValue&, const RegValue&)>& value_covers) const;

  bool operator==(const StackContents&) const = default;

 private:
  static size_t index(int offset) {
    int from_bottom = offset + kBytes;
    return static_cast<size_t>(from_bottom);
  }
  // Of the cells, which do not overlap: the first one that ends behind the offset.
  size_t first_behind(int offset) const;
  const StackCell* find(int offset, unsigned size) const;
  void set_initialised(int offset, unsigned size, bool value);
  // Removes the cells that overlap; pointers' remaining bytes become uninitialised.
  void break_cells(int offset, unsigned size);

  std::bitset<kBytes> initialised_;
  std::vector<StackCell> cells_;  // ascending by offset
};

}  // namespace perdita::verifier
