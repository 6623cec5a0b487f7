// SPDX-License-Identifier: Apache-2.0
#include "deliver/coap_session.h"

#include <coap3/coap.h>
#include <netdb.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace perdita::deliver {

using Clock = std::chrono::steady_clock;

constexpr uint16_t kObserve = COAP_OPTION_OBSERVE;
// Servers are heard of more often (docs/spec/control.md).
constexpr std::chrono::seconds kLongSilence(100);
// How soon a request to stop is noticed.
constexpr uint32_t kWaitMs = 100;
// How long the end of an observation waits to be heard.
constexpr std::chrono::milliseconds kGoodbye(2000);

std::optional<uint32_t> CoapMessage::number(uint16_t option) const {
  for (const auto& [number, value] : options) {
    if (number != option || value.size() > 4) continue;
    uint32_t result = 0;
    for (const uint8_t byte : value) result = result << 8 | byte;
    return result;
  }
  return std::nullopt;
}

void CoapMessage::add_number(uint16_t option, uint32_t value) {
  std::vector<uint8_t> bytes;
  for (int shift = 24; shift >= 0; shift -= 8) {
    if (!bytes.empty() || value >> shift != 0) bytes.push_back(uint8_t(value >> shift));
  }
  options.emplace_back(option, std::move(bytes));
}

struct CoapSession::State {
  std::string where;  // for messages
  coap_context_t* context = nullptr;
  coap_session_t* session = nullptr;
  // Of the exchange at hand.
  std::vector<uint8_t> token;
  std::optional<CoapMessage> answer;
  std::optional<coap_nack_reason_t> failure;
  // Of the observation at hand.
  std::function<CoapSession::Heard(const CoapMessage&)> listen;
  bool listening = false;
  Heard outcome = Heard::go_on;
  std::optional<uint32_t> last_sequence;
  std::function<Clock::time_point()> now;
  Clock::time_point heard;
  bool unanswered = false;  // the registration

  ~State() {
    if (session != nullptr) coap_session_release(session);
    if (context != nullptr) coap_free_context(context);
  }

  std::vector<uint8_t> new_token() const {
    uint8_t bytes[8];
    size_t size = 0;
    coap_session_new_token(session, &size, bytes);
    return {bytes, bytes + size};
  }

  static State& of(coap_session_t* session) { return *static_cast<State*>(coap_session_get_app_data(session)); }

  static CoapMessage message_of(const coap_pdu_t* received) {
    CoapMessage message;
    message.code = uint8_t(coap_pdu_get_code(received));
    coap_opt_iterator_t iterator;
    coap_option_iterator_init(received, &iterator, COAP_OPT_ALL);
    while (coap_opt_t* option = coap_option_next(&iterator)) {
      const uint8_t* value = coap_opt_value(option);
      message.options.emplace_back(uint16_t(iterator.number),
                                   std::vector<uint8_t>(value, value + coap_opt_length(option)));
    }
    size_t size = 0;
    const uint8_t* data = nullptr;
    if (coap_get_data(received, &size, &data) != 0) message.payload.assign(data, data + size);
    return message;
  }

  static coap_response_t on_answer(coap_session_t* session, const coap_pdu_t*, const coap_pdu_t* received, coap_mid_t) {
    State& self = of(session);
    const coap_bin_const_t token = coap_pdu_get_token(received);
    // The answer to an earlier request that was given up.
    if (std::vector<uint8_t>(token.s, token.s + token.length) != self.token) return COAP_RESPONSE_OK;
    CoapMessage message = message_of(received);
    if (!self.listen) {
      self.answer = std::move(message);
      return COAP_RESPONSE_OK;
    }
    const auto sequence = message.number(kObserve);
    self.heard = self.now();
    self.unanswered = false;
    // A repetition, because our acknowledgement was lost.
    if (sequence && sequence == self.last_sequence) return COAP_RESPONSE_OK;
    self.last_sequence = sequence;
    if (!self.listening) {
      // It has ended: what is not taken is to stay where it is. The answer to that end has no number.
      if (sequence) return COAP_RESPONSE_FAIL;
      self.answer = std::move(message);
      return COAP_RESPONSE_OK;
    }
    self.outcome = self.listen(message);
    self.listening = self.outcome == Heard::go_on;
    return self.outcome == Heard::refuse ? COAP_RESPONSE_FAIL : COAP_RESPONSE_OK;
  }

