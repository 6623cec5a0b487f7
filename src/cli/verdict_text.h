// SPDX-License-Identifier: Apache-2.0
//
// A verdict as people read it: a line per program with its bounds on standard output, diagnostics on standard error.
#pragma once

#include <string>

#include "cli/terminal.h"
#include "pipeline/verified.h"
#include "platform/platform.h"

namespace perdita::cli {

// Prints the verdict, as the document of cli.md under --json. Returns the exit code.
int show_verdict(const Terminal& terminal, const std::string& file, const pipeline::Verified& verified,
                 const platform::Platform& platform);

// For commands whose result is something else: only a rejection is shown, on standard error or as the document.
int show_rejection(const Terminal& terminal, const std::string& file, const pipeline::Verified& verified,
                   const platform::Platform& platform);

}  // namespace perdita::cli
