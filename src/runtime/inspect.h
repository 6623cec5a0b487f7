// SPDX-License-Identifier: Apache-2.0
//
// Maps by their place in the list that the device API shows. Thread context.
#pragma once

#include "runtime/runtime.h"

namespace perdita::runtime {

// The map with that index over all packages, and whose it is; null behind the last one.
Map* map_at(const Runtime& runtime, uint32_t index, const Package*& package);

}  // namespace perdita::runtime
