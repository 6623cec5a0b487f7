// SPDX-License-Identifier: Apache-2.0
#include "pipeline/hex.h"

#include "compiler/sodium.h"

namespace perdita::pipeline {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_hex(const uint8_t* bytes, size_t size) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(size * 2);
  for (size_t i = 0; i < size; i++) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 0xf];
  }
  return text;
}

std::string to_hex(const Blob& bytes) { return to_hex(bytes.data(), bytes.size()); }

std::optional<Blob> from_hex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  Blob bytes;
  for (size_t i = 0; i < digits.size(); i += 2) {
    int high = digit(digits[i]);
    int low = digit(digits[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<uint8_t>((high << 4) | low));
  }
  return bytes;
}

std::string sha256_hex(const uint8_t* bytes, size_t size) {
  compiler::Digest digest = compiler::sha256({Bytes(bytes, size)});
  return to_hex(digest.data(), digest.size());
}

std::string sha256_hex(const Blob& bytes) { return sha256_hex(bytes.data(), bytes.size()); }

}  // namespace perdita::pipeline
