// SPDX-License-Identifier: Apache-2.0
#include "object/btf.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/btf.h>

#include <cstring>
#include <memory>

#include "object/refusal.h"

namespace perdita::object {
namespace {

using Handle = std::unique_ptr<struct btf, void (*)(struct btf*)>;

constexpr size_t kMaxNameBytes = 1024;

// libbpf 1.1 trusts hdr_len when it computes where the sections start, so the header is checked before it sees it.
bool header_in_bounds(const std::vector<uint8_t>& bytes, btf_header& header) {
  if (bytes.size() < sizeof(header)) return false;
  memcpy(&header, bytes.data(), sizeof(header));
  uint64_t content = bytes.size() - sizeof(header);
  return header.magic == BTF_MAGIC && header.version == BTF_VERSION && header.hdr_len == sizeof(header) &&
         header.type_off % 4 == 0 && uint64_t{header.type_off} + header.type_len <= content &&
         uint64_t{header.str_off} + header.str_len <= content &&
         uint64_t{header.type_off} + header.type_len <= header.str_off && header.str_len != 0;
}

// Turns libbpf's view of each type into ours; latches the first error.
class Importer {
 public:
  Importer(const std::vector<char>& strings, uint32_t count) : strings_(strings), count_(count) {}

  Type import(const btf_type* raw) {
    Type type;
    type.kind = static_cast<TypeKind>(btf_kind(raw));
    type.name = name(raw->name_off);
    switch (btf_kind(raw)) {
      case BTF_KIND_INT:
        type.size = raw->size;
        type.is_signed = (btf_int_encoding(raw) & BTF_INT_SIGNED) != 0;
        type.whole_bytes = btf_int_offset(raw) == 0 && btf_int_bits(raw) == uint64_t{raw->size} * 8;
        break;
      case BTF_KIND_PTR:
      case BTF_KIND_TYPEDEF:
      case BTF_KIND_VOLATILE:
      case BTF_KIND_CONST:
      case BTF_KIND_RESTRICT:
      case BTF_KIND_TYPE_TAG:
      case BTF_KIND_DECL_TAG:
        type.target = reference(raw->type);
        break;
      case BTF_KIND_ARRAY:
        type.target = reference(btf_array(raw)->type);
        type.elements = btf_array(raw)->nelems;
        break;
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
        import_members(raw, type);
        break;
      case BTF_KIND_ENUM:
      case BTF_KIND_ENUM64:
        import_enumerators(raw, type);
        break;
      case BTF_KIND_FWD:
        break;
      case BTF_KIND_FUNC:
        type.target = reference(raw->type);
        type.linkage = btf_vlen(raw);
        break;
      case BTF_KIND_VAR:
        type.target = reference(raw->type);
        type.linkage = btf_var(raw)->linkage;
        break;
      case BTF_KIND_FUNC_PROTO:
        type.target = reference(raw->type);
        for (unsigned i = 0; i < btf_vlen(raw); i++) {
          name(btf_params(raw)[i].name_off);
          type.parameters.push_back(reference(btf_params(raw)[i].type));
        }
        break;
      case BTF_KIND_DATASEC:
        type.size = raw->size;
        for (unsigned i = 0; i < btf_vlen(raw); i++) {
          const btf_var_secinfo& entry = btf_var_secinfos(raw)[i];
          type.entries.push_back({reference(entry.type), entry.offset, entry.size});
        }
        break;
      case BTF_KIND_FLOAT:
        type.size = raw->size;
        break;
      default:
        ok_ = false;
        break;
    }
    return type;
  }

  bool ok() const { return ok_; }

 private:
  std::string_view name(uint32_t offset) {
    if (offset >= strings_.size()) {
      ok_ = false;
      return {};
    }
    size_t length = strnlen(&strings_[offset], std::min(kMaxNameBytes, strings_.size() - offset));
    if (length == kMaxNameBytes) ok_ = false;
    return {&strings_[offset], length};
  }

  uint32_t reference(uint32_t id) {
    if (id < count_) return id;
    ok_ = false;
    return 0;
  }

  void import_members(const btf_type* raw, Type& type) {
    type.size = raw->size;
    for (unsigned i = 0; i < btf_vlen(raw); i++) {
      const btf_member& member = btf_members(raw)[i];
      type.members.push_back({name(member.name_off), reference(member.type), btf_member_bit_offset(raw, i),
                              btf_member_bitfield_size(raw, i)});
    }
  }

