// SPDX-License-Identifier: Apache-2.0
#include "oracle/board.h"

#include <algorithm>
#include <cstring>

#include "runtime/engine_bench.h"
#include "runtime/helper_calls.h"

namespace perdita::verifier::oracle {
namespace {

// Helpers that the programs may call: those on maps.
std::vector<runtime::LinkedCall> linked_helpers() {
  std::vector<runtime::LinkedCall> calls;
  for (uint32_t number : {isa::kHelperMapLookup, isa::kHelperMapUpdate, isa::kHelperMapDelete}) {
    calls.push_back({isa::find_helper(number), runtime::helper_call(number)});
  }
  return calls;
}

}  // namespace

BoardMaps::BoardMaps(const std::vector<object::Map>& maps) : maps_(maps.size()), storage_(maps.size()) {
  for (const object::Map& map : maps) defs_.push_back(map.def);
}

void BoardMaps::fill(const Contents& contents) {
  const runtime::FakePort port;
  for (size_t i = 0; i < defs_.size(); i++) {
    maps_[i] = {};
    if (!is_portable(defs_[i])) continue;
    storage_[i].assign(runtime::map_storage_bytes(defs_[i]) / 8 + 1, 0);
    runtime::init_map(maps_[i], defs_[i], storage_[i].data());
    for (const auto& [key, value] : contents[i]) {
      if ((defs_[i].flags & isa::kMapReadOnlyForProg) != 0) std::memcpy(maps_[i].elements, value.data(), value.size());
      runtime::map_update(maps_[i], port.port, key.data(), value.data(), runtime::kUpdateAny);
    }
  }
}

Contents BoardMaps::read() const {
  Contents contents(defs_.size());
  for (size_t i = 0; i < defs_.size(); i++) {
    if (maps_[i].elements == nullptr) continue;
    Bytes key(defs_[i].key_size), value(defs_[i].value_size);
    for (uint32_t cursor = 0; runtime::map_next(maps_[i], cursor, key.data(), value.data());) contents[i][key] = value;
  }
  return contents;
}

std::vector<runtime::Map*> BoardMaps::pointers() {
  std::vector<runtime::Map*> pointers;
  for (runtime::Map& map : maps_) pointers.push_back(&map);
  return pointers;
}

Bytes board_context(const Dialect& dialect, const Bytes& linux_context) {
  Bytes context(dialect.board_bytes);
  for (const FieldPair& pair : dialect.fields) {
    if (pair.kind != FieldPair::Kind::number && pair.kind != FieldPair::Kind::kept) continue;
    std::memcpy(&context[static_cast<size_t>(pair.board_at)], &linux_context[static_cast<size_t>(pair.linux_at)],
                static_cast<size_t>(pair.board_size));
  }
  return context;
}

BoardRun board_run(const Code& code, const Dialect& dialect, const Bytes& packet, const Bytes& context,
                   const Contents& contents, BoardMaps& maps, uint64_t steps) {
  maps.fill(contents);
  BoardRun run;
  // A byte more, so that an empty packet has an address.
  run.packet = packet;
  run.packet.push_back(0);
  runtime::EngineBench bench;
  const std::vector<runtime::LinkedCall> helpers = linked_helpers();
  const std::vector<runtime::Map*> pointers = maps.pointers();
  bench.link.helpers = {helpers.data(), helpers.size()};
  bench.link.maps = {pointers.data(), pointers.size()};
  bench.steps = steps;
  bench.context = context;
  for (const FieldPair& pair : dialect.fields) {
    if (pair.kind != FieldPair::Kind::packet && pair.kind != FieldPair::Kind::packet_end) continue;
    const uint64_t address =
        reinterpret_cast<uint64_t>(run.packet.data()) + (pair.kind == FieldPair::Kind::packet_end ? packet.size() : 0);
    std::memcpy(&bench.context[static_cast<size_t>(pair.board_at)], &address, sizeof address);
  }
  const runtime::Outcome outcome = bench.run(runtime::run_interpreter, code);
  run.status = outcome.status;
  run.result = outcome.result;
  run.packet.pop_back();
  run.context = bench.context;
  run.maps = maps.read();
  return run;
}

}  // namespace perdita::verifier::oracle
