// SPDX-License-Identifier: Apache-2.0
//
// What is known about the content of a register or of a stack cell: a number, a pointer into a region, or nothing that
// may be read. A pointer is region + constant part of the offset + variable part; `id` names an unknown that several
// values share, a 64-bit number V(id):
//   scalar             the value is V(id) + fixed, modulo 2^64 (0: no such number is named). kPacketSizeId: V is the
//                      packet's size
//   packet, its half   V(id) is the variable part (0: it is the constant 0). Of other pointers V(offset_id) is.
//   map value          the same element (0: the map's first value, addressed directly)
//   map value or null  the same lookup: a null check of one decides all
//   object (or null)   the same pointer that a helper or the context gave
//   map (or null)      the same lookup in a map of maps
//   reservation (or null)  the number of the reservation in State::reservations, from 0 on
// Plain values.
#pragma once

#include <cstdint>

#include "verifier/domain/scalar.h"

namespace perdita::verifier {

using domain::Scalar64;

constexpr uint32_t kNoId = 0;
constexpr uint32_t kPacketSizeId = 1;
constexpr uint32_t kZeroId = 2;  // V is 0: no value has it, but constants and constant offsets count from it
constexpr uint32_t kFirstFreeId = 3;

// `map` of a number that may be an address of the system, which it is safe to read through (verify-only platforms).
constexpr uint16_t kFromSystem = 1;

// A pointer's offset stays strictly within this, before any check too: the port keeps objects this far from both ends
// of the address space (design, section 6), so no address wraps and none is null.
constexpr int64_t kOffsetLimit = int64_t{1} << 28;

// `fixed` of a released pointer that pointed into the packet before it was moved, for the message only.
constexpr int64_t kMovedPacket = 1;

enum class RegKind : uint8_t {
  uninitialised,
  mixed,     // of different types on different paths: may be anything, also an address
  released,  // pointed to a reservation that was submitted or discarded since, or into a packet that was moved since
  poison,    // an error was reported about it; everything with it is let pass, the program is rejected already
  scalar,
  context,
  stack,
  packet,
  packet_end,
  map_value,
  map_value_or_null,
  map,         // the handle that helpers take
  map_key,     // what for_each_map_elem shows a callback: readable while the callback runs
  subprogram,  // its handle, for helpers that call back
  reservation,
  reservation_or_null,
  object,  // of a verify-only platform: memory to read
  object_or_null,
  map_or_null,   // what a lookup in a map of maps gives
  pointer_half,  // of a pointer to the packet or its end, zero-extended: only differences of such are of use
  packet_meta    // what lies right before the packet: State::meta_bytes of it are known
};

// The pointer that is left where one that may be null is not.
constexpr RegKind certain(RegKind kind) {
  switch (kind) {
    case RegKind::map_value_or_null:
      return RegKind::map_value;
    case RegKind::reservation_or_null:
      return RegKind::reservation;
    case RegKind::object_or_null:
      return RegKind::object;
    case RegKind::map_or_null:
      return RegKind::map;
    default:
      return kind;
  }
}

struct RegValue {
  RegKind kind = RegKind::uninitialised;
  uint8_t frame = 0;  // stack: depth of the frame in the call chain, 0 = the entry's; map_key: of the callback;
                      // object: 1 + the reservation that it ends with, or 0
  uint16_t map = 0;   // map, map_value…: index in the module; subprogram: index in the program; object: the
                      // platform's number
  uint32_t id = kNoId;
  int64_t fixed = 0;                       // pointer: constant part of the offset; scalar: what it is above V(id)
  Scalar64 value = Scalar64::constant(0);  // scalar: the number; pointer: variable part of the offset

  RegKind half_of = RegKind::uninitialised;  // pointer_half: packet or packet_end
  uint32_t offset_id = kNoId;  // pointers but to packets: V is the variable part (0: no such number is named)
  // scalar: (V(raised_id) + fixed) << 32, on its way to being extended from its low half (clang: r <<= 32; r s>>= 32).
  uint32_t raised_id = kNoId;
  bool raised_unsigned = false, raised_signed = false;  // zero-, sign-extending the low half gives the number itself

  static RegValue scalar(const Scalar64& number, uint32_t id = kNoId, int64_t fixed = 0) {
    RegValue r;
    r.kind = RegKind::scalar;
    r.value = number;
    if (id != kNoId && !number.is_constant()) {
      r.id = id;
      r.fixed = fixed;
    }
    return r;
  }
  static RegValue constant(uint64_t word) { return scalar(Scalar64::constant(word)); }
  static RegValue unknown_scalar() { return scalar(Scalar64::unknown()); }
  static RegValue pointer(RegKind kind, int64_t offset = 0) {
    RegValue r;
    r.kind = kind;
    r.fixed = offset;
    return r;
  }
  static RegValue of_kind(RegKind kind) {
    RegValue r;
    r.kind = kind;
    return r;
  }

