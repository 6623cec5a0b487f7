// SPDX-License-Identifier: Apache-2.0
#include "wire/map_order.h"

#include "wire/cbor_reader.h"
#include "wire/package_format.h"

namespace perdita::wire {
namespace {

// The number of the map's pairs and the operation, which stands first.
Operation read_operation(CborReader& reader, uint32_t& pairs) {
  pairs = reader.map();
  reader.key(kOrderOperation);
  return static_cast<Operation>(reader.unsigned_integer(UINT8_MAX));
}

}  // namespace

bool is_map_order(Bytes payload) {
  CborReader reader(payload);
  uint32_t pairs = 0;
  const Operation operation = read_operation(reader, pairs);
  return reader.ok() && (operation == Operation::map_update || operation == Operation::map_delete);
}

Status read_map_order(Bytes payload, OrderView& view) {
  CborReader reader(payload);
  uint32_t pairs = 0;
  view.operation = read_operation(reader, pairs);
  const bool updates = view.operation == Operation::map_update;
  reader.require(pairs == (updates ? 5u : 3u), Status::bad_value);
  reader.key(kOrderMap);
  view.map = reader.name();
  reader.key(kOrderKey);
  view.key = reader.bytes();
  if (updates) {
    reader.key(kOrderValue);
    view.value = reader.bytes();
    reader.key(kOrderFlags);
    view.flags = reader.unsigned_integer(UINT64_MAX);
  }
  return reader.finish();
}

}  // namespace perdita::wire
