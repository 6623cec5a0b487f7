// SPDX-License-Identifier: Apache-2.0
#include "runtime/memory.h"

namespace perdita::runtime {

void Memory::init(void* start, uint32_t size_bytes) {
  start_ = static_cast<uint8_t*>(start);
  size_bytes_ = size_bytes & ~(kAlignment - 1);
  if (size_bytes_ < sizeof(Header)) size_bytes_ = 0;
  if (size_bytes_ != 0) *at(0) = {size_bytes_, 0};
}

void* Memory::allocate(uint32_t size_bytes, Owner owner) {
  if (size_bytes > size_bytes_) return nullptr;
  const uint32_t needed = ((size_bytes + kAlignment - 1) & ~(kAlignment - 1)) + static_cast<uint32_t>(sizeof(Header));
  for (uint32_t offset = 0; offset < size_bytes_; offset += at(offset)->size_bytes) {
    Header* header = at(offset);
    if (header->owner != 0 || header->size_bytes < needed) continue;
    split(header, needed);
    header->owner = owner;
    __builtin_memset(header + 1, 0, header->size_bytes - sizeof(Header));
    return header + 1;
  }
  return nullptr;
}

void Memory::release(void* block) {
  header_of(block)->owner = 0;
  coalesce();
}

void Memory::release_all(Owner owner) {
  for (uint32_t offset = 0; offset < size_bytes_; offset += at(offset)->size_bytes) {
    if (at(offset)->owner == owner) at(offset)->owner = 0;
  }
  coalesce();
}

void Memory::hand_over(void* block, Owner owner) { header_of(block)->owner = owner; }

void Memory::shrink(void* block, uint32_t size_bytes) {
  const uint32_t needed = ((size_bytes + kAlignment - 1) & ~(kAlignment - 1)) + static_cast<uint32_t>(sizeof(Header));
  if (needed >= header_of(block)->size_bytes) return;
  split(header_of(block), needed);
  coalesce();
}

uint32_t Memory::used_bytes() const {
  uint32_t used = 0;
  for (uint32_t offset = 0; offset < size_bytes_; offset += at(offset)->size_bytes) {
    if (at(offset)->owner != 0) used += at(offset)->size_bytes;
  }
  return used;
}

uint32_t Memory::owned_bytes(Owner owner) const {
  uint32_t owned = 0;
  for (uint32_t offset = 0; offset < size_bytes_; offset += at(offset)->size_bytes) {
    if (at(offset)->owner == owner) owned += at(offset)->size_bytes;
  }
  return owned;
}

uint32_t Memory::largest_free_bytes() const {
  uint32_t largest = 0;
  for (uint32_t offset = 0; offset < size_bytes_; offset += at(offset)->size_bytes) {
    const uint32_t usable = at(offset)->size_bytes - static_cast<uint32_t>(sizeof(Header));
    if (at(offset)->owner == 0 && usable > largest) largest = usable;
  }
  return largest;
}

uint32_t Memory::usable_bytes(const void* block) {
  return (static_cast<const Header*>(block) - 1)->size_bytes - static_cast<uint32_t>(sizeof(Header));
}

// Leaves `size_bytes` of the block at `header`; what remains becomes a free block, be it only a header.
void Memory::split(Header* header, uint32_t size_bytes) {
  const uint32_t rest = header->size_bytes - size_bytes;
  if (rest == 0) return;
  header->size_bytes = size_bytes;
  Header* free_block = reinterpret_cast<Header*>(reinterpret_cast<uint8_t*>(header) + size_bytes);
  *free_block = {rest, 0};
}

void Memory::coalesce() {
  uint32_t offset = 0;
  while (offset < size_bytes_) {
    Header* header = at(offset);
    const uint32_t next = offset + header->size_bytes;
    if (header->owner == 0 && next < size_bytes_ && at(next)->owner == 0) {
      header->size_bytes += at(next)->size_bytes;
    } else {
      offset = next;
    }
  }
}

}  // namespace perdita::runtime
