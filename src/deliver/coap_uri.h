// SPDX-License-Identifier: Apache-2.0
//
// Where a board is: coap://HOST[:PORT] (RFC 7252, section 6.1), IPv6 in brackets, with what path there may be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "diag/result.h"

namespace perdita::deliver {

constexpr uint16_t kCoapPort = 5683;

struct CoapUri {
  std::string host;
  uint16_t port = kCoapPort;
  std::vector<std::string> path;   // percent-decoded segments
  std::vector<std::string> query;  // percent-decoded "name=value"
};

// coap-uri-invalid: unusable_input.
Result<CoapUri> parse_uri(const std::string& text);

}  // namespace perdita::deliver
