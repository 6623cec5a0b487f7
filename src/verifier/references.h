// SPDX-License-Identifier: Apache-2.0
//
// What a program refers to, from the code alone, whether it is ever reached or not (an image imports all of it):
// helpers, functions of the platform, maps, and the capabilities these need. Refused: functions that the platform does
// not have, calls that the hook does not permit, maps beyond the limits of isa/map.h.
#pragma once

#include "verifier/analysis.h"
#include "verifier/proof.h"

namespace perdita::verifier {

// The platform's functions by index in the module; null where the platform has none of that name.
std::vector<const perdita_function*> functions_of(const object::Module& module, const platform::Platform& platform);

// Fills the verdict's lists and reports what is refused.
void collect_references(const Subject& subject, const perdita_platform& platform, Report& report, ProgVerdict& verdict);

}  // namespace perdita::verifier
