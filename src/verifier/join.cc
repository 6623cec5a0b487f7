// SPDX-License-Identifier: Apache-2.0
//
// The join of states: a state that covers both.
#include <algorithm>
#include <optional>

#include "verifier/lattice.h"

namespace perdita::verifier {
namespace {

// Fresh identities for pairs of identities: values that keep their distance on both sides keep it.
class Pairing {
 public:
  struct Entry {
    uint32_t a, b;
    int64_t shift;  // V(joined) is V(a) on the one side, V(b) + shift on the other
    uint32_t joined;
    Scalar64 base_a, base_b;
  };

  explicit Pairing(uint32_t& next_id) : next_id_(next_id) {}

  // `shift` tells apart values whose constant parts differ between the sides.
  const Entry& operator()(uint32_t a, uint32_t b, int64_t shift, const Scalar64& base_a, const Scalar64& base_b) {
    for (const Entry& entry : entries_) {
      if (entry.a == a && entry.b == b && entry.shift == shift) return entry;
    }
    entries_.push_back({a, b, shift, a == b && shift == 0 ? a : next_id_++, base_a, base_b});
    return entries_.back();
  }
  uint32_t element(uint32_t a, uint32_t b, int64_t shift = 0) {
    return (*this)(a, b, shift, Scalar64::unknown(), Scalar64::unknown()).joined;
  }
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  uint32_t& next_id_;
  std::vector<Entry> entries_;
};

constexpr size_t kMostPaired = 5;  // numbers that change, of which sums and differences are looked at

class Join {
 public:
  Join(const State& a, const State& b, uint32_t& next_id) : a_(a), b_(b), pairing_(next_id) {}

  State run() {
    State joined;
    joined.cost = a_.cost;
    joined.cost.raise_to(b_.cost);
    joined.packet_size = domain::join(a_.packet_size, b_.packet_size);
    joined.lasting_ids = std::max(a_.lasting_ids, b_.lasting_ids);
    joined.meta_bytes = std::min(a_.meta_bytes, b_.meta_bytes);
    for (size_t i = 0; i < joined.reservations.size(); i++) {
      joined.reservations[i] = a_.reservations[i];
      if (!same_reservation(static_cast<uint32_t>(i))) joined.reservations[i].holding = Holding::on_some_path;
      // Where it was reserved is what the message about it needs.
      if (a_.reservations[i].holding == Holding::none) joined.reservations[i].pc = b_.reservations[i].pc;
    }
    for (size_t i = 0; i < joined.regs.size(); i++) joined.regs[i] = value(a_.regs[i], b_.regs[i]);
    joined.frames = a_.frames;
    for (size_t i = 0; i < a_.frames.size(); i++) {
      const Frame& left = a_.frames[i];
      const Frame& right = b_.frames[i];
      SavedRegisters& saved = joined.frames[i].saved;
      for (size_t k = 0; k < saved.size(); k++) {
        const RegValue both = value(left.saved[k], right.saved[k]);
        if (both != saved[k]) saved.edit(k) = both;
      }
      joined.frames[i].stack = stack(left, right);
    }
    join_differences(joined);
    if (!a_.linear.empty() || !b_.linear.empty()) join_linear(joined);
    return joined;
  }

 private:
  std::shared_ptr<StackContents> stack(const Frame& left, const Frame& right) {
    StackContents both = StackContents::join(*left.stack, *right.stack,
                                             [this](const RegValue& x, const RegValue& y) { return value(x, y); });
    if (both == *left.stack) return left.stack;
    return std::make_shared<StackContents>(std::move(both));
  }

  RegValue value(const RegValue& x, const RegValue& y) {
    if (x.is_poison() || y.is_poison()) return RegValue::of_kind(RegKind::poison);
    if (x.kind == RegKind::uninitialised || y.kind == RegKind::uninitialised) return {};
    if (x.kind != y.kind) return null_or_value(x, y);
    RegValue joined = x;
    switch (x.kind) {
      case RegKind::scalar:
        return scalar(x, y);
      case RegKind::packet:
        return packet(x, y);
      case RegKind::map_value:
      case RegKind::map_value_or_null:
        if (x.map != y.map) return RegValue::of_kind(RegKind::mixed);
        joined.id = pairing_.element(x.id, y.id);
        return with_offsets(joined, x, y);
      case RegKind::object:
      case RegKind::object_or_null:
      case RegKind::map_or_null:
        if (x.map != y.map || x.frame != y.frame) return RegValue::of_kind(RegKind::mixed);
        joined.id = pairing_.element(x.id, y.id);
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
      case RegKind::pointer_half:
        return x == y ? x : RegValue::of_kind(RegKind::mixed);
      case RegKind::map:
      case RegKind::subprogram:
        return x.map == y.map ? x : RegValue::of_kind(RegKind::mixed);
      default:
        return x;
    }
  }

