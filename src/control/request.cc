// SPDX-License-Identifier: Apache-2.0
#include "control/request.h"

namespace perdita::control {
namespace {

constexpr size_t kMaxSegmentBytes = 255;

Text as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

void read_query(Bytes value, bool& seen, Request& request) {
  constexpr Text kFrom = text("from=");
  const Text query = as_text(value);
  if (seen || query.size() <= kFrom.size() || !equal(query.subspan(0, kFrom.size()), kFrom)) {
    request.bad_query = true;
    return;
  }
  seen = true;
  uint64_t number = 0;
  for (const char digit : query.subspan(kFrom.size())) {
    if (digit < '0' || digit > '9' || number > 0xffffffffu / 10) {
      request.bad_query = true;
      return;
    }
    number = number * 10 + uint64_t(digit - '0');
  }
  if (number > 0xffffffffu) request.bad_query = true;
  request.from = uint32_t(number);
}

// An option that may stand once and holds a number of at most `max_bytes`. One that is repeated or too long counts as
// not understood (RFC 7252, sections 5.4.3 and 5.4.5): a critical one is refused, an elective one ignored.
bool take_number(const OptionView& view, size_t max_bytes, bool& seen, uint32_t& number, Request& request) {
  if (seen || view.value.size() > max_bytes) {
    if (option::is_critical(view.number)) request.bad_option = true;
    return false;
  }
  seen = true;
  number = option_uint(view.value);
  return true;
}

}  // namespace

// Each segment is followed by a zero so that "a/b" and "ab" differ.
uint64_t digest_with_segment(uint64_t digest, Text segment) {
  for (const char c : segment) digest = (digest ^ uint8_t(c)) * 0x100000001b3u;
  return digest * 0x100000001b3u;
}

Request read_request(const Message& message) {
  Request request;
  request.path_digest = kEmptyPathDigest;
  bool has_query = false;
  OptionReader options(message.options);
  OptionView view;
  uint32_t number = 0;
  while (options.next(view)) {
    switch (view.number) {
      case option::kUriHost:  // one server, one name space: whom the client took us for does not matter
      case option::kUriPort:
        break;
      case option::kUriPath:
        if (view.value.size() > kMaxSegmentBytes) request.bad_option = true;
        if (request.path_segments < Request::kMaxSegments) request.path[request.path_segments] = as_text(view.value);
        if (request.path_segments <= Request::kMaxSegments) request.path_segments++;
        request.path_digest = digest_with_segment(request.path_digest, as_text(view.value));
        break;
      case option::kObserve:
        if (take_number(view, 3, request.has_observe, number, request)) request.observe = number;
        break;
      case option::kUriQuery:
        if (request.query_count++ == 0) request.query = as_text(view.value);
        read_query(view.value, has_query, request);
        break;
      case option::kContentFormat:
        if (take_number(view, 2, request.has_format, number, request)) request.format = uint16_t(number);
        break;
      case option::kAccept:
        if (take_number(view, 2, request.has_accept, number, request)) request.accept = uint16_t(number);
        break;
      case option::kBlock1:
        if (take_number(view, 3, request.has_block1, number, request)) request.block1 = BlockOption::decode(number);
        break;
      case option::kBlock2:
        if (take_number(view, 3, request.has_block2, number, request)) request.block2 = BlockOption::decode(number);
        break;
      case option::kSize1:
        if (take_number(view, 4, request.has_size1, number, request)) request.size1 = number;
        break;
      case option::kProxyUri:
      case option::kProxyScheme:
        request.wants_proxy = true;
        break;
      default:
        if (option::is_critical(view.number)) request.bad_option = true;
    }
  }
  return request;
}

}  // namespace perdita::control
