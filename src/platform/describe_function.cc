// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "platform/describe_parts.h"

namespace perdita::platform {
namespace {

constexpr int kWhole = Properties::kWhole;
constexpr const char* kPointer = "platform-pointer";
constexpr const char* kMissing = "platform-property-missing";
constexpr int64_t kMaxMemoryBytes = 1 << 20;

// One function being described; `index` counts its parameters from 0.
class FunctionReader {
 public:
  FunctionReader(PlatformSource& source, uint32_t function)
      : source_(source), function_(function), prototype_(source.types[source.types[function].type]) {
    described_.name = source.types[function].name;
  }

  FunctionDescription read() {
    source_.flaws.about(described_.name);
    if (!is_identifier(described_.name) || prototype_.kind != TypeKind::prototype) {
      fail("platform-name", "the name of a function cannot be used",
           fmt::format("an identifier of at most {} characters", kMaxNameBytes), described_.name);
      return described_;
    }
    read_helper();
    read_result();
    read_costs();
    if (prototype_.members.size() > PERDITA_MAX_ARGS) {
      fail("platform-limit", fmt::format("{} has too many parameters", described_.name),
           fmt::format("at most {}", PERDITA_MAX_ARGS), std::to_string(prototype_.members.size()));
      return described_;
    }
    for (int index = 0; index < static_cast<int>(prototype_.members.size()); index++) read_parameter(index);
    return described_;
  }

 private:
  void fail(const char* code, std::string message, std::string need = {}, std::string have = {},
            std::string hint = {}) {
    source_.flaws.fail(code, std::move(message), std::move(need), std::move(have), std::move(hint));
  }

  std::string what(int index) const { return fmt::format("parameter {} of {}", index + 1, described_.name); }
  Properties::Place place(int index) const { return {function_, index}; }
  bool marked(int index, std::string_view name) { return source_.properties.flag(place(index), name); }

  void read_helper() {
    auto number = source_.properties.number(place(kWhole), "helper", 1, INT32_MAX);
    if (!number) return;
    source_.needs_verify_only("a helper by number");
    described_.helper = static_cast<uint32_t>(*number);
  }

  // What a helper of another system may return beside numbers. False where there is nothing of that kind.
  bool read_given_pointer() {
    Properties& properties = source_.properties;
    perdita_result& result = described_.result;
    if (properties.flag(place(kWhole), "gives_map_value")) result.kind = PERDITA_RESULT_MAP_VALUE;
    if (properties.flag(place(kWhole), "gives_map_value_or_null")) result.kind = PERDITA_RESULT_MAP_VALUE_OR_NULL;
    if (auto object = properties.text(place(kWhole), "gives_object")) {
      result.kind = PERDITA_RESULT_OBJECT_OR_NULL;
      result.width = source_.object(*object);
    }
    if (auto object = properties.text(place(kWhole), "acquires_object")) {
      result.kind = PERDITA_RESULT_ACQUIRED_OR_NULL;
      result.width = source_.object(*object);
    }
    if (result.kind == PERDITA_RESULT_VOID) return false;
    source_.needs_verify_only("a function that returns a pointer");
    if (described_.helper == 0)
      fail(kPointer, fmt::format("{} returns a pointer", described_.name), "a helper: PERDITA_HELPER");
    return true;
  }

