// SPDX-License-Identifier: Apache-2.0
#include "runtime/claim.h"

#include "isa/helpers.h"

namespace perdita::runtime {
namespace {

// Whether `name` is "<target>/<engine>".
bool is_machine(Text name, Text target, Text engine) {
  return name.size() == target.size() + 1 + engine.size() && equal(name.subspan(0, target.size()), target) &&
         name[target.size()] == '/' && equal(name.subspan(target.size() + 1), engine);
}

// The worst case for this board's machine and engine; UINT64_MAX where the claim gives none.
uint64_t machine_bound(const wire::ClaimBoundsView& bounds, const perdita_config& config) {
  const Text engine = text(config.engine == PERDITA_ENGINE_INTERPRETER ? "interpreter" : "guarded");
  wire::ItemCursor cursor = bounds.machine;
  Text name;
  uint64_t most = 0;
  while (wire::next(cursor, name, most)) {
    if (is_machine(name, text(config.target), engine)) return most;
  }
  return UINT64_MAX;
}

// `bound` without its share of tail calls, saturated.
uint32_t own_share(uint64_t bound, uint64_t tail) {
  const uint64_t own = bound == UINT64_MAX || bound < tail ? UINT64_MAX : bound - tail;
  return own < UINT32_MAX ? static_cast<uint32_t>(own) : UINT32_MAX;
}

}  // namespace

TailBounds tail_bounds(const wire::ClaimBoundsView& bounds, const perdita_hook& hook, const perdita_config& config) {
  const uint32_t own = own_share(bounds.instructions, bounds.tail_instructions);
  // Nobody counts machine instructions where the hook has no budget.
  const uint64_t machine = hook.budget_instructions != 0 ? machine_bound(bounds, config) : bounds.tail_instructions;
  const uint32_t own_machine = own_share(machine, bounds.tail_instructions);
  const uint64_t declared = (bounds.tail_instructions + isa::kMaxTailCalls - 1) / isa::kMaxTailCalls;
  return {own > own_machine ? own : own_machine, declared < UINT32_MAX ? static_cast<uint32_t>(declared) : UINT32_MAX};
}

Status check_claim(const wire::ImageView& image, const Signers& signers, const perdita_config& config) {
  if (!image.has_claim) return config.allow_unclaimed != 0 ? Status::ok : Status::no_claim;
  const perdita_port& port = *config.port;
  const perdita_bytes covered[] = {{image.header.data(), image.header.size()}, {image.blob.data(), image.blob.size()}};
  uint8_t digest[wire::kDigestBytes];
  port.crypto.sha256(port.user, covered, 2, digest);
  if (!equal(Bytes(digest), image.claim.digest)) return Status::claim_mismatch;
  return has_role(signers, PERDITA_ROLE_VERIFIER) ? Status::ok : Status::no_verifier;
}

Status claimed_capabilities(const wire::ImageView& image, const perdita_platform& platform, uint32_t& bits,
                            Report& report) {
  bits = 0;
  wire::ItemCursor cursor = image.claim.capabilities;
  Text name;
  while (wire::next(cursor, name)) {
    uint32_t bit = 0;
    while (bit < platform.capability_count && !equal(text(platform.capabilities[bit]), name)) bit++;
    if (bit == platform.capability_count) return report.refuse(Status::not_permitted, name);
    bits |= 1u << bit;
  }
  return Status::ok;
}

Status check_budget(const wire::ClaimBoundsView& bounds, const perdita_hook& hook, const perdita_config& config,
                    Text prog, Report& report) {
  if (hook.budget_instructions == 0) return Status::ok;
  const uint64_t need = machine_bound(bounds, config);
  if (need <= hook.budget_instructions) return Status::ok;
  return report.refuse(Status::over_budget, prog, need, hook.budget_instructions);
}

}  // namespace perdita::runtime
