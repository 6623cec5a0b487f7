// SPDX-License-Identifier: Apache-2.0
#include "verifier/testing/machine.h"

#include <algorithm>
#include <cstring>

#include "isa/form.h"
#include "isa/format.h"
#include "isa/helpers.h"
#include "isa/reference.h"
#include "verifier/call_graph.h"

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

// Mostly small, and the largest there is now and then.
uint64_t packet_size_by_chance(uint64_t most, uint64_t random) {
  uint64_t kind = random % 8, rest = random / 8;
  if (kind == 0) return most - rest % std::min<uint64_t>(most, 3);
  return rest % (kind == 1 ? most + 1 : std::min<uint64_t>(most + 1, 80));
}

}  // namespace

Machine::Machine(const object::Module& module, const platform::Platform& platform, const perdita_hook& hook,
                 Entropy& random)
    : module_(module),
      platform_(platform),
      hook_(hook),
      random_(random),
      context_(hook_.context_size),
      frames_(1),
      deepest_(module.progs[0].subprograms.size(), 0),
      executions_(module.progs[0].code.size(), 0) {
  frames_[0].subprogram = 0;
  fill_randomly(context_.data(), context_.size());
  if (hook_.packet_max_bytes != 0) packet_.resize(random_size());
  fill_randomly(packet_.data(), packet_.size());
  for (unsigned i = 0; i < hook_.field_count; i++) {
    if (!is_pointer_field(hook_.fields[i])) continue;
    bool end = hook_.fields[i].kind == PERDITA_FIELD_DATA_END;
    uint64_t address = kPacket + (end ? packet_.size() : 0);
    std::memcpy(&context_[hook_.fields[i].offset], &address, 8);
  }
  regs_[1] = kContext;
  regs_[10] = frame_top(0);
  cost_.add_invocation();
}

uint64_t Machine::random_size() {
  const uint64_t most = hook_.packet_max_bytes;
  if (random_.guided()) return random_() % (random_() % 3 == 0 ? most + 1 : 80);
  return packet_size_by_chance(most, random_());
}

bool Machine::fail(const std::string& what) {
  fault_ = what + " at instruction " + std::to_string(pc_);
  return false;
}

// The same from several draws, each of which decides about one thing.
uint64_t Machine::guided_word() {
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

// Mostly small numbers and edges, of both widths.
uint64_t Machine::random_word() {
  if (random_.guided()) return guided_word();
  uint64_t random = random_(), rest = random / 16;
  switch (random % 16) {
    case 0:
    case 1:
      return 0;
    case 2:
    case 3:
    case 4:
      return rest % 20;
    case 5:
    case 6:
      return ~uint64_t{0} - rest % 20;
    case 7:
      return uint64_t{1} << (rest % 64);
    case 8:
      return (uint64_t{1} << (rest % 64)) - 1;
    case 9:  // about the ends of what 8, 16, 32 and 64 bits hold, signed and unsigned
      return (uint64_t{1} << ((8u << (rest % 4)) - rest / 4 % 2) % 64) - 2 + rest / 8 % 4;
    case 10:
      return static_cast<uint32_t>(random_());
    default:
      return random_();
  }
}

// Now words, now bytes, so that loads of every size meet edges.
void Machine::fill_randomly(uint8_t* bytes, uint64_t size) {
  if (random_.guided()) {
    for (uint64_t i = 0; i < size; i++) bytes[i] = static_cast<uint8_t>(random_word());
    return;
  }
  while (size > 0) {
    uint64_t word = random_word();
    uint64_t run = std::min<uint64_t>(size, word % 3 == 0 ? 1 : 8);
    std::memcpy(bytes, &word, run);
    bytes += run;
    size -= run;
  }
}

bool Machine::same_memory(const Machine& other) const {
  bool same = context_ == other.context_ && packet_ == other.packet_ && elements_ == other.elements_ &&
              reservations_ == other.reservations_ && frames_.size() == other.frames_.size();
  for (size_t i = 0; same && i < frames_.size(); i++) same = frames_[i].bytes == other.frames_[i].bytes;
  return same;
}

uint64_t Machine::stack_word(size_t frame, int offset, unsigned size) const {
  return word_of(&frames_[frame].bytes[from_bottom(offset)], size);
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
    fill_randomly(&bytes[inside], size);  // others write it
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

bool Machine::step() {
  const isa::Insn& insn = module_.progs[0].code[pc_];
  cost_.add(insn, module_.maps.size());
  executions_[pc_]++;
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
