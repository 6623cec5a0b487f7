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

std::string memory_table(const deliver::Device& device, const std::vector<deliver::Package>& packages) {
  std::string table = "memory, bytes\n";
  const auto row = [&](const std::string& what, uint64_t bytes, const std::string& note = "") {
    table += fmt::format("  {:<32} {:>8}{}{}\n", what, bytes, note.empty() ? "" : "  ", note);
  };
  row("runtime", device.runtime_bytes);
  for (size_t level = 0; level < device.stack_bytes.size(); level++) {
    if (device.stack_bytes[level] != 0) row(fmt::format("stack of level {}", level), device.stack_bytes[level]);
  }
  row("pinned maps", device.pinned_bytes);
  for (const auto& package : packages) {
    std::string kept;
    const uint32_t made = package.native ? package.native->made_bytes : 0;
    if (package.kept_sequence != 0) kept = fmt::format(" (number {} is kept)", package.kept_sequence);
    row("package " + package.name, package.memory_bytes,
        fmt::format("image {}, maps {}, {}tables {}, other version {}{}", package.image_bytes, package.map_bytes,
                    made != 0 ? fmt::format("machine code {}, ", made) : "",
                    package.memory_bytes - package.image_bytes - package.map_bytes - made - package.kept_bytes,
                    package.kept_bytes, kept));
  }
  row("free", device.memory_bytes - device.memory_used_bytes,
      fmt::format("largest piece {}", device.memory_largest_free_bytes));
  row("total", device.memory_bytes);
  return table;
}

int show(Terminal& terminal, const std::string& address) {
  deliver::Board board = board_at(address);
  auto device = board.device();
  if (!device) return terminal.fail(device.error());
  auto packages = board.packages();
  if (!packages) return terminal.fail(packages.error());
  auto hooks = board.hooks();
  if (!hooks) return terminal.fail(hooks.error());
  Json hook_list = Json::array();
  for (const auto& hook : *hooks) hook_list.push_back(hook.name + hook_kind_text(hook));
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
                         {"map_bytes", package.map_bytes},
                         {"kept_bytes", package.kept_bytes},
                         {"kept_sequence", package.kept_sequence},
                         {"claim", package.claimed},
                         {"programs", package.progs},
                         {"maps", package.maps}});
    if (!package.native) continue;
    installed.back()["native"] = {
        {"code_bytes", package.native->bytes},
        {"digest", pipeline::to_hex(package.native->digest.data(), package.native->digest.size())},
        {"made_bytes", package.native->made_bytes}};
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
                   {"memory_runtime_bytes", device->runtime_bytes},
                   {"memory_stack_bytes", device->stack_bytes},
                   {"memory_pinned_bytes", device->pinned_bytes},
                   {"package_bytes", device->package_bytes},
                   {"uptime_ns", device->uptime_ns},
                   {"capabilities", device->capabilities},
                   {"hooks", hook_list},
                   {"keys", keys},
                   {"packages", installed}};
  if (device->allows_map_changes) document["allows_map_changes"] = *device->allows_map_changes;
  if (terminal.json) terminal.document(document);
  for (const auto& [name, value] : document.items()) {
    terminal.result(fmt::format("{:<26} {}\n", name, value.is_string() ? value.get<std::string>() : value.dump()));
  }
  terminal.result(memory_table(*device, *packages));
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
