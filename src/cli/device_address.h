// SPDX-License-Identifier: Apache-2.0
//
// A board as command lines name it: coap://HOST[:PORT], or HOST[:PORT].
#pragma once

#include <string>

#include "cli/command.h"
#include "deliver/board.h"

namespace perdita::cli {

void add_device_argument(Command& command, std::string& address);
deliver::Board board_at(const std::string& address);

// Whether `asked` names what `package` calls `name`: as NAME, or as PACKAGE/NAME.
bool names(const std::string& asked, const std::string& package, const std::string& name);

// The sequence number to seal with for a package of that name: one above what the board took last.
Result<uint64_t> next_sequence(const deliver::Board& board, const std::string& package);

// What kind of hook it is, to stand behind its name: "", ", periodic (1000 to 60000000 us)", ", answers requests".
std::string hook_kind_text(const deliver::Hook& hook);

}  // namespace perdita::cli
