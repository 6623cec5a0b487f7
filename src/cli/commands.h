// SPDX-License-Identifier: Apache-2.0
//
// Every command of `perdita`, one file each: what it adds to the command line.
#pragma once

#include "cli/command.h"

namespace perdita::cli {

void add_new(Command& root);
void add_build(Command& root);
void add_verify(Command& root);
void add_compile(Command& root);
void add_platform(Command& root);
void add_key(Command& root);
void add_seal(Command& root);
void add_inspect(Command& root);
void add_dump(Command& root);
void add_run(Command& root);
void add_serve(Command& root);
void add_deploy(Command& root);
void add_prog(Command& root);
void add_map(Command& root);
void add_hook(Command& root);
void add_trace(Command& root);
void add_device(Command& root);

}  // namespace perdita::cli
