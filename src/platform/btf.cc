// SPDX-License-Identifier: Apache-2.0
#include "platform/btf.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cstring>
#include <memory>
#include <mutex>

namespace perdita::platform {
namespace {

// Longest name or tag. Many types may share one string: without a limit, copies of it could take any amount of memory.
constexpr size_t kMaxTextBytes = 2048;

struct FreeBtf {
  void operator()(btf* handle) const { btf__free(handle); }
};
using BtfHandle = std::unique_ptr<btf, FreeBtf>;

Diagnostic malformed(std::string message) {
  return {.code = "platform-btf-malformed",
          .outcome = Outcome::unusable_input,
          .message = std::move(message),
          .place = {},
          .need = "type information as `perdita platform build` writes it",
          .have = {},
          .hint = "build the platform file again from its header"};
}

// libbpf prints its own complaints otherwise; ours say the same with a place.
void silence_libbpf() {
  static std::once_flag once;
  std::call_once(once, [] { libbpf_set_print(nullptr); });
}

// The header as clang and extract_btf write it (Linux: Documentation/bpf/btf.rst, "BTF data structure"): types and then
// strings cover the bytes without a gap. libbpf's own reader is more lenient than is good for hostile bytes.
bool header_is_plain(const std::vector<uint8_t>& bytes) {
  btf_header header;
  if (bytes.size() < sizeof header || bytes.size() > kMaxBtfBytes) return false;
  std::memcpy(&header, bytes.data(), sizeof header);
  uint64_t size = uint64_t{sizeof header} + header.type_len + header.str_len;
  return header.magic == BTF_MAGIC && header.version == BTF_VERSION && header.flags == 0 &&
         header.hdr_len == sizeof header && header.type_off == 0 && header.str_off == header.type_len &&
         header.type_len % 4 == 0 && header.str_len > 0 && size == bytes.size() && bytes.back() == 0 &&
         bytes[sizeof header + header.type_len] == 0;
}

// Copies libbpf's view of one type into ours; latches the first thing that is out of range.
class Copier {
 public:
  explicit Copier(const btf* source) : source_(source), count_(btf__type_cnt(source)) {}

  Type copy(uint32_t id) {
    const btf_type* from = btf__type_by_id(source_, id);
    Type to;
    to.name = name(from->name_off);
    switch (btf_kind(from)) {
      case BTF_KIND_INT:
        copy_integer(from, to);
        break;
      case BTF_KIND_FLOAT:
        to.kind = TypeKind::floating;
        break;
      case BTF_KIND_ENUM:
      case BTF_KIND_ENUM64:
        to.kind = TypeKind::enumeration;
        break;
      case BTF_KIND_FWD:
        to.kind = TypeKind::forward;
        break;
      case BTF_KIND_PTR:
        refer(to, TypeKind::pointer, from->type);
        break;
      case BTF_KIND_TYPEDEF:
        refer(to, TypeKind::alias, from->type);
        break;
      case BTF_KIND_CONST:
        refer(to, TypeKind::constant, from->type);
        break;
      case BTF_KIND_VOLATILE:
      case BTF_KIND_RESTRICT:
      case BTF_KIND_TYPE_TAG:
        refer(to, TypeKind::qualifier, from->type);
        break;
      case BTF_KIND_VAR:
        refer(to, TypeKind::variable, from->type);
        break;
      case BTF_KIND_ARRAY:
        refer(to, TypeKind::array, btf_array(from)->type);
        to.size = btf_array(from)->nelems;
        reference(btf_array(from)->index_type);
        break;
      case BTF_KIND_STRUCT:
        copy_members(from, to, TypeKind::structure);
        break;
      case BTF_KIND_UNION:
        copy_members(from, to, TypeKind::union_type);
        break;
      case BTF_KIND_FUNC:
        refer(to, TypeKind::function, from->type);
        to.is_extern = btf_vlen(from) == BTF_FUNC_EXTERN;
        break;
      case BTF_KIND_FUNC_PROTO:
        copy_parameters(from, to);
        break;
      case BTF_KIND_DATASEC:
        to.kind = TypeKind::section;
        for (uint32_t i = 0; i < btf_vlen(from); i++) reference(btf_var_secinfos(from)[i].type);
        break;
      case BTF_KIND_DECL_TAG:
        refer(to, TypeKind::tag, from->type);
        to.component = btf_decl_tag(from)->component_idx;
        bad_ |= to.component < -1 || to.component > BTF_MAX_VLEN;
        break;
      default:
        bad_ = true;
    }
    return to;
  }

  bool bad() const { return bad_; }

 private:
  std::string name(uint32_t offset) {
    const char* text = btf__str_by_offset(source_, offset);
    if (text == nullptr || strnlen(text, kMaxTextBytes + 1) > kMaxTextBytes) {
      bad_ = true;
      return {};
    }
    return text;
  }

  uint32_t reference(uint32_t id) {
    bad_ |= id >= count_;
    return id;
  }

