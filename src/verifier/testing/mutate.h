// SPDX-License-Identifier: Apache-2.0
//
// Test only. Small changes to real programs: a check removed, a limit moved by one, another comparison, width, register
// or place. Most of what comes out is wrong, some of it is not; what is accepted has to be contained.
#pragma once

#include <random>
#include <string>

#include "object/module.h"

namespace perdita::verifier::testing {

// Changes one to three instructions, none of a wide load or a call; says which.
std::string mutate(object::Prog& prog, std::mt19937_64& random);

}  // namespace perdita::verifier::testing
