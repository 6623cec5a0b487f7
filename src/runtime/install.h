// SPDX-License-Identifier: Apache-2.0
//
// Installing an image: a new instance is prepared beside everything that runs, in memory of its own owner, and then
// takes the place of the one with its name in one step under the port's lock. Until that step nothing has changed, and
// giving up means releasing one owner. Thread context, no program running below.
#pragma once

#include "runtime/report.h"
#include "runtime/runtime.h"
#include "runtime/trust.h"
#include "wire/package.h"

namespace perdita::runtime {

// Installs or replaces. The package has been authenticated and its sequence number is above the floor.
Status install(Runtime& runtime, const wire::PackageView& package, const Signers& signers, Report& report);

// Takes a package out and gives its memory back.
void uninstall(Runtime& runtime, Package& package);

}  // namespace perdita::runtime
