// SPDX-License-Identifier: Apache-2.0
//
// BTF (the kernel's "BPF Type Format") as plain values. Read and checked once: every type a type refers to exists,
// every name lies inside the string section, so the passes behind it index without asking. References may still form
// cycles; whoever follows them bounds its steps. The only file that knows libbpf.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diag/result.h"

namespace perdita::object {

constexpr uint32_t kMaxTypes = 1u << 18;
constexpr unsigned kMaxTypeDepth = 32;  // modifiers, typedefs, arrays and nested structures in a row

// The numbers of the format.
enum class TypeKind : uint8_t {
  nothing = 0,
  integer,
  pointer,
  array,
  structure,
  union_type,
  enumeration,
  forward,
  type_alias,
  volatile_type,
  const_type,
  restrict_type,
  function,
  prototype,
  variable,
  data_section,
  floating,
  declaration_tag,
  type_tag,
  enumeration64
};

struct TypeMember {
  std::string_view name;
  uint32_t type = 0;
  uint32_t bit_offset = 0;
  uint32_t bits = 0;  // 0: no bit-field
};

struct TypeEnumerator {
  std::string_view name;
  uint64_t value = 0;  // sign-extended where the enumeration is signed
};

struct SectionEntry {
  uint32_t type = 0;
  uint32_t offset = 0;
  uint32_t size = 0;
};

// Which fields mean something depends on `kind`.
struct Type {
  TypeKind kind = TypeKind::nothing;
  std::string_view name;
  uint32_t size = 0;        // integer, structure, union, enumeration, data section, float: bytes
  uint32_t target = 0;      // pointer, modifiers, alias, function, prototype (result), variable, tag, array (element)
  uint32_t elements = 0;    // array
  uint32_t linkage = 0;     // function, variable
  bool is_signed = false;   // integer, enumeration
  bool whole_bytes = true;  // integer: starts at bit 0 and fills its size
  std::vector<TypeMember> members;
  std::vector<TypeEnumerator> enumerators;
  std::vector<uint32_t> parameters;
  std::vector<SectionEntry> entries;

  bool composite() const { return kind == TypeKind::structure || kind == TypeKind::union_type; }
  bool enumerated() const { return kind == TypeKind::enumeration || kind == TypeKind::enumeration64; }
};

// "struct sample", "int": a type as a message names it.
std::string describe(const Type& type);

class Btf {
 public:
  // `what` names the BTF in messages: "the object's BTF".
  static Result<Btf> read(const std::vector<uint8_t>& bytes, std::string_view what);
  Btf(Btf&&) noexcept = default;
  Btf& operator=(Btf&&) noexcept = default;
  Btf(const Btf&) = delete;
  Btf& operator=(const Btf&) = delete;
  ~Btf() = default;

  uint32_t count() const { return static_cast<uint32_t>(types_.size()); }
  const Type& type(uint32_t id) const { return types_[id]; }  // `id` must be below count(); [0] is void
  // The string at an offset of the string section, as it stands there; none outside of it.
  std::optional<std::string_view> string(uint32_t offset) const;
  // Behind modifiers, tags and typedefs; 0 (void) where they form a cycle.
  uint32_t resolve(uint32_t id) const;
  // Bytes of a value of the type; none for what has no size, or where it overflows.
  std::optional<uint64_t> size_of(uint32_t id) const;
  const Type* find_section(std::string_view name) const;

 private:
  Btf() = default;
  std::vector<char> strings_;  // names are views into it
  std::vector<Type> types_;
};

}  // namespace perdita::object
