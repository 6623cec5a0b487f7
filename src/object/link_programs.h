// SPDX-License-Identifier: Apache-2.0
//
// Puts programs together: each entry function with every function it reaches, in the object's order, calls and
// callback addresses as distances (isa/insn.h). A function that several programs reach stands in each of them.
#pragma once

#include <vector>

#include "diag/result.h"
#include "object/code.h"
#include "object/module.h"

namespace perdita::object {

Result<std::vector<Prog>> link_programs(const Code& code, bool judged);

}  // namespace perdita::object
