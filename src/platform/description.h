// SPDX-License-Identifier: Apache-2.0
//
// A platform as its header says it: what the contract tables and the generated C are both made from. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "perdita/contract.h"
#include "platform/flaw.h"
#include "platform/shared_type.h"

namespace perdita::platform {

struct ContextField {
  SharedField shared;
  perdita_field_kind kind = PERDITA_FIELD_SCALAR;
  bool writable = false;
  uint8_t object = 0;
  bool object_or_null = true;
};

struct HookDescription {
  std::string name;
  SharedStruct context;
  std::vector<ContextField> fields;
  std::vector<std::string> sections;
  uint8_t level = 0;
  perdita_combine combine = PERDITA_COMBINE_LAST;
  uint8_t data_alignment = 1;
  bool packet_writable = false;
  uint32_t capabilities = 0;
  uint32_t budget_instructions = 0;
  uint32_t packet_max_bytes = 0;
  int64_t result_min = INT64_MIN, result_max = INT64_MAX;
  uint32_t period_min_us = 0, period_max_us = 0;  // 0: not periodic
  bool request = false;
  bool legacy_loads = false;
};

struct Parameter {
  perdita_arg arg{};
  std::string c_type;                   // as a cast spells it: "uint32_t", "const char *"
  std::optional<SharedStruct> pointee;  // where it points to a structure
};

struct FunctionDescription {
  std::string name;
  uint32_t helper = 0;  // Linux's number; 0: called by name
  std::vector<Parameter> parameters;
  perdita_result result{};
  std::string result_c_type = "void";
  uint8_t capability = PERDITA_NO_CAPABILITY;
  uint32_t cost_instructions = 0;  // thunk included
  uint32_t cost_instructions_per_byte = 0;
  uint32_t stack_bytes = 0;  // thunk included
};

// What programs of a verify-only platform get pointers to.
struct ObjectDescription {
  std::string name;
  uint32_t size = 0;  // bytes, all readable
};

struct Description {
  std::string name;
  bool verify_only = false;
  uint64_t tail_instructions = 0;  // of a program in an array that declares nothing; 0: it has to declare
  uint32_t tail_stack_bytes = 0;
  std::vector<ObjectDescription> objects;  // by number
  std::vector<std::string> capabilities;   // by bit number
  std::vector<HookDescription> hooks;      // by index
  std::vector<FunctionDescription> functions;
};

// Limits of a platform. Hooks: perdita.h's PERDITA_MAX_HOOKS; capabilities: the bits of a mask.
constexpr size_t kMaxHooks = 16;
constexpr size_t kMaxVerifyOnlyHooks = 64;
constexpr size_t kMaxFunctions = 128;
constexpr size_t kMaxVerifyOnlyFunctions = 255;
constexpr size_t kMaxObjects = 32;
constexpr size_t kMaxCapabilities = 32;
constexpr int64_t kMaxLevel = 3;
constexpr size_t kMaxSections = 8;
constexpr size_t kMaxVerifyOnlySections = 64;

// What a generated thunk adds to its function's cost and stack: loads of five 64-bit arguments, the call's frame with
// what does not fit in registers, extension of the result. table_test.cc holds generated code to it.
constexpr uint32_t kThunkInstructions = 40;
constexpr uint32_t kThunkStackBytes = 64;

// Describes what a platform header's BTF declares, with every rule of docs/spec/platform.md checked.
std::variant<Description, Flaw> describe(const std::vector<Type>& types);

}  // namespace perdita::platform