  void import_enumerators(const btf_type* raw, Type& type) {
    type.size = raw->size;
    type.is_signed = btf_kflag(raw);
    for (unsigned i = 0; i < btf_vlen(raw); i++) {
      if (btf_is_enum64(raw)) {
        const struct btf_enum64& entry = btf_enum64(raw)[i];
        type.enumerators.push_back({name(entry.name_off), uint64_t{entry.val_hi32} << 32 | entry.val_lo32});
      } else {
        const struct btf_enum& entry = btf_enum(raw)[i];
        uint64_t value = type.is_signed ? static_cast<uint64_t>(int64_t{entry.val}) : uint32_t(entry.val);
        type.enumerators.push_back({name(entry.name_off), value});
      }
    }
  }

  const std::vector<char>& strings_;
  uint32_t count_;
  bool ok_ = true;
};

bool transparent(TypeKind kind) {
  return kind == TypeKind::type_alias || kind == TypeKind::volatile_type || kind == TypeKind::const_type ||
         kind == TypeKind::restrict_type || kind == TypeKind::type_tag || kind == TypeKind::declaration_tag;
}

}  // namespace

std::string describe(const Type& type) {
  std::string name = type.name.empty() ? "(anonymous)" : printable(type.name);
  switch (type.kind) {
    case TypeKind::structure:
      return "struct " + name;
    case TypeKind::union_type:
      return "union " + name;
    case TypeKind::enumeration:
    case TypeKind::enumeration64:
      return "enum " + name;
    case TypeKind::nothing:
      return "void";
    default:
      return name;
  }
}

Result<Btf> Btf::read(const std::vector<uint8_t>& bytes, std::string_view what) {
  libbpf_set_print(nullptr);  // what is wrong is said in a Diagnostic, not on standard error
  btf_header header;
  if (!header_in_bounds(bytes, header)) return malformed(fmt::format("the header of {} is broken", what));
  Handle raw(btf__new(bytes.data(), static_cast<uint32_t>(bytes.size())), btf__free);
  if (raw == nullptr || btf__endianness(raw.get()) != BTF_LITTLE_ENDIAN) {
    return malformed(fmt::format("{} is broken", what));
  }
  uint32_t count = btf__type_cnt(raw.get());
  if (count > kMaxTypes) return malformed(fmt::format("{} has {} types, more than {}", what, count, kMaxTypes));

  Btf btf;
  const auto* strings = reinterpret_cast<const char*>(bytes.data()) + header.hdr_len + header.str_off;
  btf.strings_.assign(strings, strings + header.str_len);
  Importer importer(btf.strings_, count);
  btf.types_.reserve(count);
  btf.types_.emplace_back();
  for (uint32_t id = 1; id < count; id++) {
    btf.types_.push_back(importer.import(btf__type_by_id(raw.get(), id)));
    if (!importer.ok()) {
      return malformed(fmt::format("type {} of {} refers to a type or a name that does not exist", id, what));
    }
  }
  return btf;
}

std::optional<std::string_view> Btf::string(uint32_t offset) const {
  if (offset >= strings_.size()) return std::nullopt;
  size_t length = strnlen(&strings_[offset], std::min(kMaxNameBytes, strings_.size() - offset));
  return std::string_view(&strings_[offset], length);
}

uint32_t Btf::resolve(uint32_t id) const {
  for (unsigned depth = 0; depth < kMaxTypeDepth; depth++) {
    if (!transparent(types_[id].kind)) return id;
    id = types_[id].target;
  }
  return 0;
}

std::optional<uint64_t> Btf::size_of(uint32_t id) const {
  uint64_t elements = 1;
  for (unsigned depth = 0; depth < kMaxTypeDepth; depth++) {
    const Type& type = types_[resolve(id)];
    uint64_t size = type.size;
    switch (type.kind) {
      case TypeKind::array:
        if (type.elements != 0 && elements > UINT32_MAX / type.elements) return std::nullopt;
        elements *= type.elements;
        id = type.target;
        continue;
      case TypeKind::pointer:
        size = 8;
        break;
      case TypeKind::integer:
      case TypeKind::structure:
      case TypeKind::union_type:
      case TypeKind::enumeration:
      case TypeKind::enumeration64:
      case TypeKind::floating:
        break;
      default:
        return std::nullopt;
    }
    return size * elements;  // both below 2^32
  }
  return std::nullopt;
}

const Type* Btf::find_section(std::string_view name) const {
  for (const Type& type : types_) {
    if (type.kind == TypeKind::data_section && type.name == name) return &type;
  }
  return nullptr;
}

}  // namespace perdita::object
