// SPDX-License-Identifier: Apache-2.0
//
// Test only. Text cases: tests/verifier/cases/*.txt hold several each, separated by lines of dashes:
//
//   name: what is shown
//   hook: packet                     (tick where absent)
//   verdict: accept | reject CODE    (several codes where several errors are expected)
//   bound: 12                        (accept: exactly this many instructions)
//   stack: 16                        (accept: exactly this many bytes over the call chain)
//   says: r3 is the number 0         (reject: a diagnostic says so; any number of these)
//   code:
//     r0 = 0
//     exit
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace perdita::verifier::testing {

struct TextCase {
  std::string name;
  std::string file;
  std::string hook = "tick";
  bool accept = false;
  std::vector<std::string> codes, says;
  std::optional<uint64_t> bound, stack;
  std::string code;

  // How a failed test names it.
  friend void PrintTo(const TextCase& text_case, std::ostream* out) {
    *out << text_case.file << ": " << text_case.name;
  }
};

// All cases of all files of the folder, in the order of their names. A line that means nothing is a failed assertion
// of the test that reads it: its case gets no name.
std::vector<TextCase> read_cases(const std::filesystem::path& folder);

}  // namespace perdita::verifier::testing
