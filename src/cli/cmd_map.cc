// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/device_address.h"
#include "cli/map_argument.h"
#include "isa/map.h"
#include "pipeline/hex.h"

namespace perdita::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments {
  std::string address, map, key;
};

const char* type_name(uint32_t type) {
  switch (static_cast<isa::MapType>(type)) {
    case isa::MapType::hash:
      return "hash";
    case isa::MapType::array:
      return "array";
    case isa::MapType::prog_array:
      return "prog_array";
    case isa::MapType::lru_hash:
      return "lru_hash";
    case isa::MapType::queue:
      return "queue";
    case isa::MapType::stack:
      return "stack";
    case isa::MapType::ring_buffer:
      return "ring_buffer";
  }
  return "unknown";
}

// Little-endian bytes as a number where they are as long as one; what a hexadecimal string stands for otherwise.
Json number_of(const std::vector<uint8_t>& bytes) {
  if (bytes.size() != 1 && bytes.size() != 2 && bytes.size() != 4 && bytes.size() != 8) return {};
  uint64_t number = 0;
  for (size_t i = 0; i < bytes.size(); i++) number |= static_cast<uint64_t>(bytes[i]) << (8 * i);
  return number;
}

Json document_of(const deliver::Entry& entry) {
  return {{"key", pipeline::to_hex(entry.key)},
          {"value", pipeline::to_hex(entry.value)},
          {"key_number", number_of(entry.key)},
          {"value_number", number_of(entry.value)}};
}

Json document_of(const deliver::Map& map) {
  return {{"name", map.name},          {"package", map.package},        {"type", type_name(map.type)},
          {"key_size", map.key_bytes}, {"value_size", map.value_bytes}, {"max_entries", map.max_entries},
          {"flags", map.flags}};
}

int list(Terminal& terminal, const Arguments& arguments) {
  auto maps = board_at(arguments.address).maps();
  if (!maps) return terminal.fail(maps.error());
  Json document = Json::array();
  for (const auto& map : *maps) {
    document.push_back(document_of(map));
    document.back()["entries"] = map.entries;
    terminal.result(fmt::format("{:<20} {:<16} {:<12} key {} value {} bytes, {} of {} entries\n", map.name, map.package,
                                type_name(map.type), map.key_bytes, map.value_bytes, map.entries, map.max_entries));
  }
  if (terminal.json) terminal.document(document);
  if (maps->empty()) terminal.message("no maps there");
  return kDone;
}

// What a ring buffer holds; it stays there (`map watch` takes it).
int dump_records(Terminal& terminal, const deliver::Board& board, const deliver::Map& map, Json document) {
  auto records = board.records(map.package, map.name);
  if (!records) return terminal.fail(records.error());
  document["records"] = Json::array();
  for (const auto& record : *records) {
    document["records"].push_back(pipeline::to_hex(record.bytes));
    terminal.result(pipeline::to_hex(record.bytes) + "\n");
  }
  if (terminal.json) terminal.document(document);
  return kDone;
}

// Names of a package's programs by their index, which is what a program array's slots hold.
Result<std::vector<std::string>> programs_of(const deliver::Board& board, const deliver::Map& map) {
  std::vector<std::string> names;
  if (map.type != static_cast<uint32_t>(isa::MapType::prog_array)) return names;
  auto progs = board.progs();
  if (!progs) return progs.error();
  for (const auto& prog : *progs) {
    if (prog.package == map.package) names.push_back(prog.name);
  }
  return names;
}

int dump(Terminal& terminal, const Arguments& arguments) {
  deliver::Board board = board_at(arguments.address);
  auto map = find_map(board, arguments.address, arguments.map);
  if (!map) return terminal.fail(map.error());
  Json document = document_of(*map);
  if (is_ring_buffer(*map)) return dump_records(terminal, board, *map, document);
  auto entries = board.entries(map->package, map->name);
  if (!entries) return terminal.fail(entries.error());
  auto programs = programs_of(board, *map);
  if (!programs) return terminal.fail(programs.error());
  document["entries"] = Json::array();
  for (const auto& entry : *entries) {
    document["entries"].push_back(document_of(entry));
    std::string value = pipeline::to_hex(entry.value);
    const Json index = document["entries"].back()["value_number"];
    if (index.is_number() && index.get<uint64_t>() < programs->size()) {
      const std::string& name = (*programs)[index.get<size_t>()];
      document["entries"].back()["prog"] = name;
      value = "prog:" + name;
    }
    terminal.result(fmt::format("{}: {}\n", pipeline::to_hex(entry.key), value));
  }
  if (terminal.json) terminal.document(document);
  return kDone;
}

int lookup(Terminal& terminal, const Arguments& arguments) {
  deliver::Board board = board_at(arguments.address);
  auto map = find_map(board, arguments.address, arguments.map);
  if (!map) return terminal.fail(map.error());
  auto key = parse_bytes(arguments.key, map->key_bytes, "key");
  if (!key) return terminal.fail(key.error());
  auto entries = board.entries(map->package, map->name);
  if (!entries) return terminal.fail(entries.error());
  for (const auto& entry : *entries) {
    if (entry.key != *key) continue;
    if (terminal.json) terminal.document(document_of(entry));
    terminal.result(pipeline::to_hex(entry.value) + "\n");
    return kDone;
  }
  return terminal.fail(map_diagnostic("map-no-entry", fmt::format("the map has no entry {}", pipeline::to_hex(*key)),
                                      fmt::format("perdita map dump {} {}", arguments.address, arguments.map)));
}

void add_map_arguments(Command& command, Arguments& arguments) {
  add_device_argument(command, arguments.address);
  command.positional("MAP", arguments.map, "The map: MAP, or PACKAGE/MAP where several packages have one");
}

}  // namespace

void add_map(Command& root) {
  Command map = root.add(
      "map", "The maps on a board",
      "Keys and values are bytes as they stand in the board's memory, in hexadecimal; numbers are little endian.\n"
      "\n"
      "  perdita map list coap://192.0.2.7\n"
      "  perdita map dump coap://192.0.2.7 counter/readings --json\n"
      "  perdita map lookup coap://192.0.2.7 readings 2\n"
      "  perdita map watch coap://192.0.2.7 events/readings\n"
      "  perdita map update coap://192.0.2.7 readings 2 1500 --key demo.key");
  auto arguments = std::make_shared<Arguments>();
  Command list_maps = map.add("list", "List them", "  perdita map list coap://192.0.2.7");
  add_device_argument(list_maps, arguments->address);
  list_maps.action([arguments](Terminal& terminal) { return list(terminal, *arguments); });

  Command dump_map =
      map.add("dump", "Print every entry", "  perdita map dump coap://192.0.2.7 counter/readings --json");
  add_map_arguments(dump_map, *arguments);
  dump_map.action([arguments](Terminal& terminal) { return dump(terminal, *arguments); });

  Command lookup_map =
      map.add("lookup", "Print one entry's value", "  perdita map lookup coap://192.0.2.7 readings 0x2");
  add_map_arguments(lookup_map, *arguments);
  lookup_map.positional("KEY", arguments->key, "The key: hexadecimal digits of its length, or a number");
  lookup_map.action([arguments](Terminal& terminal) { return lookup(terminal, *arguments); });

  add_map_change(map);

  add_map_watch(map);
}

}  // namespace perdita::cli
