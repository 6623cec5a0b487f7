// SPDX-License-Identifier: Apache-2.0
//
// When a type of the object and a type of the platform are the same for CO-RE: by name, without the part from "___" on
// (a flavor), and by kind; sizes may differ, that is what CO-RE is for. The rules are those that libbpf documents
// (docs.kernel.org, "BPF CO-RE"; bpf_core_read.h), so objects mean the same here.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "object/btf.h"

namespace perdita::object {

// "task_struct___v5" -> "task_struct"
std::string_view essential_name(std::string_view name);

// A bound on the work that types can cause: hostile BTF can make a search exponential. Once spent, every question is
// answered with no, and exhausted() says why.
class CoreBudget {
 public:
  bool spend() { return steps_left_ != 0 && steps_left_-- != 0; }
  bool exhausted() const { return steps_left_ == 0; }

 private:
  uint64_t steps_left_ = 20'000'000;
};

// May a field of type `local` be found in a field of type `target`? Looks at kinds, not at sizes.
bool fields_compatible(const Btf& local, uint32_t local_id, const Btf& target, uint32_t target_id, CoreBudget& budget);
// Is `target` what bpf_core_type_exists(local) asks for? The same kind, through pointers, arrays and prototypes.
bool types_compatible(const Btf& local, uint32_t local_id, const Btf& target, uint32_t target_id, CoreBudget& budget);
// Is `target` what bpf_core_type_matches(local) asks for? Every member and enumerator of `local` is in `target`.
bool types_match(const Btf& local, uint32_t local_id, const Btf& target, uint32_t target_id, CoreBudget& budget);

// The types of a BTF by essential name: what a type of the object could be on the platform.
class CoreCandidates {
 public:
  explicit CoreCandidates(const Btf& btf);
  // Types of the kind (both kinds of enumeration are one) and essential name of `wanted`, ascending.
  std::vector<uint32_t> find(const Type& wanted) const;

 private:
  const Btf& btf_;
  std::map<std::string_view, std::vector<uint32_t>> by_name_;
};

}  // namespace perdita::object
