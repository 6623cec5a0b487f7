// SPDX-License-Identifier: Apache-2.0
//
// The machine's calls: contracts of helpers and functions, subprograms, callbacks, tail calls, and the way back.
#include <utility>

#include "isa/helpers.h"
#include "verifier/call_graph.h"
#include "verifier/testing/machine.h"

namespace perdita::verifier::testing {

bool Machine::check_argument(const perdita_function& function, unsigned index, const isa::MapDef* map,
                             uint64_t& memory_bytes) {
  const perdita_arg& arg = function.args[index];
  uint64_t value = regs_[index + 1];
  uint64_t size = arg.size;
  bool reads = true, writes = false;
  bool by_map =
      arg.kind == PERDITA_ARG_MAP_KEY || arg.kind == PERDITA_ARG_MAP_VALUE || arg.kind == PERDITA_ARG_MAP_VALUE_OUT;
  if (by_map && map == nullptr) return fail("no map says how large this is");
  switch (arg.kind) {
    case PERDITA_ARG_SCALAR: {
      if ((arg.flags & PERDITA_ARG_RANGE) == 0) return true;
      unsigned up = 64 - arg.width * 8u;
      int64_t number =
          arg.is_signed != 0 ? static_cast<int64_t>(value << up) >> up : static_cast<int64_t>(value << up >> up);
      return (arg.min <= number && number <= arg.max) || fail("a number outside its range");
    }
    case PERDITA_ARG_CONTEXT:
      return value == kContext || fail("not the context");
    case PERDITA_ARG_MAP:
      return true;
    case PERDITA_ARG_CALLBACK:
      return subprogram_at(module_.progs[0], static_cast<int64_t>(value - kSubprogramHandle)) > 0 ||
             fail("not a callback");
    case PERDITA_ARG_CALLBACK_DATA:
      return value == 0 || (value >= kStack && value < kStack + (frames_.size() + 1) * kFrameStep) ||
             fail("not what a callback can get");
    case PERDITA_ARG_RESERVATION:
      if (!reservations_.contains(value)) return fail("not a reservation");
      if (reserved_at_depth_[value] != iterations_.size()) return fail("a reservation of the caller");
      reservations_.erase(value);
      return true;
    case PERDITA_ARG_MAP_KEY:
      size = map->key_size;
      break;
    case PERDITA_ARG_MAP_VALUE_OUT:
      writes = true;
      reads = false;
      size = map->value_size;
      break;
    case PERDITA_ARG_MAP_VALUE:
      size = map->value_size;
      break;
    case PERDITA_ARG_MEM_OUT:
      writes = true;
      reads = false;
      break;
    case PERDITA_ARG_MEM_INOUT:
      writes = true;
      break;
    default:
      break;
  }
  if (arg.size_arg != 0) {
    const perdita_arg& of_size = function.args[arg.size_arg - 1];
    unsigned up = 64 - of_size.width * 8u;
    uint64_t stated = regs_[arg.size_arg] << up;
    int64_t as_signed =
        of_size.is_signed != 0 ? static_cast<int64_t>(stated) >> up : static_cast<int64_t>(stated >> up);
    bool too_large = arg.size != 0 && static_cast<uint64_t>(as_signed) > arg.size;
    if (as_signed < 0 || too_large) return fail("a size outside its limits");
    if (as_signed == 0 && (arg.flags & PERDITA_ARG_ZERO_OK) == 0) return fail("a size of zero");
    size = static_cast<uint64_t>(as_signed);
  }
  if (value == 0 && (arg.flags & PERDITA_ARG_NULL_OK) != 0)
    return arg.size_arg == 0 || size == 0 || fail("null with a size");
  memory_bytes += size;
  if (size == 0) return true;
  uint8_t* bytes = access(value, size, writes, reads);
  if (bytes == nullptr) return false;
  for (uint64_t i = 0; writes && i < size; i++) bytes[i] = static_cast<uint8_t>(random_word());
  return true;
}

uint64_t Machine::result_of(const perdita_function& function, size_t map) {
  const perdita_result& result = function.result;
  if (result.kind == PERDITA_RESULT_VOID) return 0;
  if (result.kind == PERDITA_RESULT_SCALAR) {
    uint64_t span = static_cast<uint64_t>(result.max) - static_cast<uint64_t>(result.min);
    uint64_t offset = span == UINT64_MAX ? random_word() : random_word() % (span + 1);
    return static_cast<uint64_t>(result.min) + offset;
  }
  if (random_() % 3 == 0) return 0;
  if (result.kind == PERDITA_RESULT_RESERVATION_OR_NULL) return reserve(regs_[2]);
  const isa::MapDef& def = module_.maps[map].def;
  return map_base(map) + random_() % def.max_entries * isa::value_stride(def);
}

bool Machine::call_contract(const perdita_function& function) {
  const isa::MapDef* map = nullptr;
  size_t map_index = 0;
  for (unsigned i = 0; i < function.arg_count; i++) {
    if (function.args[i].kind != PERDITA_ARG_MAP) continue;
    map_index = regs_[i + 1] - kMapHandle;
    if (map_index >= module_.maps.size()) return fail("not a map");
    map = &module_.maps[map_index].def;
  }
  uint64_t memory_bytes = 0;
  for (unsigned i = 0; i < function.arg_count; i++) {
    if (!check_argument(function, i, map, memory_bytes)) return false;
  }
  if (function.helper != 0) {
    cost_.add_call(isa::helper_cost(function, map, memory_bytes));
  } else {
    uint64_t map_bytes = map != nullptr ? uint64_t{map->key_size} + map->value_size : 0;
    cost_.add_call(function.cost_instructions + function.cost_instructions_per_byte * (memory_bytes + map_bytes));
  }
  if (function.helper == isa::kHelperTailCall && !tail_call()) return false;
  if (function.helper == isa::kHelperLoop || function.helper == isa::kHelperForEachMapElem) return call_back(function);
  regs_[0] = result_of(function, map_index);
  for (unsigned i = 1; i <= 5; i++) regs_[i] = random_();
  pc_++;
  return true;
}

bool Machine::call(const isa::Insn& insn) {
  if (insn.src() == isa::kCallHelper) return call_contract(*isa::find_helper(static_cast<uint32_t>(insn.imm)));
  if (insn.src() == isa::kCallFunction) {
    return call_contract(*platform_.function(module_.functions[static_cast<size_t>(insn.imm)]));
  }
  Frame frame;
  uint32_t target = pc_ + 1 + static_cast<uint32_t>(insn.imm);
  frame.subprogram = static_cast<uint32_t>(subprogram_at(module_.progs[0], target));
  for (size_t i = 0; i < 4; i++) frame.saved[i] = std::exchange(regs_[6 + i], random_());
  frames_.push_back(frame);
  call_sites_.push_back(pc_);
  regs_[0] = random_();
  regs_[10] = frame_top(frames_.size() - 1);
  pc_ = target;
  return true;
}

std::optional<uint64_t> Machine::reserved_bytes(uint64_t address) const {
  auto found = reservations_.find(address);
  return found == reservations_.end() ? std::nullopt : std::optional<uint64_t>(found->second.size());
}

// Addresses are never used again, so that a pointer to what is gone stays one.
uint64_t Machine::reserve(uint64_t size) {
  uint64_t address = kReservations + next_reservation_++ * kReservationStep;
  auto& bytes = reservations_[address];
  bytes.resize(size);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random_word());  // what was there before
  reserved_at_depth_[address] = iterations_.size();
  return address;
}

