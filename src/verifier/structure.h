// SPDX-License-Identifier: Apache-2.0
//
// The first pass: the bytecode keeps the structural rules (isa/validate.h), and the module's table of subprograms
// describes it. Everything after relies on this, so a program that fails here goes no further.
#pragma once

#include "object/module.h"
#include "verifier/report.h"

namespace perdita::verifier {

bool check_structure(const object::Module& module, const object::Prog& prog, Report& report);

}  // namespace perdita::verifier
