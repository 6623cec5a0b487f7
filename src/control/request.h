// SPDX-License-Identifier: Apache-2.0
//
// What a request asks for: its options, read once and checked against what this server understands (RFC 7252, section
// 5.4). Views point into the datagram. Freestanding; any context; linear in the options.
#pragma once

#include "control/block_option.h"
#include "control/coap_message.h"

namespace perdita::control {

struct Request {
  static constexpr size_t kMaxSegments = 3;

  Text path[kMaxSegments];
  size_t path_segments = 0;  // kMaxSegments + 1: more
  uint64_t path_digest = 0;  // over all segments
  uint32_t from = 0;         // query "from=<decimal>": first item of a page
  bool bad_query = false;    // another query, or one that does not read
  Text query;                // the first one, as it stands
  uint32_t query_count = 0;
  bool has_accept = false, has_format = false, has_block1 = false, has_block2 = false, has_size1 = false;
  uint16_t accept = 0, format = 0;
  BlockOption block1, block2;
  uint32_t size1 = 0;
  bool has_observe = false;
  uint32_t observe = 0;  // RFC 7641, section 2: 0 registers, 1 deregisters
  bool wants_proxy = false;
  bool bad_option = false;  // a critical option that is not understood, repeated, or of a wrong length

  bool path_is(const char* first) const { return path_segments == 1 && equal(path[0], text(first)); }
  bool path_is(const char* first, const char* second) const {
    return path_segments == 2 && equal(path[0], text(first)) && equal(path[1], text(second));
  }
};

Request read_request(const Message& message);

// The digest of a path, segment by segment: FNV-1a, 64 bits, as in duplicates.cc.
constexpr uint64_t kEmptyPathDigest = 0xcbf29ce484222325u;
uint64_t digest_with_segment(uint64_t digest, Text segment);

}  // namespace perdita::control
