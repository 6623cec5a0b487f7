// SPDX-License-Identifier: Apache-2.0
//
// BTF as plain values: the only place of this room that knows libbpf. Reading treats the bytes as hostile: every kind
// is known, every reference and name in range, no type contains itself. Linear in the bytes; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "diag/result.h"

namespace perdita::platform {

enum class TypeKind : uint8_t {
  nothing,  // void: index 0
  integer,
  floating,
  pointer,
  array,
  structure,
  union_type,
  enumeration,
  forward,
  alias,      // typedef
  constant,   // const
  qualifier,  // volatile, restrict, a type tag
  prototype,
  function,
  variable,
  section,
  tag,  // a declaration tag
};

// A member of a structure or union, or a parameter of a prototype (then without offset).
struct TypeMember {
  std::string name;
  uint32_t type = 0;
  uint32_t bit_offset = 0;
  uint32_t bit_field_bits = 0;  // 0: not a bit-field
};

struct Type {
  TypeKind kind = TypeKind::nothing;
  std::string name;    // of a tag: its text
  uint32_t type = 0;   // what it refers to: pointee, element, aliased, result, prototype, what a tag stands on
  uint32_t size = 0;   // bytes; array: elements
  int component = -1;  // tag: the member or parameter it stands on, counted from 0; -1: the whole
  bool is_signed = false;
  bool is_bool = false;
  bool is_extern = false;  // function that is declared only
  std::vector<TypeMember> members;
};

constexpr uint32_t kMaxBtfBytes = 1u << 18;

// All types, each at its BTF type id.
Result<std::vector<Type>> read_btf(const std::vector<uint8_t>& btf);

// The BTF of an object file with just the strings that its types use: nothing of it depends on where the source stood.
Result<std::vector<uint8_t>> extract_btf(const std::filesystem::path& object);

}  // namespace perdita::platform
