// SPDX-License-Identifier: Apache-2.0
//
// Orders to a map: what a signed package changes in one from outside. Thread context, no program running below.
#pragma once

#include "runtime/report.h"
#include "runtime/runtime.h"
#include "wire/package.h"

namespace perdita::runtime {

inline bool is_map_order(const wire::OrderView& order) {
  return order.operation == wire::Operation::map_update || order.operation == wire::Operation::map_delete;
}

// unknown_map; map_refuses with Linux's error number, also for sizes that are not the map's. Constants, which proofs
// rely on, are never changed.
Status change_map(const Runtime& runtime, const Package& package, const wire::OrderView& order, Report& report);

}  // namespace perdita::runtime
