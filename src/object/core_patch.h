// SPDX-License-Identifier: Apache-2.0
//
// Writing a CO-RE number into an instruction: the immediate of arithmetic and of lddw, the offset of a load or store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "isa/insn.h"

namespace perdita::object {

struct CorePatch {
  uint64_t before = 0;  // what the compiler put there: the object's own number
  uint64_t after = 0;
  // A byte offset of a load or store: the field's size in the object and on the platform; 0: not known.
  uint32_t bytes_before = 0;
  uint32_t bytes_after = 0;
  bool resizable = false;  // both are unsigned integers or pointers: a load of the other width means the same
};

// Nothing where it is done; otherwise why it cannot be, as a sentence fragment.
std::optional<std::string> patch(std::vector<isa::Insn>& code, uint32_t index, const CorePatch& patch);

}  // namespace perdita::object
