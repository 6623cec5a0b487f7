// SPDX-License-Identifier: Apache-2.0
#include "verifier/testing/containment.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "isa/cost.h"
#include "verifier/describe.h"
#include "verifier/testing/flat_map.h"
#include "verifier/testing/machine.h"
#include "verifier/testing/test_platform.h"

namespace perdita::verifier::testing {
namespace {

constexpr uint64_t kInstructionsPerRun = 300, kFewestRuns = 5;
constexpr uint64_t kLongestRun = 100'000, kMostCompared = 1'500, kOneOf = 61;  // instructions of one run
constexpr size_t kMaxStatesKept = 20000;  // programs with more are not followed: comparing would take too long

// Whether one abstract state describes the machine as it is now. Identities must stand for one concrete thing each.
class Comparison {
 public:
  Comparison(const State& state, const Machine& machine) : state_(state), machine_(machine) {}

  bool holds() {
    if (!state_.packet_size.contains(machine_.packet_size())) return false;
    // Each that is held has a number; one that may be null may have one too.
    size_t held = 0;
    for (const Reservation& reservation : state_.reservations) held += reservation.holding != Holding::none ? 1 : 0;
    if (held < machine_.reservation_count()) return false;
    for (unsigned i = 0; i < state_.regs.size(); i++) {
      if (!value(state_.regs[i], machine_.reg(i))) return false;
    }
    for (size_t frame = 0; frame < state_.frames.size(); frame++) {
      for (unsigned i = 0; i < 4; i++) {
        if (!value(state_.frames[frame].saved[i], machine_.saved(frame, i))) return false;
      }
      const StackContents& stack = state_.stack(frame);
      for (const StackCell& cell : stack.cells()) {
        if (!value(cell.value, machine_.stack_word(frame, cell.offset, cell.size))) return false;
      }
      if ((stack.initialised() & ~machine_.stack_initialised(frame)).any()) return false;
    }
    return differences() && linear_facts() && raised_numbers() && cost();
  }

 private:
  // No more was executed than the state's dearest path takes. In a callback the states count from its call.
  bool cost() const {
    const bool in_callback =
        std::any_of(state_.frames.begin(), state_.frames.end(), [](const Frame& frame) { return frame.is_callback; });
    return in_callback || machine_.cost().instructions <= state_.cost.most().instructions;
  }
  bool same(uint32_t id, uint64_t concrete) {
    if (id == kNoId) return true;
    return identities_.try_emplace(id, concrete).first->second == concrete;
  }
  std::optional<int64_t> number(uint32_t id) const {
    if (id == kPacketSizeId) return static_cast<int64_t>(machine_.packet_size());
    auto known = identities_.find(id);
    return known == identities_.end() ? std::nullopt : std::optional(static_cast<int64_t>(known->second));
  }
  // Facts about several numbers (linear.h), of which the machine shows all.
  bool linear_facts() const {
    auto holds = [this](const Linear& fact) {
      domain::Int128 sum = 0;
      for (const Term& term : fact.terms) {
        if (term.factor == 0) break;
        std::optional<int64_t> value = number(term.id);
        if (!value) return true;
        sum += domain::Int128{term.factor} * *value;
      }
      return (fact.least == INT64_MIN || fact.least <= sum) && (fact.most == INT64_MAX || sum <= fact.most);
    };
    const LinearFacts& linear = state_.linear;
    return std::all_of(linear.facts().begin(), linear.facts().end(), holds) &&
           std::all_of(linear.ranges().begin(), linear.ranges().end(), holds);
  }
  // Exactly, so in more than 64 bits.
  bool differences() const {
    return std::all_of(state_.differences.begin(), state_.differences.end(), [this](const Difference& fact) {
      std::optional<int64_t> a = number(fact.a), b = number(fact.b);
      return !a || !b || domain::Int128{*a} - *b <= fact.most;
    });
  }
  bool raised_numbers() const {
    for (unsigned i = 0; i < state_.regs.size(); i++) {
      const RegValue& value = state_.regs[i];
      std::optional<int64_t> of = value.raised_id == kNoId ? std::nullopt : number(value.raised_id);
      if (of && static_cast<uint64_t>(wrapped_sum(*of, value.fixed)) << 32 != machine_.reg(i)) return false;
    }
    return true;
  }
  bool offset(const RegValue& value, uint64_t address, uint64_t base) {
    return whole_offset(value).contains(address - base) &&
           same(value.offset_id, address - base - static_cast<uint64_t>(value.fixed));
  }

