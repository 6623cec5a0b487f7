// SPDX-License-Identifier: Apache-2.0
#include "control/coap_message.h"

#include <string.h>

namespace perdita::control {
namespace {

constexpr size_t kHeaderBytes = 4;
constexpr uint8_t kVersion = 1;
constexpr uint8_t kPayloadMarker = 0xff;

// Expands a nibble of an option's head (RFC 7252, section 3.1): 13 and 14 are followed by one and two bytes.
bool take_extended(uint8_t nibble, Bytes& rest, uint32_t& value) {
  if (nibble < 13) {
    value = nibble;
    return true;
  }
  const size_t extra = nibble == 13 ? 1 : 2;
  if (nibble == 15 || rest.size() < extra) return false;
  value = nibble == 13 ? rest[0] + 13u : (uint32_t(rest[0]) << 8 | rest[1]) + 269u;
  rest = rest.subspan(extra);
  return true;
}

bool take_option(Bytes& rest, uint16_t& number, Bytes& value) {
  const uint8_t head = rest[0];
  rest = rest.subspan(1);
  uint32_t delta = 0;
  uint32_t length = 0;
  if (!take_extended(head >> 4, rest, delta) || !take_extended(head & 15, rest, length)) return false;
  if (delta > 0xffffu - number || length > rest.size()) return false;
  number = uint16_t(number + delta);
  value = rest.subspan(0, length);
  rest = rest.subspan(length);
  return true;
}

}  // namespace

Parsed parse_message(Bytes datagram, Message& message) {
  if (datagram.size() < kHeaderBytes || datagram[0] >> 6 != kVersion) return Parsed::not_coap;
  message.type = MessageType(datagram[0] >> 4 & 3);
  message.code = datagram[1];
  message.id = uint16_t(datagram[2] << 8 | datagram[3]);
  const size_t token_bytes = datagram[0] & 15;
  Bytes rest = datagram.subspan(kHeaderBytes);
  if (token_bytes > kMaxTokenBytes || token_bytes > rest.size()) return Parsed::malformed;
  // An empty message is its header and nothing else (section 4.1).
  if (message.code == code::kEmpty && !rest.empty()) return Parsed::malformed;
  message.token = rest.subspan(0, token_bytes);
  rest = rest.subspan(token_bytes);

  const Bytes options = rest;
  uint16_t number = 0;
  Bytes value;
  while (!rest.empty() && rest[0] != kPayloadMarker) {
    if (!take_option(rest, number, value)) return Parsed::malformed;
  }
  message.options = options.subspan(0, options.size() - rest.size());
  message.payload = {};
  if (rest.empty()) return Parsed::ok;
  message.payload = rest.subspan(1);
  // A marker followed by nothing is a message format error (section 3).
  return message.payload.empty() ? Parsed::malformed : Parsed::ok;
}

bool OptionReader::next(OptionView& view) {
  if (rest_.empty() || !take_option(rest_, number_, view.value)) return false;
  view.number = number_;
  return true;
}

uint32_t option_uint(Bytes value) {
  uint32_t number = 0;
  for (const uint8_t byte : value) number = number << 8 | byte;
  return number;
}

MessageWriter::MessageWriter(MutableBytes out, MessageType type, uint8_t code, uint16_t id, Bytes token) : out_(out) {
  out[0] = uint8_t(kVersion << 6 | uint8_t(type) << 4 | token.size());
  out[1] = code;
  out[2] = uint8_t(id >> 8);
  out[3] = uint8_t(id);
  size_ = kHeaderBytes;
  if (!token.empty()) memcpy(out.data() + size_, token.data(), token.size());
  size_ += token.size();
}

void MessageWriter::uint_option(uint16_t number, uint32_t value) {
  uint8_t bytes[4];
  size_t count = 0;
  for (int shift = 24; shift >= 0; shift -= 8) {
    if (count != 0 || value >> shift != 0) bytes[count++] = uint8_t(value >> shift);
  }
  option(number, {bytes, count});
}

void MessageWriter::option(uint16_t number, Bytes value) {
  const uint16_t delta = uint16_t(number - last_option_);
  last_option_ = number;
  // The options of this server are less than 269 apart and shorter than 13 bytes.
  out_[size_++] = uint8_t((delta < 13 ? delta : 13) << 4 | value.size());
  if (delta >= 13) out_[size_++] = uint8_t(delta - 13);
  if (!value.empty()) memcpy(out_.data() + size_, value.data(), value.size());
  size_ += value.size();
}

size_t MessageWriter::finish(size_t payload_bytes) {
  if (payload_bytes == 0) return size_;
  out_[size_] = kPayloadMarker;
  return size_ + 1 + payload_bytes;
}

}  // namespace perdita::control
