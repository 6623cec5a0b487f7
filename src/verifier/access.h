// SPDX-License-Identifier: Apache-2.0
//
// Whether memory may be accessed: inside its object, with the right permission, initialised where it is read. The one
// place that knows how large each region is. Each function reports what is wrong at `pc` and returns false.
#pragma once

#include "verifier/analysis.h"

namespace perdita::verifier {

struct Access {
  int64_t displacement = 0;  // added to the pointer's offset
  uint64_t size = 0;         // bytes, at most
  bool writes = false;
  bool atomic = false;
  unsigned argument = 0;             // the memory of a call's argument, from 1 on; 0: an instruction's own access
  const RegValue* length = nullptr;  // of that memory, where another argument states it
};

// Where the first byte may be, from the region's start (the stack: from r10).
struct Extent {
  int64_t low = 0, high = 0;
};

// Bounds and permission. The context's pointer slots are no part of what it allows (see packet_field).
bool check_access(Analysis& analysis, const State& state, uint32_t pc, const RegValue& pointer, const Access& access,
                  Extent& extent);

// Stack only, after check_access: every byte that may be read is initialised and no part of a pointer.
bool check_initialised(Analysis& analysis, const State& state, uint32_t pc, size_t frame, const Extent& extent,
                       uint64_t size);

// The field that a load takes whole when it is a pointer, to the packet or to an object, or null.
const perdita_field* packet_field(const perdita_hook& hook, const RegValue& pointer, const Access& access);

// Whether the register may be read at all; what is wrong otherwise was reported. False for poison too, silently.
bool check_readable(Analysis& analysis, const State& state, uint32_t pc, unsigned reg);

}  // namespace perdita::verifier
