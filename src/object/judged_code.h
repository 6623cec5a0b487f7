// SPDX-License-Identifier: Apache-2.0
//
// The structural rules for programs that are judged only: those of isa/validate.h, and besides any helper's number and
// the packet access of classic BPF (RFC 9669, section 5.5).
#pragma once

#include <vector>

#include "isa/validate.h"

namespace perdita::object {

bool validate_judged(const std::vector<isa::Insn>& code, const isa::References& references, isa::Violation& violation);

}  // namespace perdita::object
