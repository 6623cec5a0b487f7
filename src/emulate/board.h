// SPDX-License-Identifier: Apache-2.0
//
// Programs on an emulated board (boards/common/emulator.md): the runner firmware in QEMU, with an exact count of the
// machine instructions that each took. One emulator for all of them; nothing is left behind. Host only.
#pragma once

#include <filesystem>

#include "diag/result.h"
#include "emulate/program.h"

namespace perdita::emulate {

// The runner firmware for a target ("armv7m"): $PERDITA_RUNNER, or where script/build leaves it beside this program, of
// the first board that is built for it. Nothing where none is.
std::optional<std::filesystem::path> find_runner(const std::string& target);

// What came of each program, in order. Refused where the emulator is not there or ends before it has run all of them;
// then `have` is the line of the board's fault, or the last one it said. It may get more arguments.
Result<std::vector<Ran>> run_on_board(const std::filesystem::path& runner, const std::vector<Program>& programs,
                                      const std::string& emulator_arguments = "");

}  // namespace perdita::emulate
