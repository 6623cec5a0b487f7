// SPDX-License-Identifier: Apache-2.0
//
// Whose code to make for a board: what was asked for, held against what the board says of itself, before anything is
// verified, signed or sent. The board's word is not authenticated, and nothing rests on it: the board checks each
// package itself.
#pragma once

#include <string>
#include <vector>

#include "deliver/board.h"
#include "diag/result.h"

namespace perdita::cli {

// Machine code where the board runs it, else bytecode (docs/decisions/bytecode-unless-asked.md).
constexpr const char* kAutoTarget = "auto";

// What --target can say for a board: "bytecode", "auto", "armv7m", ….
const std::vector<std::string>& board_target_names();

// The target to make code for. Asks the board, except for bytecode. board-engine: it runs no machine code;
// board-target: that of another core.
Result<std::string> target_for(const deliver::Board& board, const std::string& asked);

}  // namespace perdita::cli
