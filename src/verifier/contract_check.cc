// SPDX-License-Identifier: Apache-2.0
#include "verifier/contract_check.h"

#include <fmt/format.h>

#include "isa/format.h"
#include "verifier/describe.h"

namespace perdita::verifier {
namespace {

class CallCheck {
 public:
  CallCheck(Analysis& analysis, const State& state, uint32_t pc, const perdita_function& function)
      : analysis_(analysis), state_(state), pc_(pc), function_(function) {}

  std::optional<CheckedCall> run() {
    // The map first: sizes of keys and values come from it, wherever it stands.
    bool ok = true;
    for (unsigned i = 0; i < function_.arg_count; i++) {
      if (function_.args[i].kind == PERDITA_ARG_MAP) ok = check_map(i) && ok;
    }
    for (unsigned i = 0; ok && i < function_.arg_count; i++) ok = check(i);
    if (!ok) return std::nullopt;
    return call_;
  }

 private:
  unsigned reg_of(unsigned index) const { return index + 1; }
  const RegValue& value(unsigned index) const { return state_.regs[reg_of(index)]; }
  const perdita_arg& contract(unsigned index) const { return function_.args[index]; }

  bool refuse(std::string_view code, unsigned index, const std::string& message, const std::string& need,
              const std::string& hint = "") {
    std::string have = fmt::format("r{} is {}", reg_of(index), describe(analysis_.subject.module, value(index)));
    analysis_.error(pc_,
                    {code, fmt::format("argument {} of {}: {}", index + 1, function_.name, message), need, have, hint});
    return false;
  }

  bool check(unsigned index) {
    switch (contract(index).kind) {
      case PERDITA_ARG_MAP:
        return true;  // checked already
      case PERDITA_ARG_SCALAR:
        return check_scalar(index);
      case PERDITA_ARG_CONTEXT:
        return check_context(index);
      case PERDITA_ARG_MAP_KEY:
        return check_of_map(index, false, false);
      case PERDITA_ARG_MAP_VALUE:
        return check_of_map(index, true, false);
      case PERDITA_ARG_MAP_VALUE_OUT:
        return check_of_map(index, true, true);
      case PERDITA_ARG_MEM_IN:
        return check_memory(index, true, false);
      case PERDITA_ARG_MEM_OUT:
        return check_memory(index, false, true);
      case PERDITA_ARG_MEM_INOUT:
        return check_memory(index, true, true);
      case PERDITA_ARG_CALLBACK:
        return check_callback(index);
      case PERDITA_ARG_CALLBACK_DATA:
        return check_callback_data(index);
      case PERDITA_ARG_RESERVATION:
        return check_reservation(index);
      case PERDITA_ARG_ANY:
        return check_readable(analysis_, state_, pc_, reg_of(index));
      case PERDITA_ARG_OBJECT:
        return check_object(index);
      default:
        return refuse("argument-type", index, "its kind is unknown to this verifier", "a newer verifier");
    }
  }

  bool check_map(unsigned index) {
    if (!check_readable(analysis_, state_, pc_, reg_of(index))) return false;
    if (value(index).kind == RegKind::map_or_null) {
      return refuse("null-unchecked", index, "a map that may not be there", "a pointer that was compared with null",
                    "check the result of the lookup: if (!map) return …;");
    }
    if (value(index).kind != RegKind::map)
      return refuse("argument-type", index, "not a map", "a map: &name", "pass the map's own address");
    const object::Map& map = analysis_.map(value(index));
    auto type = static_cast<uint32_t>(map.def.type);
    if (type >= 32 || (contract(index).map_types >> type & 1) == 0) {
      return refuse("map-type", index, fmt::format("map '{}' is {}", map.name, describe_map_type(type)),
                    describe_map_types(contract(index).map_types),
                    "declare the map with a type that the function takes, or call one for this type");
    }
    if (!call_.map) call_.map = value(index).map;
    return true;
  }

