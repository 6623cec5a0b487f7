// SPDX-License-Identifier: Apache-2.0
#include "verifier/access.h"

#include <fmt/format.h>

#include "verifier/describe.h"
#include "verifier/record.h"

namespace perdita::verifier {
namespace {

std::string bytes_at(const Extent& extent, uint64_t size) {
  std::string where =
      extent.low == extent.high ? fmt::format("{}", extent.low) : fmt::format("{} to {}", extent.low, extent.high);
  return fmt::format("{} {} at offset {}", size, size == 1 ? "byte" : "bytes", where);
}

std::string subject(const Access& access) {
  if (access.argument != 0) return fmt::format("the memory of argument {}", access.argument);
  return access.writes ? "this write" : "this read";
}

// Sound: [low, high] holds every offset the pointer may have; all of [low, high + size) must lie inside.
bool inside(const Extent& extent, uint64_t size, int64_t begin, int64_t end) {
  return extent.low >= begin && extent.high <= end && static_cast<uint64_t>(end - extent.high) >= size;
}

void report_bounds(Analysis& analysis, uint32_t pc, const Access& access, const Extent& extent,
                   const std::string& object, const std::string& limits, const std::string& hint) {
  analysis.error(pc, {"out-of-bounds", fmt::format("{} may lie outside {}", subject(access), object),
                      fmt::format("an access inside {}", limits), bytes_at(extent, access.size), hint});
}

void report_read_only(Analysis& analysis, uint32_t pc, const std::string& object) {
  analysis.error(pc, {"read-only", fmt::format("{} may only be read", object), "memory that the program may write",
                      object, "keep the value in a map of your own, or on the stack"});
}

// A field whose bytes hold the whole access. Between fields, and across two of them, nothing may be touched: what
// straddles a pointer's slot would show part of an address, or change it.
bool check_context(Analysis& analysis, uint32_t pc, const Access& access, const Extent& extent) {
  const perdita_hook& hook = analysis.subject.hook;
  for (unsigned i = 0; i < hook.field_count; i++) {
    const perdita_field& field = hook.fields[i];
    if (!inside(extent, access.size, field.offset, int64_t{field.offset} + field.size)) continue;
    if (field.kind != PERDITA_FIELD_SCALAR && field.kind != PERDITA_FIELD_SYSTEM) {
      analysis.error(pc, {"context-pointer-slot", fmt::format("the context's field '{}' holds a pointer", field.name),
                          access.writes ? "a field that the program may write"
                                        : fmt::format("a load of all its {} bytes", field.size),
                          bytes_at(extent, access.size), "load the whole pointer at once, and do not write it"});
      return false;
    }
    if (access.writes && field.writable == 0) {
      report_read_only(analysis, pc, fmt::format("the context's field '{}'", field.name));
      return false;
    }
    return true;
  }
  report_bounds(analysis, pc, access, extent, "the context's fields",
                fmt::format("one field of the context of hook '{}' ({} bytes)", hook.name, hook.context_size),
                "only what the platform declares as a field can be accessed, one field at a time");
  return false;
}

// Whether facts about several numbers show that the access ends where the packet does, or before.
bool inside_by_facts(const State& state, const RegValue& pointer, const Access& access) {
  if (state.linear.empty()) return false;
  Sum beyond = Sum().add(pointer, 1).add(kPacketSizeId, -1);
  beyond.add_constant(access.displacement);
  if (access.length != nullptr) {
    beyond.add(*access.length, 1);
  } else {
    beyond.add_constant(access.size);
  }
  std::optional<domain::Int128> most = most_of(state, beyond, kThorough, 0);
  return most && *most <= 0;
}

bool check_packet(Analysis& analysis, const State& state, uint32_t pc, const RegValue& pointer, const Access& access,
                  const Extent& extent) {
  if (access.writes && analysis.subject.hook.packet_writable == 0) {
    report_read_only(analysis, pc, "the packet");
    return false;
  }
  // Sound: the packet has at least packet_range(id) bytes beyond the variable part, and at least packet_size.min bytes
  // at all; one of the two must reach over the last byte of the access. Its first byte must not lie before the packet.
  int64_t size = static_cast<int64_t>(access.size);
  int64_t beyond = pointer.fixed + access.displacement + size;
  bool by_range = beyond <= state.packet_range(pointer.id);
  bool by_size = extent.high + size <= static_cast<int64_t>(state.packet_size.wide.u.min);
  if (extent.low >= 0 && (by_range || by_size || inside_by_facts(state, pointer, access))) return true;
  uint64_t known = state.packet_size.wide.u.min;
  report_bounds(analysis, pc, access, extent, "the packet",
                known == 0
                    ? "what was compared with the packet's end: nothing so far"
                    : fmt::format("the {} {} that the packet is known to have", known, known == 1 ? "byte" : "bytes"),
                "compare the end of the access with data_end first: if (p + size > data_end) return …;");
  return false;
}

// Sound: there are at least meta_bytes, by a comparison of their end with the packet's start.
bool check_packet_meta(Analysis& analysis, const State& state, uint32_t pc, const Access& access,
                       const Extent& extent) {
  if (access.writes && analysis.subject.hook.packet_writable == 0) {
    report_read_only(analysis, pc, "what lies before the packet");
    return false;
  }
  if (inside(extent, access.size, 0, state.meta_bytes)) return true;
  report_bounds(analysis, pc, access, extent, "what lies before the packet",
                fmt::format("the {} bytes that are known to be there", state.meta_bytes),
                "compare the end of the access with data first: if (meta + size > data) return …;");
  return false;
}

bool check_map_value(Analysis& analysis, uint32_t pc, const RegValue& pointer, const Access& access,
                     const Extent& extent) {
  const object::Map& map = analysis.map(pointer);
  if (access.writes && (map.def.flags & isa::kMapReadOnlyForProg) != 0) {
    report_read_only(analysis, pc, fmt::format("map '{}'", map.name));
    return false;
  }
  if (inside(extent, access.size, 0, map.def.value_size)) return true;
  report_bounds(analysis, pc, access, extent, fmt::format("the value of map '{}'", map.name),
                fmt::format("the value's {} bytes", map.def.value_size),
                "bound the index before it is used: if (i < N), or i &= N - 1 for a power of two");
  return false;
}

// A reservation may be read before it is written: the ring's memory holds what earlier records left, and began as zeros
// (docs/decisions/reserved-memory.md).
bool check_reservation(Analysis& analysis, const State& state, uint32_t pc, const RegValue& pointer,
                       const Access& access, const Extent& extent) {
  uint32_t size = state.reservations[pointer.id].size_bytes;
  if (access.writes && state.reservations[pointer.id].object != 0) {
    report_read_only(analysis, pc, "an object of the system");
    return false;
  }
  if (inside(extent, access.size, 0, size)) return true;
  report_bounds(analysis, pc, access, extent, "the reservation", fmt::format("the {} bytes reserved", size),
                "reserve the size of the whole structure, and bound an index before it is used");
  return false;
}

// Sound: the platform promises that all bytes of an object may be read, and hold no address.
bool check_object(Analysis& analysis, uint32_t pc, const RegValue& pointer, const Access& access,
                  const Extent& extent) {
  const platform::Object object = analysis.subject.platform.object(static_cast<uint8_t>(pointer.map));
  if (access.writes) {
    report_read_only(analysis, pc, fmt::format("the object '{}'", object.name));
    return false;
  }
  if (inside(extent, access.size, 0, object.size)) return true;
  report_bounds(analysis, pc, access, extent, fmt::format("the object '{}'", object.name),
                fmt::format("the object's {} bytes", object.size), "");
  return false;
}

bool check_map_key(Analysis& analysis, uint32_t pc, const RegValue& pointer, const Access& access,
                   const Extent& extent) {
  const object::Map& map = analysis.map(pointer);
  if (access.writes) {
    report_read_only(analysis, pc, fmt::format("the key of map '{}'", map.name));
    return false;
  }
  if (inside(extent, access.size, 0, map.def.key_size)) return true;
  report_bounds(analysis, pc, access, extent, fmt::format("the key of map '{}'", map.name),
                fmt::format("the key's {} bytes", map.def.key_size), "read it as the type that the map declares");
  return false;
}

bool check_stack(Analysis& analysis, const State& state, uint32_t pc, const RegValue& pointer, const Access& access,
                 const Extent& extent) {
  if (inside(extent, access.size, -StackContents::kBytes, 0)) {
    analysis.use_stack(state, pointer.frame, static_cast<int>(extent.low));
    return true;
  }
  report_bounds(analysis, pc, access, extent, "the stack",
                fmt::format("the frame's {} bytes below r10", StackContents::kBytes),
                access.argument != 0 ? "pass a size that the buffer has, or a larger buffer"
                                     : "keep large data in a map; bound an index before it is used");
  return false;
}

const char* hint_for_no_memory(const RegValue& value) {
  switch (value.kind) {
    case RegKind::packet_end:
      return "the packet is read from its start: check data + i + 1 <= data_end, then use data[i]";
    case RegKind::map:
      return "look an element up: bpf_map_lookup_elem(&map, &key)";
    case RegKind::subprogram:
      return "call the function";
    default:
      return "an address comes from the context, a map, a reservation or a variable; a number is none";
  }
}

void report_no_memory(Analysis& analysis, uint32_t pc, const RegValue& value) {
  std::string have = describe(analysis.subject.module, value);
  if (value.kind == RegKind::map_value_or_null) {
    analysis.error(pc, {"null-unchecked", "a pointer that may be null is used", "a pointer that was compared with null",
                        have, "check the result of the lookup: if (!value) return …;"});
    return;
  }
  if (value.kind == RegKind::object_or_null || value.kind == RegKind::map_or_null) {
    analysis.error(pc, {"null-unchecked", "a pointer that may be null is used", "a pointer that was compared with null",
                        have, "check it first: if (!pointer) return …;"});
    return;
  }
  if (value.kind == RegKind::reservation_or_null) {
    analysis.error(pc, {"null-unchecked", "a reservation that may be null is used",
                        "a pointer that was compared with null", have, "the ring may be full: if (!record) return …;"});
    return;
  }
  analysis.error(pc, {"not-a-pointer", "memory is accessed through what is no pointer to memory",
                      "a pointer to the context, the stack, the packet, a map's value or a reservation", have,
                      hint_for_no_memory(value)});
}

// Sound: addresses of values are multiples of 8 (isa::value_stride), and so is r10; an offset that is a multiple of the
// access' size keeps that.
bool check_atomic(Analysis& analysis, uint32_t pc, const RegValue& pointer, const Access& access) {
  if (pointer.kind != RegKind::stack && pointer.kind != RegKind::map_value) {
    analysis.error(pc, {"atomic-region", "atomic operations work on the stack and on values of maps only",
                        "a pointer to the stack or to a map's value", describe(analysis.subject.module, pointer),
                        "keep what is counted in a map"});
    return false;
  }
  Scalar64 offset = domain::apply_wide(domain::Operation::add, whole_offset(pointer),
                                       Scalar64::constant(static_cast<uint64_t>(access.displacement)));
  if ((offset.wide.bits.largest() & (access.size - 1)) == 0) return true;
  analysis.error(pc, {"atomic-misaligned", "an atomic operation must be proved aligned",
                      fmt::format("an offset that is a multiple of {}", access.size),
                      "offset " + describe_offset(offset), "align the field, or the index's step"});
  return false;
}

// Where the length is known to end with the offset: no byte lies beyond the last one of a shorter access farther up.
// Not for the stack, of which it counts where an access begins, too.
void limit_by_length(const State& state, const RegValue& pointer, const Access& access, Extent& extent) {
  if (access.length == nullptr || state.linear.empty() || pointer.kind == RegKind::stack) return;
  std::optional<domain::Int128> end = most_of(state, Sum().add(pointer, 1).add(*access.length, 1));
  if (!end) return;
  domain::Int128 high = *end + access.displacement - static_cast<int64_t>(access.size);
  if (high < extent.high) extent.high = std::max(extent.low, static_cast<int64_t>(high));
}

}  // namespace

bool check_access(Analysis& analysis, const State& state, uint32_t pc, const RegValue& given, const Access& access,
                  Extent& extent) {
  if (given.is_poison()) return false;
  std::optional<RegValue> end;
  if (given.kind == RegKind::packet_end) end = state.as_packet(given);
  const RegValue& pointer = end ? *end : given;
  if (!pointer.has_offset()) {
    report_no_memory(analysis, pc, pointer);
    return false;
  }
  if (access.atomic && !check_atomic(analysis, pc, pointer, access)) return false;
  // Offsets stay within 2^28 and displacements within 2^15: the sums do not wrap.
  if (pointer.value.is_constant() && state.linear.empty()) {
    const int64_t at = static_cast<int64_t>(pointer.value.wide.u.min) + pointer.fixed + access.displacement;
    extent = {at, at};
  } else {
    Scalar64 offset = sharpened(state, pointer);
    extent = {offset.wide.s.min + access.displacement, offset.wide.s.max + access.displacement};
  }
  limit_by_length(state, pointer, access, extent);
  switch (pointer.kind) {
    case RegKind::context:
      return check_context(analysis, pc, access, extent);
    case RegKind::stack:
      return check_stack(analysis, state, pc, pointer, access, extent);
    case RegKind::packet:
      return check_packet(analysis, state, pc, pointer, access, extent);
    case RegKind::reservation:
      return check_reservation(analysis, state, pc, pointer, access, extent);
    case RegKind::map_key:
      return check_map_key(analysis, pc, pointer, access, extent);
    case RegKind::packet_meta:
      return check_packet_meta(analysis, state, pc, access, extent);
    case RegKind::object:
      return check_object(analysis, pc, pointer, access, extent);
    default:
      return check_map_value(analysis, pc, pointer, access, extent);
  }
}

bool check_initialised(Analysis& analysis, const State& state, uint32_t pc, size_t frame, const Extent& extent,
                       uint64_t size) {
  uint64_t span = static_cast<uint64_t>(extent.high - extent.low) + size;
  switch (state.stack(frame).readable(static_cast<int>(extent.low), static_cast<unsigned>(span))) {
    case StackRead::ok:
      return true;
    case StackRead::uninitialised:
      analysis.error(
          pc, {"uninitialised-stack", "stack is read that was not written on every path to here", "initialised bytes",
               bytes_at(extent, size), "initialise the whole variable, padding included: struct x y = {}, or memset"});
      return false;
    case StackRead::part_of_pointer:
      break;
  }
  analysis.error(pc, {"pointer-as-number", "a pointer on the stack is read as if it were numbers",
                      "bytes that hold numbers, or a load of the pointer's 8 bytes", bytes_at(extent, size),
                      "do not copy or pass memory that holds pointers"});
  return false;
}

const perdita_field* packet_field(const perdita_hook& hook, const RegValue& pointer, const Access& access) {
  if (pointer.kind != RegKind::context || access.writes) return nullptr;
  Scalar64 offset = whole_offset(pointer);
  if (!offset.is_constant()) return nullptr;
  int64_t at = offset.wide.s.min + access.displacement;
  for (unsigned i = 0; i < hook.field_count; i++) {
    const perdita_field& field = hook.fields[i];
    bool number = field.kind == PERDITA_FIELD_SCALAR || field.kind == PERDITA_FIELD_SYSTEM;
    if (!number && field.offset == at && field.size == access.size) return &field;
  }
  return nullptr;
}

bool check_readable(Analysis& analysis, const State& state, uint32_t pc, unsigned reg) {
  const RegValue& value = state.regs[reg];
  if (value.is_poison()) return false;
  if (value.is_readable()) return true;
  if (value.kind == RegKind::released) {
    bool moved = value.fixed == kMovedPacket;
    analysis.error(pc, {"use-after-release",
                        moved ? fmt::format("r{} points into the packet as it was before a call that may move it", reg)
                              : fmt::format("r{} points to a reservation that was released", reg),
                        "a pointer that is still valid", describe(analysis.subject.module, value),
                        moved ? "load data and data_end again after the call, and check again"
                              : "copy what is needed out of the record before it is submitted"});
    return false;
  }
  bool mixed = value.kind == RegKind::mixed;
  analysis.error(pc,
                 {mixed ? "mixed-types" : "uninitialised-register",
                  mixed ? fmt::format("r{} is of different kinds on different paths to here", reg)
                        : fmt::format("r{} is read but was not written on every path to here", reg),
                  fmt::format("a value in r{}", reg), describe(analysis.subject.module, value),
                  mixed ? "use the value before the paths meet; a pointer that is null on one of them: check it there"
                        : "initialise the variable where it is declared"});
  return false;
}

}  // namespace perdita::verifier
