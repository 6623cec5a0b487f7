// SPDX-License-Identifier: Apache-2.0
#include "runtime/memory.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

namespace perdita::runtime {
namespace {

struct Block {
  uint8_t* start;
  uint32_t size_bytes;
  Owner owner;
  uint8_t fill;
};

class MemoryTest : public testing::Test {
 protected:
  static constexpr uint32_t kBytes = 4096;
  void SetUp() override { memory_.init(area_.data(), kBytes); }

  // Blocks keep their contents, do not overlap, lie inside, and every byte is accounted for.
  void check(const std::vector<Block>& blocks) {
    uint32_t used = 0;
    for (const Block& block : blocks) {
      ASSERT_EQ(reinterpret_cast<uintptr_t>(block.start) % 8, 0u);
      ASSERT_GE(block.start, reinterpret_cast<uint8_t*>(area_.data()));
      ASSERT_LE(block.start + block.size_bytes, reinterpret_cast<uint8_t*>(area_.data()) + kBytes);
      for (uint32_t i = 0; i < block.size_bytes; i++) ASSERT_EQ(block.start[i], block.fill);
      used += Memory::usable_bytes(block.start) + 8;
    }
    ASSERT_EQ(memory_.used_bytes(), used);
    for (Owner owner = 1; owner <= 4; owner++) {
      uint32_t owned = 0;
      for (const Block& block : blocks) owned += block.owner == owner ? Memory::usable_bytes(block.start) + 8 : 0;
      ASSERT_EQ(memory_.owned_bytes(owner), owned);
    }
  }

  std::vector<uint64_t> area_ = std::vector<uint64_t>(kBytes / 8);
  Memory memory_;
};

TEST_F(MemoryTest, EmptyIsOneBlock) {
  EXPECT_EQ(memory_.total_bytes(), kBytes);
  EXPECT_EQ(memory_.used_bytes(), 0u);
  EXPECT_EQ(memory_.largest_free_bytes(), kBytes - 8);
  EXPECT_NE(memory_.allocate(kBytes - 8, 1), nullptr);
  EXPECT_EQ(memory_.largest_free_bytes(), 0u);
  EXPECT_EQ(memory_.allocate(0, 1), nullptr);
}

TEST_F(MemoryTest, RefusesWhatDoesNotFit) {
  for (uint32_t size : {kBytes - 7, kBytes, kBytes + 1, UINT32_MAX, UINT32_MAX - 7}) {
    EXPECT_EQ(memory_.allocate(size, 1), nullptr) << size;
  }
  EXPECT_EQ(memory_.used_bytes(), 0u);
}

TEST_F(MemoryTest, LargestFreeIsWhatSucceeds) {
  void* first = memory_.allocate(100, 1);
  void* second = memory_.allocate(100, 1);
  memory_.release(first);
  const uint32_t largest = memory_.largest_free_bytes();
  EXPECT_EQ(memory_.allocate(largest + 1, 2), nullptr);
  EXPECT_NE(memory_.allocate(largest, 2), nullptr);
  memory_.release(second);
}

TEST_F(MemoryTest, RandomUseAgainstAModel) {
  std::mt19937 random(20261122);
  std::vector<Block> blocks;
  uint32_t refused = 0;
  for (int step = 0; step < 20000; step++) {
    const uint32_t choice = random() % 16;
    if (choice < 8) {
      const uint32_t size = random() % 400;
      const Owner owner = 1 + random() % 4;
      const uint32_t largest = memory_.largest_free_bytes();
      auto* start = static_cast<uint8_t*>(memory_.allocate(size, owner));
      if (start == nullptr) {
        refused++;
        ASSERT_GT((size + 7) & ~7u, largest);
        continue;
      }
      for (uint32_t i = 0; i < size; i++) ASSERT_EQ(start[i], 0);
      const auto fill = static_cast<uint8_t>(random());
      memset(start, fill, size);
      blocks.push_back({start, size, owner, fill});
    } else if (blocks.empty()) {
      continue;
    } else if (choice < 13) {
      const size_t victim = random() % blocks.size();
      memory_.release(blocks[victim].start);
      blocks.erase(blocks.begin() + static_cast<ptrdiff_t>(victim));
    } else if (choice == 13) {
      Block& block = blocks[random() % blocks.size()];
      block.size_bytes = random() % (block.size_bytes + 1);
      memory_.shrink(block.start, block.size_bytes);
    } else if (choice == 14) {
      Block& block = blocks[random() % blocks.size()];
      block.owner = 1 + random() % 4;
      Memory::hand_over(block.start, block.owner);
    } else if (step % 16 == 0) {
      const Owner owner = 1 + random() % 4;
      memory_.release_all(owner);
      std::erase_if(blocks, [&](const Block& block) { return block.owner == owner; });
    }
    check(blocks);
    if (HasFatalFailure()) FAIL() << "at step " << step;
  }
  EXPECT_GT(refused, 100u);  // the model was driven to its limits
  for (Owner owner = 1; owner <= 4; owner++) memory_.release_all(owner);
  EXPECT_EQ(memory_.largest_free_bytes(), kBytes - 8);  // all of it has coalesced
}

}  // namespace
}  // namespace perdita::runtime
