// SPDX-License-Identifier: Apache-2.0
//
// CoAP messages (RFC 7252, section 3): parsing to views into the datagram, which the caller owns, and writing into the
// caller's buffer. parse_message walks every option once, so that OptionReader cannot fail afterwards. Freestanding;
// any context; linear in the datagram; under 64 bytes of stack.
#pragma once

#include "isa/span.h"

namespace perdita::control {

enum class MessageType : uint8_t { confirmable = 0, non_confirmable = 1, acknowledgement = 2, reset = 3 };

// A code c.dd as one byte (RFC 7252, section 3).
constexpr uint8_t coap_code(uint8_t code_class, uint8_t detail) { return uint8_t(code_class << 5 | detail); }

namespace code {
constexpr uint8_t kEmpty = 0;
constexpr uint8_t kGet = coap_code(0, 1), kPost = coap_code(0, 2), kPut = coap_code(0, 3), kDelete = coap_code(0, 4);
constexpr uint8_t kChanged = coap_code(2, 4), kContent = coap_code(2, 5), kContinue = coap_code(2, 31);
constexpr uint8_t kBadRequest = coap_code(4, 0), kUnauthorized = coap_code(4, 1), kBadOption = coap_code(4, 2);
constexpr uint8_t kForbidden = coap_code(4, 3), kNotFound = coap_code(4, 4), kMethodNotAllowed = coap_code(4, 5);
constexpr uint8_t kNotAcceptable = coap_code(4, 6), kIncomplete = coap_code(4, 8), kTooLarge = coap_code(4, 13);
constexpr uint8_t kUnsupportedFormat = coap_code(4, 15);
constexpr uint8_t kInternalError = coap_code(5, 0), kUnavailable = coap_code(5, 3), kNoProxy = coap_code(5, 5);
}  // namespace code

// Option numbers (RFC 7252, section 5.10; RFC 7641, section 2; RFC 7959, section 2.1).
namespace option {
constexpr uint16_t kUriHost = 3, kETag = 4, kObserve = 6, kUriPort = 7, kUriPath = 11, kContentFormat = 12,
                   kMaxAge = 14;
constexpr uint16_t kUriQuery = 15, kAccept = 17, kBlock2 = 23, kBlock1 = 27, kProxyUri = 35, kProxyScheme = 39;
constexpr uint16_t kSize1 = 60;
constexpr bool is_critical(uint16_t number) { return (number & 1) != 0; }
}  // namespace option

// Content-Formats (RFC 7252, section 12.3; RFC 8949, section 9.4).
constexpr uint16_t kFormatLinks = 40, kFormatCbor = 60;

constexpr size_t kMaxTokenBytes = 8;

struct Message {
  MessageType type = MessageType::confirmable;
  uint8_t code = code::kEmpty;
  uint16_t id = 0;
  Bytes token;
  Bytes options;  // as encoded, well-formed
  Bytes payload;
};

enum class Parsed : uint8_t {
  ok,
  not_coap,   // too short for a header, or another version: to be ignored (RFC 7252, section 3)
  malformed,  // type and id are set: a confirmable message is to be rejected (section 4.2)
};
Parsed parse_message(Bytes datagram, Message& message);

struct OptionView {
  uint16_t number = 0;
  Bytes value;
};

// The options of a parsed message in their order.
class OptionReader {
 public:
  explicit OptionReader(Bytes options) : rest_(options) {}
  // False behind the last one.
  bool next(OptionView& view);

 private:
  Bytes rest_;
  uint16_t number_ = 0;
};

// The value of a uint option of at most four bytes, leading zeros allowed (RFC 7252, section 3.2).
uint32_t option_uint(Bytes value);

// Writes one message. Options go in ascending order. `out` holds at least kMaxHeadBytes: a header, a token, and all
// the options that this server ever puts into one message with the payload marker.
class MessageWriter {
 public:
  static constexpr size_t kMaxHeadBytes = 64;

  MessageWriter(MutableBytes out, MessageType type, uint8_t code, uint16_t id, Bytes token);
  void uint_option(uint16_t number, uint32_t value);
  void option(uint16_t number, Bytes value);  // value: at most 12 bytes
  // Where the payload goes: all that is left behind the payload marker, which finish() writes.
  MutableBytes payload() const { return out_.subspan(size_ + 1); }
  // The message's length with the payload of `payload_bytes` that stands in payload().
  size_t finish(size_t payload_bytes);

 private:
  MutableBytes out_;
  size_t size_ = 0;
  uint16_t last_option_ = 0;
};

}  // namespace perdita::control
