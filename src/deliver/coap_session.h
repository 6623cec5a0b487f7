// SPDX-License-Identifier: Apache-2.0
//
// The adapter over libcoap: one UDP session with one server, one confirmable exchange or observation at a time (RFC
// 7252, RFC 7641), repeated as the message layer demands. Blocks are the caller's (request.cc). All blocks of a
// transfer go through one session, so that the server sees one peer. Not for use by several threads at a time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
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

  // What becomes of a message that was heard: taken; taken, and the last one; refused with a reset, which ends it too.
  enum class Heard : uint8_t { go_on, enough, refuse };
  struct Observation {
    // Called with the answer to the registration, and with each notification once. It is acknowledged afterwards.
    std::function<Heard(const CoapMessage&)> listen;
    std::chrono::milliseconds answer_timeout{10'000};
    std::optional<std::chrono::milliseconds> limit;  // of the whole
    const std::atomic<bool>* stop = nullptr;
    std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
  };
  // Observes what a GET of `request` names (RFC 7641) until `listen` has enough, the limit is over or `stop` is set;
  // then deregisters. True where `listen` ended it. After long silence it registers again; board-unreachable where that
  // is not answered.
  Result<bool> observe(const CoapMessage& request, const Observation& observation);

  CoapSession(CoapSession&&) noexcept;
  CoapSession& operator=(CoapSession&&) noexcept;
  ~CoapSession();

 private:
  struct State;
  std::optional<Diagnostic> send(const CoapMessage& request, const std::vector<uint8_t>& token);
  Diagnostic no_answer(std::chrono::milliseconds timeout) const;
  explicit CoapSession(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace perdita::deliver