  bool value(const RegValue& value, uint64_t concrete) {
    switch (value.kind) {
      case RegKind::uninitialised:
      case RegKind::mixed:
        return true;
      case RegKind::poison:
        return false;
      case RegKind::scalar:
        if (value.id == kPacketSizeId && concrete - static_cast<uint64_t>(value.fixed) != machine_.packet_size()) {
          return false;
        }
        return value.value.contains(concrete) && same(value.id, concrete - static_cast<uint64_t>(value.fixed));
      case RegKind::context:
        return offset(value, concrete, Machine::kContext);
      case RegKind::stack:
        return offset(value, concrete, Machine::frame_top(value.frame));
      case RegKind::packet: {
        auto variable = static_cast<int64_t>(concrete - Machine::kPacket) - value.fixed;
        bool long_enough = value.id == kNoId ||
                           static_cast<int64_t>(machine_.packet_size()) >= variable + state_.packet_range(value.id);
        return value.value.contains(static_cast<uint64_t>(variable)) && long_enough &&
               same(value.id, static_cast<uint64_t>(variable));
      }
      case RegKind::packet_end:
        return concrete == Machine::kPacket + machine_.packet_size();
      case RegKind::map_value:
        return map_value(value, concrete);
      case RegKind::map_value_or_null:
        if (concrete == 0) return same(value.id, 0);
        return map_value(value, concrete);
      case RegKind::released:
        return true;
      case RegKind::pointer_half: {
        RegValue whole = value;
        whole.kind = value.half_of;
        return (concrete >> 32) == 0 && this->value(whole, (Machine::kPacket & ~uint64_t{UINT32_MAX}) | concrete);
      }
      case RegKind::object:  // of verify-only platforms: the machine has none
      case RegKind::object_or_null:
      case RegKind::map_or_null:
      case RegKind::packet_meta:
        return false;
      case RegKind::map:
        return concrete == Machine::kMapHandle + value.map;
      case RegKind::map_key:
        return offset(value, concrete, Machine::key_address(value.frame));
      case RegKind::subprogram:
        return concrete == Machine::kSubprogramHandle + machine_.module().progs[0].subprograms[value.map].first;
      case RegKind::reservation_or_null:
        return concrete == 0 ? reserved(value.id, 0) : reservation(value, concrete);
      case RegKind::reservation:
        return reservation(value, concrete);
    }
    return false;
  }

  // The element is the one that the pointer's offset leads back to; without identity it is the first.
  bool map_value(const RegValue& value, uint64_t concrete) {
    uint64_t base = machine_.map_base(value.map);
    if (value.id == kNoId) return offset(value, concrete, base);
    uint64_t stride = isa::value_stride(machine_.module().maps[value.map].def);
    auto known = identities_.find(value.id);
    if (known != identities_.end()) return known->second != 0 && offset(value, concrete, known->second);
    Scalar64 whole = whole_offset(value);
    for (uint64_t element = 0; element < machine_.module().maps[value.map].def.max_entries; element++) {
      if (!whole.contains(concrete - (base + element * stride))) continue;
      // With an offset that is not constant several elements may fit; then the identity is left open.
      if (whole.is_constant()) identities_[value.id] = base + element * stride;
      return true;
    }
    return false;
  }

  // One number stands for one reservation, of that size, which is still held.
  bool reserved(uint32_t number, uint64_t address) {
    return reservations_.try_emplace(number, address).first->second == address;
  }
  bool reservation(const RegValue& value, uint64_t concrete) {
    Scalar64 whole = whole_offset(value);
    if (!whole.is_constant()) return true;
    uint64_t base = concrete - whole.wide.u.min;
    return machine_.reserved_bytes(base) == state_.reservations[value.id].size_bytes && reserved(value.id, base);
  }