  void read_result() {
    perdita_result& result = described_.result;
    uint32_t type = source_.shared.resolve(prototype_.type);
    auto range = source_.properties.range(place(kWhole), "result");
    if (source_.types[type].kind == TypeKind::nothing) {
      if (range) fail("platform-range", fmt::format("{} returns nothing, so there is no range", described_.name));
      return;
    }
    if (source_.types[type].kind == TypeKind::pointer) {
      if (read_given_pointer()) return;
      fail(kPointer, fmt::format("{} returns a pointer", described_.name), "void, or an integer of fixed width", {},
           "let the caller pass memory, and mark the parameter PERDITA_OUT");
      return;
    }
    Scalar scalar = source_.shared.scalar(prototype_.type, fmt::format("the result of {}", described_.name));
    described_.result_c_type = scalar.c_name;
    result.kind = PERDITA_RESULT_SCALAR;
    result.width = scalar.width;
    result.is_signed = scalar.is_signed;
    if (source_.properties.flag(place(kWhole), "gives_system")) {
      source_.needs_verify_only("a function that returns an address of the system");
      result.kind = PERDITA_RESULT_SYSTEM;
      result.width = 8;
    }
    // A uint64_t above INT64_MAX reads as negative in a contract; without a promise its range is everything.
    result.min = scalar.width == 8 ? INT64_MIN : scalar.min();
    result.max = scalar.max();
    if (!range) return;
    if (range->min < scalar.min() || range->max > scalar.max())
      fail("platform-range", fmt::format("the result's range of {} exceeds its type", described_.name),
           fmt::format("{} to {}", scalar.min(), scalar.max()), fmt::format("{} to {}", range->min, range->max));
    result.min = range->min;
    result.max = range->max;
  }

  void read_costs() {
    Properties& properties = source_.properties;
    auto cost = properties.number(place(kWhole), "cost", 0, UINT32_MAX - kThunkInstructions);
    auto stack = properties.number(place(kWhole), "stack", 0, UINT16_MAX);
    if (!cost)
      fail(kMissing, fmt::format("{} has no cost", described_.name),
           "PERDITA_COST(machine instructions that a call takes at most)");
    if (!stack)
      fail(kMissing, fmt::format("{} does not say how much stack it takes", described_.name),
           "PERDITA_STACK(bytes of the C stack that a call takes at most)");
    described_.cost_instructions = static_cast<uint32_t>(cost.value_or(0)) + kThunkInstructions;
    described_.stack_bytes = static_cast<uint32_t>(stack.value_or(0)) + kThunkStackBytes;
    described_.cost_instructions_per_byte =
        static_cast<uint32_t>(properties.number(place(kWhole), "cost_per_byte", 0, UINT32_MAX).value_or(0));
    if (auto capability = properties.text(place(kWhole), "needs"))
      described_.capability = source_.capability(*capability);
  }

  void read_parameter(int index) {
    uint32_t type = source_.shared.resolve(prototype_.members[index].type);
    Parameter parameter;
    if (source_.types[type].kind == TypeKind::pointer) {
      read_pointer(index, source_.types[type].type, parameter);
    } else {
      read_scalar(index, parameter);
    }
    described_.parameters.push_back(std::move(parameter));
  }

  void read_scalar(int index, Parameter& parameter) {
    Scalar scalar = source_.shared.scalar(prototype_.members[index].type, what(index));
    perdita_arg& arg = parameter.arg;
    parameter.c_type = scalar.c_name;
    arg.kind = PERDITA_ARG_SCALAR;
    arg.width = scalar.width;
    arg.is_signed = scalar.is_signed;
    if (marked(index, "optional")) arg.flags |= PERDITA_ARG_OPTIONAL;
    if (marked(index, "limits_result")) {
      source_.needs_verify_only("a result that a size limits");
      arg.flags |= PERDITA_ARG_LIMITS_RESULT;
    }
    if (marked(index, "by_format")) arg.flags |= PERDITA_ARG_BY_FORMAT;
    if (marked(index, "any")) arg.kind = PERDITA_ARG_ANY;
    if ((arg.flags & ~PERDITA_ARG_LIMITS_RESULT) != 0 || arg.kind == PERDITA_ARG_ANY) {
      source_.needs_verify_only(fmt::format("{} that may be anything", what(index)));
      return;
    }
    if (auto range = source_.properties.range(place(index), "range")) {
      if (range->min < scalar.min() || range->max > scalar.max())
        fail("platform-range", fmt::format("the range of {} exceeds its type", what(index)),
             fmt::format("{} to {}", scalar.min(), scalar.max()), fmt::format("{} to {}", range->min, range->max));
      arg.flags |= PERDITA_ARG_RANGE;
      arg.min = range->min;
      arg.max = range->max;
    }
    if (auto sizes = source_.properties.range(place(index), "size")) read_size(index, scalar, *sizes);
  }

