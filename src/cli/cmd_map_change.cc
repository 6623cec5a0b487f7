// SPDX-License-Identifier: Apache-2.0
//
// `perdita map update` and `map delete`: an order, signed and sent as a package.
#include <fmt/core.h>

#include <memory>

#include "cli/delivery.h"
#include "cli/device_address.h"
#include "cli/map_argument.h"
#include "cli/seal_arguments.h"
#include "compiler/key.h"
#include "isa/map.h"

namespace perdita::cli {
namespace {

struct ChangeArguments {
  std::string address, map, key, value, key_file, flags = "any";
  SealArguments seal;
};

Result<uint64_t> parse_flags(const std::string& name) {
  constexpr std::string_view kNames[] = {"any", "noexist", "exist"};  // BPF_ANY 0, BPF_NOEXIST 1, BPF_EXIST 2
  for (uint64_t flags = 0; flags < std::size(kNames); flags++) {
    if (name == kNames[flags]) return flags;
  }
  Diagnostic diagnostic = map_diagnostic("map-flags", fmt::format("'{}' are no flags of an update", name), "");
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.need = "any, noexist or exist";
  return diagnostic;
}

// prog:NAME, what a slot of a program array holds.
Result<pipeline::Blob> parse_program(const std::string& text) {
  constexpr std::string_view kPrefix = "prog:";
  if (text.starts_with(kPrefix) && text.size() > kPrefix.size()) {
    return pipeline::Blob(text.begin() + kPrefix.size(), text.end());
  }
  Diagnostic diagnostic = map_diagnostic("map-value", fmt::format("'{}' is no value of a program array", text), "");
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.need = "prog:NAME, a program of the map's package";
  return diagnostic;
}

int change(Terminal& terminal, const ChangeArguments& arguments, bool updates) {
  auto signing_key = compiler::SigningKey::load(arguments.key_file);
  if (!signing_key) return terminal.fail(signing_key.error());
  deliver::Board board = board_at(arguments.address);
  auto map = find_map(board, arguments.address, arguments.map);
  if (!map) return terminal.fail(map.error());
  compiler::MapOrder order;
  order.map = map->name;
  auto key = parse_bytes(arguments.key, map->key_bytes, "key");
  if (!key) return terminal.fail(key.error());
  order.key = *key;
  if (updates) {
    auto value = map->type == static_cast<uint32_t>(isa::MapType::prog_array)
                     ? parse_program(arguments.value)
                     : parse_bytes(arguments.value, map->value_bytes, "value");
    if (!value) return terminal.fail(value.error());
    order.value = *value;
    auto flags = parse_flags(arguments.flags);
    if (!flags) return terminal.fail(flags.error());
    order.flags = *flags;
  }
  auto sequence =
      arguments.seal.sequence != 0 ? Result<uint64_t>(arguments.seal.sequence) : next_sequence(board, map->package);
  if (!sequence) return terminal.fail(sequence.error());
  auto options = seal_options(arguments.seal, map->package, *sequence);
  if (!options) return terminal.fail(options.error());
  auto sealed = compiler::seal_map_order(order, *options, *signing_key);
  if (!sealed) return terminal.fail(sealed.error());
  return deliver_and_show(terminal, board, arguments.address, *sealed,
                          fmt::format("{} {} of", updates ? "updated" : "deleted from", map->name));
}

void add_arguments(Command& command, ChangeArguments& arguments) {
  add_device_argument(command, arguments.address);
  command.positional("MAP", arguments.map, "The map: MAP, or PACKAGE/MAP where several packages have one");
  command.positional("KEY", arguments.key,
                     "The key: hexadecimal digits of its length, or a number; \"\" for a queue or stack");
  command.option("--key", arguments.key_file, "FILE", "The author's key: the order is signed and sent as a package",
                 true);
  command.number("--sequence", arguments.seal.sequence, "N",
                 "The order's sequence number; by default one above the board's last");
  add_addressee(command, arguments.seal);
}

}  // namespace

void add_map_change(Command& map) {
  auto arguments = std::make_shared<ChangeArguments>();
  Command update = map.add("update", "Set an entry's value, or push one",
                           "  perdita map update coap://192.0.2.7 readings 2 1500 --key demo.key");
  add_arguments(update, *arguments);
  update.positional("VALUE", arguments->value,
                    "The value: hexadecimal digits of its length, or a number; of a program array prog:NAME");
  update.option("--flags", arguments->flags, "FLAGS", "any (default), noexist or exist");
  update.action([arguments](Terminal& terminal) { return change(terminal, *arguments, true); });

  Command remove =
      map.add("delete", "Delete an entry", "  perdita map delete coap://192.0.2.7 readings 2 --key demo.key");
  add_arguments(remove, *arguments);
  remove.action([arguments](Terminal& terminal) { return change(terminal, *arguments, false); });
}

}  // namespace perdita::cli
