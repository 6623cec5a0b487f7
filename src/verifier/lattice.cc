// SPDX-License-Identifier: Apache-2.0
#include "verifier/lattice.h"

#include <algorithm>

namespace perdita::verifier {
namespace {

// ---- order ----

// Identities are names; what counts is which values share one. Outer promises that values with the same identity are
// the same, so inner must keep that promise: each of outer's identities stands for exactly one of inner's.
class Renaming {
 public:
  // `shift`: of packet pointers, what inner's constant part has more than outer's.
  bool accept(uint32_t outer, uint32_t inner, int64_t shift = 0) {
    if ((outer == kPacketSizeId) != (inner == kPacketSizeId) && outer == kPacketSizeId) return false;
    for (const Pair& pair : pairs_) {
      if (pair.outer == outer) return pair.inner == inner && pair.shift == shift;
    }
    pairs_.push_back({outer, inner, shift});
    return true;
  }
  // A number of inner without an identity equals no other number for certain: it may stand for a class of one.
  uint32_t alone() { return --next_alone_; }

 private:
  struct Pair {
    uint32_t outer, inner;
    int64_t shift;
  };
  std::vector<Pair> pairs_;
  uint32_t next_alone_ = UINT32_MAX;
};

class Order {
 public:
  Order(const State& outer, const State& inner) : outer_(outer), inner_(inner) {}

  bool value(const RegValue& outer, const RegValue& inner) {
    if (!outer.is_readable()) return true;                    // nothing promised
    if (outer.is_poison() || inner.is_poison()) return true;  // rejected already
    if (outer.kind != inner.kind) {
      bool null = inner.is_constant(0) || inner.kind == RegKind::map_value;
      return outer.kind == RegKind::map_value_or_null && null && (inner.is_scalar() || inner.map == outer.map) &&
             outer_element(outer, inner);
    }
    switch (outer.kind) {
      case RegKind::scalar:
        if (!domain::covers(outer.value, inner.value) || (outer.is_from_system() && !inner.is_from_system()))
          return false;
        return outer.id == kNoId || renaming_.accept(outer.id, inner.id == kNoId ? renaming_.alone() : inner.id);
      case RegKind::packet:
        return packet(outer, inner);
      case RegKind::map_value:
      case RegKind::map_value_or_null:
        if (outer.map != inner.map || !same_identity(outer, inner)) return false;
        return domain::covers(whole_offset(outer), whole_offset(inner));
      case RegKind::object:
      case RegKind::object_or_null:
      case RegKind::map_or_null:
        if (outer.map != inner.map || outer.frame != inner.frame || !same_identity(outer, inner)) return false;
        return domain::covers(whole_offset(outer), whole_offset(inner));
      case RegKind::context:
      case RegKind::packet_meta:
        return domain::covers(whole_offset(outer), whole_offset(inner));
      case RegKind::stack:
        return outer.frame == inner.frame && domain::covers(whole_offset(outer), whole_offset(inner));
      case RegKind::map_key:
        return outer.frame == inner.frame && outer.map == inner.map &&
               domain::covers(whole_offset(outer), whole_offset(inner));
      case RegKind::reservation:  // numbers are no names to be renamed: covers() compares what they stand for
      case RegKind::reservation_or_null:
        return outer.id == inner.id && domain::covers(whole_offset(outer), whole_offset(inner));
      case RegKind::map:
      case RegKind::subprogram:
        return outer.map == inner.map;
      default:
        return true;  // packet_end: there is one
    }
  }

 private:
  // The same place may be split differently into constant and variable part: what inner's constant part has more
  // belongs to outer's variable part. Bytes known beyond the pointer count from the pointer itself.
  bool packet(const RegValue& outer, const RegValue& inner) {
    int64_t shift = inner.fixed - outer.fixed;
    RegValue moved = inner;
    moved.fixed = shift;
    if (!domain::covers(outer.value, whole_offset(moved))) return false;
    if (outer.id == kNoId) return inner.id == kNoId && shift == 0;
    return renaming_.accept(outer.id, inner.id, shift) &&
           inner_.packet_range(inner.id) - shift >= outer_.packet_range(outer.id);
  }

  // No identity is itself one: the constant 0, or the map's first value.
  bool same_identity(const RegValue& outer, const RegValue& inner) {
    if (outer.id == kNoId) return inner.id == kNoId;
    return renaming_.accept(outer.id, inner.id);
  }
  // A pointer without offset, or null, where outer knows either.
  bool outer_element(const RegValue& outer, const RegValue& inner) {
    if (inner.is_scalar()) return renaming_.accept(outer.id, renaming_.alone());
    return whole_offset(inner) == Scalar64::constant(0) && renaming_.accept(outer.id, inner.id);
  }