  bool check_context(unsigned index) {
    if (!check_readable(analysis_, state_, pc_, reg_of(index))) return false;
    const RegValue& have = value(index);
    call_.moves_packet = call_.moves_packet || (contract(index).flags & PERDITA_ARG_MOVES_PACKET) != 0;
    if (have.kind == RegKind::context && whole_offset(have) == Scalar64::constant(0)) return true;
    return refuse("argument-type", index, "not the context", "the context pointer as the program received it",
                  "pass ctx itself, not a part of it or a copy");
  }

  // A number as the parameter's C type sees it: its low bytes, extended by its sign or by zeros.
  Scalar64 converted(unsigned index) const {
    const perdita_arg& arg = contract(index);
    unsigned bits = arg.width == 1 || arg.width == 2 || arg.width == 4 ? arg.width * 8u : 64u;
    return arg.is_signed != 0 ? domain::sign_extended(value(index).value, bits)
                              : domain::zero_extended(value(index).value, bits);
  }

  bool check_scalar(unsigned index) {
    const perdita_arg& arg = contract(index);
    if ((arg.flags & PERDITA_ARG_BY_FORMAT) != 0 && !value(index).is_poison() && not_converted(index)) return true;
    bool absent = !value(index).is_readable() && !value(index).is_poison();
    if ((arg.flags & PERDITA_ARG_OPTIONAL) != 0 && absent) return true;
    if (!check_readable(analysis_, state_, pc_, reg_of(index))) return false;
    if (value(index).is_pointer()) {
      return refuse("pointer-leaked", index, "a pointer where a number belongs", "a number",
                    "addresses are not given away; pass what it points to");
    }
    if ((arg.flags & PERDITA_ARG_LIMITS_RESULT) != 0) call_.result_most = converted(index).wide.s.max;
    if ((arg.flags & PERDITA_ARG_RESERVES) != 0) return check_reserved_size(index);
    if ((arg.flags & PERDITA_ARG_RANGE) == 0) return true;
    Scalar64 number = converted(index);
    bool fits_signed = arg.min <= number.wide.s.min && number.wide.s.max <= arg.max;
    if (fits_signed) return true;
    return refuse("argument-range", index, "it may lie outside what is accepted",
                  fmt::format("a number from {} to {}", arg.min, arg.max), "compare it with the limits first");
  }

  // Known, so that each access can be held against it, and small enough for the offsets that pointers may have.
  bool check_reserved_size(unsigned index) {
    Scalar64 size = converted(index);
    if (size.is_constant() && size.wide.u.min < static_cast<uint64_t>(kOffsetLimit)) {
      call_.reserves_bytes = size.wide.u.min;
      return true;
    }
    return refuse("argument-size", index, "the size of a reservation must be a known number",
                  fmt::format("a constant below {}", kOffsetLimit), "reserve the largest size, or use ringbuf_output");
  }

  // What a subprogram does is looked at where it is called (callback_loop.h); here only that it is one.
  bool check_callback(unsigned index) {
    if (!check_readable(analysis_, state_, pc_, reg_of(index))) return false;
    if (value(index).kind != RegKind::subprogram) {
      return refuse("argument-type", index, "not a function of this program", "a static function of the program",
                    "pass the function's name");
    }
    call_.callback = value(index).map;
    return true;
  }

  // Null, or a pointer into a frame that is still there: its frames outlive the call. Inside the frame, because the
  // guarded engine wants it inside the program's stack.
  bool check_callback_data(unsigned index) {
    if (!check_readable(analysis_, state_, pc_, reg_of(index))) return false;
    const RegValue& data = value(index);
    Scalar64 offset = whole_offset(data);
    bool on_stack = data.kind == RegKind::stack && offset.wide.s.min >= -StackContents::kBytes && offset.wide.s.max < 0;
    if (!on_stack && !data.is_constant(0)) {
      return refuse("argument-type", index, "not what a callback can get", "null, or a pointer to the stack",
                    "put what the callback needs into a structure on the stack");
    }
    if (on_stack) analysis_.use_stack(state_, data.frame, static_cast<int>(offset.wide.s.min));
    call_.callback_data = data;
    return true;
  }

