// SPDX-License-Identifier: Apache-2.0
//
// A view of consecutive elements that somebody else owns. Freestanding code cannot include <span>: some
// bare-metal C++ toolchains ship no C++ headers (design, section 4). Trivially copyable, two words.
// Indexing is not checked: whoever makes a span states its bounds, whoever indexes has compared with size().
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace perdita {

template <typename T>
class Span {
 public:
  constexpr Span() = default;
  constexpr Span(T* data, size_t size) : data_(data), size_(size) {}
  template <size_t N>
  constexpr Span(T (&array)[N]) : data_(array), size_(N) {}  // NOLINT: implicit like std::span
  // A span of T converts to a span of const T.
  template <typename U>
    requires __is_same
  (const U, T) constexpr Span(Span<U> other) : data_(other.data()), size_(other.size()) {}  // NOLINT

  constexpr T* data() const { return data_; }
  constexpr size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr T& operator[](size_t index) const { return data_[index]; }
  constexpr T* begin() const { return data_; }
  constexpr T* end() const { return data_ + size_; }
  // `offset + count` must not exceed size().
  constexpr Span subspan(size_t offset, size_t count) const { return {data_ + offset, count}; }
  constexpr Span subspan(size_t offset) const { return {data_ + offset, size_ - offset}; }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
};

using Bytes = Span<const uint8_t>;
using MutableBytes = Span<uint8_t>;

// A view of text, not terminated by a zero.
using Text = Span<const char>;

constexpr bool equal(Bytes a, Bytes b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); i++) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

constexpr bool equal(Text a, Text b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); i++) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

// The text of a C string, without its zero.
constexpr Text text(const char* zero_terminated) {
  size_t size = 0;
  while (zero_terminated[size] != 0) size++;
  return {zero_terminated, size};
}

}  // namespace perdita