  void refer(Type& to, TypeKind kind, uint32_t id) {
    to.kind = kind;
    to.type = reference(id);
  }

  void copy_integer(const btf_type* from, Type& to) {
    to.kind = TypeKind::integer;
    to.size = from->size;
    to.is_signed = (btf_int_encoding(from) & BTF_INT_SIGNED) != 0;
    to.is_bool = (btf_int_encoding(from) & BTF_INT_BOOL) != 0;
    bad_ |= btf_int_bits(from) != from->size * 8u || btf_int_offset(from) != 0;
  }

  void copy_members(const btf_type* from, Type& to, TypeKind kind) {
    to.kind = kind;
    to.size = from->size;
    for (uint32_t i = 0; i < btf_vlen(from); i++) {
      const btf_member& member = btf_members(from)[i];
      to.members.push_back({.name = name(member.name_off),
                            .type = reference(member.type),
                            .bit_offset = btf_member_bit_offset(from, i),
                            .bit_field_bits = btf_member_bitfield_size(from, i)});
    }
  }

  void copy_parameters(const btf_type* from, Type& to) {
    refer(to, TypeKind::prototype, from->type);
    for (uint32_t i = 0; i < btf_vlen(from); i++) {
      const btf_param& parameter = btf_params(from)[i];
      to.members.push_back({.name = name(parameter.name_off), .type = reference(parameter.type)});
    }
  }

  const btf* source_;
  uint32_t count_;
  bool bad_ = false;
};

// What a type contains by value, or stands for.
std::vector<uint32_t> contained(const Type& type) {
  std::vector<uint32_t> ids;
  switch (type.kind) {
    case TypeKind::array:
    case TypeKind::alias:
    case TypeKind::constant:
    case TypeKind::qualifier:
      ids.push_back(type.type);
      break;
    case TypeKind::structure:
    case TypeKind::union_type:
      for (const TypeMember& member : type.members) ids.push_back(member.type);
      break;
    default:
      break;
  }
  return ids;
}

// Whether some type contains itself by value: whoever computes a size or follows a typedef would never end. Depth first
// with a stack of our own, each type once.
bool contains_itself(const std::vector<Type>& types) {
  enum : uint8_t { kNew, kOpen, kDone };
  std::vector<uint8_t> state(types.size(), kNew);
  struct Frame {
    uint32_t id;
    std::vector<uint32_t> rest;
  };
  std::vector<Frame> stack;
  for (uint32_t root = 1; root < types.size(); root++) {
    if (state[root] != kNew) continue;
    state[root] = kOpen;
    stack.push_back({root, contained(types[root])});
    while (!stack.empty()) {
      Frame& top = stack.back();
      if (top.rest.empty()) {
        state[top.id] = kDone;
        stack.pop_back();
        continue;
      }
      uint32_t next = top.rest.back();
      top.rest.pop_back();
      if (state[next] == kOpen) return true;
      if (state[next] == kDone) continue;
      state[next] = kOpen;
      stack.push_back({next, contained(types[next])});
    }
  }
  return false;
}

}  // namespace

Result<std::vector<Type>> read_btf(const std::vector<uint8_t>& bytes) {
  silence_libbpf();
  if (!header_is_plain(bytes)) return malformed("the type information's header is not valid");
  BtfHandle source(btf__new(bytes.data(), static_cast<uint32_t>(bytes.size())));
  if (source == nullptr) return malformed("the type information cannot be read");
  Copier copier(source.get());
  std::vector<Type> types(1);
  for (uint32_t id = 1; id < btf__type_cnt(source.get()); id++) {
    types.push_back(copier.copy(id));
    if (copier.bad()) return malformed(fmt::format("type {} of the type information is not valid", id));
  }
  if (contains_itself(types)) return malformed("a type contains itself");
  return types;
}

Result<std::vector<uint8_t>> extract_btf(const std::filesystem::path& object) {
  silence_libbpf();
  BtfHandle source(btf__parse_elf(object.c_str(), nullptr));
  BtfHandle target(btf__new_empty());
  if (source == nullptr) {
    return Diagnostic{.code = "platform-property-missing",
                      .outcome = Outcome::unusable_input,
                      .message = "the header declares nothing of a platform",
                      .place = {},
                      .need = "PERDITA_PLATFORM(\"name\"); and hooks or functions",
                      .have = {},
                      .hint = "docs/guide/platform.md shows how one is written"};
  }
  if (target == nullptr) return malformed("no memory for the compiled header's type information");
  for (uint32_t id = 1; id < btf__type_cnt(source.get()); id++) {
    if (btf__add_type(target.get(), source.get(), btf__type_by_id(source.get(), id)) != static_cast<int>(id))
      return malformed(fmt::format("type {} of the compiled header cannot be copied", id));
  }
  uint32_t size = 0;
  const auto* data = static_cast<const uint8_t*>(btf__raw_data(target.get(), &size));
  if (data == nullptr) return malformed("the compiled header's type information cannot be written");
  return std::vector<uint8_t>(data, data + size);
}

}  // namespace perdita::platform
