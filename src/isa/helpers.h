// SPDX-License-Identifier: Apache-2.0
//
// The helpers that exist, with Linux's numbers and their contracts: one table for verifier, linker and engines.
// `call` is null in it; the runtime keeps the routines in a table of its own, by number (src/runtime/helper_calls.h).
#pragma once

#include "isa/map.h"
#include "isa/span.h"
#include "perdita/contract.h"

namespace perdita::isa {

// trace_printk: longest format with its terminating zero, and most that is printed of one call.
constexpr uint32_t kMaxFormatBytes = 128;
constexpr uint32_t kMaxPrintedBytes = 128;
constexpr uint32_t kMaxFormatValues = 12;  // trace_vprintk

// Linux's numbers of the helpers that an engine, the verifier or the costs treat by themselves.
constexpr uint32_t kHelperMapLookup = 1;
constexpr uint32_t kHelperMapUpdate = 2;
constexpr uint32_t kHelperMapDelete = 3;
constexpr uint32_t kHelperTracePrintk = 6;
constexpr uint32_t kHelperTraceVprintk = 177;
constexpr uint32_t kHelperTailCall = 12;
constexpr uint32_t kHelperForEachMapElem = 164;
constexpr uint32_t kHelperLoop = 181;

// Most tail calls of one invocation (Linux's MAX_TAIL_CALL_CNT), most iterations of one loop() (Linux's MAX_LOOPS), and
// most reservations of ring buffers that a program may hold at a time.
constexpr uint32_t kMaxTailCalls = 33;
constexpr uint32_t kMaxLoopIterations = 1u << 23;
constexpr uint32_t kMaxReservations = 8;

// All helpers, ascending by number.
Span<const perdita_function> helpers();

// The helper with that number, or null.
const perdita_function* find_helper(uint32_t number);

// Worst case in machine instructions of one call to `helper` that names `map` (null where it takes none), `bytes` being
// the sum of its memory arguments' largest sizes. A bound for every engine on every target in docs/spec/cost.md; never
// overflows for maps within the limits of isa/map.h and up to 2^32 bytes.
uint64_t helper_cost(const perdita_function& helper, const MapDef* map, uint64_t bytes);

}  // namespace perdita::isa
