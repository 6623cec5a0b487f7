// SPDX-License-Identifier: Apache-2.0
//
// A part of a program that is entered by a call or as a callback, and runs in a frame of its own. Host and device.
#pragma once

#include <stdint.h>

namespace perdita::isa {

struct Subprogram {
  uint32_t first;        // index of its first instruction
  uint32_t stack_bytes;  // of its frame, multiple of 8
};

}  // namespace perdita::isa
