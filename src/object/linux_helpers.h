// SPDX-License-Identifier: Apache-2.0
//
// Names of Linux's helpers, so that a program that calls one that does not exist here is told which.
#pragma once

#include <cstdint>
#include <string_view>

namespace perdita::object {

// Without "bpf_"; empty for a number that Linux does not have.
std::string_view linux_helper_name(uint32_t number);
// The number of the helper that programs call by this name, with "bpf_"; 0 where there is none.
uint32_t linux_helper_number(std::string_view name);

}  // namespace perdita::object
