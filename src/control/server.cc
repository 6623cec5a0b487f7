// SPDX-License-Identifier: Apache-2.0
#include "control/server.h"

#include <string.h>

#include "wire/cbor_writer.h"

namespace perdita::control {
namespace {

constexpr uint64_t kNsPerSecond = 1000ull * 1000 * 1000;
constexpr uint32_t kBusyRetrySeconds = 1;

bool is_request(uint8_t code) { return code != code::kEmpty && code >> 5 == 0; }

// Nobody whose signature is valid here stands behind these bytes: 4.01. Everything else is a refusal of what somebody
// signed: 4.03.
bool is_unauthenticated(perdita_status status) {
  switch (status) {
    case perdita_status_truncated:
    case perdita_status_trailing_bytes:
    case perdita_status_not_canonical:
    case perdita_status_unexpected_type:
    case perdita_status_unknown_key:
    case perdita_status_missing_key:
    case perdita_status_bad_value:
    case perdita_status_unsupported_version:
    case perdita_status_unknown_key_id:
    case perdita_status_unsupported_algorithm:
    case perdita_status_bad_signature:
    case perdita_status_digest_mismatch:
    case perdita_status_no_signature:
    case perdita_status_no_author:
      return true;
    default:
      return false;
  }
}

uint8_t code_of(perdita_status status) {
  if (status == perdita_status_ok) return code::kChanged;
  if (status == perdita_status_too_large) return code::kTooLarge;
  if (status == perdita_status_busy) return code::kUnavailable;
  return is_unauthenticated(status) ? code::kUnauthorized : code::kForbidden;
}

uint32_t seconds_rounded_up(uint64_t ns) { return uint32_t((ns + kNsPerSecond - 1) / kNsPerSecond); }

// A reset names the message it rejects (RFC 7252, section 4.2).
size_t reset(const Message& message, MutableBytes reply) {
  return MessageWriter(reply, MessageType::reset, code::kEmpty, message.id, {}).finish(0);
}

}  // namespace

void Server::init(perdita_runtime* runtime, MutableBytes package_buffer) {
  runtime_ = runtime;
  transfer_.init(package_buffer);
  next_id_ = uint16_t(port().core.random(port().user));
  observers_.init(runtime);
}

void Server::log(Text text) {
  const uint32_t state = port().core.lock(port().user);
  log_.append(text);
  port().core.unlock(port().user, state);
}

// The message layer: RFC 7252, section 4.
size_t Server::receive(const perdita_peer& peer, Bytes datagram, MutableBytes reply) {
  Message message;
  const Parsed parsed = parse_message(datagram, message);
  if (parsed == Parsed::not_coap) return 0;
  // Notifications are all that this server sends of its own accord.
  if (message.type == MessageType::acknowledgement || message.type == MessageType::reset) {
    hear(peer, parsed, message);
    return 0;
  }
  const bool confirmable = message.type == MessageType::confirmable;
  // An empty confirmable message is a ping (section 4.3); a response, or a reserved code, is none of ours.
  if (parsed == Parsed::malformed || !is_request(message.code)) return confirmable ? reset(message, reply) : 0;

  const uint64_t now_ns = port().core.clock_ns(port().user);
  Bytes earlier;
  if (duplicates_.find(peer, datagram, now_ns, earlier)) {
    if (!confirmable) return 0;  // section 4.5
    memcpy(reply.data(), earlier.data(), earlier.size());
    return earlier.size();
  }

  const Request request = read_request(message);
  // A non-confirmable request with an option that must be understood and is not gets no answer (section 5.4.1).
  if (request.bad_option && !confirmable) return 0;
  const size_t size = answer({peer, message, request, reply, now_ns});
  if (message.code == code::kPost && size <= Duplicates::kReplyBytes && request.path_is("packages")) {
    duplicates_.remember(peer, datagram, now_ns, {reply.data(), size});
  }
  return size;
}

// An answer to a notification. Empty, as all resets and acknowledgements of responses are (section 4.2).
void Server::hear(const perdita_peer& peer, Parsed parsed, const Message& message) {
  if (parsed != Parsed::ok || message.code != code::kEmpty) return;
  const Observers::World now = world(port().core.clock_ns(port().user));
  if (message.type == MessageType::reset) return observers_.reset(now, peer, message.id);
  observers_.acknowledge(now, peer, message.id);
}

// ---- methods ----

size_t Server::answer(const Exchange& exchange) {
  const Request& request = exchange.request;
  if (request.wants_proxy) return send_text(exchange, code::kNoProxy, "this is no proxy");
  if (request.bad_option) return send_text(exchange, code::kBadOption, "an option that is not understood");
  switch (exchange.message.code) {
    case code::kGet:
      return answer_get(exchange);
    case code::kPost:
      if (request.path_is("packages")) return answer_post(exchange);
      [[fallthrough]];
    case code::kPut:
    case code::kDelete:
      return send_text(exchange, code::kUnauthorized, "only a signed package posted to /packages changes anything");
    default:
      return send_text(exchange, code::kMethodNotAllowed, "GET, and POST to /packages");
  }
}

size_t Server::answer_get(const Exchange& exchange) {
  const Request& request = exchange.request;
  if (request.path_segments == 3 && equal(request.path[0], text("x"))) return answer_by_program(exchange);
  const Subject subject = find_resource(view(), request);
  if (subject.resource == Resource::none) return send_text(exchange, code::kNotFound, "no such resource");
  if (request.has_accept && request.accept != subject.format) {
    return send_text(exchange, code::kNotAcceptable, "this resource has one format");
  }
  // RFC 6690, section 4.1 leaves it to the server whether the queries of the links filter.
  const bool reads_query = subject.resource == Resource::links;
  if (!reads_query && (request.bad_query || (request.from != 0 && !subject.paged))) {
    return send_text(exchange, code::kBadRequest, "the only query is from=<number>, for lists");
  }
  if (request.has_block1) return send_text(exchange, code::kBadRequest, "a GET has no body");
  const BlockOption block = request.block2;
  if (!block.valid()) return send_text(exchange, code::kBadRequest, "a block size that does not exist");

  size_t size = 0;
  if (request.has_observe && observe(exchange, subject, size)) return size;

  // Mostly the answer fits into one block: it is written where it is sent from, and nothing needs to be remembered.
  Rendered rendered = Rendered::no_room;
  MessageWriter writer = begin(exchange, code::kContent);
  writer.uint_option(option::kContentFormat, subject.format);
  // Who speaks of blocks is answered in blocks (RFC 7959, section 2.3).
  if (request.has_block2) writer.uint_option(option::kBlock2, block.exponent);
  if (block.number == 0) {
    rendered = render(view(), subject, request.from, writer.payload().subspan(0, block.size_bytes()), size);
    if (rendered == Rendered::complete) return writer.finish(size);
  }
  const bool uploading = transfer_.uploading(exchange.now_ns);
  // While a package arrives the buffer is its own: lists still give short pages.
  if (uploading && rendered == Rendered::page) return writer.finish(size);
  if (uploading) return send_unavailable(exchange);

  // A later block is of the snapshot that the first one was of. Where that is gone the client sees by the ETag that
  // it must begin again (RFC 7959, section 2.4).
  const SnapshotName name{request.path_digest, request.from};
  if (block.number == 0 || !transfer_.has_snapshot(exchange.peer, name)) {
    rendered = render(view(), subject, request.from, transfer_.begin_snapshot(), size);
    if (rendered == Rendered::no_room) {
      return send_report(exchange, code::kInternalError, {perdita_status_too_large, {}, size, transfer_.capacity()});
    }
    transfer_.keep_snapshot(exchange.peer, name, size);
  }
  return send_block(exchange, subject, block);
}

size_t Server::answer_post(const Exchange& exchange) {
  const Request& request = exchange.request;
  if (request.has_format && request.format != kFormatCbor) {
    return send_text(exchange, code::kUnsupportedFormat, "a package is application/cbor (60)");
  }
  if (request.has_accept && request.accept != kFormatCbor) {
    return send_text(exchange, code::kNotAcceptable, "answers are application/cbor (60)");
  }
  if (request.has_block2 && (request.block2.number != 0 || !request.block2.valid())) {
    return send_text(exchange, code::kBadRequest, "the answer has one block");
  }
  if (request.has_size1 && request.size1 > transfer_.capacity()) return send_too_large(exchange, request.size1);
  if (request.has_block1) return take_upload(exchange);
  if (exchange.message.payload.size() > transfer_.capacity()) {
    return send_too_large(exchange, exchange.message.payload.size());
  }
  return deliver(exchange, exchange.message.payload);
}

size_t Server::take_upload(const Exchange& exchange) {
  const BlockOption block = exchange.request.block1;
  switch (transfer_.take_block(exchange.peer, block, exchange.message.payload, exchange.now_ns)) {
    case Transfer::Step::more: {
      MessageWriter writer = begin(exchange, code::kContinue);
      writer.uint_option(option::kBlock1, block.encode());
      return writer.finish(0);
    }
    case Transfer::Step::complete: {
      const size_t size = deliver(exchange, transfer_.body());
      transfer_.end_upload();
      return size;
    }
    case Transfer::Step::gap:
      return send_text(exchange, code::kIncomplete, "not the block that follows: begin again");
    case Transfer::Step::bad_block:
      return send_text(exchange, code::kBadRequest, "a block that is not of its size");
    case Transfer::Step::too_large:
      return send_too_large(exchange, block.offset() + exchange.message.payload.size());
    case Transfer::Step::other_peer:
      break;
  }
  return send_unavailable(exchange);
}

size_t Server::deliver(const Exchange& exchange, Bytes package) {
  perdita_report report = {};
  report.status = perdita_deliver(runtime_, package.data(), package.size(), &report);
  report.name[sizeof report.name - 1] = 0;
  return send_report(exchange, code_of(report.status), report);
}

// ---- replies ----

MessageWriter Server::begin(const Exchange& exchange, uint8_t code) {
  const Message& message = exchange.message;
  const bool confirmable = message.type == MessageType::confirmable;
  return MessageWriter(exchange.reply, confirmable ? MessageType::acknowledgement : MessageType::non_confirmable, code,
                       confirmable ? message.id : next_id_++, message.token);
}

// A diagnostic payload is text without a Content-Format (RFC 7252, section 5.5.2).
size_t Server::send_text(const Exchange& exchange, uint8_t code, const char* diagnostic) {
  MessageWriter writer = begin(exchange, code);
  const Text content = text(diagnostic);
  memcpy(writer.payload().data(), content.data(), content.size());
  return writer.finish(content.size());
}

// { 1: status, 2: its name, 3: what it is about, 4: need, 5: have }
size_t Server::send_report(const Exchange& exchange, uint8_t code, const perdita_report& report) {
  MessageWriter writer = begin(exchange, code);
  writer.uint_option(option::kContentFormat, kFormatCbor);
  if (code == code::kUnavailable) writer.uint_option(option::kMaxAge, kBusyRetrySeconds);
  if (exchange.request.has_block1 && exchange.message.code == code::kPost) {
    writer.uint_option(option::kBlock1, exchange.request.block1.encode());
  }
  if (code == code::kTooLarge) writer.uint_option(option::kSize1, uint32_t(transfer_.capacity()));
  wire::CborWriter body(writer.payload());
  body.map(5);
  body.unsigned_integer(1);
  body.unsigned_integer(uint64_t(report.status));
  body.unsigned_integer(2);
  body.text(text(status_name(Status(report.status))));
  body.unsigned_integer(3);
  body.text(text(report.name));
  body.unsigned_integer(4);
  body.unsigned_integer(report.need);
  body.unsigned_integer(5);
  body.unsigned_integer(report.have);
  return writer.finish(body.size());
}

size_t Server::send_too_large(const Exchange& exchange, uint64_t need) {
  return send_report(exchange, code::kTooLarge, {perdita_status_too_large, {}, need, transfer_.capacity()});
}

size_t Server::send_unavailable(const Exchange& exchange) {
  MessageWriter writer = begin(exchange, code::kUnavailable);
  writer.uint_option(option::kMaxAge, seconds_rounded_up(transfer_.stale_in_ns(exchange.now_ns)));
  constexpr Text kContent = text("another package is arriving");
  memcpy(writer.payload().data(), kContent.data(), kContent.size());
  return writer.finish(kContent.size());
}

size_t Server::send_block(const Exchange& exchange, const Subject& subject, BlockOption block) {
  const Bytes content = transfer_.snapshot();
  if (block.offset() >= content.size()) return send_text(exchange, code::kBadRequest, "a block behind the last one");
  const size_t left = content.size() - block.offset();
  const size_t count = left < block.size_bytes() ? left : block.size_bytes();
  block.more = count < left;
  const uint32_t tag = transfer_.snapshot_tag();
  const uint8_t tag_bytes[4] = {uint8_t(tag >> 24), uint8_t(tag >> 16), uint8_t(tag >> 8), uint8_t(tag)};
  MessageWriter writer = begin(exchange, code::kContent);
  writer.option(option::kETag, tag_bytes);
  writer.uint_option(option::kContentFormat, subject.format);
  writer.uint_option(option::kBlock2, block.encode());
  memcpy(writer.payload().data(), content.data() + block.offset(), count);
  return writer.finish(count);
}

}  // namespace perdita::control
