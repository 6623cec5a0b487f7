// SPDX-License-Identifier: Apache-2.0
//
// GET /x/<package>/<program>: a program of a request hook writes the answer, into the reply itself. Nothing is kept: an
// answer has one block, and whoever asks again has the program run again.
#include <string.h>

#include "control/server.h"
#include "perdita/request.h"

namespace perdita::control {
namespace {

constexpr uint16_t kFormatOctets = 42;

// A name that ends with a zero; false where it is too long to be one.
bool copy_name(Text name, char (&to)[PERDITA_NAME_BYTES]) {
  if (name.size() >= sizeof to) return false;
  if (!name.empty()) memcpy(to, name.data(), name.size());
  to[name.size()] = 0;
  return true;
}

}  // namespace

size_t Server::answer_by_program(const Exchange& exchange) {
  const Request& request = exchange.request;
  char package[PERDITA_NAME_BYTES];
  char prog[PERDITA_NAME_BYTES];
  const perdita_hook* hook = nullptr;
  if (copy_name(request.path[1], package) && copy_name(request.path[2], prog)) {
    hook = perdita_answers(runtime_, package, prog);
  }
  if (hook == nullptr) return send_text(exchange, code::kNotFound, "no program answers there");
  if (request.query_count > 1 || request.query.size() > PERDITA_QUERY_BYTES) {
    return send_text(exchange, code::kBadRequest, "one query of at most 32 bytes");
  }
  if (request.has_block1 || !exchange.message.payload.empty()) {
    return send_text(exchange, code::kBadRequest, "a GET has no body");
  }
  if (!request.block2.valid() || request.block2.number != 0) {
    return send_text(exchange, code::kBadRequest, "the answer has one block");
  }

  // Where the answer goes depends on options that are known only afterwards: with the largest of them it is as far
  // back as it can be, and moves from there.
  perdita_request context = {};
  MessageWriter widest = begin(exchange, code::kContent);
  widest.uint_option(option::kContentFormat, UINT16_MAX);
  if (request.has_block2) widest.uint_option(option::kBlock2, request.block2.exponent);
  size_t room = widest.payload().size();
  if (room > hook->packet_max_bytes) room = hook->packet_max_bytes;
  if (room > request.block2.size_bytes()) room = request.block2.size_bytes();
  const MutableBytes written = widest.payload().subspan(0, room);
  memset(written.data(), 0, written.size());
  context.data = reinterpret_cast<uintptr_t>(written.data());
  context.data_end = context.data + written.size();
  context.content_format = kFormatOctets;
  context.query_bytes = uint32_t(request.query.size());
  if (!request.query.empty()) memcpy(context.query, request.query.data(), request.query.size());

  int64_t result = 0;
  const perdita_status status = perdita_answer(runtime_, package, prog, &context, &result);
  if (status == perdita_status_busy) return send_report(exchange, code::kUnavailable, {status, {}, 0, 0});
  if (status != perdita_status_ok) return send_report(exchange, code::kInternalError, {status, {}, 0, 0});
  if (result < 0) return send_text(exchange, code::kNotFound, "the program has no answer to that");
  if (result > int64_t(written.size())) result = int64_t(written.size());

  const uint16_t format = uint16_t(context.content_format);
  if (request.has_accept && request.accept != format) {
    return send_text(exchange, code::kNotAcceptable, "the program answers in another format");
  }
  MessageWriter writer = begin(exchange, code::kContent);
  writer.uint_option(option::kContentFormat, format);
  if (request.has_block2) writer.uint_option(option::kBlock2, request.block2.exponent);
  memmove(writer.payload().data(), written.data(), size_t(result));
  return writer.finish(size_t(result));
}

}  // namespace perdita::control
