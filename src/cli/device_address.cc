// SPDX-License-Identifier: Apache-2.0
#include "cli/device_address.h"

#include <fmt/core.h>

namespace perdita::cli {

void add_device_argument(Command& command, std::string& address) {
  command.positional("DEVICE", address, "The board: coap://HOST[:PORT]");
}

deliver::Board board_at(const std::string& address) {
  bool has_scheme = address.find("://") != std::string::npos;
  return deliver::Board(has_scheme ? address : "coap://" + address);
}

bool names(const std::string& asked, const std::string& package, const std::string& name) {
  return asked == name || asked == package + "/" + name;
}

std::string hook_kind_text(const deliver::Hook& hook) {
  std::string text;
  if (hook.period_max_us != 0) text += fmt::format(", periodic ({} to {} us)", hook.period_min_us, hook.period_max_us);
  if (hook.answers_requests) text += ", answers requests";
  return text;
}

Result<uint64_t> next_sequence(const deliver::Board& board, const std::string& package) {
  auto state = board.package(package);
  if (!state) return state.error();
  if (state->sequence_floor < UINT64_MAX) return state->sequence_floor + 1;
  Diagnostic diagnostic;
  diagnostic.code = "sequence-exhausted";
  diagnostic.message = "the board took the highest sequence number there is: no package of this name can follow";
  diagnostic.hint = "use another name for the package";
  return diagnostic;
}

}  // namespace perdita::cli
