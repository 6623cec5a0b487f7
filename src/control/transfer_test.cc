// SPDX-License-Identifier: Apache-2.0
#include "control/transfer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace perdita::control {
namespace {

using Step = Transfer::Step;

struct Fixture {
  std::vector<uint8_t> buffer = std::vector<uint8_t>(300);
  Transfer transfer{};
  perdita_peer one{{1}}, two{{2}};
  Fixture() { transfer.init({buffer.data(), buffer.size()}); }

  Step take(uint32_t number, bool more, size_t size, uint64_t now_ns = 0, bool second_peer = false) {
    const std::vector<uint8_t> payload(size, uint8_t(number));
    return transfer.take_block(second_peer ? two : one, {number, more, 2}, {payload.data(), size}, now_ns);
  }
};

TEST(Transfer, JoinsBlocks) {
  Fixture f;
  EXPECT_EQ(f.take(0, true, 64), Step::more);
  EXPECT_EQ(f.take(1, true, 64), Step::more);
  EXPECT_EQ(f.take(2, false, 3), Step::complete);
  ASSERT_EQ(f.transfer.body().size(), 131u);
  EXPECT_EQ(f.transfer.body()[64], 1);
  EXPECT_EQ(f.transfer.body()[130], 2);
}

TEST(Transfer, RefusesWhatDoesNotFollow) {
  Fixture f;
  EXPECT_EQ(f.take(1, true, 64), Step::gap);  // none begun
  EXPECT_EQ(f.take(0, true, 64), Step::more);
  EXPECT_EQ(f.take(2, true, 64), Step::gap);
  EXPECT_EQ(f.take(1, true, 63), Step::bad_block);
  EXPECT_EQ(f.take(1, false, 65), Step::bad_block);
  EXPECT_EQ(f.take(1, false, 64), Step::complete);  // and none of them moved it
  f.transfer.end_upload();
  EXPECT_EQ(f.take(1, false, 64), Step::gap);
}

TEST(Transfer, TooLargeGivesUp) {
  Fixture f;
  for (uint32_t i = 0; i < 4; i++) ASSERT_EQ(f.take(i, true, 64), Step::more);
  EXPECT_EQ(f.take(4, true, 64), Step::too_large);
  EXPECT_FALSE(f.transfer.uploading(0));
}

TEST(Transfer, AnotherPeerWaitsUntilStale) {
  Fixture f;
  EXPECT_EQ(f.take(0, true, 64, 10), Step::more);
  EXPECT_EQ(f.take(0, true, 64, 10 + kStaleNs, true), Step::other_peer);
  EXPECT_EQ(f.transfer.stale_in_ns(10 + kStaleNs), 0u);
  EXPECT_EQ(f.take(0, true, 64, 11 + kStaleNs, true), Step::more);
  EXPECT_EQ(f.take(1, true, 64, 12 + kStaleNs), Step::other_peer);  // now the first one is the other
}

TEST(Transfer, StaleUploadDoesNotGoOn) {
  Fixture f;
  EXPECT_EQ(f.take(0, true, 64, 0), Step::more);
  EXPECT_EQ(f.take(1, true, 64, kStaleNs + 1), Step::gap);
}

TEST(Transfer, SnapshotYieldsToUpload) {
  Fixture f;
  const SnapshotName name{5, 0};
  f.transfer.begin_snapshot();
  f.transfer.keep_snapshot(f.one, name, 200);
  const uint32_t tag = f.transfer.snapshot_tag();
  EXPECT_TRUE(f.transfer.has_snapshot(f.one, name));
  EXPECT_FALSE(f.transfer.has_snapshot(f.two, name));
  EXPECT_FALSE(f.transfer.has_snapshot(f.one, {5, 1}));
  EXPECT_FALSE(f.transfer.has_snapshot(f.one, {6, 0}));
  EXPECT_EQ(f.take(0, true, 64), Step::more);
  EXPECT_FALSE(f.transfer.has_snapshot(f.one, name));
  f.transfer.end_upload();
  f.transfer.begin_snapshot();
  f.transfer.keep_snapshot(f.one, name, 200);
  EXPECT_NE(f.transfer.snapshot_tag(), tag);
}

}  // namespace
}  // namespace perdita::control
