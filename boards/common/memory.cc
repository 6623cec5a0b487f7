// SPDX-License-Identifier: Apache-2.0
//
// memcpy and memset for boards whose C library, built for size, goes byte by byte: maps, packages and the compiler's
// own copies of structures are mostly aligned, and then four words at a time take a sixth of the instructions. By their
// standard names, so that the library's are not linked.
#include <stddef.h>
#include <stdint.h>

namespace {

constexpr size_t kWord = sizeof(uint32_t);

// The bytes of any object may be read and written as words here.
using Word [[gnu::may_alias]] = uint32_t;

bool aligned(const void* a, const void* b) {
  return ((reinterpret_cast<uintptr_t>(a) | reinterpret_cast<uintptr_t>(b)) & (kWord - 1)) == 0;
}

}  // namespace

extern "C" {

void* memcpy(void* to, const void* from, size_t size_bytes) {
  auto* out = static_cast<uint8_t*>(to);
  const auto* in = static_cast<const uint8_t*>(from);
  if (aligned(to, from)) {
    for (; size_bytes >= 4 * kWord; size_bytes -= 4 * kWord, out += 4 * kWord, in += 4 * kWord) {
      const auto* words = reinterpret_cast<const Word*>(in);
      const Word a = words[0], b = words[1], c = words[2], d = words[3];
      auto* target = reinterpret_cast<Word*>(out);
      target[0] = a, target[1] = b, target[2] = c, target[3] = d;
    }
    for (; size_bytes >= kWord; size_bytes -= kWord, out += kWord, in += kWord) {
      *reinterpret_cast<Word*>(out) = *reinterpret_cast<const Word*>(in);
    }
  }
  for (; size_bytes != 0; size_bytes--) *out++ = *in++;
  return to;
}

void* memset(void* to, int value, size_t size_bytes) {
  auto* out = static_cast<uint8_t*>(to);
  if (aligned(to, nullptr)) {
    const Word word = uint32_t{0x01010101} * static_cast<uint8_t>(value);
    for (; size_bytes >= 4 * kWord; size_bytes -= 4 * kWord, out += 4 * kWord) {
      auto* words = reinterpret_cast<Word*>(out);
      words[0] = word, words[1] = word, words[2] = word, words[3] = word;
    }
    for (; size_bytes >= kWord; size_bytes -= kWord, out += kWord) *reinterpret_cast<Word*>(out) = word;
  }
  for (; size_bytes != 0; size_bytes--) *out++ = static_cast<uint8_t>(value);
  return to;
}

}  // extern "C"
