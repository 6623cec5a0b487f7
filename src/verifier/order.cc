// SPDX-License-Identifier: Apache-2.0
//
// The order of states: what covers() promises.
#include <algorithm>
#include <optional>

#include "verifier/lattice.h"

namespace perdita::verifier {
namespace {

// Identities are names; what counts is how values are counted from the same. Outer promises that values with one
// identity keep their distances, so inner must keep that promise: each of outer's identities stands for exactly one of
// inner's, moved by a constant.
class Renaming {
 public:
  struct Entry {
    uint32_t outer, inner;
    int64_t shift;  // V(outer) is V(inner) + shift
    Scalar64 base;  // inner's knowledge of V(inner)
  };

  Renaming(const State& outer, const State& inner) : outer_(outer), inner_(inner) {}

  bool accept(const Origin& outer, const Origin& inner, const Scalar64& base) {
    const int64_t shift = wrapped_difference(inner.fixed, outer.fixed);
    if (is_lasting(outer.id) && (inner.id != outer.id || shift != 0)) return false;
    return name(outer.id, inner.id, shift, base);
  }
  // The same for elements, objects and lookups, which nothing but the state itself refers to.
  bool accept_element(uint32_t outer, uint32_t inner) { return name(outer, inner, 0, Scalar64::unknown()); }
  const Entry* find(uint32_t outer) const {
    for (const Entry& entry : entries_) {
      if (entry.outer == outer) return &entry;
    }
    return nullptr;
  }
  // Keeps its meaning: it means the same in both states.
  bool is_lasting(uint32_t id) const {
    return id == kPacketSizeId || id < outer_.lasting_ids || (outer_.cost.names(id) && inner_.cost.names(id));
  }
  // A number of inner without an identity equals no other number for certain: it may stand for a class of one.
  uint32_t alone() { return --next_alone_; }

 private:
  bool name(uint32_t outer, uint32_t inner, int64_t shift, const Scalar64& base) {
    for (const Entry& entry : entries_) {
      if (entry.outer == outer) return entry.inner == inner && entry.shift == shift;
    }
    entries_.push_back({outer, inner, shift, base});
    return true;
  }

  const State &outer_, &inner_;
  std::vector<Entry> entries_;
  uint32_t next_alone_ = UINT32_MAX;
};

class Order {
 public:
  Order(const State& outer, const State& inner) : outer_(outer), inner_(inner), renaming_(outer, inner) {}

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
        return scalar(outer, inner);
      case RegKind::packet:
        return packet(outer, inner);
      case RegKind::map_value:
      case RegKind::map_value_or_null:
        if (outer.map != inner.map || !same_identity(outer, inner)) return false;
        return offset(outer, inner);
      case RegKind::object:
      case RegKind::object_or_null:
      case RegKind::map_or_null:
        return outer.map == inner.map && outer.frame == inner.frame && same_identity(outer, inner) &&
               offset(outer, inner);
      case RegKind::context:
      case RegKind::packet_meta:
        return offset(outer, inner);
      case RegKind::stack:
        return outer.frame == inner.frame && offset(outer, inner);
      case RegKind::map_key:
        return outer.frame == inner.frame && outer.map == inner.map && offset(outer, inner);
      case RegKind::reservation:  // numbers are no names to be renamed: covers() compares what they stand for
      case RegKind::reservation_or_null:
        return outer.id == inner.id && offset(outer, inner);
      case RegKind::pointer_half:
        return outer.half_of == inner.half_of && (outer.half_of != RegKind::packet || packet(outer, inner));
      case RegKind::map:
      case RegKind::subprogram:
        return outer.map == inner.map;
      default:
        return true;  // packet_end: there is one
    }
  }

 private:
  bool scalar(const RegValue& outer, const RegValue& inner) {
    if (!domain::covers(outer.value, inner.value) || (outer.is_from_system() && !inner.is_from_system())) return false;
    if (outer.id != kNoId && !counted(outer, inner)) return false;
    if (outer.raised_id == kNoId) return true;
    return inner.raised_id != kNoId && (inner.raised_unsigned || !outer.raised_unsigned) &&
           (inner.raised_signed || !outer.raised_signed) &&
           renaming_.accept({outer.raised_id, outer.fixed}, {inner.raised_id, inner.fixed}, Scalar64::unknown());
  }

  // The same offset may be split differently into constant and variable part.
  bool offset(const RegValue& outer, const RegValue& inner) {
    RegValue moved = inner;
    moved.fixed = inner.fixed - outer.fixed;
    return domain::covers(outer.value, whole_offset(moved)) && (outer.offset_id == kNoId || counted(outer, inner));
  }

  bool counted(const RegValue& outer, const RegValue& inner) {
    Origin from = origin_of(inner);
    // What has no identity counts from itself, all of it: of a pointer the constant part belongs to that, too.
    if (from.id == kNoId) {
      return renaming_.accept({number_id(outer), outer.fixed}, {renaming_.alone(), 0},
                              inner.is_scalar() ? inner.value : whole_offset(inner));
    }
    return renaming_.accept({number_id(outer), outer.fixed}, from,
                            from.id == kZeroId ? Scalar64::constant(0) : base_of(inner));
  }

