// SPDX-License-Identifier: Apache-2.0
//
// Observing a board's ring buffers and its log.
#include "deliver/board.h"
#include "deliver/board_answers.h"
#include "deliver/coap_session.h"

namespace perdita::deliver {
namespace {

constexpr uint16_t kObserve = 6, kUriPath = 11, kContentFormat = 12, kMaxAge = 14;

Diagnostic full(const std::string& address, const std::string& path) {
  return {
      .code = "board-observers-full",
      .outcome = Outcome::refused,
      .message = address + " has no place for another observer of " + path,
      .place = {},
      .need = "one of the four places there are",
      .have = "",
      .hint = "end another 'perdita map watch' or 'perdita trace'; one that went away is struck within three minutes"};
}

Reply reply_of(const CoapMessage& message) {
  return {.code = message.code,
          .content_format = {},
          .max_age_seconds = message.number(kMaxAge),
          .payload = message.payload};
}

CoapSession::Heard as_heard(Board::Heard heard) {
  switch (heard) {
    case Board::Heard::go_on:
      return CoapSession::Heard::go_on;
    case Board::Heard::enough:
      return CoapSession::Heard::enough;
    case Board::Heard::refuse:
      break;
  }
  return CoapSession::Heard::refuse;
}

}  // namespace

template <typename T>
Result<bool> Board::observe(const std::string& path, const Watch& watch,
                            const std::function<Heard(const T&)>& listen) const {
  const auto uri = parse_uri(address_ + "/" + path);
  if (!uri) return uri.error();
  auto session = CoapSession::open(*uri);
  if (!session) return session.error();
  CoapMessage request;
  request.code = uint8_t(Method::get);
  for (const std::string& segment : uri->path) {
    request.options.emplace_back(kUriPath, std::vector<uint8_t>(segment.begin(), segment.end()));
  }
  std::optional<Diagnostic> failure;
  const auto hear = [&](const CoapMessage& message) {
    T part;
    const Reply reply = reply_of(message);
    if (!reply.success()) {
      failure = declined(address_, path, reply);
    } else if (!message.number(kObserve)) {
      failure = full(address_, path);
    } else if (message.number(kContentFormat) != kFormatCbor || !read(message.payload, part)) {
      failure = unreadable(address_, path);
      return CoapSession::Heard::refuse;
    }
    return failure ? CoapSession::Heard::enough : as_heard(listen(part));
  };
  const auto ended = session->observe(
      request,
      {.listen = hear, .answer_timeout = timeout_, .limit = watch.limit, .stop = watch.stop, .now = watch.now});
  if (failure) return *failure;
  return ended;
}

Result<bool> Board::watch_records(const std::string& package, const std::string& map, const Watch& watch,
                                  const std::function<Heard(const RecordPage&)>& listen) const {
  return observe<RecordPage>("maps/" + encoded(package) + "/" + encoded(map), watch, listen);
}

Result<bool> Board::watch_log(const Watch& watch, const std::function<Heard(const Log&)>& listen) const {
  return observe<Log>("log", watch, listen);
}

}  // namespace perdita::deliver