  // Whole, undecided no more, and reserved by whoever has to release it: a callback runs any number of times, its
  // caller's reservations can be released only once.
  bool check_reservation(unsigned index) {
    if (!check_readable(analysis_, state_, pc_, reg_of(index))) return false;
    const RegValue& pointer = value(index);
    if (pointer.kind == RegKind::reservation_or_null) {
      return refuse("null-unchecked", index, "a reservation that may be null", "a pointer that was compared with null",
                    "the ring may be full: if (!record) return …;");
    }
    if (pointer.kind != RegKind::reservation || whole_offset(pointer) != Scalar64::constant(0) ||
        state_.reservations[pointer.id].object != contract(index).size) {
      return refuse("argument-type", index, "not the start of what this releases", "the pointer that was given",
                    "keep the pointer that it gave, and move a copy");
    }
    if (state_.reservations[pointer.id].callbacks != state_.callback_depth()) {
      return refuse("reservation-of-caller", index, "a callback releases what its caller reserved",
                    "what the callback reserved itself", "release it behind the loop");
    }
    call_.released = pointer.id;
    return true;
  }

  // Sound: its first byte, so that the system finds what it looks for; held or not.
  bool check_object(unsigned index) {
    if (!check_readable(analysis_, state_, pc_, reg_of(index))) return false;
    const RegValue& pointer = value(index);
    bool of_kind = pointer.kind == RegKind::object && pointer.map == contract(index).size;
    bool held = pointer.kind == RegKind::reservation && !of_kind &&
                state_.reservations[pointer.id].object == contract(index).size + 1;
    if ((of_kind || held) && whole_offset(pointer) == Scalar64::constant(0)) {
      if (held) call_.owner = pointer.id;
      if (of_kind && pointer.frame != 0) call_.owner = pointer.frame - 1u;
      return true;
    }
    if (pointer.may_be_null()) {
      return refuse("null-unchecked", index, "an object that may be null", "a pointer that was compared with null");
    }
    const platform::Object object = analysis_.subject.platform.object(static_cast<uint8_t>(contract(index).size));
    return refuse("argument-type", index, fmt::format("not the start of an object '{}'", object.name),
                  "a pointer that a helper or the context gave");
  }

  // Whether the format in argument 1, where its bytes are known, converts too few arguments for this one to be read.
  // Known are the first bytes of a map that no program may write. An unreadable format is an error of its own.
  bool not_converted(unsigned index) {
    const RegValue& format = value(0);
    const perdita_arg& memory = contract(0);
    if (format.kind != RegKind::map_value || format.id != kNoId || memory.size_arg == 0) return false;
    const object::Map& map = analysis_.map(format);
    Scalar64 offset = whole_offset(format);
    const RegValue& size = value(memory.size_arg - 1u);
    bool known = (map.def.flags & isa::kMapReadOnlyForProg) != 0 && offset.is_constant() && size.is_scalar() &&
                 size.value.is_constant();
    if (!known) return false;
    uint64_t first = offset.wide.u.min, bytes = converted(memory.size_arg - 1u).wide.u.min;
    if (first > map.initial.size() || bytes > map.initial.size() - first || bytes == 0) return false;
    const char* text = reinterpret_cast<const char*>(map.initial.data()) + first;
    // Printed up to the first zero, as the runtime does.
    size_t length = 0;
    while (length < bytes && text[length] != 0) length++;
    int conversions = isa::count_conversions(Text(text, length));
    unsigned first_argument = 2;  // behind format and size
    return conversions >= 0 && index >= first_argument + static_cast<unsigned>(conversions);
  }

