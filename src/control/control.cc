// SPDX-License-Identifier: Apache-2.0
//
// The C API over the server: where its state lies in the application's memory.
#include "perdita/control.h"

#include <string.h>

#include "control/server.h"

using perdita::control::Server;

struct perdita_control {
  Server server;
};

namespace {

// Least buffer for packages: room for a page of any list (resources.h), and any real package is larger.
constexpr size_t kMinPackageBytes = 512;

constexpr size_t round_up(size_t size) { return (size + 7) & ~size_t{7}; }
constexpr size_t kStateBytes = round_up(sizeof(perdita_control));

}  // namespace

size_t perdita_control_size(size_t package_bytes) { return kStateBytes + round_up(package_bytes); }

perdita_status perdita_control_init(perdita_control** control, void* memory, size_t size_bytes, size_t package_bytes,
                                    perdita_runtime* runtime) {
  if (control == nullptr || memory == nullptr || runtime == nullptr || package_bytes < kMinPackageBytes ||
      package_bytes > UINT32_MAX / 2 || (reinterpret_cast<uintptr_t>(memory) & 7) != 0) {
    return perdita_status_invalid_argument;
  }
  if (size_bytes < perdita_control_size(package_bytes)) return perdita_status_out_of_memory;
  // All of the state starts as zeros: no transfer, no duplicates, no observers, an empty log.
  memset(memory, 0, kStateBytes);
  auto* created = static_cast<perdita_control*>(memory);
  created->server.init(runtime, {static_cast<uint8_t*>(memory) + kStateBytes, package_bytes});
  *control = created;
  return perdita_status_ok;
}

size_t perdita_control_receive(perdita_control* control, const perdita_peer* peer, const uint8_t* datagram,
                               size_t size_bytes, uint8_t* reply) {
  return control->server.receive(*peer, {datagram, size_bytes}, {reply, PERDITA_COAP_DATAGRAM_BYTES});
}

size_t perdita_control_poll(perdita_control* control, perdita_peer* to, uint8_t* datagram) {
  return control->server.poll(*to, {datagram, PERDITA_COAP_DATAGRAM_BYTES});
}

void perdita_control_log(perdita_control* control, const char* text, size_t size_bytes) {
  control->server.log({text, size_bytes});
}
