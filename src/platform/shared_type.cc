// SPDX-License-Identifier: Apache-2.0
#include "platform/shared_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace perdita::platform {
namespace {

constexpr int kMaxNesting = 4;
constexpr const char* kLayout = "platform-layout";

struct FixedWidth {
  std::string_view name;
  uint8_t width;
  bool is_signed;
};

// <stdint.h>'s and <linux/types.h>'s names. `int` or `long` behind any other name may differ between the two machines.
constexpr std::array<FixedWidth, 16> kFixedWidth = {{{"uint8_t", 1, false},
                                                     {"uint16_t", 2, false},
                                                     {"uint32_t", 4, false},
                                                     {"uint64_t", 8, false},
                                                     {"int8_t", 1, true},
                                                     {"int16_t", 2, true},
                                                     {"int32_t", 4, true},
                                                     {"int64_t", 8, true},
                                                     {"__u8", 1, false},
                                                     {"__u16", 2, false},
                                                     {"__u32", 4, false},
                                                     {"__u64", 8, false},
                                                     {"__s8", 1, true},
                                                     {"__s16", 2, true},
                                                     {"__s32", 4, true},
                                                     {"__s64", 8, true}}};

const FixedWidth* find_fixed_width(std::string_view name) {
  const auto* found =
      std::find_if(kFixedWidth.begin(), kFixedWidth.end(), [&](const FixedWidth& type) { return type.name == name; });
  return found == kFixedWidth.end() ? nullptr : found;
}

// What a type that is not shared is called in a message.
std::string describe(const Type& type) {
  switch (type.kind) {
    case TypeKind::nothing:
      return "void";
    case TypeKind::integer:
      return type.name;
    case TypeKind::floating:
      return fmt::format("the floating-point type {}", type.name);
    case TypeKind::pointer:
      return "a pointer";
    case TypeKind::array:
      return "an array";
    case TypeKind::structure:
      return fmt::format("struct {}", type.name);
    case TypeKind::union_type:
      return fmt::format("union {}", type.name);
    case TypeKind::enumeration:
      return fmt::format("enum {}", type.name);
    case TypeKind::forward:
      return fmt::format("struct {}, which is declared only", type.name);
    case TypeKind::prototype:
      return "a function";
    case TypeKind::qualifier:
      return "a volatile or restrict type";
    default:
      return "a type of another kind";
  }
}

}  // namespace

int64_t Scalar::min() const {
  if (!is_signed) return 0;
  return width == 8 ? INT64_MIN : -(int64_t{1} << (width * 8 - 1));
}

int64_t Scalar::max() const {
  if (width == 8) return INT64_MAX;
  return (int64_t{1} << (width * 8 - (is_signed ? 1 : 0))) - 1;
}

bool is_identifier(std::string_view name) {
  auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && name.size() <= kMaxNameBytes && !is_digit(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_letter(c) || is_digit(c); });
}

// read_btf refuses types that contain themselves, so the chain ends.
uint32_t SharedTypes::resolve(uint32_t id) const {
  while (types_[id].kind == TypeKind::alias || types_[id].kind == TypeKind::constant) id = types_[id].type;
  return id;
}

bool SharedTypes::is_const(uint32_t id) const {
  for (; types_[id].kind == TypeKind::alias || types_[id].kind == TypeKind::constant; id = types_[id].type) {
    if (types_[id].kind == TypeKind::constant) return true;
  }
  return false;
}

void SharedTypes::refuse(uint32_t id, const std::string& what) const {
  flaws_.fail("platform-type", fmt::format("{} has a type that program and firmware may see differently", what),
              "an integer of fixed width (int8_t to uint64_t)", describe(types_[id]),
              "use a type of <stdint.h>; for a pointer a uint64_t");
}

std::string SharedTypes::c_name(uint32_t id, const std::string& what) const {
  while (types_[id].kind == TypeKind::constant) id = types_[id].type;
  const Type& type = types_[id];
  if (!is_identifier(type.name)) {
    flaws_.fail("platform-name", fmt::format("the type of {} has no usable name", what),
                fmt::format("an identifier of at most {} characters", kMaxNameBytes), type.name);
    return {};
  }
  return type.kind == TypeKind::structure ? "struct " + type.name : type.name;
}

Scalar SharedTypes::scalar(uint32_t id, const std::string& what) const {
  uint32_t end = resolve(id);
  const FixedWidth* fixed = nullptr;
  for (uint32_t at = id; at != end; at = types_[at].type) {
    if (types_[at].kind == TypeKind::alias && fixed == nullptr) fixed = find_fixed_width(types_[at].name);
  }
  const Type& integer = types_[end];
  if (integer.kind != TypeKind::integer || fixed == nullptr || integer.size != fixed->width ||
      integer.is_signed != fixed->is_signed || integer.is_bool) {
    refuse(end, what);
    return {};
  }
  return {.c_name = c_name(id, what), .width = fixed->width, .is_signed = fixed->is_signed};
}

