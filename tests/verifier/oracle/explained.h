// SPDX-License-Identifier: Apache-2.0
//
// Test only. Why Linux refuses what we accept: each reason known by what its verifier says, with a sentence. A program
// that it refuses in other words is one that nobody has looked at, and fails the test.
#pragma once

#include <string>

namespace perdita::verifier::oracle {

struct Explanation {
  const char* name;
  const char* says;  // regular expression, found in what the kernel says
  const char* because;
};

// Null: not explained.
const Explanation* explanation_of(const std::string& said);

// Of what it lets who has all rights do, and nobody else.
const Explanation* explanation_by_rights(const std::string& said);

}  // namespace perdita::verifier::oracle
