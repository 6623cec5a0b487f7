// SPDX-License-Identifier: Apache-2.0
//
// What the keys and values of a map are made of, as a canonical form and its digest (docs/spec/image.md, "Types of a
// pinned map"): two packages share a pinned map only where they agree about it. Names of members count, for they are
// all that tells one number from another; names of types do not.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "object/btf.h"
#include "object/module.h"

namespace perdita::object {

constexpr size_t kMaxTypesFormBytes = 65536;

// `key` and `value` are types that have a size, or 0 where the map gives only one. None where the form is too long.
std::optional<std::vector<uint8_t>> types_form(const Btf& btf, uint32_t key, uint32_t value);

TypesDigest types_digest(const std::vector<uint8_t>& form);

}  // namespace perdita::object
