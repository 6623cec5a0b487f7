// SPDX-License-Identifier: Apache-2.0
//
// The freestanding CBOR writer with a vector for a buffer: once to measure, once to write.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "wire/cbor_writer.h"

namespace perdita::compiler {

// `write` takes a CborWriter& and writes the same bytes each time it is called.
template <typename Write>
std::vector<uint8_t> encode(const Write& write) {
  wire::CborWriter measure((MutableBytes()));
  write(measure);
  std::vector<uint8_t> bytes(measure.size());
  wire::CborWriter writer(MutableBytes(bytes.data(), bytes.size()));
  write(writer);
  return bytes;
}

inline Bytes view(const std::vector<uint8_t>& bytes) { return {bytes.data(), bytes.size()}; }
template <size_t N>
Bytes view(const std::array<uint8_t, N>& bytes) {
  return {bytes.data(), N};
}
inline Text view(std::string_view text) { return {text.data(), text.size()}; }
inline Bytes bytes_of(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

}  // namespace perdita::compiler