  // The same place may be split differently into constant and variable part: what inner's constant part has more
  // belongs to outer's variable part.
  bool packet(const RegValue& outer, const RegValue& inner) {
    RegValue moved = inner;
    moved.fixed = inner.fixed - outer.fixed;
    if (!domain::covers(outer.value, whole_offset(moved))) return false;
    if (outer.id == kNoId) return inner.id == kNoId && moved.fixed == 0;
    return renaming_.accept({outer.id, outer.fixed}, origin_of(inner), inner.value);
  }

  // No identity is itself one: the map's first value.
  bool same_identity(const RegValue& outer, const RegValue& inner) {
    if (outer.id == kNoId) return inner.id == kNoId;
    return renaming_.accept_element(outer.id, inner.id);
  }
  // A pointer without offset, or null, where outer knows either.
  bool outer_element(const RegValue& outer, const RegValue& inner) {
    uint32_t element = inner.is_scalar() ? renaming_.alone() : inner.id;
    return (inner.is_scalar() || whole_offset(inner) == Scalar64::constant(0)) &&
           renaming_.accept_element(outer.id, element);
  }

 public:
  // What outer knows about differences, inner knows too, by a fact or by ranges. After all values were compared.
  bool differences() const {
    for (const Difference& fact : outer_.differences) {
      std::optional<Renaming::Entry> a = inner_number(fact.a), b = inner_number(fact.b);
      if (!a || !b) return false;
      if (a->shift >= kMostShift || a->shift <= -kMostShift || b->shift >= kMostShift || b->shift <= -kMostShift) {
        return false;
      }
      int64_t most = inner_.most_difference(a->inner, b->inner);
      if (is_tame(a->base) && is_tame(b->base)) most = std::min(most, a->base.wide.s.max - b->base.wide.s.min);
      if (most >= kNoDifference || most + a->shift - b->shift > fact.most) return false;
    }
    return true;
  }

  // The same for facts about several numbers. A number of outer that no value has is just some number: the one with
  // that name of inner, which every execution that inner describes has.
  bool linear() const {
    return linear(outer_.linear.facts()) && linear(outer_.linear.ranges()) &&
           std::all_of(outer_.linear.modular().begin(), outer_.linear.modular().end(),
                       [this](const Sum& sum) { return is_modular(inner_, renamed(sum)); }) &&
           std::all_of(outer_.linear.conditions().begin(), outer_.linear.conditions().end(),
                       [this](const Condition& condition) { return knows(condition); });
  }

 private:
  bool knows(Condition condition) const {
    for (uint32_t* id : {&condition.a, &condition.b}) {
      const Renaming::Entry* entry = *id == kPacketSizeId ? nullptr : renaming_.find(*id);
      if (entry != nullptr && entry->shift != 0) return false;
      if (entry != nullptr) *id = entry->inner;
    }
    return inner_.linear.knows(condition);
  }

  bool linear(const std::vector<Linear>& facts) const {
    for (const Linear& fact : facts) {
      const Sum sum = renamed(fact.sum());
      if (fact.most != INT64_MAX) {
        std::optional<domain::Int128> most = most_of(inner_, sum, kQuick, fact.most);
        if (!most || *most > fact.most) return false;
      }
      if (fact.least != INT64_MIN) {
        std::optional<domain::Int128> least = least_of(inner_, sum, kQuick, fact.least);
        if (!least || *least < fact.least) return false;
      }
    }
    return true;
  }

  Sum renamed(const Sum& sum) const {
    Sum result;
    for (const Term& term : sum.terms()) {
      const Renaming::Entry* entry = renaming_.find(term.id);
      if (entry == nullptr || term.id == kPacketSizeId) {
        result.add(term.id, term.factor);
      } else if (entry->shift != 0 &&
                 (!is_tame(entry->base) || entry->shift >= kMostShift || entry->shift <= -kMostShift)) {
        result.add(kNoId, 1);  // might wrap: not usable
      } else {
        result.add(entry->inner, term.factor).add_constant(domain::Int128{entry->shift} * term.factor);
      }
    }
    return result.add_constant(sum.constant());
  }

  std::optional<Renaming::Entry> inner_number(uint32_t outer) const {
    if (outer == kPacketSizeId) return Renaming::Entry{outer, outer, 0, inner_.packet_size};
    const Renaming::Entry* entry = renaming_.find(outer);
    if (entry != nullptr) return *entry;
    // No value of outer has it.
    return renaming_.is_lasting(outer) ? std::optional(Renaming::Entry{outer, outer, 0, Scalar64::unknown()})
                                       : std::nullopt;
  }

  const State& outer_;
  const State& inner_;
  Renaming renaming_;
};

}  // namespace

bool covers(const State& outer, const State& inner) {
  // Most are about states that differ in some number: that is seen first.
  for (size_t i = 0; i < outer.regs.size(); i++) {
    if (outer.regs[i].is_scalar() && inner.regs[i].is_scalar() &&
        !domain::covers(outer.regs[i].value.wide.u, inner.regs[i].value.wide.u))
      return false;
  }
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
    if (outer.frames[i].stack == inner.frames[i].stack) {
      // One and the same: only what values are counted from is left to compare.
      for (const StackCell& shared : outer.stack(i).cells()) {
        if (shared.value.is_counted() && !order.value(shared.value, shared.value)) return false;
      }
      continue;
    }
    if (!outer.stack(i).covers(inner.stack(i), cell)) return false;
  }
  return order.differences() && order.linear();
}

}  // namespace perdita::verifier
