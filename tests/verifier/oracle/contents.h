// SPDX-License-Identifier: Apache-2.0
//
// Test only. What maps hold, in words that the kernel's maps and the runtime's can both be filled and compared by.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "object/module.h"

namespace perdita::verifier::oracle {

using Bytes = std::vector<uint8_t>;
using Elements = std::map<Bytes, Bytes>;  // by key
using Contents = std::vector<Elements>;   // by the module's maps

// Bytes of numbers of all sizes, small ones and edges more often than others.
Bytes random_bytes(std::mt19937_64& random, size_t size);

// Whether the kernel and the runtime mean the same by such a map, and it is small enough to be compared after each run.
bool is_portable(const isa::MapDef& def);

// Of portable maps: arrays whole, hashes about half full with keys that are small numbers; constants as they are.
Contents random_contents(const std::vector<object::Map>& maps, std::mt19937_64& random);

}  // namespace perdita::verifier::oracle
