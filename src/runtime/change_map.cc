// SPDX-License-Identifier: Apache-2.0
#include "runtime/change_map.h"

namespace perdita::runtime {
namespace {

int64_t change(Map& map, const perdita_port& port, const wire::OrderView& order) {
  const bool updates = order.operation == wire::Operation::map_update;
  if (order.key.size() != map.def.key_size) return kErrorInvalid;
  if (updates && order.value.size() != map.def.value_size) return kErrorInvalid;
  return updates ? map_update(map, port, order.key.data(), order.value.data(), order.flags)
                 : map_delete(map, port, order.key.data());
}

}  // namespace

Status change_map(const Runtime& runtime, const Package& package, const wire::OrderView& order, Report& report) {
  for (Map* map : package.link.maps) {
    if (!equal(map->name, order.map)) continue;
    const int64_t error = change(*map, port_of(runtime), order);
    if (error == 0) return Status::ok;
    return report.refuse(Status::map_refuses, order.map, static_cast<uint64_t>(-error), 0);
  }
  return report.refuse(Status::unknown_map, order.map);
}

}  // namespace perdita::runtime