  static RegValue from_system() {
    RegValue r = unknown_scalar();
    r.map = kFromSystem;
    return r;
  }

  bool is_scalar() const { return kind == RegKind::scalar; }
  bool is_from_system() const { return is_scalar() && map == kFromSystem; }
  bool is_poison() const { return kind == RegKind::poison; }
  bool is_readable() const {
    return kind != RegKind::uninitialised && kind != RegKind::mixed && kind != RegKind::released;
  }
  // An address, or what must be kept as secret as one.
  bool is_pointer() const { return kind >= RegKind::context; }
  // Whether its offset may be changed and it may be dereferenced.
  bool has_offset() const {
    return kind == RegKind::context || kind == RegKind::stack || kind == RegKind::packet ||
           kind == RegKind::map_value || kind == RegKind::map_key || kind == RegKind::reservation ||
           kind == RegKind::object || kind == RegKind::packet_meta;
  }
  bool may_be_null() const { return certain(kind) != kind; }
  // Ends with the frame at this depth: points into its stack, or to a key that its caller keeps for as long.
  bool ends_with(size_t depth) const { return (kind == RegKind::stack || kind == RegKind::map_key) && frame == depth; }
  // Has a name of something that other values may have, too.
  bool is_counted() const { return id != kNoId || offset_id != kNoId || raised_id != kNoId; }
  bool is_constant(uint64_t word) const { return is_scalar() && value.is_constant() && value.wide.u.min == word; }
  bool operator==(const RegValue&) const = default;
};

// What a value is counted from: V(id) + fixed. kNoId: not known.
struct Origin {
  uint32_t id = kNoId;
  int64_t fixed = 0;
};
inline uint32_t number_id(const RegValue& value) {
  if (value.is_scalar() || value.kind == RegKind::packet || value.half_of == RegKind::packet) return value.id;
  return value.has_offset() ? value.offset_id : kNoId;
}
inline Origin origin_of(const RegValue& value) {
  if (uint32_t id = number_id(value); id != kNoId) return {id, value.fixed};
  if (!value.value.is_constant()) return {};
  // A number without an identity is not counted from one: `fixed` may be about raised_id.
  uint64_t fixed = value.is_scalar() ? 0 : static_cast<uint64_t>(value.fixed);
  return {kZeroId, static_cast<int64_t>(value.value.wide.u.min + fixed)};
}

// Sums and differences of offsets, modulo 2^64.
inline int64_t wrapped_sum(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
inline int64_t wrapped_difference(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

// Its own zero extension from 32 bits.
inline bool is_unsigned_32(const Scalar64& number) { return number.wide.u.max <= UINT32_MAX; }

inline Scalar64 moved_by(const Scalar64& number, int64_t by) {
  if (by == 0) return number;
  return domain::apply_wide(domain::Operation::add, number, Scalar64::constant(static_cast<uint64_t>(by)));
}

// What is known about V(id) from one value that has it.
inline Scalar64 base_of(const RegValue& value) {
  return value.is_scalar() && value.id != kNoId ? moved_by(value.value, wrapped_difference(0, value.fixed))
                                                : value.value;
}

// Pointers into one and the same object, so that offsets say how they lie to each other. Elements of maps and
// reservations, and objects, with different identities may be different ones.
inline bool same_object(const RegValue& a, const RegValue& b) {
  bool by_id = a.kind == RegKind::map_value || a.kind == RegKind::reservation || a.kind == RegKind::object;
  return a.kind == b.kind && a.has_offset() && a.frame == b.frame && a.map == b.map && (!by_id || a.id == b.id);
}

// The same kind of thing in the same object: then numbers, or offsets, say how far apart the two are.
inline bool comparable(const RegValue& a, const RegValue& b) {
  return (a.is_scalar() && b.is_scalar()) || same_object(a, b);
}

// The whole offset of a pointer. Does not wrap: both parts are within kOffsetLimit of 0, or the sum is unknown.
inline Scalar64 whole_offset(const RegValue& pointer) {
  if (pointer.value.is_constant()) {
    return Scalar64::constant(pointer.value.wide.u.min + static_cast<uint64_t>(pointer.fixed));
  }
  return domain::apply_wide(domain::Operation::add, pointer.value,
                            Scalar64::constant(static_cast<uint64_t>(pointer.fixed)));
}

}  // namespace perdita::verifier
