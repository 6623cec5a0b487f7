// SPDX-License-Identifier: Apache-2.0
//
// Queue and stack behind map.h (Linux, Documentation/bpf/map_queue_stack.rst): a circle of element numbers, oldest
// first, over elements that have one to spare per level. A push fills a spare element and then enters its number; a pop
// takes a number out and then copies: values are copied without the lock, which is held for a few words. A peek copies
// while a higher level may change the map, and copies again where one did (`generation`).
#pragma once

#include "runtime/map.h"

namespace perdita::runtime {

uint64_t queue_storage_bytes(const isa::MapDef& def);
void queue_init(Map& map, void* storage);
int64_t queue_push(Map& map, const perdita_port& port, const void* value, uint64_t flags);
int64_t queue_pop(Map& map, const perdita_port& port, void* value);
int64_t queue_peek(const Map& map, void* value);
// The value that stands at place `cursor`, counted from what pop would give.
bool queue_next(const Map& map, uint32_t& cursor, uint8_t* value);

}  // namespace perdita::runtime
