// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/device_address.h"
#include "cli/target.h"
#include "perdita/perdita.h"
#include "pipeline/hex.h"
#include "pipeline/uuid.h"

namespace perdita::cli {
namespace {

using Json = nlohmann::ordered_json;

int show(Terminal& terminal, const std::string& address) {
  deliver::Board board = board_at(address);
  auto device = board.device();
  if (!device) return terminal.fail(device.error());
  auto packages = board.packages();
  if (!packages) return terminal.fail(packages.error());
  Json keys = Json::array();
  for (const auto& key : device->keys) {
    Json roles = Json::array();
    if ((key.roles & PERDITA_ROLE_AUTHOR) != 0) roles.push_back("author");
    if ((key.roles & PERDITA_ROLE_VERIFIER) != 0) roles.push_back("verifier");
    keys.push_back({{"id", pipeline::to_hex(key.id.data(), key.id.size())}, {"roles", roles}});
  }
  Json installed = Json::array();
  for (const auto& package : *packages) {
    installed.push_back({{"name", package.name},
                         {"sequence", package.sequence},
                         {"digest", pipeline::to_hex(package.digest.data(), package.digest.size())},
                         {"image_bytes", package.image_bytes},
                         {"memory_bytes", package.memory_bytes},
                         {"claim", package.claimed},
                         {"programs", package.progs},
                         {"maps", package.maps}});
  }
  Json document = {{"platform", device->platform},
                   {"version", device->version},
                   {"target", device->target},
                   {"engine", device->engine},
                   {"allows_unclaimed", device->allows_unclaimed},
                   {"vendor", pipeline::to_text(device->vendor_id)},
                   {"class", pipeline::to_text(device->class_id)},
                   {"device", pipeline::to_text(device->device_id)},
                   {"memory_bytes", device->memory_bytes},
                   {"memory_used_bytes", device->memory_used_bytes},
                   {"memory_largest_free_bytes", device->memory_largest_free_bytes},
                   {"package_bytes", device->package_bytes},
                   {"uptime_ns", device->uptime_ns},
                   {"capabilities", device->capabilities},
                   {"keys", keys},
                   {"packages", installed}};
  if (terminal.json) terminal.document(document);
  for (const auto& [name, value] : document.items()) {
    terminal.result(fmt::format("{:<26} {}\n", name, value.is_string() ? value.get<std::string>() : value.dump()));
  }
  return kDone;
}

}  // namespace

void add_device(Command& root) {
  Command device = root.add("device", "Boards", "  perdita device show coap://192.0.2.7");
  auto address = std::make_shared<std::string>();
  Command show_device =
      device.add("show", "What a board is, holds and trusts", "  perdita device show coap://192.0.2.7 --json");
  add_device_argument(show_device, *address);
  show_device.action([address](Terminal& terminal) { return show(terminal, *address); });

  Command list_devices =
      device.add("list", "(not there yet)", "This version keeps no register of boards: name them by their address.");
  list_devices.action([](Terminal& terminal) {
    return terminal.fail(not_there_yet("a register of boards", "perdita device show coap://HOST asks one"));
  });
}

}  // namespace perdita::cli
