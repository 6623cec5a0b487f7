// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/device_address.h"
#include "perdita/contract.h"

namespace perdita::cli {
namespace {

using Json = nlohmann::ordered_json;

const char* combine_name(uint32_t combine) {
  switch (combine) {
    case PERDITA_COMBINE_LAST:
      return "last";
    case PERDITA_COMBINE_FIRST_NONZERO:
      return "first_nonzero";
    case PERDITA_COMBINE_MAX:
      return "max";
    default:
      return "unknown";
  }
}

Json kind_of(const deliver::Hook& hook) {
  Json document = Json::object();
  document["periodic"] = hook.period_max_us != 0;
  if (hook.period_max_us != 0) document["period_us"] = {hook.period_min_us, hook.period_max_us};
  document["answers_requests"] = hook.answers_requests;
  return document;
}

int list(Terminal& terminal, const std::string& address) {
  deliver::Board board = board_at(address);
  auto hooks = board.hooks();
  if (!hooks) return terminal.fail(hooks.error());
  auto progs = board.progs();
  if (!progs) return terminal.fail(progs.error());
  Json document = Json::array();
  for (const auto& hook : *hooks) {
    Json attached = Json::array();
    std::string names;
    for (const auto& prog : *progs) {
      if (prog.hook != hook.name || !prog.attached) continue;
      attached.push_back(prog.package + "/" + prog.name);
      names += " " + prog.package + "/" + prog.name;
    }
    document.push_back({{"name", hook.name},
                        {"level", hook.level},
                        {"context_bytes", hook.context_bytes},
                        {"packet_max_bytes", hook.packet_max_bytes},
                        {"budget_instructions", hook.budget_instructions},
                        {"combine", combine_name(hook.combine)},
                        {"attached", attached}});
    document.back().update(kind_of(hook));
    terminal.result(fmt::format("{:<16} level {}, budget {}, results combined by {}{}:{}\n", hook.name, hook.level,
                                hook.budget_instructions, combine_name(hook.combine), hook_kind_text(hook),
                                names.empty() ? " nothing" : names));
  }
  if (terminal.json) terminal.document(document);
  return kDone;
}

}  // namespace

void add_hook(Command& root) {
  Command hook = root.add("hook", "The hooks of a board", "  perdita hook list coap://192.0.2.7");
  auto address = std::make_shared<std::string>();
  Command list_hooks = hook.add("list", "List them with what is attached", "  perdita hook list coap://192.0.2.7");
  add_device_argument(list_hooks, *address);
  list_hooks.action([address](Terminal& terminal) { return list(terminal, *address); });
}

}  // namespace perdita::cli
