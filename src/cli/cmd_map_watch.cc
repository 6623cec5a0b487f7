// SPDX-License-Identifier: Apache-2.0
//
// `map watch`: a ring buffer's records as they come, by observing it; changes of other maps, by reading them again and
// again.
#include <fmt/core.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/device_address.h"
#include "cli/map_argument.h"
#include "cli/stop.h"
#include "pipeline/hex.h"

namespace perdita::cli {
namespace {

using Clock = std::chrono::steady_clock;
using Entries = std::map<pipeline::Blob, pipeline::Blob>;

constexpr std::chrono::milliseconds kReadInterval(500);
constexpr std::chrono::milliseconds kStopInterval(50);

struct Arguments {
  std::string address, map;
  uint64_t count = 0;      // 0: without end
  uint64_t timeout_s = 0;  // 0: without end
};

// What was printed so far, and how much is to be.
class Printed {
 public:
  Printed(const Terminal& terminal, uint64_t count) : terminal_(terminal), count_(count) {}

  bool enough() const { return count_ != 0 && printed_ >= count_; }
  void print(const std::string& text, const nlohmann::ordered_json& document) {
    if (terminal_.json) terminal_.document_line(document);
    terminal_.result(text + "\n");
    std::fflush(stdout);
    printed_++;
  }
  // The exit code where the time is over, or somebody ended it.
  int end(bool interrupted) const {
    if (enough() || count_ == 0 || interrupted) return kDone;
    return terminal_.fail(map_diagnostic("watch-timeout",
                                         fmt::format("{} of {} came within the time", printed_, count_),
                                         "wait longer (--timeout), or is the program attached? 'perdita prog list'"));
  }

 private:
  const Terminal& terminal_;
  uint64_t count_;
  uint64_t printed_ = 0;
};

void print_record(Printed& printed, const deliver::Record& record) {
  const std::string bytes = pipeline::to_hex(record.bytes);
  const bool whole = record.bytes.size() == record.size_bytes;
  printed.print(whole ? bytes : fmt::format("{}... ({} bytes)", bytes, record.size_bytes),
                {{"record", bytes}, {"size", record.size_bytes}});
}

int watch_records(Terminal& terminal, const deliver::Board& board, const deliver::Map& map,
                  const deliver::Board::Watch& watch, Printed& printed) {
  using Heard = deliver::Board::Heard;
  std::optional<uint32_t> lost;
  auto ended = board.watch_records(map.package, map.name, watch, [&](const deliver::RecordPage& page) {
    if (lost && page.lost != *lost) {
      const uint32_t more = page.lost - *lost;
      terminal.message(fmt::format("{} records were lost: the ring buffer was full", more));
      if (terminal.json) terminal.document_line({{"lost", more}});
    }
    lost = page.lost;
    for (const auto& record : page.records) {
      // What is not printed is not acknowledged, and stays on the board; so does, then, what was printed of this page.
      if (printed.enough()) return Heard::refuse;
      print_record(printed, record);
    }
    return printed.enough() ? Heard::enough : Heard::go_on;
  });
  if (!ended) return terminal.fail(ended.error());
  return printed.end(watch.stop != nullptr && *watch.stop);
}

void print_entry(Printed& printed, const pipeline::Blob& key, const pipeline::Blob* value) {
  const std::string key_text = pipeline::to_hex(key);
  const std::string text = value == nullptr ? "gone" : pipeline::to_hex(*value);
  nlohmann::ordered_json document = {{"key", key_text}, {"value", nullptr}};
  if (value != nullptr) document["value"] = text;
  printed.print(key_text + ": " + text, document);
}

void print_changes(Printed& printed, const Entries& before, const Entries& now) {
  for (const auto& [key, value] : now) {
    const auto old = before.find(key);
    if (!printed.enough() && (old == before.end() || old->second != value)) print_entry(printed, key, &value);
  }
  for (const auto& [key, value] : before) {
    if (!printed.enough() && !now.contains(key)) print_entry(printed, key, nullptr);
  }
}

int watch_entries(Terminal& terminal, const deliver::Board& board, const deliver::Map& map,
                  const deliver::Board::Watch& watch, Printed& printed) {
  const Clock::time_point start = Clock::now();
  const auto is_over = [&] {
    return *watch.stop || printed.enough() || (watch.limit && Clock::now() - start >= *watch.limit);
  };
  Entries before;
  while (!is_over()) {
    auto entries = board.entries(map.package, map.name);
    if (!entries) return terminal.fail(entries.error());
    Entries now;
    for (const auto& entry : *entries) now[entry.key] = entry.value;
    print_changes(printed, before, now);
    before = std::move(now);
    const Clock::time_point next = Clock::now() + kReadInterval;
    while (!is_over() && Clock::now() < next) std::this_thread::sleep_for(kStopInterval);
  }
  return printed.end(*watch.stop);
}

int watch(Terminal& terminal, const Arguments& arguments) {
  deliver::Board board = board_at(arguments.address);
  auto map = find_map(board, arguments.address, arguments.map);
  if (!map) return terminal.fail(map.error());
  Printed printed(terminal, arguments.count);
  deliver::Board::Watch how;
  how.stop = &stop_on_interrupt();
  if (arguments.timeout_s != 0) how.limit = std::chrono::seconds(arguments.timeout_s);
  if (is_ring_buffer(*map)) return watch_records(terminal, board, *map, how, printed);
  if (map->key_bytes != 0) return watch_entries(terminal, board, *map, how, printed);
  Diagnostic diagnostic =
      map_diagnostic("map-not-watchable", fmt::format("the entries of '{}' have no keys to tell changes by", map->name),
                     fmt::format("perdita map dump {} {}/{}", arguments.address, map->package, map->name));
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.need = "a ring buffer, an array or a hash";
  return terminal.fail(diagnostic);
}

}  // namespace

void add_map_watch(Command& map) {
  Command command =
      map.add("watch", "Print a ring buffer's records, or a map's changes, as they come",
              "Until interrupted. Records that were printed are taken from the board; with several watching, all get\n"
              "every record. Of other maps the entries are printed, then what changes, twice a second.\n"
              "\n"
              "  perdita map watch coap://192.0.2.7 events/readings\n"
              "  perdita map watch coap://192.0.2.7 events/readings --count 10 --timeout 60 --json\n"
              "  perdita map watch coap://192.0.2.7 counter/readings");
  auto arguments = std::make_shared<Arguments>();
  add_device_argument(command, arguments->address);
  command.positional("MAP", arguments->map, "The map: MAP, or PACKAGE/MAP where several packages have one");
  command.number("--count", arguments->count, "N", "End after N records or changes");
  command.number("--timeout", arguments->timeout_s, "S", "End after S seconds; 1 where --count is not reached then");
  command.action([arguments](Terminal& terminal) { return watch(terminal, *arguments); });
}

}  // namespace perdita::cli
