// SPDX-License-Identifier: Apache-2.0
//
// How the loader says no: every refusal of this room is made by one of these, so that codes and outcomes agree
// (docs/guide/errors/object.md). Text that comes from an object goes through printable() first: an object is hostile
// until proved otherwise, and a terminal believes what it is sent.
#pragma once

#include <string>
#include <string_view>

#include "diag/result.h"

namespace perdita::object {

constexpr size_t kMaxShownBytes = 240;

// `text` as valid UTF-8 without control characters (a tab stays), cut at `limit_bytes`.
std::string printable(std::string_view text, size_t limit_bytes = kMaxShownBytes);

// The bytes break the rules of ELF, BTF or BPF: input that cannot be read. `place` names where, as far as known.
Diagnostic malformed(std::string message, Place place = {});
// The object keeps the rules and uses something that Perdita does not have.
Diagnostic refused(std::string code, std::string message, Place place, std::string hint);

}  // namespace perdita::object
