// SPDX-License-Identifier: Apache-2.0
//
// The one block of memory that the application handed over, given out in blocks that carry their owner's number: a
// package under construction is given up, and an installed one removed, by releasing its owner. First fit, neighbours
// coalesce, blocks are 8-aligned. Thread context; each call is linear in the number of blocks; no recursion. Programs
// never allocate, so nothing here needs the port's lock.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace perdita::runtime {

using Owner = uint32_t;

class Memory {
 public:
  static constexpr uint32_t kAlignment = 8;

  // `start` is 8-aligned; `size_bytes` below 2^31.
  void init(void* start, uint32_t size_bytes);

  // Memory of at least `size_bytes`, zeroed, or null. `owner` is not 0.
  void* allocate(uint32_t size_bytes, Owner owner);
  // Gives back one block, or all that an owner holds.
  void release(void* block);
  void release_all(Owner owner);
  // Passes a block on to another owner.
  static void hand_over(void* block, Owner owner);
  // Cuts a block down to `size_bytes` where that frees anything; its contents stay.
  void shrink(void* block, uint32_t size_bytes);

  uint32_t total_bytes() const { return size_bytes_; }
  uint32_t used_bytes() const;              // headers included
  uint32_t owned_bytes(Owner owner) const;  // headers included
  uint32_t largest_free_bytes() const;      // the largest allocation that would succeed
  static uint32_t usable_bytes(const void* block);
  static Owner owner_of(const void* block) { return (static_cast<const Header*>(block) - 1)->owner; }
  static uint32_t block_bytes(const void* block) { return usable_bytes(block) + kAlignment; }  // header included

 private:
  struct Header {
    uint32_t size_bytes;  // header included, multiple of 8
    Owner owner;          // 0: free
  };
  static_assert(sizeof(Header) == kAlignment);

  Header* at(uint32_t offset) const { return reinterpret_cast<Header*>(start_ + offset); }
  static Header* header_of(void* block) { return static_cast<Header*>(block) - 1; }
  void split(Header* header, uint32_t size_bytes);
  void coalesce();

  uint8_t* start_ = nullptr;
  uint32_t size_bytes_ = 0;
};

}  // namespace perdita::runtime
