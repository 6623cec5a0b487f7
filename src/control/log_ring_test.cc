// SPDX-License-Identifier: Apache-2.0
#include "control/log_ring.h"

#include <gtest/gtest.h>

#include <string>

namespace perdita::control {
namespace {

// Against a string that never forgets, for every length of text around the ring's size.
TEST(LogRing, KeepsTheLastBytes) {
  LogRing ring{};
  std::string all;
  for (size_t length = 0; length < 2 * LogRing::kBytes + 3; length += 1 + length / 7) {
    std::string part;
    for (size_t i = 0; i < length; i++) part += char('a' + (all.size() + i) % 23);
    ring.append({part.data(), part.size()});
    all += part;
    ASSERT_EQ(ring.total(), all.size());
    ASSERT_EQ(ring.kept(), std::min(all.size(), LogRing::kBytes));
    std::string kept(ring.kept(), ' ');
    ring.copy(reinterpret_cast<uint8_t*>(kept.data()));
    ASSERT_EQ(kept, all.substr(all.size() - kept.size())) << length;
  }
}

}  // namespace
}  // namespace perdita::control
