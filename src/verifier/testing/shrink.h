// SPDX-License-Identifier: Apache-2.0
//
// Test only. A program that shows something, made as small as it can be while it still does.
#pragma once

#include <functional>

#include "verifier/testing/program_mutator.h"

namespace perdita::verifier::testing {

// Removes instructions, and makes immediates small, for as long as `shows` holds; it is asked for programs that keep
// the rules of structure only (as far as references go, for maps and functions that `code` itself refers to).
Code shrink(Code code, const std::function<bool(const Code&)>& shows);

}  // namespace perdita::verifier::testing
