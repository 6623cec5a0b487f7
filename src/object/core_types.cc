// SPDX-License-Identifier: Apache-2.0
#include "object/core_types.h"

namespace perdita::object {
namespace {

bool same_kind(const Type& a, const Type& b) { return a.kind == b.kind || (a.enumerated() && b.enumerated()); }

bool same_name(const Type& a, const Type& b) { return essential_name(a.name) == essential_name(b.name); }

// Deep enough for any type in a firmware; a chain of pointers to pointers longer than this is no match.
bool compatible(const Btf& local, uint32_t local_id, const Btf& target, uint32_t target_id, CoreBudget& budget,
                unsigned depth) {
  while (budget.spend() && depth++ < kMaxTypeDepth) {
    local_id = local.resolve(local_id);
    target_id = target.resolve(target_id);
    const Type& a = local.type(local_id);
    const Type& b = target.type(target_id);
    if (!same_kind(a, b)) return false;
    switch (a.kind) {
      case TypeKind::integer:
        return a.whole_bytes && b.whole_bytes;
      case TypeKind::pointer:
      case TypeKind::array:
        local_id = a.target;
        target_id = b.target;
        continue;
      case TypeKind::prototype:
        if (a.parameters.size() != b.parameters.size()) return false;
        for (size_t i = 0; i < a.parameters.size(); i++) {
          if (!compatible(local, a.parameters[i], target, b.parameters[i], budget, depth)) return false;
        }
        local_id = a.target;
        target_id = b.target;
        continue;
      default:
        return true;
    }
  }
  return false;
}

bool match(const Btf& local, uint32_t local_id, const Btf& target, uint32_t target_id, CoreBudget& budget,
           bool behind_pointer, unsigned depth);

bool enumerators_match(const Type& a, const Type& b, CoreBudget& budget) {
  for (const TypeEnumerator& wanted : a.enumerators) {
    bool found = false;
    for (const TypeEnumerator& present : b.enumerators) {
      if (!budget.spend()) return false;
      found = found || essential_name(wanted.name) == essential_name(present.name);
    }
    if (!found) return false;
  }
  return true;
}

bool members_match(const Btf& local, const Type& a, const Btf& target, const Type& b, CoreBudget& budget,
                   unsigned depth) {
  for (const TypeMember& wanted : a.members) {
    bool found = false;
    for (const TypeMember& present : b.members) {
      if (!budget.spend()) return false;
      found = found ||
              (wanted.name == present.name && match(local, wanted.type, target, present.type, budget, false, depth));
    }
    if (!found) return false;
  }
  return true;
}

bool match(const Btf& local, uint32_t local_id, const Btf& target, uint32_t target_id, CoreBudget& budget,
           bool behind_pointer, unsigned depth) {
  while (budget.spend() && depth++ < kMaxTypeDepth) {
    const Type& a = local.type(local.resolve(local_id));
    const Type& b = target.type(target.resolve(target_id));
    if (!same_name(a, b)) return false;
    if (!same_kind(a, b)) {
      // Behind a pointer a declaration is enough: "struct x;" and the structure are one type.
      return behind_pointer &&
             ((a.kind == TypeKind::forward && b.composite()) || (a.composite() && b.kind == TypeKind::forward));
    }
    switch (a.kind) {
      case TypeKind::integer:
      case TypeKind::floating:
        return a.size == b.size && a.is_signed == b.is_signed && a.whole_bytes && b.whole_bytes;
      case TypeKind::enumeration:
      case TypeKind::enumeration64:
        return a.size == b.size && enumerators_match(a, b, budget);
      case TypeKind::structure:
      case TypeKind::union_type:
        return behind_pointer || members_match(local, a, target, b, budget, depth);
      case TypeKind::array:
        if (a.elements != b.elements) return false;
        break;
      case TypeKind::pointer:
        behind_pointer = true;
        break;
      case TypeKind::prototype:
        if (a.parameters.size() != b.parameters.size()) return false;
        for (size_t i = 0; i < a.parameters.size(); i++) {
          if (!match(local, a.parameters[i], target, b.parameters[i], budget, behind_pointer, depth)) return false;
        }
        break;
      default:
        return true;
    }
    local_id = a.target;
    target_id = b.target;
  }
  return false;
}

}  // namespace

std::string_view essential_name(std::string_view name) {
  size_t flavor = name.find("___");
  return flavor == 0 || flavor == std::string_view::npos ? name : name.substr(0, flavor);
}

bool fields_compatible(const Btf& local, uint32_t local_id, const Btf& target, uint32_t target_id, CoreBudget& budget) {
  for (unsigned depth = 0; depth < kMaxTypeDepth && budget.spend(); depth++) {
    const Type& a = local.type(local.resolve(local_id));
    const Type& b = target.type(target.resolve(target_id));
    if (a.composite() && b.composite()) return true;
    if (!same_kind(a, b)) return false;
    if (a.kind == TypeKind::forward || a.enumerated()) {
      return a.name.empty() || b.name.empty() || same_name(a, b);
    }
    if (a.kind == TypeKind::integer) return a.whole_bytes && b.whole_bytes;
    if (a.kind != TypeKind::array) return a.kind == TypeKind::pointer || a.kind == TypeKind::floating;
    local_id = a.target;
    target_id = b.target;
  }
  return false;
}

bool types_compatible(const Btf& local, uint32_t local_id, const Btf& target, uint32_t target_id, CoreBudget& budget) {
  return compatible(local, local_id, target, target_id, budget, 0);
}

bool types_match(const Btf& local, uint32_t local_id, const Btf& target, uint32_t target_id, CoreBudget& budget) {
  return match(local, local_id, target, target_id, budget, false, 0);
}

CoreCandidates::CoreCandidates(const Btf& btf) : btf_(btf) {
  for (uint32_t id = 1; id < btf.count(); id++) {
    if (!btf.type(id).name.empty()) by_name_[essential_name(btf.type(id).name)].push_back(id);
  }
}

std::vector<uint32_t> CoreCandidates::find(const Type& wanted) const {
  std::vector<uint32_t> found;
  auto named = by_name_.find(essential_name(wanted.name));
  if (wanted.name.empty() || named == by_name_.end()) return found;
  for (uint32_t id : named->second) {
    if (same_kind(btf_.type(id), wanted)) found.push_back(id);
  }
  return found;
}

}  // namespace perdita::object
