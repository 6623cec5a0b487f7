// SPDX-License-Identifier: Apache-2.0
//
// The CoAP server behind include/perdita/control.h: message layer, methods, block-wise transfer, and the one door
// through which state changes: POST /packages. Freestanding; thread context, one datagram at a time; under 512
// bytes of stack without what perdita_deliver takes.
#pragma once

#include "control/duplicates.h"
#include "control/log_ring.h"
#include "control/observers.h"
#include "control/request.h"
#include "control/resources.h"
#include "control/transfer.h"
#include "perdita/control.h"

namespace perdita::control {

class Server {
 public:
  void init(perdita_runtime* runtime, MutableBytes package_buffer);
  size_t receive(const perdita_peer& peer, Bytes datagram, MutableBytes reply);
  // The next notification that is due; 0: none.
  size_t poll(perdita_peer& to, MutableBytes datagram);
  void log(Text text);

 private:
  // The exchange at hand: whose request, and where its reply goes.
  struct Exchange {
    const perdita_peer& peer;
    const Message& message;
    const Request& request;
    MutableBytes reply;
    uint64_t now_ns;
  };

  void hear(const perdita_peer& peer, Parsed parsed, const Message& message);
  size_t answer(const Exchange& exchange);
  size_t answer_get(const Exchange& exchange);
  // Registers an observer and answers; false where the GET is to be answered as if it had not asked to observe.
  bool observe(const Exchange& exchange, const Subject& subject, size_t& size);
  size_t answer_post(const Exchange& exchange);
  size_t answer_by_program(const Exchange& exchange);  // answer_by_program.cc
  size_t take_upload(const Exchange& exchange);
  size_t deliver(const Exchange& exchange, Bytes package);

  MessageWriter begin(const Exchange& exchange, uint8_t code);
  size_t send_text(const Exchange& exchange, uint8_t code, const char* diagnostic);
  size_t send_report(const Exchange& exchange, uint8_t code, const perdita_report& report);
  size_t send_too_large(const Exchange& exchange, uint64_t need);
  size_t send_unavailable(const Exchange& exchange);
  size_t send_block(const Exchange& exchange, const Subject& subject, BlockOption block);

  View view() const { return {runtime_, &log_, transfer_.capacity()}; }
  Observers::World world(uint64_t now_ns) { return {runtime_, &log_, now_ns}; }
  const perdita_port& port() const { return *perdita_configuration(runtime_)->port; }

  perdita_runtime* runtime_;
  uint16_t next_id_;  // of replies to non-confirmable requests, and of notifications
  Duplicates duplicates_;
  Transfer transfer_;
  Observers observers_;
  LogRing log_;
};

}  // namespace perdita::control
