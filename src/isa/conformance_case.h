// SPDX-License-Identifier: Apache-2.0
//
// A test case of the public BPF conformance suite, read from its file: for tests, which find the files beside the
// checkout ($PERDITA_SHARED/conformance) or skip. Host only.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "isa/insn.h"

namespace perdita::isa {

struct ConformanceCase {
  std::string name;  // of the file
  std::string text;  // -- asm
  std::vector<Insn> raw;
  std::vector<uint8_t> memory;     // r1 points to it, r2 is its length
  std::optional<uint64_t> result;  // r0 at exit
  bool must_fail = false;
};

// The folder of the suite, or nothing where it is not there.
std::optional<std::filesystem::path> conformance_folder();

// All cases of a folder, by name. Throws nothing; a file that is not a case yields an empty one.
std::vector<ConformanceCase> read_conformance_cases(const std::filesystem::path& folder);

}  // namespace perdita::isa
