// SPDX-License-Identifier: Apache-2.0
//
// Linking: an image's imports found on this device by name or number, each the very one relied upon (its digest,
// docs/spec/reliance.md), and its code checked against them. Thread context; 1.5 KB of stack for the canonical form of
// one entry at a time.
#pragma once

#include "runtime/report.h"
#include "runtime/runtime.h"

namespace perdita::runtime {

// unknown_function, unknown_helper, unknown_hook, platform_differs.
Status find_function(const wire::FunctionView& wanted, const perdita_config& config, LinkedCall& call, Report& report);
Status find_helper(const wire::HelperView& wanted, const perdita_config& config, LinkedCall& call, Report& report);
Status find_hook(const wire::ProgView& wanted, const perdita_config& config, uint8_t& hook, Report& report);

// Checks a program's code: the rules of bytecode (isa/validate.h), and that every reference has something to refer to:
// helpers that the image imports, subprograms of its table, values inside arrays. bad_instruction, with the index in
// `need`. `capabilities` receives what its calls need.
Status check_code(const Prog& prog, const LinkTable& link, uint32_t& capabilities, Report& report);

// What calling all imports needs.
uint32_t capabilities_of(const LinkTable& link);

}  // namespace perdita::runtime