  bool same_reservation(uint32_t number) const { return a_.reservations[number] == b_.reservations[number]; }

  // The distance from what both are counted from is kept; a constant counts from 0. What is raised is not kept.
  RegValue scalar(const RegValue& x, const RegValue& y) {
    Scalar64 number = domain::join(x.value, y.value);
    Origin a = origin_of(x), b = origin_of(y);
    bool named = !number.is_constant() && a.id != kNoId && b.id != kNoId;
    RegValue joined = named ? RegValue::scalar(number, identity(a, b, x, y), a.fixed) : RegValue::scalar(number);
    joined.map = x.is_from_system() && y.is_from_system() ? kFromSystem : uint16_t{0};
    return joined;
  }

  uint32_t identity(const Origin& a, const Origin& b, const RegValue& x, const RegValue& y) {
    auto base = [](const Origin& origin, const RegValue& value) {
      return origin.id == kZeroId ? Scalar64::constant(0) : base_of(value);
    };
    return pairing_(a.id, b.id, wrapped_difference(b.fixed, a.fixed), base(a, x), base(b, y)).joined;
  }

  RegValue with_offsets(RegValue joined, const RegValue& x, const RegValue& y) {
    Origin a = origin_of(x), b = origin_of(y);
    if (a.id != kNoId && b.id != kNoId && (a.id != b.id || a.id != kZeroId || a.fixed != b.fixed)) {
      // Both count from something: the distance from it is kept as the constant part.
      joined.fixed = a.fixed;
      joined.value = domain::join(moved_by(whole_offset(x), -a.fixed), moved_by(whole_offset(y), -a.fixed));
      joined.offset_id = identity(a, b, x, y);
      return joined;
    }
    joined.offset_id = kNoId;
    if (x.fixed == y.fixed) {
      joined.value = domain::join(x.value, y.value);
    } else {
      joined.fixed = 0;
      joined.value = domain::join(whole_offset(x), whole_offset(y));
    }
    return joined;
  }

  // The constant part of `x` is kept; what `y` has more or less of it becomes part of the variable part.
  RegValue packet(const RegValue& x, const RegValue& y) {
    RegValue joined = x;
    RegValue moved = y;
    moved.fixed = y.fixed - x.fixed;
    joined.value = domain::join(x.value, whole_offset(moved));
    joined.id = identity(origin_of(x), origin_of(y), x, y);
    if (joined.id == kZeroId) joined.id = kNoId;
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
    joined.id = pairing_.element(x.id, y.id, x.is_scalar() ? -1 : y.is_scalar() ? -2 : -3);
    return joined;
  }

  // What both sides know about a difference: what one knows by a fact, the other may know by its ranges. That packets
  // have bytes beyond a pointer may be new to both: the pointers were constant, and the size was known.
  void join_differences(State& joined) {
    const Pairing::Entry size{kPacketSizeId, kPacketSizeId, 0, kPacketSizeId, a_.packet_size, b_.packet_size};
    auto learn = [&](const Pairing::Entry& p, const Pairing::Entry& q) {
      if (p.joined == q.joined || p.joined == kZeroId || q.joined == kZeroId) return;
      int64_t left = most(a_, p.a, q.a, p.base_a, q.base_a), right = most(b_, p.b, q.b, p.base_b, q.base_b);
      if (left >= kNoDifference || right >= kNoDifference || !moved_little(p.shift) || !moved_little(q.shift)) return;
      joined.learn(p.joined, q.joined, std::max(left, right + p.shift - q.shift));
    };
    for (const Pairing::Entry& p : pairing_.entries()) {
      if (is_packet_identity(joined, p.joined)) learn(p, size);
    }
    auto for_facts = [&](const State& state, bool left) {
      for (const Difference& fact : state.differences) {
        for_entries(fact.a, left, size, [&](const Pairing::Entry& p) {
          for_entries(fact.b, left, size, [&](const Pairing::Entry& q) { learn(p, q); });
        });
      }
    };
    for_facts(a_, true);
    for_facts(b_, false);
    // On both sides it counts from one number, in different ways: so it is as far from that as on one of them.
    for (const Pairing::Entry& entry : pairing_.entries()) {
      const bool exact = is_tame(entry.base_a) && is_tame(entry.base_b) && moved_little(entry.shift);
      if (entry.a != entry.b || entry.shift == 0 || entry.a == kZeroId || !exact || !is_lasting(entry.a)) continue;
      joined.learn(entry.joined, entry.a, std::max<int64_t>(0, entry.shift));
      joined.learn(entry.a, entry.joined, std::max<int64_t>(0, -entry.shift));
    }
  }

