// SPDX-License-Identifier: Apache-2.0
//
// A package on its way to a board, with progress, and what became of it.
#pragma once

#include <string>

#include "cli/terminal.h"
#include "deliver/board.h"
#include "pipeline/blob.h"
#include "pipeline/package_content.h"

namespace perdita::cli {

// ", with 96 bytes of machine code for armv7m", or nothing.
std::string machine_code_text(const pipeline::PackageContent& content);

// Sends it and shows the result; `did` says what is done then: "installed". Returns the exit code.
int deliver_and_show(const Terminal& terminal, const deliver::Board& board, const std::string& address,
                     const pipeline::Blob& package, const std::string& did);

}  // namespace perdita::cli
