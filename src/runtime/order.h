// SPDX-License-Identifier: Apache-2.0
//
// Orders about an installed package: attach, detach, remove; change a map. Thread context, no program running below.
#pragma once

#include "runtime/report.h"
#include "runtime/runtime.h"
#include "runtime/trust.h"
#include "wire/package.h"

namespace perdita::runtime {

// Carries an order out, whole or not at all. `installed` tells whether the package is there afterwards. The package has
// been authenticated and its sequence number is above the floor.
Status carry_out(Runtime& runtime, const wire::PackageView& package, const Signers& signers, Report& report,
                 bool& installed);

}  // namespace perdita::runtime
