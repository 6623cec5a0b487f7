// SPDX-License-Identifier: Apache-2.0
#include "object/core_relocate.h"

#include <fmt/format.h>

#include "object/core_access.h"
#include "object/core_patch.h"
#include "object/core_types.h"
#include "object/refusal.h"

namespace perdita::object {
namespace {

// The number one side gives; none: it has no such thing.
struct Answer {
  uint64_t value = 0;
  uint32_t bytes = 0;  // byte offset of a field: the field's size
  bool unsigned_integer = false;
};

bool asks_for_existence(CoreKind kind) {
  return kind == CoreKind::field_exists || kind == CoreKind::type_exists || kind == CoreKind::type_matches ||
         kind == CoreKind::enumerator_exists;
}

bool about_field(CoreKind kind) { return kind <= CoreKind::field_rshift_u64; }

std::optional<Answer> field_answer(const Btf& btf, const CoreField& field, CoreKind kind) {
  const Type& type = btf.type(btf.resolve(field.type));
  std::optional<uint64_t> size = btf.size_of(field.type);
  if (kind == CoreKind::field_exists) return Answer{1};
  if (!size || *size > UINT32_MAX || field.bit_offset % 8 != 0) return std::nullopt;
  bool integer = type.kind == TypeKind::integer;
  switch (kind) {
    case CoreKind::field_byte_offset:
      return Answer{field.bit_offset / 8, static_cast<uint32_t>(*size), integer && !type.is_signed};
    case CoreKind::field_byte_size:
      return Answer{*size};
    case CoreKind::field_signed:
      return Answer{(integer || type.enumerated()) && type.is_signed ? 1u : 0u};
    // How far to shift a field that was loaded into 64 bits so that only its own bits stay (little endian).
    default:
      if (*size == 0 || *size > 8) return std::nullopt;
      return Answer{64 - *size * 8};
  }
}

class Resolver {
 public:
  Resolver(const Btf& local, const Btf* target) : local_(local), target_(target) {
    if (target != nullptr) candidates_.emplace(*target);
  }

  std::optional<Diagnostic> apply(const CoreRelocation& relocation, CodeSection& section) {
    place_ = section.place(relocation.instruction);
    if (relocation.instruction >= section.code.size()) {
      return malformed(fmt::format("CO-RE information of '{}' is for instructions behind its end", section.name));
    }
    Query query;
    if (std::optional<Diagnostic> error = read(relocation, query)) return error;
    Answer answer = query.local;
    if (relocation.kind != CoreKind::type_id_local) {
      if (target_ == nullptr) {
        return refused("object-core-no-platform",
                       fmt::format("'{}' depends on the platform, and there is none", query.text), place_,
                       "name the platform with --platform");
      }
      if (std::optional<Diagnostic> error = find(relocation, query, answer)) return error;
    }
    CorePatch change;
    change.before = query.local.value;
    change.after = answer.value;
    change.bytes_before = query.local.bytes;
    change.bytes_after = answer.bytes;
    change.resizable = query.local.unsigned_integer && answer.unsigned_integer;
    if (std::optional<std::string> problem = patch(section.code, relocation.instruction, change)) {
      return refused("object-core-mismatch",
                     fmt::format("'{}' cannot be adapted to the platform: {}", query.text, *problem), place_,
                     "include the header of the platform, and use the field with the type it has there");
    }
    return std::nullopt;
  }

 private:
  // A relocation as its own side reads it.
  struct Query {
    std::string text;  // what it is about, for messages
    Answer local;
    CoreAccess access;            // about a field
    std::string_view enumerator;  // about an enumerator
  };

  std::optional<Diagnostic> read(const CoreRelocation& relocation, Query& query) {
    const Type& type = local_.type(relocation.type);
    query.text = describe(type);
    if (about_field(relocation.kind)) return read_field(relocation, query);
    std::optional<std::vector<uint32_t>> numbers = parse_access(relocation.access);
    if (!numbers || numbers->size() != 1) return broken();
    if (relocation.kind == CoreKind::enumerator_exists || relocation.kind == CoreKind::enumerator_value) {
      const Type& enumeration = local_.type(local_.resolve(relocation.type));
      if (!enumeration.enumerated() || (*numbers)[0] >= enumeration.enumerators.size()) return broken();
      const TypeEnumerator& enumerator = enumeration.enumerators[(*numbers)[0]];
      query.enumerator = enumerator.name;
      query.text += "::" + printable(enumerator.name);
      query.local.value = relocation.kind == CoreKind::enumerator_exists ? 1 : enumerator.value;
      return std::nullopt;
    }
    if ((*numbers)[0] != 0) return broken();
    std::optional<Answer> answer = type_answer(local_, relocation.type, relocation.kind);
    if (!answer) return broken();
    query.local = *answer;
    return std::nullopt;
  }

