// SPDX-License-Identifier: Apache-2.0
#include "runtime/trust.h"

namespace perdita::runtime {
namespace {

uint32_t lowest_bit(uint32_t bits) { return static_cast<uint32_t>(__builtin_ctz(bits)); }

}  // namespace

Status check_addressee(const wire::PackageView& package, const perdita_config& config) {
  if (!equal(package.vendor_id, Bytes(config.vendor_id))) return Status::wrong_vendor;
  if (!equal(package.class_id, Bytes(config.class_id))) return Status::wrong_class;
  if (!package.device_id.empty() && !equal(package.device_id, Bytes(config.device_id))) return Status::wrong_device;
  return Status::ok;
}

bool has_role(const Signers& signers, uint8_t role) {
  for (const perdita_key* key : signers.keys) {
    if (key != nullptr && (key->roles & role) != 0) return true;
  }
  return false;
}

Status check_permission(const Signers& signers, const perdita_platform& platform, uint32_t hooks, uint32_t capabilities,
                        Report& report) {
  const char* missing = nullptr;
  for (const perdita_key* key : signers.keys) {
    if (key == nullptr || (key->roles & PERDITA_ROLE_AUTHOR) == 0) continue;
    const uint32_t no_hooks = hooks & ~key->hooks;
    const uint32_t no_capabilities = capabilities & ~key->capabilities;
    if (no_hooks == 0 && no_capabilities == 0) return Status::ok;
    if (missing != nullptr) continue;
    missing =
        no_hooks != 0 ? platform.hooks[lowest_bit(no_hooks)].name : platform.capabilities[lowest_bit(no_capabilities)];
  }
  return missing != nullptr ? report.refuse(Status::not_permitted, text(missing)) : Status::no_author;
}

}  // namespace perdita::runtime
