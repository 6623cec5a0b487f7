// SPDX-License-Identifier: Apache-2.0
//
// What tests of interrupted map operations share, on the host and on the board: maps in a known state, operations on
// them, and an oracle that knows nothing of how maps work. An operation that another one interrupted has to give the
// results, and leave the contents, of one of the two orders in which they could have run one after the other.
// Freestanding; no state of its own.
#pragma once

#include "isa/span.h"
#include "runtime/map.h"

namespace perdita::runtime::testing {

// A map and what is in it.
struct Scene {
  const char* name;
  isa::MapDef def;
  uint32_t filled;  // entries put in first
};
Span<const Scene> scenes();
constexpr size_t kSceneBytes = 2048;  // of storage, 8-aligned, for any scene

constexpr uint32_t kLargestValueBytes = 248;  // that an operation takes

struct Operation {
  const char* name;
  int64_t (*run)(Map& map, const perdita_port& port);
  bool by_reader;  // a ring buffer's reader is the lowest level: it never interrupts
};
Span<const Operation> operations(const Scene& scene);

void prepare(Map& map, const Scene& scene, void* storage, const perdita_port& port);

// What a pair of operations came to.
struct Ending {
  int64_t first, second;  // results
  uint64_t contents;      // digest
  bool operator==(const Ending&) const = default;
};
// Digest of all that can be read from the map. A map that evicts: only how many entries there are, since which one goes
// may depend on the moment.
uint64_t contents(const Map& map);
// Every element is in exactly one place, and no value is half of one and half of another.
bool intact(const Map& map);

// The two orders, each on a fresh map in `storage`.
struct Orders {
  Ending first_then_second, second_then_first;
};
Orders both_orders(const Scene& scene, const Operation& first, const Operation& second, void* storage,
                   const perdita_port& port);

}  // namespace perdita::runtime::testing