  const State& outer_;
  const State& inner_;
  Renaming renaming_;
};

// ---- join ----

// Fresh identities for pairs of identities: values that are the same on both sides stay the same.
class Pairing {
 public:
  explicit Pairing(uint32_t& next_id) : next_id_(next_id) {}

  // `shift` tells apart packet pointers whose constant parts differ between the sides.
  uint32_t operator()(uint32_t a, uint32_t b, int64_t shift = 0) {
    if (a == b && shift == 0) return a;
    for (const Entry& entry : entries_) {
      if (entry.a == a && entry.b == b && entry.shift == shift) return entry.joined;
    }
    entries_.push_back({a, b, shift, next_id_});
    return next_id_++;
  }

 private:
  struct Entry {
    uint32_t a, b;
    int64_t shift;
    uint32_t joined;
  };
  uint32_t& next_id_;
  std::vector<Entry> entries_;
};

class Join {
 public:
  Join(const State& a, const State& b, uint32_t& next_id) : a_(a), b_(b), pairing_(next_id) {}

  State run() {
    State joined;
    joined.cost = a_.cost;
    joined.cost.raise_to(b_.cost);
    joined.packet_size = domain::join(a_.packet_size, b_.packet_size);
    joined.meta_bytes = std::min(a_.meta_bytes, b_.meta_bytes);
    for (size_t i = 0; i < joined.reservations.size(); i++) {
      joined.reservations[i] = a_.reservations[i];
      if (!same_reservation(static_cast<uint32_t>(i))) joined.reservations[i].holding = Holding::on_some_path;
      // Where it was reserved is what the message about it needs.
      if (a_.reservations[i].holding == Holding::none) joined.reservations[i].pc = b_.reservations[i].pc;
    }
    for (size_t i = 0; i < joined.regs.size(); i++) joined.regs[i] = value(a_.regs[i], b_.regs[i]);
    joined.frames.resize(a_.frames.size());
    for (size_t i = 0; i < a_.frames.size(); i++) {
      const Frame& left = a_.frames[i];
      const Frame& right = b_.frames[i];
      joined.frames[i].subprogram = left.subprogram;
      joined.frames[i].call_site = left.call_site;
      joined.frames[i].is_callback = left.is_callback;
      for (size_t k = 0; k < left.saved.size(); k++) joined.frames[i].saved[k] = value(left.saved[k], right.saved[k]);
      joined.frames[i].stack = stack(left, right);
    }
    for (const PacketRange& range : ranges_) joined.raise_packet_range(range.id, range.bytes);
    return joined;
  }

 private:
  std::shared_ptr<StackContents> stack(const Frame& left, const Frame& right) {
    return std::make_shared<StackContents>(StackContents::join(
        *left.stack, *right.stack, [this](const RegValue& x, const RegValue& y) { return value(x, y); }));
  }

  RegValue value(const RegValue& x, const RegValue& y) {
    if (x.is_poison() || y.is_poison()) return RegValue::of_kind(RegKind::poison);
    if (x.kind == RegKind::uninitialised || y.kind == RegKind::uninitialised) return {};
    if (x.kind != y.kind) return null_or_value(x, y);
    RegValue joined = x;
    switch (x.kind) {
      case RegKind::scalar:
        joined = RegValue::scalar(domain::join(x.value, y.value), number_identity(x.id, y.id));
        joined.map = x.is_from_system() && y.is_from_system() ? kFromSystem : uint16_t{0};
        return joined;
      case RegKind::packet:
        return packet(x, y);
      case RegKind::map_value:
      case RegKind::map_value_or_null:
        if (x.map != y.map) return RegValue::of_kind(RegKind::mixed);
        joined.id = pairing_(x.id, y.id);
        return with_offsets(joined, x, y);
      case RegKind::object:
      case RegKind::object_or_null:
      case RegKind::map_or_null:
        if (x.map != y.map || x.frame != y.frame) return RegValue::of_kind(RegKind::mixed);
        joined.id = pairing_(x.id, y.id);
        return with_offsets(joined, x, y);
      case RegKind::stack:
        if (x.frame != y.frame) return RegValue::of_kind(RegKind::mixed);
        return with_offsets(joined, x, y);
      case RegKind::map_key:
        if (x.frame != y.frame || x.map != y.map) return RegValue::of_kind(RegKind::mixed);
        return with_offsets(joined, x, y);
      case RegKind::reservation:
      case RegKind::reservation_or_null:
        if (x.id != y.id || !same_reservation(x.id)) return RegValue::of_kind(RegKind::mixed);
        return with_offsets(joined, x, y);
      case RegKind::context:
      case RegKind::packet_meta:
        return with_offsets(joined, x, y);
      case RegKind::map:
      case RegKind::subprogram:
        return x.map == y.map ? x : RegValue::of_kind(RegKind::mixed);
      default:
        return x;
    }
  }

  bool same_reservation(uint32_t number) const { return a_.reservations[number] == b_.reservations[number]; }

