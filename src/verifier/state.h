// SPDX-License-Identifier: Apache-2.0
//
// What is known at one point of a program on the paths that lead there: registers, the stack of each frame of the call
// chain, the packet's size, and what the most expensive of these paths has cost. A value type; stacks are shared until
// written.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "isa/helpers.h"
#include "verifier/linear.h"
#include "verifier/path_cost.h"
#include "verifier/reg_value.h"
#include "verifier/stack_contents.h"

namespace perdita::verifier {

// A fact about two numbers, read as signed, exactly: V(a) - V(b) <= most. Known only where both are tame: far enough
// from the ends of the 64 bits that no sum of them and of constant parts wraps. With b = kPacketSizeId: the packet
// holds at least -most bytes beyond the variable offset V(a).
struct Difference {
  uint32_t a, b;
  int64_t most;
  bool operator==(const Difference&) const = default;
};
constexpr int64_t kNoDifference = INT64_MAX / 2;  // and above: nothing is known
// Numbers within this of 0 are tame. Joins may move an identity by up to kMostShift each, and there are fewer of them
// than steps (fixpoint.h), of which there are less than 2^28: what is tame stays within 2^62.
constexpr int64_t kTame = int64_t{1} << 60;
constexpr int64_t kMostShift = int64_t{1} << 32;
inline bool is_tame(const Scalar64& number) { return number.wide.s.min >= -kTame && number.wide.s.max <= kTame; }

// Memory of a ring buffer that the program reserved and has to release.
enum class Holding : uint8_t {
  none,
  held,         // or null, where that is not decided yet
  on_some_path  // paths met that had released it and that had not: it cannot be released any more, and leaks
};
struct Reservation {
  Holding holding = Holding::none;
  uint8_t callbacks = 0;  // frames of callbacks in the call chain where it was reserved: who has to release it
  uint32_t pc = 0;        // where it was reserved
  uint32_t size_bytes = 0;
  uint8_t object = 0;  // 0: a record of a ring buffer; otherwise the platform's object with this number less 1
  bool operator==(const Reservation&) const = default;
};

// The caller's r6 to r9. Shared by states until one of them writes; of the entry's frame, and where nothing of them is
// read again: nothing.
class SavedRegisters {
 public:
  static constexpr size_t kCount = 4;
  using Values = std::array<RegValue, kCount>;

  size_t size() const { return kCount; }
  const RegValue& operator[](size_t i) const { return values()[i]; }
  const RegValue* begin() const { return values().data(); }
  const RegValue* end() const { return values().data() + kCount; }
  RegValue& edit(size_t i);

 private:
  static const Values kNothing;
  const Values& values() const { return held_ == nullptr ? kNothing : *held_; }

  std::shared_ptr<Values> held_;
};

struct Frame {
  uint32_t subprogram = 0;
  uint32_t call_site = 0;    // instruction that called it; the entry's: 0
  bool is_callback = false;  // called by a helper, which is the instruction at call_site
  SavedRegisters saved;
  std::shared_ptr<StackContents> stack = std::make_shared<StackContents>();  // by State's functions only
};

struct State {
  std::array<RegValue, 11> regs;
  std::vector<Frame> frames;  // the entry's first, the running one last
  Scalar64 packet_size = Scalar64::constant(0);
  std::vector<Difference> differences;  // ascending by (a, b)
  LinearFacts linear;                   // none but where Analysis::linear
  int64_t meta_bytes = 0;               // that there are at least before the packet
  std::array<Reservation, isa::kMaxReservations> reservations;
  PathCost cost;
  // Identities below this keep their meaning from state to state, so that what comes later is compared with what was
  // then (the head of a loop that is tried out): covers() does not rename them. Others are names within one state.
  uint32_t lasting_ids = 0;

  const StackContents& stack(size_t frame) const { return *frames[frame].stack; }
  // For writing; copied first where another state shares it.
  StackContents& edit_stack(size_t frame);

  // The most that V(a) - V(b) can be by the facts, taken alone or two together; kNoDifference: no fact says anything.
  int64_t most_difference(uint32_t a, uint32_t b) const;
  // V(a) - V(b) <= most. False where that contradicts what is known: no execution comes here.
  bool learn(uint32_t a, uint32_t b, int64_t most);

  // The pointer behind the packet's end as one into the packet: as far as it is long. Others as they are.
  RegValue as_packet(const RegValue& pointer) const;
  // How many bytes the packet certainly holds beyond the variable offset `id`; very negative where nothing is known.
  int64_t packet_range(uint32_t id) const;
  void raise_packet_range(uint32_t id, int64_t bytes);

  // V(id) is this number: all values that are counted from it, and the packet's size where it is the packet's, get what
  // is known about one; and those that differ from it by no more than is known. False where that is a contradiction: no
  // execution comes here.
  bool narrow(uint32_t id, const Scalar64& base) { return narrow(id, base, 2); }
  // The outcome of a null check, for every copy of the pointer.
  void decide_null(uint32_t id, bool is_null);
  // The same for a reservation; null is nothing to release.
  void decide_reservation(uint32_t number, bool is_null);
  // The reservation is gone, and with it all pointers to it: they become `pointers`, poison after an error about it.
  void release(uint32_t number, RegKind pointers = RegKind::released);
  // Frames of callbacks in the call chain.
  uint8_t callback_depth() const;

  // V(id), the variable part of a packet pointer, is at most `limit`.
  bool limit_packet_offset(uint32_t id, int64_t limit);

  // Whether what is known contradicts itself: facts among each other and with the ranges of what they are about, or
  // what two values say about the number that both are counted from. Then no execution comes here.
  bool describes_nothing() const;

  // Drops facts about numbers that no value refers to any more, but for those of `kept`.
  void drop_unused_differences(std::span<const uint32_t> kept = {});

 private:
  bool narrow(uint32_t id, const Scalar64& base, unsigned depth);
};

}  // namespace perdita::verifier
