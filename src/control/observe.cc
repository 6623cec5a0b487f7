// SPDX-License-Identifier: Apache-2.0
//
// The server's side of observing resources (RFC 7641): which GETs register and deregister, and the datagrams that are
// sent unasked.
#include "control/server.h"

namespace perdita::control {
namespace {

constexpr uint32_t kRegister = 0, kDeregister = 1;

bool is_observable(Resource resource) { return resource == Resource::records || resource == Resource::log; }

}  // namespace

bool Server::observe(const Exchange& exchange, const Subject& subject, size_t& size) {
  const Request& request = exchange.request;
  const Bytes token = exchange.message.token;
  const Observers::World now = world(exchange.now_ns);
  if (request.observe == kDeregister) observers_.remove(now, exchange.peer, token);
  // Notifications are of one block of the largest size, and of the resource as a whole.
  const bool whole = request.block2.number == 0 && request.block2.exponent == BlockOption::kLargestExponent;
  if (request.observe != kRegister || !is_observable(subject.resource) || !whole || request.from != 0) return false;
  if (!observers_.add(now, exchange.peer, token, request.path_digest, subject)) return false;
  MessageWriter writer = begin(exchange, code::kContent);
  writer.uint_option(option::kObserve, observers_.next_sequence());
  writer.uint_option(option::kContentFormat, subject.format);
  if (request.has_block2) writer.uint_option(option::kBlock2, request.block2.exponent);
  const MutableBytes room = writer.payload().subspan(0, BlockOption::kLargestBytes);
  size_t payload_bytes = 0;
  if (subject.resource == Resource::log) {
    render(view(), subject, 0, room, payload_bytes);  // never longer than this block
  } else {
    // Records come with notifications only: those are acknowledged, this answer is not.
    payload_bytes = observers_.first_page(now, exchange.peer, token, room);
  }
  size = writer.finish(payload_bytes);
  return true;
}

size_t Server::poll(perdita_peer& to, MutableBytes datagram) {
  return observers_.poll(world(port().core.clock_ns(port().user)), next_id_, to, datagram);
}

}  // namespace perdita::control