  static void on_failure(coap_session_t* session, const coap_pdu_t*, coap_nack_reason_t reason, coap_mid_t) {
    of(session).failure = reason;
  }
};

namespace {

Diagnostic unreachable(const std::string& where, const std::string& why) {
  return {.code = "board-unreachable",
          .outcome = Outcome::unreachable,
          .message = "the board at " + where + " does not answer" + why,
          .place = {},
          .need = "an answer over CoAP",
          .have = "none",
          .hint =
              "is it running, is the address right, does UDP get through? "
              "an emulated one is started by: script/emulate mps2-an385"};
}

bool resolve(const CoapUri& uri, coap_address_t& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(uri.host.c_str(), std::to_string(uri.port).c_str(), &hints, &found) != 0) return false;
  coap_address_init(&address);
  const bool fits = found->ai_addrlen <= sizeof address.addr;
  if (fits) {
    address.size = found->ai_addrlen;
    std::memcpy(&address.addr, found->ai_addr, found->ai_addrlen);
  }
  freeaddrinfo(found);
  return fits;
}

}  // namespace

CoapSession::CoapSession(std::unique_ptr<State> state) : state_(std::move(state)) {}
CoapSession::CoapSession(CoapSession&&) noexcept = default;
CoapSession& CoapSession::operator=(CoapSession&&) noexcept = default;
CoapSession::~CoapSession() = default;

Result<CoapSession> CoapSession::open(const CoapUri& uri) {
  static const bool started = [] {
    coap_startup();
    coap_set_log_level(LOG_EMERG);  // what goes wrong is told by our diagnostics
    return true;
  }();
  (void)started;
  auto state = std::make_unique<State>();
  state->where = uri.host + ":" + std::to_string(uri.port);
  coap_address_t address;
  if (!resolve(uri, address)) {
    return Diagnostic{.code = "board-unresolved",
                      .outcome = Outcome::unreachable,
                      .message = "the host '" + uri.host + "' has no address",
                      .place = {},
                      .need = "a host name or an IP address",
                      .have = uri.host,
                      .hint = "check the spelling, or write the IP address"};
  }
  state->context = coap_new_context(nullptr);
  if (state->context == nullptr) return unreachable(state->where, ": no socket could be made");
  coap_context_set_block_mode(state->context, 0);
  coap_register_response_handler(state->context, State::on_answer);
  coap_register_nack_handler(state->context, State::on_failure);
  state->session = coap_new_client_session(state->context, nullptr, &address, COAP_PROTO_UDP);
  if (state->session == nullptr) return unreachable(state->where, ": no socket could be made");
  coap_session_set_app_data(state->session, state.get());
  return CoapSession(std::move(state));
}

