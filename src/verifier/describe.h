// SPDX-License-Identifier: Apache-2.0
//
// Values and states in words: for diagnostics ("a number from 0 to 4095"), and for the log in the short form that BPF
// programmers know ("R2=map_value(map=counts,off=4)").
#pragma once

#include <string>

#include "object/module.h"
#include "verifier/state.h"

namespace perdita::verifier {

std::string describe(const Scalar64& number);
std::string describe(const object::Module& module, const RegValue& value);
// The offset alone: "8", "0 to 255".
std::string describe_offset(const Scalar64& offset);

std::string log_form(const object::Module& module, const State& state);

}  // namespace perdita::verifier
