// SPDX-License-Identifier: Apache-2.0
//
// Who signed a package, and what they may do: the board's policy (design, section 2). Only keys that authenticate()
// returned get here. Thread context.
#pragma once

#include "perdita/perdita.h"
#include "runtime/report.h"
#include "wire/package.h"

namespace perdita::runtime {

struct Signers {
  const perdita_key* keys[wire::kMaxSignatures];  // in the signatures' order, null behind the last
};

// vendor, class and device: wrong_vendor, wrong_class, wrong_device.
Status check_addressee(const wire::PackageView& package, const perdita_config& config);

bool has_role(const Signers& signers, uint8_t role);

// Whether one author among the signers may use all these hooks and capabilities (bits by index); not_permitted with
// the name of what is missing otherwise. Two authors do not add up: neither has vouched for the other's part.
Status check_permission(const Signers& signers, const perdita_platform& platform, uint32_t hooks, uint32_t capabilities,
                        Report& report);

}  // namespace perdita::runtime
