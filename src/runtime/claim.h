// SPDX-License-Identifier: Apache-2.0
//
// The verifier's claim in an image: whether it is about these bytes, whether a verifier signed it, and what it says.
// Signed is not verified (design, section 2). Thread context.
#pragma once

#include "runtime/runtime.h"
#include "runtime/trust.h"

namespace perdita::runtime {

// claim_mismatch, no_verifier; no_claim where the board demands one.
Status check_claim(const wire::ImageView& image, const Signers& signers, const perdita_config& config);

// The capabilities that a claim names, as bits of the platform's. not_permitted for one that the platform lacks.
Status claimed_capabilities(const wire::ImageView& image, const perdita_platform& platform, uint32_t& bits,
                            Report& report);

// The program's share of its claim that is its own, and what it tail-calls through.
TailBounds tail_bounds(const wire::ClaimBoundsView& bounds, const perdita_hook& hook, const perdita_config& config);

// Whether the worst case that the claim gives for this board's machine and engine is within the hook's budget:
// over_budget, also where the claim gives none.
Status check_budget(const wire::ClaimBoundsView& bounds, const perdita_hook& hook, const perdita_config& config,
                    Text prog, Report& report);

}  // namespace perdita::runtime
