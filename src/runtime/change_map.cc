// SPDX-License-Identifier: Apache-2.0
#include "runtime/change_map.h"

#include "runtime/prog_array.h"

namespace perdita::runtime {
namespace {

int64_t change(Map& map, const perdita_port& port, const wire::OrderView& order) {
  const bool updates = order.operation == wire::Operation::map_update;
  if (order.key.size() != map.def.key_size) return kErrorInvalid;
  if (updates && order.value.size() != map.def.value_size) return kErrorInvalid;
  return updates ? map_update(map, port, order.key.data(), order.value.data(), order.flags)
                 : map_delete(map, port, order.key.data());
}

// A program array: the value of an update is the name of a program of the same package.
Status change_slot(ProgArray& map, const Package& package, const wire::OrderView& order, Report& report) {
  uint32_t slot = 0;
  const bool updates = order.operation == wire::Operation::map_update;
  if (order.key.size() != sizeof slot || order.flags != kUpdateAny) {
    return report.refuse(Status::map_refuses, order.map, static_cast<uint64_t>(-kErrorInvalid), 0);
  }
  __builtin_memcpy(&slot, order.key.data(), sizeof slot);
  const int64_t error = slot >= map.def.max_entries                       ? kErrorTooBig
                        : !updates && prog_array_at(map, slot) == nullptr ? kErrorNoEntry
                                                                          : 0;
  if (error != 0) return report.refuse(Status::map_refuses, order.map, static_cast<uint64_t>(-error), 0);
  if (!updates) {
    prog_array_clear(map, slot);
    return Status::ok;
  }
  const Text name(reinterpret_cast<const char*>(order.value.data()), order.value.size());
  Prog* prog = find_prog(package, name);
  return prog != nullptr ? prog_array_put(map, slot, *prog, report) : report.refuse(Status::unknown_program, name);
}

}  // namespace

Status change_map(const Runtime& runtime, const Package& package, const wire::OrderView& order, Report& report) {
  for (Map* map : package.maps) {
    if (!equal(map->name, order.map)) continue;
    if (is_prog_array(map->def)) return change_slot(*static_cast<ProgArray*>(map), package, order, report);
    const int64_t error = change(*map, port_of(runtime), order);
    if (error == 0) return Status::ok;
    return report.refuse(Status::map_refuses, order.map, static_cast<uint64_t>(-error), 0);
  }
  return report.refuse(Status::unknown_map, order.map);
}

}  // namespace perdita::runtime
