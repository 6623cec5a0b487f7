// SPDX-License-Identifier: Apache-2.0
//
// The period of a program on a periodic hook: what stands behind the last '/' of its section, a number and us, ms or s
// ("timer/100ms"). docs/guide/errors/compiler.md has the refusals.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "diag/result.h"
#include "object/module.h"
#include "perdita/contract.h"

namespace perdita::compiler {

// "100ms" in microseconds; nothing where it is no period, or longer than 2^32 - 1 microseconds.
std::optional<uint32_t> parse_period(std::string_view text);
// The largest unit that needs no fraction: 1500us, 100ms, 2s.
std::string period_text(uint32_t period_us);

// In microseconds; 0 where the hook is not periodic.
Result<uint32_t> period_of(const object::Prog& prog, const perdita_hook& hook);

}  // namespace perdita::compiler