SharedStruct SharedTypes::structure(uint32_t id, const std::string& what) const {
  SharedStruct shared;
  uint32_t end = resolve(id);
  if (types_[end].kind != TypeKind::structure) {
    refuse(end, what);
    return shared;
  }
  flaws_.about("struct " + types_[end].name);
  shared.c_name = c_name(id, what);
  shared.size = types_[end].size;
  if (shared.size == 0 || shared.size > kMaxStructBytes) {
    flaws_.fail("platform-limit", fmt::format("{} is too small or too large", shared.c_name),
                fmt::format("1 to {} bytes", kMaxStructBytes), std::to_string(shared.size));
    return shared;
  }
  add_fields(end, "", 0, 0, shared);
  uint32_t covered = 0, widest = 1;
  for (const SharedField& field : shared.fields) {
    covered += field.size;
    widest = std::max<uint32_t>(widest, field.scalar.width);
  }
  shared.has_padding = covered != shared.size;
  if (shared.size % widest != 0)
    flaws_.fail(kLayout, fmt::format("{} is packed: its size is no multiple of its widest member", shared.c_name));
  return shared;
}

void SharedTypes::add_fields(uint32_t structure, const std::string& prefix, uint32_t base, int depth,
                             SharedStruct& shared) const {
  const Type& type = types_[structure];
  // Also what keeps hostile nesting short: each structure adds a field or ends the description.
  if (type.members.empty()) flaws_.fail(kLayout, fmt::format("struct {} has no members", type.name));
  for (size_t i = 0; i < type.members.size() && flaws_.ok(); i++) {
    const TypeMember& member = type.members[i];
    std::string name = prefix + member.name;
    flaws_.about("struct " + type.name, member.name);
    if (!is_identifier(member.name) || name.size() > kMaxNameBytes) {
      flaws_.fail("platform-name", fmt::format("a member of struct {} has no usable name", type.name),
                  fmt::format("at most {} characters, with the names of the structures around it", kMaxNameBytes),
                  member.name.empty() ? "an anonymous member" : name);
      return;
    }
    if (member.bit_field_bits != 0 || member.bit_offset % 8 != 0) {
      flaws_.fail(kLayout, fmt::format("member {} of struct {} is a bit-field", name, type.name),
                  "members of whole bytes: compilers lay bit-fields out differently", {}, "use an integer and mask it");
      return;
    }
    uint64_t offset = uint64_t{base} + member.bit_offset / 8;
    uint32_t inner = resolve(member.type);
    if (types_[inner].kind == TypeKind::structure && depth < kMaxNesting) {
      if (offset > shared.size) return flaws_.fail(kLayout, fmt::format("member {} lies outside its structure", name));
      add_fields(inner, name + ".", static_cast<uint32_t>(offset), depth + 1, shared);
      continue;
    }
    SharedField field{.name = name, .structure = structure, .member = static_cast<int>(i), .scalar = {}};
    field.is_array = types_[inner].kind == TypeKind::array;
    uint32_t element = field.is_array ? types_[inner].type : member.type;
    field.scalar = scalar(element, fmt::format("member {} of struct {}", name, type.name));
    uint64_t size = uint64_t{field.scalar.width} * (field.is_array ? types_[inner].size : 1);
    uint64_t end_of_last = shared.fields.empty() ? 0 : shared.fields.back().offset + shared.fields.back().size;
    if (size == 0 || offset < end_of_last || offset + size > shared.size) {
      flaws_.fail(kLayout, fmt::format("member {} of struct {} is empty, or does not follow the one before it", name,
                                       type.name));
      return;
    }
    if (offset % field.scalar.width != 0) {
      flaws_.fail(kLayout, fmt::format("member {} of struct {} is not aligned to its own size", name, type.name),
                  fmt::format("an offset that is a multiple of {}", field.scalar.width), std::to_string(offset),
                  "do not pack the structure; sort its members from wide to narrow");
      return;
    }
    if (shared.fields.size() == kMaxFields) {
      flaws_.fail("platform-limit", fmt::format("{} has too many members", shared.c_name),
                  fmt::format("at most {}", kMaxFields));
      return;
    }
    field.offset = static_cast<uint16_t>(offset);
    field.size = static_cast<uint16_t>(size);
    shared.fields.push_back(std::move(field));
  }
}

}  // namespace perdita::platform
