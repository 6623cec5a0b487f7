// SPDX-License-Identifier: Apache-2.0
//
// The last good version: a package that is replaced is kept, with its image and its programs, until it is replaced once
// more or removed, or its memory is needed. Where a program of the new one faults too often, the kept one takes its
// place again. Lists change at the level of the fault; memory changes hands with the next delivery. Between the two the
// package that failed is whole: what was interrupted may still run in it, once.
#pragma once

#include "runtime/runtime.h"

namespace perdita::runtime {

// Whether the version before this one can come back.
inline bool has_good_version(const Package& package) {
  return package.previous != nullptr && !package.previous->failed;
}

// With the lock held, at any level, but not while a package is being delivered: the kept version takes the place of
// `failed`. A program of it stands on its hook where that of `failed` by its name and hook was wanted there.
void bring_back(Runtime& runtime, Package& failed);

// Thread context, as a delivery ends: versions come back whose successors failed meanwhile.
void bring_back_failed(Runtime& runtime);

// ---- thread context, no program running below, during a delivery ----

// Releases packages that failed and gave way. Their maps belong to the version that came back.
void release_failed(Runtime& runtime);

// The version that is kept once `fresh` has replaced `old`, which is released where it has failed. Maps of `fresh` have
// not changed hands yet.
void keep_version(Runtime& runtime, Package* old, Package& fresh);

// The maps of `package` that are not pinned belong to it from now on, and are named by its image.
void own_maps(const Package& package);

// Releases all kept versions. False where there are none.
bool give_up_versions(Runtime& runtime);

}  // namespace perdita::runtime
