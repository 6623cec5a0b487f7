// SPDX-License-Identifier: Apache-2.0
#include "deliver/request.h"

#include "deliver/coap_session.h"
#include "deliver/coap_uri.h"

namespace perdita::deliver {
namespace {

// RFC 7252, section 5.10; RFC 7959, section 2.1.
constexpr uint16_t kETag = 4, kUriPath = 11, kContentFormat = 12, kMaxAge = 14, kUriQuery = 15;
constexpr uint16_t kBlock2 = 23, kBlock1 = 27, kSize1 = 60;
constexpr uint8_t kContinue = 2 << 5 | 31, kContent = 2 << 5 | 5;

constexpr uint32_t kLargestExponent = 6;  // blocks of 1024 bytes
constexpr size_t kMaxAnswerBytes = size_t{16} << 20;
constexpr int kAttempts = 4;

size_t block_bytes(uint32_t exponent) { return size_t{16} << exponent; }

struct Block {
  uint32_t number = 0;
  bool more = false;
  uint32_t exponent = kLargestExponent;
  uint32_t value() const { return number << 4 | uint32_t(more) << 3 | exponent; }
  static Block of(uint32_t value) { return {value >> 4, (value >> 3 & 1) != 0, value & 7}; }
};

std::vector<uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

CoapMessage head(const Request& request, const CoapUri& uri) {
  CoapMessage message;
  message.code = uint8_t(request.method);
  for (const std::string& segment : uri.path) message.options.emplace_back(kUriPath, bytes_of(segment));
  for (const std::string& part : uri.query) message.options.emplace_back(kUriQuery, bytes_of(part));
  if (request.content_format) message.add_number(kContentFormat, *request.content_format);
  return message;
}

std::vector<uint8_t> etag(const CoapMessage& message) {
  for (const auto& [number, value] : message.options) {
    if (number == kETag) return value;
  }
  return {};
}

Diagnostic invalid_answer(const std::string& what) {
  return {.code = "coap-answer-invalid",
          .outcome = Outcome::refused,
          .message = "the board's answer does not follow CoAP's rules: " + what,
          .place = {},
          .need = "RFC 7252 and RFC 7959",
          .have = what,
          .hint = "is the board's firmware of this version?"};
}

// Sends the payload, in blocks where it is longer than one (RFC 7959, section 2.5). The answer is the one to the last
// block, or the first that is not 2.31: the server may end a transfer at any block.
Result<CoapMessage> send(CoapSession& session, const Request& request, const CoapMessage& head) {
  const std::vector<uint8_t>& body = request.payload;
  if (body.size() <= block_bytes(kLargestExponent)) {
    CoapMessage message = head;
    message.payload = body;
    auto answer = session.exchange(message, request.timeout);
    if (answer && request.progress && !body.empty()) request.progress(body.size(), body.size());
    return answer;
  }
  uint32_t exponent = kLargestExponent;
  size_t sent = 0;
  for (;;) {
    const size_t count = std::min(block_bytes(exponent), body.size() - sent);
    const bool more = sent + count < body.size();
    CoapMessage message = head;
    message.add_number(kBlock1, Block{uint32_t(sent / block_bytes(exponent)), more, exponent}.value());
    if (sent == 0) message.add_number(kSize1, uint32_t(body.size()));
    message.payload.assign(body.begin() + long(sent), body.begin() + long(sent + count));
    auto answer = session.exchange(message, request.timeout);
    if (!answer) return answer;
    sent += count;
    if (request.progress) request.progress(sent, body.size());
    if (!more || answer->code != kContinue) return answer;
    // The server may ask for smaller blocks from here on (section 2.3).
    const auto block = answer->number(kBlock1);
    if (!block) return invalid_answer("a 2.31 without Block1");
    const uint32_t wanted = Block::of(*block).exponent;
    if (wanted < exponent) exponent = wanted;
  }
}

// Completes an answer of which `answer` is the first block. `changed` where the blocks are of different versions.
Result<CoapMessage> receive_rest(CoapSession& session, const Request& request, const CoapMessage& head,
                                 CoapMessage answer, bool& changed) {
  changed = false;
  auto block = answer.number(kBlock2);
  while (block && Block::of(*block).more) {
    const Block last = Block::of(*block);
    if (last.exponent > kLargestExponent) return invalid_answer("a reserved block size");
    if (answer.payload.size() % block_bytes(last.exponent) != 0) return invalid_answer("a block that is not full");
    if (answer.payload.size() > kMaxAnswerBytes) return invalid_answer("an answer without end");
    const uint32_t number = uint32_t(answer.payload.size() / block_bytes(last.exponent));
    CoapMessage message = head;
    message.add_number(kBlock2, Block{number, false, last.exponent}.value());
    const auto next = session.exchange(message, request.timeout);
    if (!next) return next;
    block = next->number(kBlock2);
    changed = next->code != kContent || etag(*next) != etag(answer);
    if (changed) return answer;
    if (!block || Block::of(*block).number != number) return invalid_answer("another block than the one asked for");
    answer.payload.insert(answer.payload.end(), next->payload.begin(), next->payload.end());
  }
  return answer;
}

Reply as_reply(CoapMessage message) {
  Reply reply;
  reply.code = message.code;
  if (const auto format = message.number(kContentFormat)) reply.content_format = uint16_t(*format);
  reply.max_age_seconds = message.number(kMaxAge);
  reply.payload = std::move(message.payload);
  return reply;
}

}  // namespace

std::string Reply::code_text() const {
  const std::string detail = std::to_string(code & 31);
  return std::to_string(code >> 5) + (detail.size() == 1 ? ".0" : ".") + detail;
}

Result<Reply> request(const Request& request) {
  const auto uri = parse_uri(request.uri);
  if (!uri) return uri.error();
  auto session = CoapSession::open(*uri);
  if (!session) return session.error();
  const CoapMessage message_head = head(request, *uri);
  for (int attempt = 0; attempt < kAttempts; attempt++) {
    auto answer = send(*session, request, message_head);
    if (!answer) return answer.error();
    if (request.method != Method::get) return as_reply(std::move(*answer));
    bool changed = false;
    answer = receive_rest(*session, request, message_head, std::move(*answer), changed);
    if (!answer) return answer.error();
    if (!changed) return as_reply(std::move(*answer));
  }
  return Diagnostic{.code = "coap-answer-changes",
                    .outcome = Outcome::refused,
                    .message = "the answer changed between its blocks each time",
                    .place = {},
                    .need = "all blocks of one version",
                    .have = std::to_string(kAttempts) + " attempts",
                    .hint = "somebody else reads or writes there at the same time: try again"};
}

}  // namespace perdita::deliver
