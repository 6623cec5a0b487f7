// SPDX-License-Identifier: Apache-2.0
#include "verifier/testing/containment.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "isa/cost.h"
#include "verifier/describe.h"
#include "verifier/proof.h"
#include "verifier/testing/collected_states.h"
#include "verifier/testing/machine.h"
#include "verifier/testing/test_platform.h"

namespace perdita::verifier::testing {
namespace {

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
      for (int offset = -StackContents::kBytes; offset < 0; offset++) {
        if (stack.is_initialised(offset) && !machine_.stack_initialised(frame, offset)) return false;
      }
    }
    return true;
  }

 private:
  bool same(uint32_t id, uint64_t concrete) {
    if (id == kNoId) return true;
    return identities_.try_emplace(id, concrete).first->second == concrete;
  }
  bool offset(const RegValue& value, uint64_t address, uint64_t base) {
    return whole_offset(value).contains(address - base);
  }

  bool value(const RegValue& value, uint64_t concrete) {
    switch (value.kind) {
      case RegKind::uninitialised:
      case RegKind::mixed:
        return true;
      case RegKind::poison:
        return false;
      case RegKind::scalar:
        if (value.id == kPacketSizeId && concrete != machine_.packet_size()) return false;
        return value.value.contains(concrete) && same(value.id, concrete);
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
      case RegKind::packet_low_half:
        return concrete == (Machine::kPacket & UINT32_MAX);
      case RegKind::packet_end_low_half:
        return concrete == ((Machine::kPacket + machine_.packet_size()) & UINT32_MAX);
      case RegKind::map_value:
        return map_value(value, concrete);
      case RegKind::map_value_or_null:
        if (concrete == 0) return same(value.id, 0);
        return map_value(value, concrete);
      case RegKind::released:
        return true;
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
  std::map<uint32_t, uint64_t> identities_;
  std::map<uint32_t, uint64_t> reservations_;
};

std::string show(const Machine& machine) {
  std::string text;
  for (unsigned i = 0; i <= 10; i++) text += fmt::format(" r{}={:#x}", i, machine.reg(i));
  return text + fmt::format(" packet={}", machine.packet_size());
}

// Runs the program once; what went wrong, or nothing.
std::string run_once(Machine& machine, const CollectedStates& states, uint64_t limit, uint64_t& compared) {
  do {
    if (machine.cost().instructions >= limit) {
      return fmt::format("more than {} instructions, at {}", limit, machine.pc());
    }
    const auto& known = states.at(machine.call_sites(), machine.pc());
    bool contained = std::any_of(known.begin(), known.end(),
                                 [&machine](const State& state) { return Comparison(state, machine).holds(); });
    compared++;
    if (contained) continue;
    std::string text =
        fmt::format("instruction {}:{} is in none of {} states", machine.pc(), show(machine), known.size());
    for (size_t i = 0; i < known.size() && i < 4; i++) text += "\n  " + log_form(machine.module(), known[i]);
    return text;
  } while (machine.step());
  return machine.fault();
}

}  // namespace

ContainmentResult check_containment(const object::Module& module, unsigned runs, std::mt19937_64& random) {
  return check_containment(module, TestPlatform(), runs, random);
}

ContainmentResult check_containment(const object::Module& module, const platform::Platform& platform, unsigned runs,
                                    std::mt19937_64& random) {
  ContainmentResult result;
  Verdict verdict = verify(module, platform, {});
  result.accepted = verdict.accepted;
  if (!verdict.accepted) {
    // The machine is there to refute acceptances; but this rejection would be the verifier's own mistake.
    for (const Diagnostic& diagnostic : verdict.progs[0].diagnostics) {
      if (diagnostic.code == "internal-contradiction") result.failure = "internal contradiction";
    }
    return result;
  }

  const ProgVerdict& proof = verdict.progs[0];
  CollectedStates states(kMaxStatesKept);
  collect_states(module, platform, states);
  result.followed = states.complete();
  if (!result.followed) return result;

  RandomEntropy entropy(random);
  uint64_t worst = 1;
  for (unsigned run = 0; run < runs && result.failure.empty(); run++) {
    Machine machine(module, platform, *platform.hook_for_section(module.progs[0].section), entropy);
    result.failure = run_once(machine, states, proof.bounds.instructions, result.instructions);
    result.executions++;
    worst = std::max(worst, machine.cost().instructions);
    auto engines = isa::engine_costs();
    for (size_t i = 0; i < engines.size() && i < kMaxEngines; i++) {
      if (machine.cost().machine[i] > proof.bounds.machine_instructions.at(engines[i].engine)) {
        result.failure = fmt::format("the bound of {} does not hold", engines[i].engine);
      }
    }
    for (size_t i = 0; i < machine.deepest().size(); i++) {
      if (static_cast<uint32_t>(-machine.deepest()[i]) > proof.subprogram_stack_bytes[i]) {
        result.failure = fmt::format("subprogram {} uses more stack than is proved", i);
      }
    }
  }
  result.bound_to_worst_seen = static_cast<double>(proof.bounds.instructions) / static_cast<double>(worst);
  return result;
}

}  // namespace perdita::verifier::testing
