// SPDX-License-Identifier: Apache-2.0
//
// The canonical form of what a package relies on, and its digest (docs/spec/reliance.md): the hook's context, rules and
// alignment; of a function or helper its prototype, contracts, result, cost, stack and capability. Host and board
// compute it from the same tables with this same code. Freestanding; thread context; under 200 bytes of stack beside
// the caller's buffer.
#pragma once

#include "isa/span.h"
#include "isa/status.h"
#include "perdita/contract.h"
#include "perdita/port.h"
#include "wire/image.h"

namespace perdita::wire {

constexpr size_t kRelianceFormBytes = 1024;  // longest canonical form; a longer one is refused with too_large

// Writes the canonical form (deterministic CBOR) to `buffer` and its length to `size`.
Status hook_form(const perdita_platform& platform, const perdita_hook& hook, MutableBytes buffer, size_t& size);
Status function_form(const perdita_platform& platform, const perdita_function& function, MutableBytes buffer,
                     size_t& size);

// First kRelianceBytes of SHA-256 over the form.
Status hook_reliance(const perdita_platform& platform, const perdita_hook& hook, const perdita_port& port,
                     MutableBytes scratch, uint8_t (&digest)[kRelianceBytes]);
Status function_reliance(const perdita_platform& platform, const perdita_function& function, const perdita_port& port,
                         MutableBytes scratch, uint8_t (&digest)[kRelianceBytes]);

}  // namespace perdita::wire
