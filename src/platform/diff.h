// SPDX-License-Identifier: Apache-2.0
//
// What changed between two versions of a platform, and whether packages made for the first still run on the second: a
// package is refused exactly where the canonical form of something it relies on differs (docs/spec/reliance.md).
#pragma once

#include <string>
#include <vector>

#include "object/module.h"
#include "platform/platform.h"

namespace perdita::platform {

enum class EntryKind : uint8_t { platform, capability, hook, function };
enum class ChangeKind : uint8_t { added, removed, changed };

struct PropertyChange {
  std::string property;
  std::string before, after;  // empty: not there
};

struct Change {
  EntryKind entry = EntryKind::platform;
  ChangeKind kind = ChangeKind::changed;
  std::string name;
  std::vector<PropertyChange> properties;  // of what changed
  bool breaks = false;                     // packages that rely on it no longer run
};

// Ascending by kind of entry; entries in the order of `before`, then what only `after` has. Empty: no difference.
std::vector<Change> diff(const Platform& before, const Platform& after);

// A program that a change touches.
struct Touched {
  std::string prog;
  const Change* change;
};

// The programs of a module made for `before` that rely on something that changed; points into `changes`.
std::vector<Touched> touched(const std::vector<Change>& changes, const Platform& before, const object::Module& module);

// One line for each change and property, and whether it breaks packages; "" where nothing changed.
std::string render(const std::vector<Change>& changes);

}  // namespace perdita::platform