  std::optional<Diagnostic> read_field(const CoreRelocation& relocation, Query& query) {
    std::optional<CoreAccess> access = read_access(local_, relocation.type, relocation.access);
    if (!access) return broken();
    query.access = std::move(*access);
    query.text = query.access.text;
    if (query.access.field.bits != 0) return bit_field(query.text);
    std::optional<Answer> answer = field_answer(local_, query.access.field, relocation.kind);
    if (!answer) return broken();
    query.local = *answer;
    return std::nullopt;
  }

  // The platform's answer. Several types of one name may have it; they have to agree.
  std::optional<Diagnostic> find(const CoreRelocation& relocation, const Query& query, Answer& out) {
    std::optional<Answer> found;
    for (uint32_t candidate : candidates_->find(local_.type(relocation.type))) {
      std::optional<Answer> answer;
      if (about_field(relocation.kind)) {
        std::optional<CoreField> field = follow(query.access, local_, *target_, candidate, budget_);
        if (field && field->bits != 0) return bit_field(query.text);
        if (field) answer = field_answer(*target_, *field, relocation.kind);
      } else if (!query.enumerator.empty()) {
        answer = enumerator_answer(candidate, query.enumerator, relocation.kind);
      } else {
        bool same = relocation.kind == CoreKind::type_matches
                        ? types_match(local_, relocation.type, *target_, candidate, budget_)
                        : types_compatible(local_, relocation.type, *target_, candidate, budget_);
        if (same) answer = type_answer(*target_, candidate, relocation.kind);
      }
      if (budget_.exhausted()) {
        return refused("object-core-too-complex",
                       "the types of the object are too entangled to compare with the platform's", place_,
                       "include fewer types");
      }
      if (!answer) continue;
      if (found && (found->value != answer->value || found->bytes != answer->bytes)) {
        return refused("object-core-ambiguous",
                       fmt::format("the platform has several '{}', and they differ", query.text), place_,
                       "include the header of the platform, so that the type is the one that is meant");
      }
      found = answer;
    }
    if (!found && !asks_for_existence(relocation.kind)) {
      return refused(
          "object-core-unresolved", fmt::format("the platform has no '{}'", query.text), place_,
          "compile against the header of this platform; a field that only some platforms have cannot be used, "
          "not even behind bpf_core_field_exists()");
    }
    out = found.value_or(Answer{0});
    return std::nullopt;
  }

  static std::optional<Answer> type_answer(const Btf& btf, uint32_t type, CoreKind kind) {
    switch (kind) {
      case CoreKind::type_id_local:
      case CoreKind::type_id_target:
        return Answer{type};
      case CoreKind::type_size: {
        std::optional<uint64_t> size = btf.size_of(type);
        return size && *size <= UINT32_MAX ? std::optional(Answer{*size}) : std::nullopt;
      }
      default:
        return Answer{1};
    }
  }

  std::optional<Answer> enumerator_answer(uint32_t candidate, std::string_view name, CoreKind kind) const {
    for (const TypeEnumerator& enumerator : target_->type(target_->resolve(candidate)).enumerators) {
      if (essential_name(enumerator.name) != essential_name(name)) continue;
      return Answer{kind == CoreKind::enumerator_exists ? 1 : enumerator.value};
    }
    return std::nullopt;
  }

  Diagnostic broken() const { return malformed("CO-RE information does not fit the object's own types", place_); }

  Diagnostic bit_field(const std::string& text) const {
    return refused("object-core-bit-field", fmt::format("'{}' is a bit-field, which CO-RE cannot adapt here", text),
                   place_, "use a whole integer: the structures of a platform have no bit-fields");
  }

  const Btf& local_;
  const Btf* target_;
  std::optional<CoreCandidates> candidates_;
  CoreBudget budget_;
  Place place_;
};

}  // namespace

std::optional<Diagnostic> resolve_core(const Btf& local, const BtfExt& ext, const std::vector<uint8_t>* platform_btf,
                                       Code& code) {
  if (ext.relocations.empty()) return std::nullopt;
  std::optional<Btf> target;
  if (platform_btf != nullptr && !platform_btf->empty()) {
    Result<Btf> read = Btf::read(*platform_btf, "the platform's BTF");
    if (!read) {
      Diagnostic diagnostic = read.error();
      diagnostic.code = "object-platform-btf";
      diagnostic.hint = "build the platform file again with `perdita platform build`";
      return diagnostic;
    }
    target = std::move(*read);
  }
  Resolver resolver(local, target ? &*target : nullptr);
  for (CodeSection& section : code.sections) {
    auto relocations = ext.relocations.find(section.name);
    if (relocations == ext.relocations.end()) continue;
    for (const CoreRelocation& relocation : relocations->second) {
      if (std::optional<Diagnostic> error = resolver.apply(relocation, section)) return error;
    }
  }
  return std::nullopt;
}

}  // namespace perdita::object