  uint32_t number_identity(uint32_t a, uint32_t b) {
    if (a == kNoId || b == kNoId) return kNoId;
    return pairing_(a, b);
  }

  static RegValue with_offsets(RegValue joined, const RegValue& x, const RegValue& y) {
    if (x.fixed == y.fixed) {
      joined.value = domain::join(x.value, y.value);
    } else {
      joined.fixed = 0;
      joined.value = domain::join(whole_offset(x), whole_offset(y));
    }
    return joined;
  }

  // The constant part of `x` is kept; what `y` has more or less of it becomes part of the variable part, and of the
  // bytes known beyond that.
  RegValue packet(const RegValue& x, const RegValue& y) {
    RegValue joined = x;
    int64_t shift = y.fixed - x.fixed;
    RegValue moved = y;
    moved.fixed = shift;
    joined.value = domain::join(x.value, whole_offset(moved));
    joined.id = pairing_(x.id, y.id, shift);
    if (joined.id != kNoId) {
      ranges_.push_back({joined.id, std::min(a_.packet_range(x.id), b_.packet_range(y.id) - shift)});
    }
    return joined;
  }

  // A pointer on one path and null on the other is what a lookup gives.
  RegValue null_or_value(const RegValue& x, const RegValue& y) {
    auto fits = [](const RegValue& value) {
      return value.is_constant(0) || value.kind == RegKind::map_value_or_null ||
             (value.kind == RegKind::map_value && whole_offset(value) == Scalar64::constant(0));
    };
    if (!fits(x) || !fits(y) || (!x.is_scalar() && !y.is_scalar() && x.map != y.map)) {
      return RegValue::of_kind(RegKind::mixed);
    }
    RegValue joined = RegValue::of_kind(RegKind::map_value_or_null);
    joined.map = x.is_scalar() ? y.map : x.map;
    joined.id = pairing_(x.id, y.id, x.is_scalar() ? -1 : y.is_scalar() ? -2 : -3);
    return joined;
  }

  const State& a_;
  const State& b_;
  Pairing pairing_;
  std::vector<PacketRange> ranges_;
};

bool same_kind(const RegValue& a, const RegValue& b) {
  bool by_id = a.kind == RegKind::reservation || a.kind == RegKind::reservation_or_null;
  return a.kind == b.kind && a.map == b.map && a.frame == b.frame && (!by_id || a.id == b.id) &&
         (a.kind != RegKind::packet || (a.id == b.id && a.fixed == b.fixed));
}

}  // namespace

bool covers(const State& outer, const State& inner) {
  Order order(outer, inner);
  if (!domain::covers(outer.packet_size, inner.packet_size) || outer.meta_bytes > inner.meta_bytes) return false;
  for (size_t i = 0; i < outer.reservations.size(); i++) {
    // Nothing may be done with one that is held on some path only, and at the end it is refused.
    bool lost = outer.reservations[i].holding == Holding::on_some_path;
    if (!lost && outer.reservations[i] != inner.reservations[i]) return false;
  }
  for (size_t i = 0; i < outer.regs.size(); i++) {
    if (!order.value(outer.regs[i], inner.regs[i])) return false;
  }
  for (size_t i = 0; i < outer.frames.size(); i++) {
    for (size_t k = 0; k < outer.frames[i].saved.size(); k++) {
      if (!order.value(outer.frames[i].saved[k], inner.frames[i].saved[k])) return false;
    }
    auto cell = [&order](const RegValue& x, const RegValue& y) { return order.value(x, y); };
    if (!outer.stack(i).covers(inner.stack(i), cell)) return false;
  }
  return true;
}

State join(const State& a, const State& b, uint32_t& next_id) { return Join(a, b, next_id).run(); }

bool same_shape(const State& a, const State& b) {
  if (a.reservations != b.reservations) return false;
  for (size_t i = 0; i < a.regs.size(); i++) {
    if (!same_kind(a.regs[i], b.regs[i])) return false;
  }
  for (size_t i = 0; i < a.frames.size(); i++) {
    for (size_t k = 0; k < a.frames[i].saved.size(); k++) {
      if (!same_kind(a.frames[i].saved[k], b.frames[i].saved[k])) return false;
    }
    const auto& left = a.stack(i).cells();
    const auto& right = b.stack(i).cells();
    auto pointer_cells = [](const std::vector<StackCell>& cells) {
      return std::count_if(cells.begin(), cells.end(), [](const StackCell& cell) { return !cell.value.is_scalar(); });
    };
    if (pointer_cells(left) != pointer_cells(right)) return false;
    for (const StackCell& cell : left) {
      if (cell.value.is_scalar()) continue;
      bool found = std::any_of(right.begin(), right.end(), [&cell](const StackCell& other) {
        return other.offset == cell.offset && same_kind(other.value, cell.value);
      });
      if (!found) return false;
    }
  }
  return true;
}

}  // namespace perdita::verifier