  const State& state_;
  const Machine& machine_;
  FlatMap<uint32_t, uint64_t> identities_;
  FlatMap<uint32_t, uint64_t> reservations_;
};

std::string show(const Machine& machine) {
  std::string text;
  for (unsigned i = 0; i <= 10; i++) text += fmt::format(" r{}={:#x}", i, machine.reg(i));
  return text + fmt::format(" packet={}", machine.packet_size());
}

// Whether one of the states describes the machine as it is now.
bool contained(const StatesHere& here, const Machine& machine) {
  size_t count = here.states.size();
  for (size_t i = 0; i < count; i++) {
    size_t at = (here.last_found + i) % count;
    if (!Comparison(here.states[at], machine).holds()) continue;
    here.last_found = at;
    return true;
  }
  return false;
}

std::string not_contained(const StatesHere& here, const Machine& machine) {
  std::string text =
      fmt::format("instruction {}:{} is in none of {} states", machine.pc(), show(machine), here.states.size());
  for (size_t i = 0; i < here.states.size() && i < 4; i++) text += "\n  " + log_form(machine.module(), here.states[i]);
  return text;
}

// Runs the program once; what went wrong, or nothing.
std::string run_once(Machine& machine, const CollectedStates& states, uint64_t limit, uint64_t& compared) {
  static const StatesHere none;
  CallPath path = machine.call_sites();
  const std::vector<StatesHere>* along = &states.along(path);
  const uint64_t at_begin = compared;
  do {
    const uint64_t done = machine.cost().instructions;
    if (done >= limit) return fmt::format("more than {} instructions, at {}", limit, machine.pc());
    if (done >= kLongestRun) break;
    // Where a loop goes round and round, one moment of many.
    if (compared - at_begin >= kMostCompared && done % kOneOf != 0) continue;
    if (machine.call_sites() != path) {
      path = machine.call_sites();
      along = &states.along(path);
    }
    const StatesHere& here = machine.pc() < along->size() ? (*along)[machine.pc()] : none;
    compared++;
    if (!contained(here, machine)) return not_contained(here, machine);
  } while (machine.step());
  return machine.fault();
}

std::string broken_bounds(const Machine& machine, const ProgVerdict& proof) {
  for (size_t pc = 0; pc < machine.executions().size(); pc++) {
    if (machine.executions()[pc] > proof.executions[pc]) {
      return fmt::format("instruction {} is executed {} times, and at most {} are proved", pc, machine.executions()[pc],
                         proof.executions[pc]);
    }
  }
  auto engines = isa::engine_costs();
  for (size_t i = 0; i < engines.size() && i < kMaxEngines; i++) {
    if (machine.cost().machine[i] > proof.bounds.machine_instructions.at(engines[i].engine)) {
      return fmt::format("the bound of {} does not hold", engines[i].engine);
    }
  }
  for (size_t i = 0; i < machine.deepest().size(); i++) {
    if (static_cast<uint32_t>(-machine.deepest()[i]) > proof.subprogram_stack_bytes[i]) {
      return fmt::format("subprogram {} uses more stack than is proved", i);
    }
  }
  return {};
}

}  // namespace

Containment::Containment(const object::Module& module, const platform::Platform& platform)
    : module_(module), platform_(platform), verdict_(verify(module, platform, {})), states_(kMaxStatesKept) {
  if (accepted()) collect_states(module, platform, states_);
}

// The machine is there to refute acceptances; but this rejection is the verifier's own mistake.
std::string Containment::flaw() const {
  for (const Diagnostic& diagnostic : verdict_.progs[0].diagnostics) {
    if (diagnostic.code == "internal-contradiction") return "internal contradiction";
  }
  return {};
}

std::string Containment::run(std::mt19937_64& random) {
  RandomEntropy entropy(random);
  Machine machine(module_, platform_, *platform_.hook_for_section(module_.progs[0].section), entropy);
  std::string failure = run_once(machine, states_, proof().bounds.instructions, instructions_);
  worst_seen_ = std::max(worst_seen_, machine.cost().instructions);
  return failure.empty() ? broken_bounds(machine, proof()) : failure;
}

ContainmentResult check_containment(const object::Module& module, const platform::Platform& platform, unsigned runs,
                                    std::mt19937_64& random) {
  ContainmentResult result;
  Containment containment(module, platform);
  result.accepted = containment.accepted();
  result.failure = containment.flaw();
  result.followed = containment.followed();
  if (!result.followed) return result;
  for (unsigned run = 0; run < runs && result.failure.empty(); run++) {
    if (run >= kFewestRuns && containment.instructions() > runs * kInstructionsPerRun) break;
    result.failure = containment.run(random);
    result.executions++;
  }
  result.instructions = containment.instructions();
  return result;
}

ContainmentResult check_containment(const object::Module& module, unsigned runs, std::mt19937_64& random) {
  return check_containment(module, TestPlatform(), runs, random);
}

ContainmentResult check_linear_containment(const object::Module& module, unsigned runs, std::mt19937_64& random) {
  const TestPlatform platform;
  ContainmentResult result;
  if (!verify(module, platform, {}).accepted) return result;
  CollectedStates states(kMaxStatesKept);
  const std::optional<FixpointResult> analysed = collect_linear_states(module, states, module.progs[0].code.size() % 2);
  result.accepted = analysed.has_value();
  result.followed = result.accepted && states.complete();
  RandomEntropy entropy(random);
  for (unsigned run = 0; result.followed && run < runs && result.failure.empty(); run++) {
    if (run >= kFewestRuns && result.instructions > runs * kInstructionsPerRun) break;
    Machine machine(module, platform, *platform.hook_for_section(module.progs[0].section), entropy);
    result.failure = run_once(machine, states, analysed->worst.instructions, result.instructions);
    result.executions++;
  }
  return result;
}

}  // namespace perdita::verifier::testing