// Half of them find a program; then this one is over, and what it may do was done.
bool Machine::tail_call() {
  if (frames_.size() > 1) return fail("a tail call outside the entry");
  if (!reservations_.empty()) return fail("a tail call with something reserved");
  if (module_.maps[regs_[2] - kMapHandle].tail_instructions == 0) return fail("a tail call that has no bound");
  return random_() % 2 == 0;
}

bool Machine::call_back(const perdita_function& helper) {
  bool walks = helper.helper == isa::kHelperForEachMapElem;
  if (regs_[4] != 0) return fail("flags of a loop");
  Iteration iteration;
  uint64_t callback = regs_[2];
  iteration.data = regs_[3];
  iteration.callback = static_cast<uint32_t>(callback - kSubprogramHandle);
  if (walks) {
    iteration.map_index = regs_[1] - kMapHandle;
    iteration.map = &module_.maps[iteration.map_index].def;
    bool all = iteration.map->type == isa::MapType::array;
    iteration.most = all ? iteration.map->max_entries : random_() % (iteration.map->max_entries + 1);
  } else {
    iteration.most = static_cast<uint32_t>(regs_[1]);
    if (iteration.most > isa::kMaxLoopIterations) {
      for (unsigned i = 1; i <= 5; i++) regs_[i] = random_();
      regs_[0] = static_cast<uint64_t>(int64_t{-7});
      pc_++;
      return true;
    }
  }
  cost_.add_loop();
  iterations_.push_back(iteration);
  return iterate();
}