  // ---- facts about several numbers ----

  // One sum on both sides, and in the state that is joined. A number that no value has is there on both sides, with one
  // name: it goes on being some number.
  struct Sums {
    Sum joined, a, b;
    void add(const Pairing::Entry& entry, int64_t factor) {
      const bool may_wrap = entry.shift != 0 && (!is_tame(entry.base_b) || !moved_little(entry.shift));
      joined.add(may_wrap ? kNoId : entry.joined, factor);
      a.add(entry.a, factor);
      b.add(entry.b, factor).add_constant(domain::Int128{entry.shift} * factor);
    }
    void add_unnamed(uint32_t id, int64_t factor) {
      for (Sum* sum : {&joined, &a, &b}) sum->add(id, factor);
    }
  };

  void join_linear(State& joined) {
    for (const Linear& fact : a_.linear.facts()) join_fact(joined, fact, true);
    for (const Linear& fact : b_.linear.facts()) join_fact(joined, fact, false);
    // What is known of a number that no value has.
    for (const Linear& range : a_.linear.ranges()) join_fact(joined, range, true);
    for (const Condition& condition : a_.linear.conditions()) join_condition(joined, condition);
    // What no side says, but is true of both: numbers that change together, so that their sum or difference does not.
    std::vector<const Pairing::Entry*> changed;
    for (const Pairing::Entry& entry : pairing_.entries()) {
      bool differs = entry.a != entry.b || entry.shift != 0;
      if (differs && is_tame(entry.base_a) && is_tame(entry.base_b) && changed.size() < kMostPaired)
        changed.push_back(&entry);
    }
    for (size_t i = 0; i < changed.size(); i++) {
      for (size_t k = i + 1; k < changed.size(); k++) {
        for (int64_t factor : {1, -1}) learn_of_two(joined, *changed[i], *changed[k], factor);
      }
    }
  }

  // p + factor * q, where more is known of it than of the two, and it is of a size that offsets have.
  void learn_of_two(State& joined, const Pairing::Entry& p, const Pairing::Entry& q, int64_t factor) {
    Sums sums;
    sums.add(p, 1);
    sums.add(q, factor);
    if (!sums.joined.usable()) return;
    auto range = [](const Pairing::Entry& entry) {
      const Scalar64 there = moved_by(entry.base_b, entry.shift);
      return std::pair{std::min(entry.base_a.wide.s.min, there.wide.s.min),
                       std::max(entry.base_a.wide.s.max, there.wide.s.max)};
    };
    const auto [p_least, p_most] = range(p);
    const auto [q_least, q_most] = range(q);
    const domain::Int128 most_by_range = domain::Int128{p_most} + (factor > 0 ? q_most : -q_least);
    const domain::Int128 least_by_range = domain::Int128{p_least} + (factor > 0 ? q_least : -q_most);
    std::optional<domain::Int128> most_a = most_of(a_, sums.a, kQuick), most_b = most_of(b_, sums.b, kQuick);
    std::optional<domain::Int128> least_a = least_of(a_, sums.a, kQuick), least_b = least_of(b_, sums.b, kQuick);
    domain::Int128 least = INT64_MIN, most = INT64_MAX;
    if (least_a && least_b) least = std::min(*least_a, *least_b);
    if (least <= least_by_range || least < -kOffsetLimit) least = INT64_MIN;
    if (most_a && most_b) most = std::max(*most_a, *most_b);
    if (most >= most_by_range || most > kOffsetLimit) most = INT64_MAX;
    joined.linear.learn(sums.joined, least, most);
  }

