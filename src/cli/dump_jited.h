// SPDX-License-Identifier: Apache-2.0
//
// `perdita dump jited`: machine code beside the bytecode and the source lines that it came from.
#pragma once

#include "cli/command.h"

namespace perdita::cli {

void add_dump_jited(Command& dump);

}  // namespace perdita::cli