  bool check_of_map(unsigned index, bool is_value, bool writes) {
    if (!call_.map) {
      return refuse("argument-type", index, "the contract names no map for it",
                    "a platform whose contract is complete");
    }
    const isa::MapDef& def = analysis_.subject.module.maps[*call_.map].def;
    uint64_t size = is_value ? def.value_size : def.key_size;
    if ((contract(index).flags & PERDITA_ARG_NULL_OK) != 0 && value(index).is_constant(0)) return true;
    return check_readable(analysis_, state_, pc_, reg_of(index)) && check_bytes(index, size, size, !writes, writes);
  }

  bool check_memory(unsigned index, bool reads, bool writes) {
    const perdita_arg& arg = contract(index);
    if (!check_readable(analysis_, state_, pc_, reg_of(index))) return false;
    uint64_t least = arg.size, most = arg.size;
    if (arg.size_arg != 0 && !check_size(index, least, most)) return false;
    bool null = value(index).is_constant(0);
    if (null && (arg.flags & PERDITA_ARG_NULL_OK) != 0) {
      if (arg.size_arg == 0 || most == 0) return true;
      return refuse("argument-null", index, "a null pointer with a size that may not be zero", "size 0 with null",
                    "pass memory, or a size of 0");
    }
    // The number itself, where the parameter's type takes all of it.
    const RegValue* length = arg.size_arg != 0 ? &value(arg.size_arg - 1u) : nullptr;
    if (length != nullptr && length->value.wide.u.max > INT32_MAX) length = nullptr;
    return check_bytes(index, least, most, reads, writes, length);
  }

  // The size that another argument states: not negative, not above the contract's limit, zero only where that is said.
  bool check_size(unsigned index, uint64_t& least, uint64_t& most) {
    const perdita_arg& arg = contract(index);
    unsigned size_index = arg.size_arg - 1u;
    if (size_index >= function_.arg_count) {
      return refuse("argument-type", index, "the contract's size argument does not exist",
                    "a platform that is complete");
    }
    if (!check_readable(analysis_, state_, pc_, reg_of(size_index))) return false;
    if (!value(size_index).is_scalar())
      return refuse("argument-type", size_index, "not a size", "a number", "exchange pointer and size");
    Scalar64 size = converted(size_index);
    bool zero_ok = (arg.flags & PERDITA_ARG_ZERO_OK) != 0;
    uint64_t limit = arg.size != 0 ? arg.size : static_cast<uint64_t>(kOffsetLimit);
    int64_t smallest = zero_ok ? 0 : 1;
    if (size.wide.s.min < smallest || size.wide.u.max > limit) {
      return refuse("argument-size", size_index, "the size may be outside what is accepted",
                    fmt::format("a size from {} to {}", smallest, limit), "compare the size with the limits first");
    }
    least = size.wide.u.min;
    most = size.wide.u.max;
    return true;
  }

  // The memory itself: inside its object for the largest size, permitted, initialised where it is read.
  bool check_bytes(unsigned index, uint64_t least, uint64_t most, bool reads, bool writes,
                   const RegValue* length = nullptr) {
    const RegValue& pointer = value(index);
    Extent extent;
    if (!check_access(analysis_, state_, pc_, pointer, {0, most, writes, false, index + 1, length}, extent))
      return false;
    bool on_stack = pointer.kind == RegKind::stack;
    if (reads && on_stack && !check_initialised(analysis_, state_, pc_, pointer.frame, extent, most)) return false;
    if (writes && on_stack) call_.written[call_.written_count++] = {pointer, extent, least, most};
    call_.memory_bytes += most;
    return true;
  }

  Analysis& analysis_;
  const State& state_;
  uint32_t pc_;
  const perdita_function& function_;
  CheckedCall call_;
};

}  // namespace

std::optional<CheckedCall> check_call(Analysis& analysis, const State& state, uint32_t pc,
                                      const perdita_function& function) {
  return CallCheck(analysis, state, pc, function).run();
}

}  // namespace perdita::verifier
