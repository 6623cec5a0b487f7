// SPDX-License-Identifier: Apache-2.0
//
// Test only. A map for a handful of keys, with the few functions of std::map that are needed: one allocation in all,
// where std::map takes one for each key.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

namespace perdita::verifier::testing {

template <class Key, class Value>
class FlatMap {
 public:
  using Entries = std::vector<std::pair<Key, Value>>;
  using Iterator = typename Entries::iterator;

  Iterator find(const Key& key) {
    return std::find_if(entries_.begin(), entries_.end(), [&key](const auto& entry) { return entry.first == key; });
  }
  typename Entries::const_iterator find(const Key& key) const {
    return std::find_if(entries_.begin(), entries_.end(), [&key](const auto& entry) { return entry.first == key; });
  }
  Iterator end() { return entries_.end(); }
  typename Entries::const_iterator end() const { return entries_.end(); }

  std::pair<Iterator, bool> try_emplace(const Key& key, const Value& value) {
    Iterator found = find(key);
    if (found != entries_.end()) return {found, false};
    if (entries_.empty()) entries_.reserve(16);
    entries_.emplace_back(key, value);
    return {std::prev(entries_.end()), true};
  }
  Value& operator[](const Key& key) { return try_emplace(key, Value{}).first->second; }

 private:
  Entries entries_;
};

}  // namespace perdita::verifier::testing