std::optional<Diagnostic> CoapSession::send(const CoapMessage& request, const std::vector<uint8_t>& token) {
  State& state = *state_;
  state.answer.reset();
  state.failure.reset();
  state.token = token;
  coap_pdu_t* pdu = coap_new_pdu(COAP_MESSAGE_CON, coap_pdu_code_t(request.code), state.session);
  if (pdu == nullptr) return unreachable(state.where, ": no message could be made");
  coap_optlist_t* options = nullptr;
  for (const auto& [number, value] : request.options) {
    coap_insert_optlist(&options, coap_new_optlist(number, value.size(), value.data()));
  }
  const bool whole =
      coap_add_token(pdu, token.size(), token.data()) != 0 &&
      (options == nullptr || coap_add_optlist_pdu(pdu, &options) != 0) &&
      (request.payload.empty() || coap_add_data(pdu, request.payload.size(), request.payload.data()) != 0);
  coap_delete_optlist(options);
  if (!whole) {
    coap_delete_pdu(pdu);
    return Diagnostic{.code = "coap-request-too-large",
                      .outcome = Outcome::unusable_input,
                      .message = "the request does not fit into one CoAP message",
                      .place = {},
                      .need = std::to_string(coap_session_max_pdu_size(state.session)) + " bytes at most",
                      .have = std::to_string(request.payload.size()) + " bytes of payload",
                      .hint = "shorten the path"};
  }
  if (coap_send(state.session, pdu) == COAP_INVALID_MID) return unreachable(state.where, ": nothing can be sent there");
  return std::nullopt;
}

// Why an answer that was waited for did not come.
Diagnostic CoapSession::no_answer(std::chrono::milliseconds timeout) const {
  const State& state = *state_;
  if (state.failure == COAP_NACK_RST) {
    return Diagnostic{.code = "board-rejects",
                      .outcome = Outcome::refused,
                      .message = state.where + " rejects the message: it does not take it for CoAP it understands",
                      .place = {},
                      .need = "a CoAP server (RFC 7252)",
                      .have = "a reset",
                      .hint = "is that the port of the board's CoAP server?"};
  }
  if (state.failure == COAP_NACK_ICMP_ISSUE) return unreachable(state.where, ": nothing listens on that port");
  return unreachable(state.where, " within " + std::to_string(timeout.count()) + " ms");
}

Result<CoapMessage> CoapSession::exchange(const CoapMessage& request, std::chrono::milliseconds timeout) {
  State& state = *state_;
  if (auto failure = send(request, state.new_token())) return *failure;
  const Clock::time_point deadline = Clock::now() + timeout;
  while (!state.answer && !state.failure) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0 || coap_io_process(state.context, uint32_t(left)) < 0) break;
  }
  if (state.answer) return std::move(*state.answer);
  return no_answer(timeout);
}

Result<bool> CoapSession::observe(const CoapMessage& request, const Observation& observation) {
  State& state = *state_;
  const std::vector<uint8_t> token = state.new_token();
  CoapMessage registration = request;
  registration.add_number(kObserve, 0);
  state.listen = observation.listen;
  state.now = observation.now;
  state.listening = true;
  state.outcome = Heard::go_on;
  state.last_sequence.reset();
  const Clock::time_point start = observation.now();
  const auto is_over = [&] {
    if (observation.stop != nullptr && *observation.stop) return true;
    return observation.limit && observation.now() - start >= *observation.limit;
  };
  std::optional<Diagnostic> failure;
  while (state.listening && !failure && !is_over()) {
    failure = send(registration, token);
    const Clock::time_point asked = observation.now();
    state.heard = asked;
    state.unanswered = true;
    while (!failure && state.listening && !is_over()) {
      coap_io_process(state.context, kWaitMs);
      const bool waited = observation.now() - asked >= observation.answer_timeout;
      if (state.failure || (state.unanswered && waited)) failure = no_answer(observation.answer_timeout);
      if (observation.now() - state.heard >= kLongSilence) break;
    }
  }
  state.listening = false;
  if (!failure && state.outcome != Heard::refuse) {
    // Observe 1 (RFC 7641, section 3.6); a notification that crosses it is refused, which says the same.
    CoapMessage end = request;
    end.add_number(kObserve, 1);
    if (!send(end, token)) {
      const Clock::time_point deadline = Clock::now() + std::min(observation.answer_timeout, kGoodbye);
      while (!state.answer && !state.failure && Clock::now() < deadline) coap_io_process(state.context, kWaitMs);
    }
  }
  state.listen = nullptr;
  if (failure) return *failure;
  return state.outcome != Heard::go_on;
}

}  // namespace perdita::deliver
