// SPDX-License-Identifier: Apache-2.0
//
// The targets that command lines and requests name, and which of them this version can do something for.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "diag/result.h"
#include "verifier/proof.h"

namespace perdita::pipeline {

constexpr const char* kBytecode = "bytecode";

// Every target there is to be: "bytecode", "armv7m", ….
const std::vector<std::string>& target_names();

// A thing of the design that this version does not do; exit code 2.
Diagnostic not_there_yet(const std::string& what, const std::string& hint);

// Whether code can be made for a target; bytecode can.
Result<std::monostate> check_code_target(const std::string& target);

// Whether bounds in machine instructions are known for a target; and a verdict without what is said of other targets.
Result<std::monostate> check_bound_target(const std::string& target);
void keep_target(verifier::ProgVerdict& prog, const std::string& target);  // empty: keeps all

}  // namespace perdita::pipeline