  void join_condition(State& joined, const Condition& condition) {
    Condition there = condition, both = condition;
    auto name = [this](uint32_t& on_b, uint32_t& on_both) {
      if (on_b == kPacketSizeId) return true;
      const auto& entries = pairing_.entries();
      auto entry = std::find_if(entries.begin(), entries.end(),
                                [&](const Pairing::Entry& known) { return known.a == on_b && known.shift == 0; });
      if (entry == entries.end()) return false;
      on_b = entry->b;
      on_both = entry->joined;
      return true;
    };
    if (name(there.a, both.a) && name(there.b, both.b) && b_.linear.knows(there)) joined.linear.learn_condition(both);
  }

  void join_fact(State& joined, const Linear& fact, bool left) {
    Sums sums;
    for (const Term& term : fact.terms) {
      if (term.factor == 0) break;
      const auto& entries = pairing_.entries();
      auto entry = std::find_if(entries.begin(), entries.end(), [&](const Pairing::Entry& known) {
        return (left ? known.a : known.b) == term.id && term.id != kPacketSizeId;
      });
      if (entry != entries.end()) {
        sums.add(*entry, term.factor);
      } else {
        sums.add_unnamed(term.id, term.factor);
      }
    }
    if (!sums.joined.usable()) return;
    // What one side says and the other knows, too.
    const State& other = left ? b_ : a_;
    const Sum& there = left ? sums.b : sums.a;
    const domain::Int128 constant = (left ? sums.a : sums.b).constant();
    domain::Int128 least = INT64_MIN, most = INT64_MAX;
    if (fact.most != INT64_MAX) {
      const domain::Int128 here = constant + fact.most;
      std::optional<domain::Int128> known = most_of(other, there, kQuick, here);
      if (known && *known <= here) most = here;
    }
    if (fact.least != INT64_MIN) {
      const domain::Int128 here = constant + fact.least;
      std::optional<domain::Int128> known = least_of(other, there, kQuick, here);
      if (known && *known >= here) least = here;
    }
    joined.linear.learn(sums.joined, least, most);
  }

  // Keeps its meaning: it is the same number on both sides and in the state that is joined.
  bool is_lasting(uint32_t id) const {
    return (id < a_.lasting_ids && id < b_.lasting_ids) || (a_.cost.names(id) && b_.cost.names(id));
  }

  template <typename Visit>
  void for_entries(uint32_t id, bool left, const Pairing::Entry& size, Visit visit) {
    if (id == kPacketSizeId) visit(size);
    bool is_named = id == kPacketSizeId;
    for (const Pairing::Entry& entry : pairing_.entries()) {
      if ((left ? entry.a : entry.b) == id) visit(entry);
      is_named = is_named || entry.joined == id;
    }
    if (!is_named && is_lasting(id)) visit({id, id, 0, id, Scalar64::unknown(), Scalar64::unknown()});
  }

  static bool moved_little(int64_t shift) { return shift < kMostShift && shift > -kMostShift; }

  static int64_t most(const State& state, uint32_t a, uint32_t b, const Scalar64& base_a, const Scalar64& base_b) {
    int64_t fact = state.most_difference(a, b);
    return is_tame(base_a) && is_tame(base_b) ? std::min(fact, base_a.wide.s.max - base_b.wide.s.min) : fact;
  }

  static bool is_packet_identity(const State& state, uint32_t id) {
    auto is = [id](const RegValue& value) { return value.kind == RegKind::packet && value.id == id; };
    if (std::any_of(state.regs.begin(), state.regs.end(), is)) return true;
    for (size_t i = 0; i < state.frames.size(); i++) {
      if (std::any_of(state.frames[i].saved.begin(), state.frames[i].saved.end(), is)) return true;
      const auto& cells = state.stack(i).cells();
      if (std::any_of(cells.begin(), cells.end(), [&is](const StackCell& cell) { return is(cell.value); })) return true;
    }
    return false;
  }

  const State& a_;
  const State& b_;
  Pairing pairing_;
};

bool same_kind(const RegValue& a, const RegValue& b) {
  bool by_id = a.kind == RegKind::reservation || a.kind == RegKind::reservation_or_null;
  return a.kind == b.kind && a.map == b.map && a.frame == b.frame && (!by_id || a.id == b.id) &&
         (a.kind != RegKind::packet || (a.id == b.id && a.fixed == b.fixed));
}

}  // namespace

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
