// SPDX-License-Identifier: Apache-2.0
//
// The adapter over libcoap: one UDP session with one server, one confirmable exchange at a time (RFC 7252), repeated as
// the message layer demands. Blocks are the caller's (request.cc). All blocks of a transfer go through one session, so
// that the server sees one peer. Not for use by several threads at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "deliver/coap_uri.h"
#include "diag/result.h"

namespace perdita::deliver {

struct CoapMessage {
  uint8_t code = 0;                                                // as one byte: class << 5 | detail
  std::vector<std::pair<uint16_t, std::vector<uint8_t>>> options;  // any order
  std::vector<uint8_t> payload;

  // The value of a uint option, where it is there.
  std::optional<uint32_t> number(uint16_t option) const;
  void add_number(uint16_t option, uint32_t value);
};

class CoapSession {
 public:
  // board-unresolved: unreachable.
  static Result<CoapSession> open(const CoapUri& uri);
  // Sends the request and waits for its answer. board-unreachable where none comes within `timeout`; board-rejects
  // where the other end rejects the message.
  Result<CoapMessage> exchange(const CoapMessage& request, std::chrono::milliseconds timeout);

  CoapSession(CoapSession&&) noexcept;
  CoapSession& operator=(CoapSession&&) noexcept;
  ~CoapSession();

 private:
  struct State;
  explicit CoapSession(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace perdita::deliver
