// SPDX-License-Identifier: Apache-2.0
#include "oracle/contents.h"

#include <algorithm>
#include <cstring>

namespace perdita::verifier::oracle {
namespace {

constexpr uint32_t kLargestValue = 4096, kMostElements = 1024;

Bytes key_of(uint64_t number, size_t size) {
  Bytes key(size);
  std::memcpy(key.data(), &number, std::min(size, sizeof number));
  return key;
}

uint64_t random_word(std::mt19937_64& random) {
  switch (random() % 6) {
    case 0:
      return random() % 20;
    case 1:
      return ~uint64_t{0} - random() % 20;
    case 2:
      return uint64_t{1} << random() % 64;
    case 3:
      return (uint64_t{1} << random() % 64) - 1;
    default:
      return random();
  }
}

}  // namespace

bool is_portable(const isa::MapDef& def) {
  return (def.type == isa::MapType::array || def.type == isa::MapType::hash) && def.value_size <= kLargestValue &&
         def.max_entries <= kMostElements;
}

Bytes random_bytes(std::mt19937_64& random, size_t size) {
  Bytes bytes(size);
  for (size_t at = 0; at < size;) {
    const uint64_t word = random_word(random);
    const size_t run = std::min<size_t>(size - at, random() % 3 == 0 ? 1 : 8);
    std::memcpy(bytes.data() + at, &word, run);
    at += run;
  }
  return bytes;
}

Contents random_contents(const std::vector<object::Map>& maps, std::mt19937_64& random) {
  Contents contents(maps.size());
  for (size_t i = 0; i < maps.size(); i++) {
    const isa::MapDef& def = maps[i].def;
    if (!is_portable(def)) continue;
    const bool constant = (def.flags & isa::kMapReadOnlyForProg) != 0;
    if (def.type == isa::MapType::array) {
      for (uint32_t key = 0; key < def.max_entries; key++) {
        Bytes value = constant ? maps[i].initial : random_bytes(random, def.value_size);
        value.resize(def.value_size);
        contents[i][key_of(key, def.key_size)] = value;
      }
    } else {
      const uint64_t count = random() % (std::min<uint64_t>(def.max_entries, 16) + 1);
      for (uint64_t n = 0; n < count; n++) {
        contents[i][key_of(random() % 24, def.key_size)] = random_bytes(random, def.value_size);
      }
    }
  }
  return contents;
}

}  // namespace perdita::verifier::oracle
