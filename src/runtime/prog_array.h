// SPDX-License-Identifier: Apache-2.0
//
// Program arrays: what their slots hold, which programs they admit so that the bounds of tail calls stay true, and the
// tail call itself (docs/verifier/tail-calls.md). A slot holds a program of the array's own package, or nothing. Slots
// change in thread context with no program running below, one word at a time; a tail call reads at any level. Constant
// time but for carry_over (slots times programs) and prog_array_put (slots).
#pragma once

#include "runtime/report.h"
#include "runtime/runtime.h"

namespace perdita::runtime {

inline bool is_prog_array(const isa::MapDef& def) { return def.type == isa::MapType::prog_array; }

constexpr uint32_t prog_array_bytes(const isa::MapDef& def) {
  return (def.max_entries * static_cast<uint32_t>(sizeof(Prog*)) + 7u) & ~7u;
}

// The program in a slot; null where there is none, or no such slot.
Prog* prog_array_at(const Map& map, uint32_t slot);

// Puts a program of the array's package into a slot. over_array where it exceeds by itself what the array declares for
// one (its own worst case, its stack, or the largest declaration that it calls on through; `need` and `have` say which
// numbers), or is of another hook than those that stand there.
Status prog_array_put(ProgArray& map, uint32_t slot, Prog& prog, Report& report);
void prog_array_clear(Map& map, uint32_t slot);

// Fills a fresh array from the image's presets and from `old`, the same array of the package that is being replaced
// (null: none): a slot that both images preset alike keeps what it held, by the program's name.
Status fill_prog_array(ProgArray& map, const wire::MapView& view, Package& package, const ProgArray* old,
                       Report& report);

// map_next() of a program array: slots that hold a program; the value is the program's index in its package.
bool prog_array_next(const Map& map, uint32_t& cursor, uint8_t* key, uint8_t* value);

// Helper tail_call: counts, and names what runs next in the invocation's activity. 0, or why the call fails: -EPERM
// behind isa::kMaxTailCalls of them, -ENOENT where the slot is empty or none, -EINVAL where its program is of another
// hook.
int64_t tail_call(const Invocation& invocation, const Map& map, uint32_t slot);

}  // namespace perdita::runtime
