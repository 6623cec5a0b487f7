// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/commands.h"
#include "cli/device_address.h"

namespace perdita::cli {
namespace {

constexpr std::chrono::milliseconds kPollInterval(500);

// What the log holds beyond the first `seen` bytes ever written; older bytes that it no longer holds are lost.
std::string news(const deliver::Log& log, uint64_t seen) {
  uint64_t first = log.total_bytes - std::min<uint64_t>(log.total_bytes, log.text.size());
  if (seen <= first) return log.text;
  return seen >= log.total_bytes ? "" : log.text.substr(seen - first);
}

int trace(Terminal& terminal, const std::string& address, bool once) {
  deliver::Board board = board_at(address);
  uint64_t seen = 0;
  for (;;) {
    auto log = board.log();
    if (!log) return terminal.fail(log.error());
    if (log->total_bytes < seen) seen = 0;  // the board started anew
    std::string text = news(*log, seen);
    seen = log->total_bytes;
    if (terminal.json && once) terminal.document({{"total_bytes", log->total_bytes}, {"text", text}});
    if (terminal.json && !once && !text.empty()) terminal.document_line({{"text", text}});
    terminal.result(text);
    std::fflush(stdout);
    if (once) return kDone;
    std::this_thread::sleep_for(kPollInterval);  // boards do not push yet
  }
}

}  // namespace

void add_trace(Command& root) {
  Command command = root.add("trace", "Print what programs print, as it comes",
                             "Asks the board again and again until interrupted; what its log lost between is lost.\n"
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
