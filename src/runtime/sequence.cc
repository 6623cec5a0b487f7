// SPDX-License-Identifier: Apache-2.0
#include "runtime/sequence.h"

#include "runtime/name.h"

namespace perdita::runtime {

const SequenceTable::Entry* SequenceTable::find(Text name) const {
  for (const Entry& entry : entries_) {
    if (entry.name[0] != 0 && equal(text(entry.name), name)) return &entry;
  }
  return nullptr;
}

// Where a new name goes: an unused entry, or the oldest one without a package.
const SequenceTable::Entry* SequenceTable::place() const {
  const Entry* oldest = nullptr;
  for (const Entry& entry : entries_) {
    if (entry.name[0] == 0) return &entry;
    if (!entry.installed && (oldest == nullptr || entry.taken < oldest->taken)) oldest = &entry;
  }
  return oldest;
}

uint64_t SequenceTable::floor(Text name) const {
  const Entry* entry = find(name);
  return entry != nullptr ? entry->sequence : unknown_floor_;
}

Status SequenceTable::admits(Text name) const {
  return find(name) != nullptr || place() != nullptr ? Status::ok : Status::table_full;
}

void SequenceTable::take(Text name, uint64_t sequence, bool installed) {
  const Entry* found = find(name);
  Entry& entry = entries_[(found != nullptr ? found : place()) - entries_];
  if (found == nullptr) {
    // The name that goes is unknown from now on. Its number may only make the floor higher, never lower.
    if (entry.name[0] != 0 && entry.sequence > unknown_floor_) unknown_floor_ = entry.sequence;
    copy_name(entry.name, name);
  }
  entry.sequence = sequence;
  entry.taken = ++takes_;
  entry.installed = installed;
}

}  // namespace perdita::runtime
