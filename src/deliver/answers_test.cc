// SPDX-License-Identifier: Apache-2.0
//
// Every truncation and every flipped bit of an answer: read or refused, never trusted beyond its bytes.
#include "deliver/answers.h"

#include <gtest/gtest.h>

namespace perdita::deliver {
namespace {

using ByteVector = std::vector<uint8_t>;

// { 1: [[h'0001', h'02']], 2: 7 }
const ByteVector kEntries = {0xa2, 0x01, 0x81, 0x82, 0x42, 0x00, 0x01, 0x41, 0x02, 0x02, 0x07};
// { 1: 24, 2: "old_sequence", 3: "blink", 4: 8, 5: 7 }, as in docs/spec/control.md
const ByteVector kReport = {0xa5, 0x01, 0x18, 0x18, 0x02, 0x6c, 'o', 'l', 'd', '_', 's',  'e',  'q',  'u', 'e',
                            'n',  'c',  'e',  0x03, 0x65, 'b',  'l', 'i', 'n', 'k', 0x04, 0x08, 0x05, 0x07};

TEST(Answers, ReadsAPage) {
  PageOf<Entry> page;
  ASSERT_TRUE(read(kEntries, page));
  ASSERT_EQ(page.items.size(), 1u);
  EXPECT_EQ(page.items[0].key, (ByteVector{0, 1}));
  EXPECT_EQ(page.items[0].value, (ByteVector{2}));
  EXPECT_EQ(page.next, 7u);
}

TEST(Answers, ReadsAReport) {
  Report report;
  ASSERT_TRUE(read(kReport, report));
  EXPECT_EQ(report.status, 24u);
  EXPECT_EQ(report.status_name, "old_sequence");
  EXPECT_EQ(report.about, "blink");
  EXPECT_EQ(report.need, 8u);
  EXPECT_EQ(report.have, 7u);
}

TEST(Answers, RefusesEveryTruncationAndMore) {
  for (size_t size = 0; size < kEntries.size(); size++) {
    PageOf<Entry> page;
    EXPECT_FALSE(read(ByteVector(kEntries.begin(), kEntries.begin() + long(size)), page)) << size;
  }
  for (size_t size = 0; size < kReport.size(); size++) {
    Report report;
    EXPECT_FALSE(read(ByteVector(kReport.begin(), kReport.begin() + long(size)), report)) << size;
  }
  ByteVector longer = kReport;
  longer.push_back(0);
  Report report;
  EXPECT_FALSE(read(longer, report));
}

TEST(Answers, SurvivesEveryFlippedBitInEveryShape) {
  for (const ByteVector& original : {kEntries, kReport}) {
    for (size_t bit = 0; bit < original.size() * 8; bit++) {
      ByteVector bytes = original;
      bytes[bit / 8] = uint8_t(bytes[bit / 8] ^ 1u << bit % 8);
      PageOf<Entry> entries;
      PageOf<Prog> progs;
      PageOf<Map> maps;
      Report report;
      Device device;
      PackageState state;
      Log log;
      // A flipped bit in a number or a text is another number or text; in the structure it must be seen.
      const bool structural = bit / 8 == 0;
      const bool any = read(bytes, entries) || read(bytes, report);
      EXPECT_FALSE(structural && any && original == kReport) << bit;
      EXPECT_FALSE(read(bytes, progs) || read(bytes, maps) || read(bytes, device) || read(bytes, state)) << bit;
      (void)read(bytes, log);
    }
  }
}

}  // namespace
}  // namespace perdita::deliver
