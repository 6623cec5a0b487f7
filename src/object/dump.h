// SPDX-License-Identifier: Apache-2.0
//
// A Module as text, for `perdita inspect` and `perdita dump xlated`. The same module gives the same text.
#pragma once

#include <string>
#include <vector>

#include "object/module.h"

namespace perdita::object {

// What it holds: programs with their functions, maps, functions of the platform.
std::string dump_summary(const Module& module);

// One program's instructions by function; references carry the name of what they mean. With `source`, each line of
// source stands before the instructions that come from it. `notes`, by instruction, stand beside them, and lines before
// and behind them; fewer or none do.
struct Margin {
  std::vector<std::string> notes, before, behind;
};
std::string dump_instructions(const Module& module, const Prog& prog, bool source, const Margin& margin = {});

}  // namespace perdita::object
