// SPDX-License-Identifier: Apache-2.0
#include "verifier/testing/machine.h"

#include <algorithm>
#include <cstring>

#include "isa/form.h"
#include "isa/format.h"
#include "isa/helpers.h"
#include "isa/reference.h"
#include "verifier/call_graph.h"
#include "verifier/testing/test_platform.h"

namespace perdita::verifier::testing {
namespace {

bool is_pointer_field(const perdita_field& field) { return field.kind != PERDITA_FIELD_SCALAR; }

size_t from_bottom(int offset) {
  int index = offset + 512;
  return static_cast<size_t>(index);
}

uint64_t word_of(const uint8_t* bytes, unsigned size) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, size);
  return word;
}

}  // namespace

Machine::Machine(const object::Module& module, const perdita_hook& hook, std::mt19937_64& random)
    : module_(module),
      hook_(hook),
      random_(random),
      context_(hook.context_size),
      frames_(1),
      deepest_(module.progs[0].subprograms.size(), 0) {
  frames_[0].subprogram = 0;
  for (uint8_t& byte : context_) byte = static_cast<uint8_t>(random_word());
  if (hook.packet_max_bytes != 0) packet_.resize(random_() % (random_() % 3 == 0 ? hook.packet_max_bytes + 1 : 80));
  for (uint8_t& byte : packet_) byte = static_cast<uint8_t>(random_word());
  for (unsigned i = 0; i < hook.field_count; i++) {
    if (!is_pointer_field(hook.fields[i])) continue;
    bool end = hook.fields[i].kind == PERDITA_FIELD_DATA_END;
    uint64_t address = kPacket + (end ? packet_.size() : 0);
    std::memcpy(&context_[hook.fields[i].offset], &address, 8);
  }
  regs_[1] = kContext;
  regs_[10] = frame_top(0);
  cost_.add_invocation();
}

bool Machine::fail(const std::string& what) {
  fault_ = what + " at instruction " + std::to_string(pc_);
  return false;
}

// Mostly small numbers and edges.
uint64_t Machine::random_word() {
  switch (random_() % 6) {
    case 0:
      return 0;
    case 1:
      return random_() % 20;
    case 2:
      return ~uint64_t{0} - random_() % 20;
    case 3:
      return uint64_t{1} << (random_() % 64);
    default:
      return random_();
  }
}

uint64_t Machine::stack_word(size_t frame, int offset, unsigned size) const {
  return word_of(&frames_[frame].bytes[from_bottom(offset)], size);
}

bool Machine::stack_initialised(size_t frame, int offset) const {
  return frames_[frame].initialised[from_bottom(offset)];
}

uint8_t* Machine::access_stack(uint64_t address, uint64_t size, bool write, bool read) {
  for (size_t i = 0; i < frames_.size(); i++) {
    uint64_t low = frame_top(i) - 512;
    if (address < low || address + size > frame_top(i)) continue;
    size_t at = address - low;
    for (size_t k = at; k < at + size; k++) {
      if (read && !frames_[i].initialised[k]) {
        fail("uninitialised stack is read");
        return nullptr;
      }
      if (write) frames_[i].initialised[k] = true;
    }
    int& deepest = deepest_[frames_[i].subprogram];
    deepest = std::min(deepest, static_cast<int>(at) - 512);
    return &frames_[i].bytes[at];
  }
  fail("access outside the stack");
  return nullptr;
}

uint8_t* Machine::access_map(uint64_t address, uint64_t size, bool write) {
  size_t index = (address - kMaps) / kMapStep;
  if (index >= module_.maps.size()) {
    fail("access outside all maps");
    return nullptr;
  }
  const isa::MapDef& def = module_.maps[index].def;
  uint64_t stride = isa::value_stride(def);
  uint64_t offset = address - map_base(index);
  uint64_t element = offset / stride, inside = offset % stride;
  if (element >= def.max_entries || inside + size > def.value_size) {
    fail("access outside a map's value");
    return nullptr;
  }
  if (write && (def.flags & isa::kMapReadOnlyForProg) != 0) {
    fail("write to a read-only map");
    return nullptr;
  }
  auto& bytes = elements_[map_base(index) + element * stride];
  if (bytes.empty()) bytes.resize(def.value_size);
  bool constant = (def.flags & isa::kMapReadOnlyForProg) != 0;
  if (constant) {
    bytes = module_.maps[index].initial;
  } else {
    for (uint64_t i = inside; i < inside + size; i++)
      bytes[i] = static_cast<uint8_t>(random_word());  // others write it
  }
  return &bytes[inside];
}

uint8_t* Machine::access_reservation(uint64_t address, uint64_t size) {
  auto behind = reservations_.upper_bound(address);
  if (behind != reservations_.begin()) {
    auto& [start, bytes] = *std::prev(behind);
    if (address + size <= start + bytes.size()) return bytes.data() + (address - start);
  }
  fail("access outside what is reserved");
  return nullptr;
}

uint8_t* Machine::access_key(uint64_t address, uint64_t size, bool write) {
  uint64_t frame = (address - kKeys) / kFrameStep, offset = (address - kKeys) % kFrameStep;
  bool inside = frame < frames_.size() && offset + size <= frames_[frame].key.size();
  if (inside && !write) return frames_[frame].key.data() + offset;
  fail("access outside a callback's key, or a write to it");
  return nullptr;
}

