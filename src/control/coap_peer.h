// SPDX-License-Identifier: Apache-2.0
//
// The other end of a CoAP exchange, for tests: builds requests and reads replies with code of its own, so that a
// mistake in coap_message.cc does not cancel itself out. Only in tests.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace perdita::control {

using ByteVector = std::vector<uint8_t>;

struct TestRequest {
  uint8_t type = 0;
  uint8_t code = 1;
  uint16_t id = 0x7a01;
  ByteVector token = ByteVector(2, 0xc0);
  std::vector<std::pair<uint32_t, ByteVector>> options;  // ascending
  ByteVector payload;

  TestRequest& path(const std::string& text) {
    size_t start = 0;
    while (start <= text.size()) {
      const size_t end = std::min(text.find('/', start), text.size());
      options.emplace_back(11, ByteVector(text.begin() + long(start), text.begin() + long(end)));
      start = end + 1;
    }
    return *this;
  }
  TestRequest& option(uint32_t number, ByteVector value) {
    options.emplace_back(number, std::move(value));
    return *this;
  }
  TestRequest& block(uint32_t option_number, uint32_t number, bool more, uint32_t exponent) {
    const uint32_t value = number << 4 | uint32_t(more) << 3 | exponent;
    return option(option_number, {uint8_t(value >> 16), uint8_t(value >> 8), uint8_t(value)});
  }
  TestRequest& query(const std::string& text) { return option(15, ByteVector(text.begin(), text.end())); }

  ByteVector bytes() const {
    ByteVector out = {uint8_t(0x40 | type << 4 | token.size()), code, uint8_t(id >> 8), uint8_t(id)};
    out.insert(out.end(), token.begin(), token.end());
    uint32_t last = 0;
    for (const auto& [number, value] : options) {
      const ByteVector delta = extended(number - last);
      const ByteVector length = extended(uint32_t(value.size()));
      last = number;
      out.push_back(uint8_t(delta[0] << 4 | length[0]));
      out.insert(out.end(), delta.begin() + 1, delta.end());
      out.insert(out.end(), length.begin() + 1, length.end());
      out.insert(out.end(), value.begin(), value.end());
    }
    if (!payload.empty()) out.push_back(0xff);
    out.insert(out.end(), payload.begin(), payload.end());
    return out;
  }

 private:
  // A nibble and what extends it.
  static ByteVector extended(uint32_t value) {
    if (value < 13) return {uint8_t(value)};
    if (value < 269) return {13, uint8_t(value - 13)};
    return {14, uint8_t((value - 269) >> 8), uint8_t(value - 269)};
  }
};

struct TestReply {
  uint8_t type = 0, code = 0;
  uint16_t id = 0;
  ByteVector token;
  std::map<uint32_t, ByteVector> options;
  ByteVector payload;

  explicit TestReply(const ByteVector& bytes) {
    size_t at = 0;
    const auto take = [&]() -> uint32_t {
      if (at >= bytes.size()) throw std::runtime_error("a reply that ends too early");
      return bytes[at++];
    };
    const uint32_t head = take();
    if (head >> 6 != 1) throw std::runtime_error("a reply of another version");
    type = head >> 4 & 3;
    code = uint8_t(take());
    id = uint16_t(take() << 8);
    id = uint16_t(id | take());
    for (uint32_t i = 0; i < (head & 15); i++) token.push_back(uint8_t(take()));
    const auto extend = [&](uint32_t nibble) -> uint32_t {
      if (nibble == 13) return take() + 13;
      if (nibble >= 14) throw std::runtime_error("an option longer than this server makes");
      return nibble;
    };
    uint32_t number = 0;
    while (at < bytes.size()) {
      const uint32_t option_head = take();
      if (option_head == 0xff) {
        payload.assign(bytes.begin() + long(at), bytes.end());
        if (payload.empty()) throw std::runtime_error("a marker without a payload");
        return;
      }
      number += extend(option_head >> 4);
      const uint32_t length = extend(option_head & 15);
      ByteVector value;
      for (uint32_t i = 0; i < length; i++) value.push_back(uint8_t(take()));
      options[number] = value;
    }
  }
  std::string text() const { return {payload.begin(), payload.end()}; }
  uint32_t number(uint32_t option) const {
    uint32_t value = 0;
    for (const uint8_t byte : options.at(option)) value = value << 8 | byte;
    return value;
  }
  std::string code_text() const {
    const std::string detail = std::to_string(code & 31);
    return std::to_string(code >> 5) + "." + (detail.size() == 1 ? "0" : "") + detail;
  }
};

}  // namespace perdita::control
