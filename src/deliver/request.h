// SPDX-License-Identifier: Apache-2.0
//
// One request to a CoAP resource, bodies of any length: what is longer than a block goes and comes block by block
// (RFC 7959). An answer that changes between its blocks is asked for again.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "diag/result.h"

namespace perdita::deliver {

enum class Method : uint8_t { get = 1, post = 2, put = 3, del = 4 };

constexpr uint16_t kFormatCbor = 60;

struct Request {
  std::string uri;  // coap://HOST[:PORT]/path?query
  Method method = Method::get;
  std::vector<uint8_t> payload;
  std::optional<uint16_t> content_format;
  std::chrono::milliseconds timeout{10'000};                // for each block's answer
  std::function<void(size_t sent, size_t total)> progress;  // after each block of the payload; may be empty
};

struct Reply {
  uint8_t code = 0;  // class << 5 | detail
  std::optional<uint16_t> content_format;
  std::optional<uint32_t> max_age_seconds;
  std::vector<uint8_t> payload;

  bool success() const { return code >> 5 == 2; }
  std::string code_text() const;  // "4.03"
};

// Any answer of the other end is a Reply, also one that refuses. Errors: coap-uri-invalid, board-unresolved,
// board-unreachable, board-rejects, coap-request-too-large, coap-answer-invalid, coap-answer-changes.
Result<Reply> request(const Request& request);

}  // namespace perdita::deliver
