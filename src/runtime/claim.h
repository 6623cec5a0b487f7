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

// What a program will run in, as claims name it: "<target>/<engine>", and of native code ":<generator's version>".
struct Machine {
  Text target, engine;
  uint32_t generator;  // 0: none
};

Machine machine_of(const wire::ImageView& image, const perdita_config& config);

// Whether the image's programs will be machine code: the board's policy, and only by a claim.
inline bool runs_native(const wire::ImageView& image, const perdita_config& config) {
  return config.engine == PERDITA_ENGINE_NATIVE && image.has_claim;
}

// Whether the image's code is for what runs claimed programs here: wrong_target; wrong_abi; no_claim, for machine code
// has to have one.
Status check_target(const wire::ImageView& image, const perdita_config& config, Report& report);

// The program's share of its claim that is its own, and what it tail-calls through.
TailBounds tail_bounds(const wire::ClaimBoundsView& bounds, const perdita_hook& hook, const Machine& machine);

// Whether the worst case that the claim gives for the machine is within the hook's budget: over_budget, also where the
// claim gives none.
Status check_budget(const wire::ClaimBoundsView& bounds, const perdita_hook& hook, const Machine& machine, Text prog,
                    Report& report);

}  // namespace perdita::runtime
