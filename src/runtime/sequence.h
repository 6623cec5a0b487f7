// SPDX-License-Identifier: Apache-2.0
//
// The highest sequence number taken for each package's name, so that nothing signed is taken twice (SUIT, manifest
// sequence number). A name's number outlives its package. The table has a fixed size: where it is full, the oldest name
// without a package is forgotten and its number becomes a floor for every name the table does not hold
// (docs/decisions/sequence-floors.md). In RAM only. Thread context.
#pragma once

#include "isa/span.h"
#include "isa/status.h"
#include "perdita/perdita.h"

namespace perdita::runtime {

class SequenceTable {
 public:
  static constexpr uint32_t kNames = 16;

  // The next number for `name` must be above this.
  uint64_t floor(Text name) const;
  // Whether take(name) would find a place: ok or table_full.
  Status admits(Text name) const;
  // Records `sequence`, which is above the floor, and whether a package of that name is installed now. Only where
  // admits() said ok.
  void take(Text name, uint64_t sequence, bool installed);

 private:
  struct Entry {
    char name[PERDITA_NAME_BYTES];  // empty: unused
    uint64_t sequence;
    uint64_t taken;  // when, counted in calls of take
    bool installed;
  };
  const Entry* find(Text name) const;
  const Entry* place() const;

  Entry entries_[kNames];
  uint64_t unknown_floor_;
  uint64_t takes_;
};

}  // namespace perdita::runtime
