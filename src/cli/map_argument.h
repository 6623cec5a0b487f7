// SPDX-License-Identifier: Apache-2.0
//
// Maps, keys and values as a command's arguments.
#pragma once

#include <string>

#include "cli/command.h"
#include "deliver/board.h"
#include "pipeline/blob.h"

namespace perdita::cli {

Diagnostic map_diagnostic(std::string code, std::string message, std::string hint);

// MAP, or PACKAGE/MAP where several packages have one of that name. `address`: of the board, for messages.
Result<deliver::Map> find_map(const deliver::Board& board, const std::string& address, const std::string& name);

// Bytes of a map as hexadecimal digits of their whole length in memory order, or as a number with "0x" or decimal
// digits, where that fits their size. `what`: "key" or "value".
Result<pipeline::Blob> parse_bytes(const std::string& text, size_t size_bytes, const std::string& what);

bool is_ring_buffer(const deliver::Map& map);

// `map watch` (cmd_map_watch.cc).
void add_map_watch(Command& map);
// `map update` and `map delete` (cmd_map_change.cc).
void add_map_change(Command& map);

}  // namespace perdita::cli
