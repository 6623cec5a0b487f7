// SPDX-License-Identifier: Apache-2.0
#include "verifier/describe.h"

#include <fmt/format.h>

namespace perdita::verifier {
namespace {

bool all_signed_64(const Scalar64& number) { return number.wide.s == domain::SignedRange<64>{}; }
bool all_unsigned_64(const Scalar64& number) { return number.wide.u == domain::UnsignedRange<64>{}; }

// How many low bits are known to be zero.
unsigned known_zero_bits(const Scalar64& number) {
  uint64_t may_be_one = number.wide.bits.largest();
  return may_be_one == 0 ? 64 : static_cast<unsigned>(__builtin_ctzll(may_be_one));
}

std::string range_words(const Scalar64& number) {
  if (number.is_constant()) return fmt::format("{}", number.wide.s.min);
  if (!all_signed_64(number)) return fmt::format("{} to {}", number.wide.s.min, number.wide.s.max);
  if (!all_unsigned_64(number)) return fmt::format("{} to {} (unsigned)", number.wide.u.min, number.wide.u.max);
  return "anything";
}

std::string map_name(const object::Module& module, const RegValue& value) {
  return value.map < module.maps.size() ? module.maps[value.map].name : std::string("?");
}

std::string short_offset(const RegValue& value) {
  Scalar64 offset = whole_offset(value);
  if (offset.is_constant()) return fmt::format("{}", offset.wide.s.min);
  return fmt::format("{}..{}", offset.wide.s.min, offset.wide.s.max);
}

std::string short_number(const Scalar64& n) {
  if (n.is_constant()) return fmt::format("{}", n.wide.s.min);
  std::string parts;
  auto add = [&parts](const std::string& part) { parts += (parts.empty() ? "" : ",") + part; };
  if (!all_unsigned_64(n)) add(fmt::format("umin={},umax={}", n.wide.u.min, n.wide.u.max));
  if (!all_signed_64(n) && n.wide.s.min < 0) add(fmt::format("smin={},smax={}", n.wide.s.min, n.wide.s.max));
  if (n.low != domain::truncate<32>(n.wide)) add(fmt::format("umin32={},umax32={}", n.low.u.min, n.low.u.max));
  if (n.wide.bits != domain::tnum_of_range<64>(n.wide.u.min, n.wide.u.max)) {
    add(fmt::format("var_off=({:#x};{:#x})", n.wide.bits.value, n.wide.bits.mask));
  }
  return "scalar(" + parts + ")";
}

std::string short_form(const object::Module& module, const RegValue& value) {
  switch (value.kind) {
    case RegKind::uninitialised:
      return "?";
    case RegKind::mixed:
      return "mixed";
    case RegKind::released:
      return "released";
    case RegKind::poison:
      return "rejected";
    case RegKind::scalar:
      return short_number(value.value) + (value.id != kNoId ? fmt::format("#{}", value.id) : "") +
             (value.id != kNoId && value.fixed != 0 ? fmt::format("{:+}", value.fixed) : "");
    case RegKind::context:
      return fmt::format("ctx(off={})", short_offset(value));
    case RegKind::stack:
      return fmt::format("fp[{}]{}", value.frame, short_offset(value));
    case RegKind::packet:
      return fmt::format("pkt(id={},off={})", value.id, short_offset(value));
    case RegKind::packet_end:
      return "pkt_end";
    case RegKind::packet_meta:
      return fmt::format("pkt_meta(off={})", short_offset(value));
    case RegKind::map_value:
      return fmt::format("map_value(map={},off={})", map_name(module, value), short_offset(value));
    case RegKind::map_value_or_null:
      return fmt::format("map_value_or_null(id={},map={})", value.id, map_name(module, value));
    case RegKind::map:
      return fmt::format("map_ptr(map={})", map_name(module, value));
    case RegKind::map_key:
      return fmt::format("map_key(map={},off={})", map_name(module, value), short_offset(value));
    case RegKind::pointer_half:
      return "half of a pointer";
    case RegKind::subprogram:
      return fmt::format("func({})", value.map);
    case RegKind::reservation:
      return fmt::format("ringbuf_mem(ref={},off={})", value.id, short_offset(value));
    case RegKind::reservation_or_null:
      return fmt::format("ringbuf_mem_or_null(ref={})", value.id);
    case RegKind::object:
      return fmt::format("obj(id={},type={},off={})", value.id, value.map, short_offset(value));
    case RegKind::object_or_null:
      return fmt::format("obj_or_null(id={},type={})", value.id, value.map);
    case RegKind::map_or_null:
      return fmt::format("map_ptr_or_null(id={},map={})", value.id, map_name(module, value));
  }
  return "?";
}

}  // namespace

std::string describe(const Scalar64& number) {
  if (number.is_constant()) return fmt::format("the number {}", number.wide.s.min);
  unsigned zeros = known_zero_bits(number);
  std::string multiple = zeros > 0 && zeros < 32 ? fmt::format(", a multiple of {}", uint64_t{1} << zeros) : "";
  if (all_signed_64(number) && all_unsigned_64(number)) return "an unknown number" + multiple;
  return "a number from " + range_words(number) + multiple;
}

std::string describe_offset(const Scalar64& offset) { return range_words(offset); }

std::string describe(const object::Module& module, const RegValue& value) {
  std::string offset = describe_offset(whole_offset(value));
  switch (value.kind) {
    case RegKind::uninitialised:
      return "nothing that was written on every path to here";
    case RegKind::mixed:
      return "values of different kinds, by the path taken";
    case RegKind::released:
      return "a pointer to memory that was released, or moved, since";
    case RegKind::poison:
      return "a value that was rejected before";
    case RegKind::scalar:
      return describe(value.value);
    case RegKind::context:
      return fmt::format("a pointer to the context, offset {}", offset);
    case RegKind::stack:
      return fmt::format("a pointer to the stack, offset {} from r10 of frame {}", offset, value.frame);
    case RegKind::packet:
      return fmt::format("a pointer into the packet, offset {}", offset);
    case RegKind::packet_meta:
      return fmt::format("a pointer to what lies before the packet, offset {}", offset);
    case RegKind::packet_end:
      return "the pointer behind the packet's end";
    case RegKind::map_value:
      return fmt::format("a pointer into a value of map '{}', offset {}", map_name(module, value), offset);
    case RegKind::map_value_or_null:
      return fmt::format("a pointer to a value of map '{}', or null", map_name(module, value));
    case RegKind::map:
      return fmt::format("the map '{}'", map_name(module, value));
    case RegKind::map_key:
      return fmt::format("a pointer into a key of map '{}', offset {}", map_name(module, value), offset);
    case RegKind::pointer_half:
      return "the low half of a pointer";
    case RegKind::subprogram:
      return "the address of a subprogram";
    case RegKind::reservation:
      return fmt::format("a pointer into a reservation, offset {}", offset);
    case RegKind::reservation_or_null:
      return "a pointer to a reservation, or null";
    case RegKind::object:
      return fmt::format("a pointer into an object of the system, offset {}", offset);
    case RegKind::object_or_null:
      return "a pointer to an object of the system, or null";
    case RegKind::map_or_null:
      return fmt::format("a map like '{}', or null", map_name(module, value));
  }
  return "?";
}

std::string describe_map_type(uint32_t type) {
  switch (static_cast<isa::MapType>(type)) {
    case isa::MapType::hash:
      return "a hash";
    case isa::MapType::array:
      return "an array";
    case isa::MapType::prog_array:
      return "a program array";
    case isa::MapType::lru_hash:
      return "an LRU hash";
    case isa::MapType::queue:
      return "a queue";
    case isa::MapType::stack:
      return "a stack";
    case isa::MapType::ring_buffer:
      return "a ring buffer";
  }
  return fmt::format("type {}", type);
}

std::string describe_map_types(uint32_t types) {
  std::string text;
  for (uint32_t type = 0; type < 32; type++) {
    if ((types >> type & 1) == 0) continue;
    bool last = type == 31 || types >> (type + 1) == 0;
    text += (text.empty() ? "" : last ? " or " : ", ") + describe_map_type(type);
  }
  return text;
}

// " [0..1: #5 + #3 - 2#7]": numbers by their names.
static std::string linear_form(const Linear& fact) {
  auto end = [](int64_t number) {
    return number == INT64_MIN || number == INT64_MAX ? std::string() : fmt::format("{}", number);
  };
  std::string text = fmt::format(" [{}..{}:", end(fact.least), end(fact.most));
  for (const Term& term : fact.terms) {
    if (term.factor == 0) break;
    const int64_t times = term.factor < 0 ? -term.factor : term.factor;
    const char* sign = term.factor < 0 ? "- " : &term == fact.terms.data() ? "" : "+ ";
    text += fmt::format(" {}{}#{}", sign, times == 1 ? std::string() : fmt::format("{}", times), term.id);
  }
  return text + "]";
}

std::string log_form(const object::Module& module, const State& state) {
  std::string text;
  for (size_t i = 0; i < state.regs.size(); i++) {
    if (!state.regs[i].is_readable()) continue;
    text += fmt::format("{}R{}={}", text.empty() ? "" : " ", i, short_form(module, state.regs[i]));
  }
  for (size_t frame = 0; frame < state.frames.size(); frame++) {
    for (const StackCell& cell : state.stack(frame).cells()) {
      text += fmt::format(" fp[{}]{}:{}={}", frame, cell.offset, cell.size, short_form(module, cell.value));
    }
  }
  for (size_t i = 0; i < state.reservations.size(); i++) {
    const Reservation& reservation = state.reservations[i];
    if (reservation.holding == Holding::none) continue;
    text += fmt::format(" ref{}={}@{}{}", i, reservation.size_bytes, reservation.pc,
                        reservation.holding == Holding::held ? "" : "?");
  }
  if (state.packet_size != Scalar64::constant(0)) {
    text += fmt::format(" pkt_size={}..{}", state.packet_size.wide.u.min, state.packet_size.wide.u.max);
  }
  for (const std::vector<Linear>* facts : {&state.linear.facts(), &state.linear.ranges()}) {
    for (const Linear& fact : *facts) text += linear_form(fact);
  }
  return text;
}

}  // namespace perdita::verifier