// One more call of the innermost callback, or on behind the helper.
bool Machine::iterate() {
  Iteration& iteration = iterations_.back();
  for (unsigned i = 1; i <= 5; i++) regs_[i] = random_();
  if (iteration.done == iteration.most) {
    regs_[0] = iteration.done;
    iterations_.pop_back();
    pc_++;
    return true;
  }
  if (iteration.map != nullptr) cost_.add_walk_step();
  Frame frame;
  frame.is_callback = true;
  frame.subprogram = static_cast<uint32_t>(subprogram_at(module_.progs[0], iteration.callback));
  for (size_t i = 0; i < 4; i++) frame.saved[i] = std::exchange(regs_[6 + i], random_());
  if (iteration.map == nullptr) {
    regs_[1] = iteration.done;
    regs_[2] = iteration.data;
  } else {
    frame.key.resize(iteration.map->key_size);
    for (uint8_t& byte : frame.key) byte = static_cast<uint8_t>(random_word());
    uint64_t element =
        iteration.map->type == isa::MapType::array ? iteration.done : random_() % iteration.map->max_entries;
    regs_[1] = kMapHandle + iteration.map_index;
    regs_[2] = key_address(frames_.size());
    regs_[3] = map_base(iteration.map_index) + element * isa::value_stride(*iteration.map);
    regs_[4] = iteration.data;
  }
  iteration.done++;
  frames_.push_back(std::move(frame));
  call_sites_.push_back(pc_);
  regs_[0] = random_();
  regs_[10] = frame_top(frames_.size() - 1);
  pc_ = iteration.callback;
  return true;
}

// Back in the caller, at the call.
void Machine::end_frame() {
  for (size_t i = 0; i < 4; i++) regs_[6 + i] = frames_.back().saved[i];
  for (unsigned i = 1; i <= 5; i++) regs_[i] = random_();
  frames_.pop_back();
  pc_ = call_sites_.back();
  call_sites_.pop_back();
  regs_[10] = frame_top(frames_.size() - 1);
}

bool Machine::leave() {
  bool callback = frames_.back().is_callback;
  for (const auto& [address, bytes] : reservations_) {
    bool own = reserved_at_depth_[address] == iterations_.size();
    if (own && (callback || frames_.size() == 1)) return fail("something reserved is left behind");
  }
  if (frames_.size() == 1) {
    auto result = static_cast<int64_t>(regs_[0]);
    if (hook_.result_min >= INT32_MIN && hook_.result_max <= INT32_MAX) result = static_cast<int32_t>(regs_[0]);
    if (result < hook_.result_min || result > hook_.result_max) return fail("a result outside the hook's range");
    return false;
  }
  end_frame();
  if (!callback) {
    pc_++;
    return true;
  }
  if (regs_[0] > 1) return fail("a callback's result is neither 0 nor 1");
  if (regs_[0] == 1) iterations_.back().most = iterations_.back().done;
  return iterate();
}

}  // namespace perdita::verifier::testing