  // The parameter is the size in bytes of the pointer right before it.
  void read_size(int index, const Scalar& scalar, Properties::Range sizes) {
    perdita_arg* pointer = index == 0 ? nullptr : &described_.parameters.back().arg;
    if (scalar.is_signed || pointer == nullptr || pointer->kind < PERDITA_ARG_MEM_IN ||
        pointer->kind > PERDITA_ARG_MEM_INOUT || pointer->size != 0) {
      fail("platform-size", fmt::format("{} cannot be a size", what(index)),
           "an unsigned integer right behind a pointer that says no size of its own");
      return;
    }
    if (sizes.min > 1 || sizes.min < 0 || sizes.max < 1 || sizes.max > std::min(scalar.max(), kMaxMemoryBytes)) {
      fail("platform-range", fmt::format("the sizes of {} are out of range", what(index)),
           fmt::format("from 0 or 1 to at most {}", std::min(scalar.max(), kMaxMemoryBytes)),
           fmt::format("{} to {}", sizes.min, sizes.max));
      return;
    }
    if (sizes.min == 1 && (pointer->flags & PERDITA_ARG_NULL_OK) != 0)
      fail("platform-size", fmt::format("the pointer before {} may be null, but its size not zero", what(index)),
           "PERDITA_SIZE(0, largest) behind a PERDITA_NULLABLE pointer");
    pointer->size_arg = static_cast<uint8_t>(index + 1);
    pointer->size = static_cast<uint32_t>(sizes.max);
    if (sizes.min == 0) pointer->flags |= PERDITA_ARG_ZERO_OK;
  }

  void read_pointer(int index, uint32_t pointee, Parameter& parameter) {
    perdita_arg& arg = parameter.arg;
    bool is_const = source_.shared.is_const(pointee);
    bool is_context = marked(index, "context"), is_out = marked(index, "out"), is_inout = marked(index, "inout");
    if (marked(index, "nullable")) arg.flags |= PERDITA_ARG_NULL_OK;
    if (read_special_pointer(index, pointee, parameter)) return;
    if (is_context + is_out + is_inout > 1 || (is_const && (is_out || is_inout)))
      fail(kPointer, fmt::format("{} cannot be all of that at once", what(index)),
           "at most one of PERDITA_OUT, PERDITA_INOUT and PERDITA_CONTEXT; none of the first two on a const pointer");
    std::string name = pointee_name(index, pointee, parameter);
    parameter.c_type = fmt::format("{}{} *", is_const ? "const " : "", name);
    if (is_context) {
      arg.kind = PERDITA_ARG_CONTEXT;
      if (name != "void" || arg.flags != 0)
        fail(kPointer, fmt::format("{} is a context, whatever its hook", what(index)), "void * or const void *");
      if (marked(index, "moves_packet")) {
        source_.needs_verify_only("a helper that moves the packet");
        arg.flags |= PERDITA_ARG_MOVES_PACKET;
      }
      return;
    }
    if (!is_const && !is_out && !is_inout)
      fail(kPointer, fmt::format("{} does not say what happens to its memory", what(index)),
           "const for memory that is read, PERDITA_OUT (written whole) or PERDITA_INOUT (read and written)");
    arg.kind = is_out ? PERDITA_ARG_MEM_OUT : is_inout ? PERDITA_ARG_MEM_INOUT : PERDITA_ARG_MEM_IN;
    read_memory_size(index, pointee, parameter);
  }

