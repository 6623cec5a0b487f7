// SPDX-License-Identifier: Apache-2.0
//
// Facts as text, beside an instruction: "r3.hi dead, src sign, aligned 4". Host only.
#pragma once

#include <string>

#include "isa/facts.h"

namespace perdita::isa {

// Empty where nothing is known.
std::string facts_text(const Insn& insn, const Facts& facts);

}  // namespace perdita::isa
