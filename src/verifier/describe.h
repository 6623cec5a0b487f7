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

// "an array, a hash or an LRU hash", for a set with bit 1 << type for each.
std::string describe_map_types(uint32_t types);
// "an array"; "type 7" where there is no such type.
std::string describe_map_type(uint32_t type);

std::string log_form(const object::Module& module, const State& state);

}  // namespace perdita::verifier
