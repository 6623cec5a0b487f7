// SPDX-License-Identifier: Apache-2.0
//
// What the device API shows of the runtime. Thread context, so lists stand still; statistics change under interrupts
// and are copied with the lock held.
#include "runtime/inspect.h"

#include "runtime/fault.h"
#include "runtime/name.h"
#include "runtime/native.h"
#include "runtime/runtime.h"
#include "runtime/version.h"

namespace perdita::runtime {

Map* map_at(const Runtime& runtime, uint32_t index, const Package*& package) {
  for (package = runtime.packages; package != nullptr; package = package->next) {
    if (index < package->maps.size()) return package->maps[index];
    index -= static_cast<uint32_t>(package->maps.size());
  }
  return nullptr;
}

namespace {

const Package* package_at(const Runtime& runtime, uint32_t index) {
  const Package* package = runtime.packages;
  while (package != nullptr && index-- > 0) package = package->next;
  return package;
}

const Prog* prog_at(const Runtime& runtime, uint32_t index) {
  for (const Package* package = runtime.packages; package != nullptr; package = package->next) {
    if (index < package->progs.size()) return &package->progs[index];
    index -= static_cast<uint32_t>(package->progs.size());
  }
  return nullptr;
}

// Machine code in a block of its own, not in the image.
bool made_here(const Package& package) {
  if (package.native == nullptr) return false;
  const uint8_t* const code = package.native->code.data();
  return code < package.image.begin() || code >= package.image.end();
}

void copy_fault(const FaultRecord& fault, perdita_prog_info& info) {
  info.last_fault = static_cast<perdita_status>(fault.status);
  info.last_fault_pc = fault.pc;
  info.last_fault_address = fault.address;
  info.last_fault_sequence = fault.sequence;
  info.last_fault_frames = static_cast<uint8_t>(fault.frame_count);
  __builtin_memcpy(info.last_fault_return_pcs, fault.return_pcs, sizeof fault.return_pcs);
}

}  // namespace
}  // namespace perdita::runtime

using namespace perdita::runtime;  // NOLINT: this file is the C face of that namespace
using perdita::text;

extern "C" {

void perdita_memory(const perdita_runtime* runtime, perdita_memory_info* info) {
  const uint32_t own =
      static_cast<uint32_t>(sizeof(perdita_runtime) + Memory::kAlignment - 1) & ~(Memory::kAlignment - 1);
  *info = {};
  info->total_bytes = own + runtime->memory.total_bytes();
  info->used_bytes = own + runtime->memory.used_bytes();
  info->largest_free_bytes = runtime->memory.largest_free_bytes();
  info->runtime_bytes = own;
  for (uint32_t i = 0; i < PERDITA_MAX_LEVELS; i++) {
    const uint8_t* const stack = runtime->levels[i].stack;
    if (stack != nullptr) info->stack_bytes[i] = Memory::block_bytes(stack);
  }
  for (const PinnedMap* pin = runtime->pins; pin != nullptr; pin = pin->next) {
    info->pinned_bytes += Memory::block_bytes(pin);
  }
}

int perdita_package_at(const perdita_runtime* runtime, uint32_t index, perdita_package_info* info) {
  const Package* package = package_at(*runtime, index);
  if (package == nullptr) return 0;
  *info = {};
  copy_name(info->name, text(package->name));
  info->sequence = package->sequence;
  info->image_bytes = static_cast<uint32_t>(package->image.size());
  for (const Map* map : package->maps) {
    if (!static_cast<const PackageMap*>(map)->pinned) info->map_bytes += Memory::block_bytes(map);
  }
  info->memory_bytes = runtime->memory.owned_bytes(owner_of(*package));
  if (package->previous != nullptr) {
    info->kept_bytes = runtime->memory.owned_bytes(owner_of(*package->previous));
    info->kept_sequence = has_good_version(*package) ? package->previous->sequence : 0;
    info->memory_bytes += info->kept_bytes;
  }
  if (made_here(*package)) info->code_bytes = Memory::block_bytes(package->native->code.data());
  info->claimed = package->claimed ? 1 : 0;
  info->prog_count = static_cast<uint16_t>(package->progs.size());
  info->map_count = static_cast<uint16_t>(package->maps.size());
  return 1;
}

int perdita_package_digest(const perdita_runtime* runtime, uint32_t index, uint8_t digest[32]) {
  const Package* package = package_at(*runtime, index);
  if (package == nullptr) return 0;
  const perdita_port& port = port_of(*runtime);
  const perdita_bytes image = {package->image.data(), package->image.size()};
  port.crypto.sha256(port.user, &image, 1, digest);
  return 1;
}

int perdita_package_code(const perdita_runtime* runtime, uint32_t index, perdita_bytes* code) {
  const Package* package = package_at(*runtime, index);
  if (package == nullptr || package->native == nullptr) return 0;
  *code = {package->native->code.data(), package->native->code.size()};
  return 1;
}

int perdita_prog_at(const perdita_runtime* runtime, uint32_t index, perdita_prog_info* info) {
  const Prog* prog = prog_at(*runtime, index);
  if (prog == nullptr) return 0;
  *info = {};
  copy_name(info->name, prog->name);
  const Package& package = package_of(*prog);
  copy_name(info->package, text(package.name));
  info->hook = prog->hook_index;
  info->engine = prog->native != nullptr        ? PERDITA_ENGINE_NATIVE
                 : prog->run == run_interpreter ? PERDITA_ENGINE_INTERPRETER
                                                : PERDITA_ENGINE_GUARDED;
  info->bound_instructions = package.claimed ? prog->steps : 0;
  info->stack_bytes = static_cast<uint32_t>(prog->stack.size());
  info->period_us = prog->period_us;
  Lock lock(port_of(*runtime));
  info->attached = prog->attached ? 1 : 0;
  info->runs = prog->stats.runs;
  info->misses = prog->stats.misses;
  info->faults = prog->stats.faults;
  info->time_ns = prog->stats.time_ns;
  info->longest_ns = prog->stats.longest_ns;
  info->last_fault = static_cast<perdita_status>(prog->stats.last_fault);
  const FaultRecord* const fault = find_fault(*runtime, text(package.name), prog->name);
  if (fault != nullptr) copy_fault(*fault, *info);
  info->last_result = prog->stats.last_result;
  return 1;
}

int perdita_map_at(const perdita_runtime* runtime, uint32_t index, perdita_map_info* info) {
  const Package* package = nullptr;
  const Map* found = map_at(*runtime, index, package);
  if (found == nullptr) return 0;
  const Map& map = *found;
  *info = {};
  copy_name(info->name, map.name);
  copy_name(info->package, text(package->name));
  info->type = static_cast<uint32_t>(map.def.type);
  info->key_size = map.def.key_size;
  info->value_size = map.def.value_size;
  info->max_entries = map.def.max_entries;
  info->flags = map.def.flags;
  info->entries = __atomic_load_n(&map.entries, __ATOMIC_RELAXED);
  return 1;
}

int perdita_map_next(const perdita_runtime* runtime, uint32_t index, uint32_t* cursor, uint8_t* key, uint8_t* value) {
  const Package* package = nullptr;
  const Map* found = map_at(*runtime, index, package);
  if (found == nullptr) return 0;
  return map_next(*found, *cursor, key, value) ? 1 : 0;
}

uint64_t perdita_sequence(const perdita_runtime* runtime, const char* package) {
  return runtime->sequences.floor(text(package));
}

}  // extern "C"