uint8_t* Machine::access(uint64_t address, uint64_t size, bool write, bool read) {
  if (address >= kMaps) return access_map(address, size, write);
  if (address >= kReservations) return access_reservation(address, size);
  if (address >= kKeys) return access_key(address, size, write);
  if (address >= kStack) return access_stack(address, size, write, read);
  if (address >= kPacket) {
    bool inside = address + size <= kPacket + packet_.size();
    if (inside && (!write || hook_.packet_writable != 0)) return packet_.data() + (address - kPacket);
    fail("access outside the packet, or a write to one that is read-only");
    return nullptr;
  }
  for (unsigned i = 0; i < hook_.field_count; i++) {
    const perdita_field& field = hook_.fields[i];
    uint64_t low = kContext + field.offset;
    if (address < low || address + size > low + field.size) continue;
    bool whole = address == low && size == field.size && !write;
    if (is_pointer_field(field) ? whole : (!write || field.writable != 0)) return &context_[address - kContext];
  }
  fail("access outside the context's fields");
  return nullptr;
}

bool Machine::load(const isa::Insn& insn) {
  unsigned size = isa::access_bytes(insn.opcode);
  const uint8_t* bytes = access(regs_[insn.src()] + static_cast<uint64_t>(int64_t{insn.offset}), size, false, true);
  if (bytes == nullptr) return false;
  regs_[insn.dst()] = isa::reference_loaded(insn, word_of(bytes, size));
  return true;
}

bool Machine::store(const isa::Insn& insn) {
  unsigned size = isa::access_bytes(insn.opcode);
  uint8_t* bytes = access(regs_[insn.dst()] + static_cast<uint64_t>(int64_t{insn.offset}), size, true, false);
  if (bytes == nullptr) return false;
  uint64_t word =
      isa::insn_class(insn.opcode) == isa::kStx ? regs_[insn.src()] : static_cast<uint64_t>(int64_t{insn.imm});
  std::memcpy(bytes, &word, size);
  return true;
}

bool Machine::atomic(const isa::Insn& insn) {
  unsigned size = isa::access_bytes(insn.opcode);
  uint64_t address = regs_[insn.dst()] + static_cast<uint64_t>(int64_t{insn.offset});
  if (address % size != 0) return fail("an atomic operation that is not aligned");
  uint8_t* bytes = access(address, size, true, true);
  if (bytes == nullptr) return false;
  isa::AtomicOutcome outcome = isa::reference_atomic(insn, word_of(bytes, size), regs_[insn.src()], regs_[0]);
  std::memcpy(bytes, &outcome.memory, size);
  regs_[0] = outcome.r0;
  regs_[insn.src()] = outcome.src;
  return true;
}

bool Machine::load_wide(const isa::Insn& insn) {
  const isa::Insn& next = module_.progs[0].code[pc_ + 1];
  uint64_t& dst = regs_[insn.dst()];
  if (insn.src() == isa::kLddwMap) {
    dst = kMapHandle + static_cast<uint32_t>(insn.imm);
  } else if (insn.src() == isa::kLddwFunction) {
    dst = kSubprogramHandle + static_cast<uint32_t>(pc_ + 1 + static_cast<uint32_t>(insn.imm));
  } else if (insn.src() == isa::kLddwMapValue) {
    dst = map_base(static_cast<size_t>(insn.imm)) + static_cast<uint32_t>(next.imm);
  } else {
    dst = static_cast<uint32_t>(insn.imm) | uint64_t{static_cast<uint32_t>(next.imm)} << 32;
  }
  pc_ += 2;
  return true;
}

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
    if (as_signed < 0 || static_cast<uint64_t>(as_signed) > arg.size) return fail("a size outside its limits");
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
    return call_contract(*TestPlatform().function(module_.functions[static_cast<size_t>(insn.imm)]));
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

bool Machine::step() {
  const isa::Insn& insn = module_.progs[0].code[pc_];
  cost_.add(insn);
  switch (isa::form_of(insn.opcode)) {
    case isa::Form::load_wide:
      return load_wide(insn);
    case isa::Form::load:
      return load(insn) && ++pc_ != 0;
    case isa::Form::store_immediate:
    case isa::Form::store_register:
      return store(insn) && ++pc_ != 0;
    case isa::Form::atomic:
      return atomic(insn) && ++pc_ != 0;
    case isa::Form::jump:
      pc_ = static_cast<uint32_t>(int64_t{pc_} + 1 + insn.offset);
      return true;
    case isa::Form::jump_wide:
      pc_ = static_cast<uint32_t>(int64_t{pc_} + 1 + insn.imm);
      return true;
    case isa::Form::branch_immediate:
    case isa::Form::branch_register: {
      bool taken = isa::reference_taken(insn, regs_[insn.dst()], regs_[insn.src()]);
      pc_ = static_cast<uint32_t>(int64_t{pc_} + 1 + (taken ? insn.offset : 0));
      return true;
    }
    case isa::Form::call:
      return call(insn);
    case isa::Form::exit:
      return leave();
    default:
      regs_[insn.dst()] = isa::reference_arithmetic(insn, regs_[insn.dst()], regs_[insn.src()]);
      pc_++;
      return true;
  }
}

}  // namespace perdita::verifier::testing
