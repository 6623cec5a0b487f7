// SPDX-License-Identifier: Apache-2.0
//
// What is not yet as it should be among the programs of tests/precision. Both lists are to shrink.
#pragma once

#include <map>
#include <string>

namespace perdita::verifier::precision {

// Files whose program is safe and refused, and what the verifier would have to know. The test fails where one is
// accepted, so that the list stays true.
inline const std::map<std::string, std::string> kRefused = {};

// Programs whose bound is more than twice what the search finds, and why.
inline const std::map<std::string, std::string> kLoose = {};

}  // namespace perdita::verifier::precision
