// SPDX-License-Identifier: Apache-2.0
//
// Maps pinned by name (LIBBPF_PIN_BY_NAME): shared between the packages of one author, by author and name, and there as
// long as a package that is installed, or kept to come back, has them. Their memory is the runtime's. A package that
// wants one gets the one that is there, if it is defined alike. Thread context.
#pragma once

#include "runtime/report.h"
#include "runtime/runtime.h"
#include "runtime/trust.h"

namespace perdita::runtime {

// The first author among the signers: whose maps a package shares.
const perdita_key& owner_of_pins(const Signers& signers);

PinnedMap* find_pin(const Runtime& runtime, const perdita_key& owner, Text name);

// ok, or map_differs with the first of type, key size, value size, entries, flags and digest of types that differs:
// needed, there.
Status check_pin(const PinnedMap& pin, const wire::MapView& wanted, Report& report);

// A new one, in memory of the package that brings it; not found by others before list_pins.
void make_pin(PinnedMap& pin, const perdita_key& owner, const wire::MapView& view);

// The package is installed: what it brings is the runtime's now, and others find it.
void list_pins(Runtime& runtime, Package& package);

// Releases what no package has any more.
void sweep_pins(Runtime& runtime);

}  // namespace perdita::runtime
