// SPDX-License-Identifier: Apache-2.0
//
// The hash maps behind map.h, the one that refuses when it is full and the one that evicts (lru_map.h): chains of
// elements by index. An update fills a spare element and swaps it in under the lock, so neither a preempted update nor
// a torn copy is ever seen; one spare per level suffices, since a level is preempted only by higher ones. A walk is
// unlocked: whoever changes a chain counts `generation` up, and a walk that finds it changed starts again. So each
// change by a higher level costs a lower one at most one walk, and only then.
#pragma once

#include "runtime/map.h"

namespace perdita::runtime {

uint64_t hash_storage_bytes(const isa::MapDef& def);
void hash_init(Map& map, void* storage);
uint8_t* hash_lookup(const Map& map, const void* key);
int64_t hash_update(Map& map, const perdita_port& port, const void* key, const void* value, uint64_t flags);
int64_t hash_delete(Map& map, const perdita_port& port, const void* key);
bool hash_walk(const Map& map, uint32_t& cursor, uint8_t*& key, uint8_t*& value);
bool hash_next(const Map& map, uint32_t& cursor, uint8_t* key, uint8_t* value);

}  // namespace perdita::runtime
