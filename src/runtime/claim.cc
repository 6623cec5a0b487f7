// SPDX-License-Identifier: Apache-2.0
#include "runtime/claim.h"

#include "isa/helpers.h"
#include "runtime/native.h"

namespace perdita::runtime {
namespace {

// Takes `part` off the front of `name`, where it stands there.
bool take(Text& name, Text part) {
  if (name.size() < part.size() || !equal(name.subspan(0, part.size()), part)) return false;
  name = name.subspan(part.size());
  return true;
}

// Whether `name` is "<target>/<engine>", or "<target>/<engine>:<generator>".
bool is_machine(Text name, const Machine& machine) {
  if (!take(name, machine.target) || !take(name, text("/")) || !take(name, machine.engine)) return false;
  if (machine.generator == 0) return name.empty();
  if (!take(name, text(":")) || name.empty() || name[0] == '0') return false;
  uint64_t version = 0;
  for (const char digit : name) {
    if (digit < '0' || digit > '9' || version > UINT32_MAX) return false;
    version = version * 10 + static_cast<uint32_t>(digit - '0');
  }
  return version == machine.generator;
}

// The worst case for the machine; UINT64_MAX where the claim gives none.
uint64_t machine_bound(const wire::ClaimBoundsView& bounds, const Machine& machine) {
  wire::ItemCursor cursor = bounds.machine;
  Text name;
  uint64_t most = 0;
  while (wire::next(cursor, name, most)) {
    if (is_machine(name, machine)) return most;
  }
  return UINT64_MAX;
}

// `bound` without its share of tail calls, saturated.
uint32_t own_share(uint64_t bound, uint64_t tail) {
  const uint64_t own = bound == UINT64_MAX || bound < tail ? UINT64_MAX : bound - tail;
  return own < UINT32_MAX ? static_cast<uint32_t>(own) : UINT32_MAX;
}

}  // namespace

Machine machine_of(const wire::ImageView& image, const perdita_config& config) {
  const Text target = text(config.target);
  if (config.engine != PERDITA_ENGINE_NATIVE) {
    return {target, text(config.engine == PERDITA_ENGINE_INTERPRETER ? "interpreter" : "guarded"), 0};
  }
  return {target, text("native"), image.is_native ? image.native.generator : config.native->generator->version};
}

Status check_target(const wire::ImageView& image, const perdita_config& config, Report& report) {
  const bool native = config.engine == PERDITA_ENGINE_NATIVE;
  if (!image.is_native) {
    // A board without a generator runs bytecode only where it runs guarded.
    const bool runs = !native || !image.has_claim || config.native->generator != nullptr;
    return runs ? Status::ok : report.refuse(Status::wrong_target, image.target);
  }
  if (!native || !equal(image.target, text(config.target))) return report.refuse(Status::wrong_target, image.target);
  if (image.native.abi != kNativeAbi) {
    return report.refuse(Status::wrong_abi, image.target, image.native.abi, kNativeAbi);
  }
  return image.has_claim ? Status::ok : Status::no_claim;
}

TailBounds tail_bounds(const wire::ClaimBoundsView& bounds, const perdita_hook& hook, const Machine& machine) {
  const uint32_t own = own_share(bounds.instructions, bounds.tail_instructions);
  // Nobody counts machine instructions where the hook has no budget.
  const uint64_t most = hook.budget_instructions != 0 ? machine_bound(bounds, machine) : bounds.tail_instructions;
  const uint32_t own_machine = own_share(most, bounds.tail_instructions);
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

Status check_budget(const wire::ClaimBoundsView& bounds, const perdita_hook& hook, const Machine& machine, Text prog,
                    Report& report) {
  if (hook.budget_instructions == 0) return Status::ok;
  const uint64_t need = machine_bound(bounds, machine);
  if (need <= hook.budget_instructions) return Status::ok;
  return report.refuse(Status::over_budget, prog, need, hook.budget_instructions);
}

}  // namespace perdita::runtime
