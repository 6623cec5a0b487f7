// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/device_address.h"
#include "cli/stop.h"

namespace perdita::cli {
namespace {

// What the log holds beyond the first `seen` bytes ever written; older bytes that it no longer holds are lost.
std::string news(const deliver::Log& log, uint64_t seen) {
  uint64_t first = log.total_bytes - std::min<uint64_t>(log.total_bytes, log.text.size());
  if (seen <= first) return log.text;
  return seen >= log.total_bytes ? "" : log.text.substr(seen - first);
}

int print_once(Terminal& terminal, const deliver::Board& board) {
  auto log = board.log();
  if (!log) return terminal.fail(log.error());
  if (terminal.json) terminal.document({{"total_bytes", log->total_bytes}, {"text", log->text}});
  terminal.result(log->text);
  return kDone;
}

int trace(Terminal& terminal, const std::string& address, bool once) {
  deliver::Board board = board_at(address);
  if (once) return print_once(terminal, board);
  uint64_t seen = 0;
  deliver::Board::Watch watch;
  watch.stop = &stop_on_interrupt();
  auto ended = board.watch_log(watch, [&](const deliver::Log& log) {
    if (log.total_bytes < seen) seen = 0;  // the board started anew
    const std::string text = news(log, seen);
    seen = log.total_bytes;
    if (terminal.json && !text.empty()) terminal.document_line({{"text", text}});
    terminal.result(text);
    std::fflush(stdout);
    return deliver::Board::Heard::go_on;
  });
  if (!ended) return terminal.fail(ended.error());
  return kDone;
}

}  // namespace

void add_trace(Command& root) {
  Command command =
      root.add("trace", "Print what programs print, as it comes",
               "Until interrupted. The board keeps the last 512 bytes: what comes faster than it is told is lost.\n"
               "\n"
               "  perdita trace coap://192.0.2.7");
  struct Arguments {
    std::string address;
    bool once = false;
  };
  auto arguments = std::make_shared<Arguments>();
  add_device_argument(command, arguments->address);
  command.flag("--once", arguments->once, "Print what the log holds now, and end");
  command.action([arguments](Terminal& terminal) { return trace(terminal, arguments->address, arguments->once); });
}

}  // namespace perdita::cli
