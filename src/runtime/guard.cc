// SPDX-License-Identifier: Apache-2.0
#include "runtime/guard.h"

namespace perdita::runtime {
namespace {

constexpr bool inside(uint64_t address, uint64_t size_bytes, uint64_t start, uint64_t extent) {
  return address >= start && address - start <= extent && size_bytes <= extent - (address - start);
}

uint64_t address_of(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

uint64_t slot(const void* context, const perdita_field& field) {
  uint64_t value = 0;
  __builtin_memcpy(&value, static_cast<const uint8_t*>(context) + field.offset, sizeof value);
  return value;
}

// A register as the parameter's C type has it, extended to 64 bits.
int64_t convert(uint64_t value, const perdita_arg& arg) {
  const unsigned unused = arg.width >= 8 ? 0 : 64 - 8u * arg.width;
  if (arg.is_signed != 0) return static_cast<int64_t>(value << unused) >> unused;
  return static_cast<int64_t>((value << unused) >> unused);
}

}  // namespace

Guard::Guard(const Invocation& invocation, const Machine* machine) : invocation_(invocation), machine_(machine) {
  stack_top_ = address_of(invocation.stack.data()) + invocation.stack.size();
  frame_low_ = stack_top_;
  const perdita_hook& hook = *invocation.hook;
  if (hook.packet_max_bytes == 0 || invocation.context == nullptr) return;
  uint64_t end = 0;
  for (uint32_t i = 0; i < hook.field_count; i++) {
    const perdita_field& field = hook.fields[i];
    if (field.kind == PERDITA_FIELD_DATA) packet_ = slot(invocation.context, field);
    if (field.kind == PERDITA_FIELD_DATA_END) end = slot(invocation.context, field);
  }
  if (end > packet_ && end - packet_ <= hook.packet_max_bytes) packet_bytes_ = end - packet_;
}

Status Guard::access(uint64_t address, uint64_t size_bytes, bool write) const {
  if (inside(address, size_bytes, frame_low_, stack_top_ - frame_low_)) return Status::ok;
  if (inside(address, size_bytes, packet_, packet_bytes_)) {
    return write && invocation_.hook->packet_writable == 0 ? Status::read_only : Status::ok;
  }
  const uint64_t context = address_of(invocation_.context);
  if (inside(address, size_bytes, context, invocation_.hook->context_size)) {
    return context_access(address - context, size_bytes, write);
  }
  for (const Map* map : invocation_.link->maps) {
    if (!map_holds(*map, address, size_bytes)) continue;
    return write && (map->def.flags & isa::kMapReadOnlyForProg) != 0 ? Status::read_only : Status::ok;
  }
  if (holds_reserved(address, size_bytes)) return Status::ok;
  if (holds_key(address, size_bytes)) return write ? Status::read_only : Status::ok;
  return Status::bad_access;
}

// A callback may pass its key on to what it calls, and may itself be nested: the keys of all that are under way.
bool Guard::holds_key(uint64_t address, uint64_t size_bytes) const {
  if (machine_ == nullptr) return false;
  for (uint32_t i = 0; i < machine_->depth; i++) {
    const SavedFrame& frame = machine_->frames[i];
    if (!frame.is_callback || frame.loop.map == nullptr) continue;
    if (inside(address, size_bytes, address_of(frame.loop.key), frame.loop.map->def.key_size)) return true;
  }
  return false;
}

bool Guard::holds_reserved(uint64_t address, uint64_t size_bytes) const {
  const Activity& activity = *invocation_.activity;
  for (uint32_t i = 0; i < activity.reservation_count; i++) {
    const Reservation& held = activity.reservations[i];
    if (inside(address, size_bytes, address_of(held.sample), held.size_bytes)) return true;
  }
  return false;
}

bool Guard::is_reservation(uint64_t address) const {
  const Activity& activity = *invocation_.activity;
  for (uint32_t i = 0; i < activity.reservation_count; i++) {
    if (address_of(activity.reservations[i].sample) == address) return true;
  }
  return false;
}

bool Guard::is_callback(uint64_t handle) const {
  return handle < invocation_.code.size() &&
         find_subprogram(invocation_.subprograms, static_cast<int64_t>(handle)) < invocation_.subprograms.size();
}

Status Guard::context_access(uint64_t offset, uint64_t size_bytes, bool write) const {
  const perdita_hook& hook = *invocation_.hook;
  for (uint32_t i = 0; i < hook.field_count; i++) {
    const perdita_field& field = hook.fields[i];
    if (!inside(offset, size_bytes, field.offset, field.size)) continue;
    return write && field.writable == 0 ? Status::read_only : Status::ok;
  }
  return Status::bad_access;
}

Map* Guard::map_of(uint64_t handle) const {
  for (Map* map : invocation_.link->maps) {
    if (address_of(map) == handle) return map;
  }
  return nullptr;
}

Status Guard::arguments(const perdita_function& function, const uint64_t* args) const {
  const Map* map = nullptr;
  for (uint32_t i = 0; i < function.arg_count; i++) {
    if (function.args[i].kind != PERDITA_ARG_MAP) continue;
    map = map_of(args[i]);
    if (map == nullptr) return Status::bad_argument;
    const uint32_t type = static_cast<uint32_t>(map->def.type);
    if (type >= 32 || (function.args[i].map_types & (1u << type)) == 0) return Status::bad_argument;
  }
  for (uint32_t i = 0; i < function.arg_count; i++) {
    if (!argument(function, i, map, args)) return Status::bad_argument;
  }
  return Status::ok;
}

bool Guard::argument(const perdita_function& function, uint32_t index, const Map* map, const uint64_t* args) const {
  const perdita_arg& arg = function.args[index];
  const uint64_t value = args[index];
  uint64_t size_bytes = arg.size;
  bool read = true;
  bool write = false;
  switch (arg.kind) {
    case PERDITA_ARG_SCALAR: {
      const int64_t number = convert(value, arg);
      return (arg.flags & PERDITA_ARG_RANGE) == 0 || (number >= arg.min && number <= arg.max);
    }
    case PERDITA_ARG_CONTEXT:
      return value == address_of(invocation_.context);
    case PERDITA_ARG_MAP:
      return true;  // looked at first
    case PERDITA_ARG_CALLBACK:
      return is_callback(value);
    case PERDITA_ARG_CALLBACK_DATA:
      return value == 0 || inside(value, 0, frame_low_, stack_top_ - frame_low_);
    case PERDITA_ARG_RESERVATION:
      return is_reservation(value);
    case PERDITA_ARG_MAP_KEY:
      if (map == nullptr) return false;
      size_bytes = map->def.key_size;
      break;
    case PERDITA_ARG_MAP_VALUE:
    case PERDITA_ARG_MAP_VALUE_OUT:
      if (map == nullptr) return false;
      size_bytes = map->def.value_size;
      write = arg.kind == PERDITA_ARG_MAP_VALUE_OUT;
      read = !write;
      break;
    case PERDITA_ARG_MEM_IN:
      break;
    case PERDITA_ARG_MEM_OUT:
      read = false;
      write = true;
      break;
    case PERDITA_ARG_MEM_INOUT:
      write = true;
      break;
    default:
      return false;
  }
  if (arg.size_arg != 0 && arg.kind != PERDITA_ARG_MAP_KEY && arg.kind != PERDITA_ARG_MAP_VALUE &&
      arg.kind != PERDITA_ARG_MAP_VALUE_OUT) {
    if (arg.size_arg > function.arg_count) return false;
    // A negative size becomes a huge one.
    size_bytes = static_cast<uint64_t>(convert(args[arg.size_arg - 1], function.args[arg.size_arg - 1]));
    if (arg.size != 0 && size_bytes > arg.size) return false;
    if (size_bytes == 0) {
      if ((arg.flags & PERDITA_ARG_ZERO_OK) == 0) return false;
      return value != 0 ? memory(value, 0, read, write) : (arg.flags & PERDITA_ARG_NULL_OK) != 0;
    }
    if (value == 0) return false;
  } else if (value == 0) {
    return (arg.flags & PERDITA_ARG_NULL_OK) != 0;
  }
  return memory(value, size_bytes, read, write);
}

bool Guard::memory(uint64_t address, uint64_t size_bytes, bool read, bool write) const {
  return (!read || access(address, size_bytes, false) == Status::ok) &&
         (!write || access(address, size_bytes, true) == Status::ok);
}

}  // namespace perdita::runtime