  // Pointers that only helpers of another system take: maps and what belongs to them, objects.
  bool read_special_pointer(int index, uint32_t pointee, Parameter& parameter) {
    perdita_arg& arg = parameter.arg;
    if (auto types = source_.properties.integers(place(index), "map")) {
      arg.kind = PERDITA_ARG_MAP;
      for (int64_t type : *types) {
        if (type < 1 || type > 31) {
          fail("platform-range", fmt::format("{} accepts maps of type {}", what(index), type), "types from 1 to 31");
          return true;
        }
        arg.map_types |= 1u << type;
      }
    }
    if (marked(index, "map_key")) arg.kind = PERDITA_ARG_MAP_KEY;
    if (marked(index, "map_value")) arg.kind = PERDITA_ARG_MAP_VALUE;
    if (marked(index, "map_value_out")) arg.kind = PERDITA_ARG_MAP_VALUE_OUT;
    if (auto object = source_.properties.text(place(index), "of_object")) {
      arg.kind = PERDITA_ARG_OBJECT;
      arg.size = source_.object(*object);
    }
    if (auto object = source_.properties.text(place(index), "releases")) {
      arg.kind = PERDITA_ARG_RESERVATION;
      arg.size = source_.object(*object) + 1u;
    }
    if (arg.kind == 0) return false;
    source_.needs_verify_only(fmt::format("{} as it is marked", what(index)));
    if (source_.types[source_.shared.resolve(pointee)].kind != TypeKind::nothing || described_.helper == 0)
      fail(kPointer, fmt::format("{} cannot be marked so", what(index)), "void * or const void *, of a helper");
    return true;
  }

  // How the pointee is spelled; a structure is looked at, because both sides must see the same members.
  std::string pointee_name(int index, uint32_t pointee, Parameter& parameter) {
    const Type& type = source_.types[source_.shared.resolve(pointee)];
    if (type.kind == TypeKind::nothing) return "void";
    if (type.kind == TypeKind::integer && (type.name == "char" || type.name == "unsigned char")) return type.name;
    if (type.kind == TypeKind::structure) {
      parameter.pointee = source_.shared.structure(pointee, what(index));
      source_.flaws.about(described_.name);
      // Bytes between members would reach the program without having been written.
      if (parameter.pointee->has_padding)
        fail("platform-layout", fmt::format("{} points to a structure with gaps", what(index)),
             "members that cover the structure", {}, "name the gaps: add reserved members");
      return parameter.pointee->c_name;
    }
    if (type.kind == TypeKind::pointer) {
      fail(kPointer, fmt::format("{} is a pointer to a pointer", what(index)),
           "memory without addresses: pointers have another size in the firmware than in a program");
      return {};
    }
    return source_.shared.scalar(pointee, what(index)).c_name;
  }

  // PERDITA_BYTES, or the size parameter behind it, or what the type says.
  void read_memory_size(int index, uint32_t pointee, Parameter& parameter) {
    perdita_arg& arg = parameter.arg;
    bool sized_behind =
        index + 1 < static_cast<int>(prototype_.members.size()) && source_.properties.has(place(index + 1), "size");
    if (auto bytes = source_.properties.number(place(index), "bytes", 1, kMaxMemoryBytes)) {
      arg.size = static_cast<uint32_t>(*bytes);
      if (parameter.pointee && *bytes % parameter.pointee->size != 0)
        fail("platform-size", fmt::format("{} points to a part of a structure", what(index)),
             fmt::format("a multiple of {}", parameter.pointee->size), std::to_string(*bytes));
    } else if (!sized_behind) {
      const Type& type = source_.types[source_.shared.resolve(pointee)];
      bool is_text = type.kind == TypeKind::nothing || (type.kind == TypeKind::integer && type.size == 1);
      if (is_text)
        fail("platform-size", fmt::format("{} does not say how much memory it points to", what(index)),
             "PERDITA_BYTES(size), or PERDITA_SIZE(smallest, largest) on the parameter right behind it");
      arg.size = parameter.pointee ? parameter.pointee->size : type.size;
    }
  }

  PlatformSource& source_;
  uint32_t function_;
  const Type& prototype_;
  FunctionDescription described_;
};

}  // namespace

FunctionDescription describe_function(PlatformSource& source, uint32_t function) {
  return FunctionReader(source, function).read();
}

}  // namespace perdita::platform
