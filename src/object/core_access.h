// SPDX-License-Identifier: Apache-2.0
//
// The path of a CO-RE field relocation: read from the object's types as names and indexes, then followed through a type
// of the platform, where the same names may stand elsewhere, also inside anonymous structures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "object/btf.h"
#include "object/core_types.h"

namespace perdita::object {

// What a path leads to.
struct CoreField {
  uint32_t type = 0;
  uint64_t bit_offset = 0;
  uint32_t bits = 0;  // 0: no bit-field
};

struct AccessStep {
  std::string_view member;  // empty: an index into an array
  uint32_t index = 0;
  uint32_t type = 0;  // what the step leads to, in the object's BTF
};

struct CoreAccess {
  uint32_t root_index = 0;  // the first index: elements of the root itself
  std::vector<AccessStep> steps;
  CoreField field;   // where it leads to in the object's own types
  std::string text;  // "struct sample::values[2]"
};

// Numbers of a CO-RE access string, "0:1:2"; none where it is not one, or longer than 64 numbers.
std::optional<std::vector<uint32_t>> parse_access(std::string_view text);

// None where the path does not fit the type.
std::optional<CoreAccess> read_access(const Btf& btf, uint32_t type, std::string_view text);

// The field that `access` names, found in `root` of the platform; none where it has no such field.
std::optional<CoreField> follow(const CoreAccess& access, const Btf& local, const Btf& target, uint32_t root,
                                CoreBudget& budget);

}  // namespace perdita::object
