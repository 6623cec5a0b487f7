/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control plane: a CoAP server (RFC 7252, block-wise RFC 7959) that takes a datagram and gives a datagram, and
 * has more to send where it is observed. It knows
 * the runtime and no network stack; the application owns the socket. Thread context, one datagram at a time.
 */
#ifndef PERDITA_CONTROL_H
#define PERDITA_CONTROL_H

#include "perdita/perdita.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PERDITA_COAP_DATAGRAM_BYTES 1152u /* longest datagram taken or made (RFC 7252, section 4.6) */

typedef struct perdita_control perdita_control;

/* Bytes that perdita_control_init needs to take packages of up to `package_bytes`. */
size_t perdita_control_size(size_t package_bytes);

/* Prepares the control plane in `memory` (8-aligned, perdita_control_size(package_bytes) bytes). */
perdita_status perdita_control_init(perdita_control** control, void* memory, size_t size_bytes, size_t package_bytes,
                                    perdita_runtime* runtime);

/* Who sent a datagram: address and port as the network stack has them, compared as bytes. */
typedef struct perdita_peer {
  uint8_t address[18];
} perdita_peer;

/* Handles one datagram of any content. Writes the reply to `reply` (PERDITA_COAP_DATAGRAM_BYTES) and returns its
 * length; 0: no reply. */
size_t perdita_control_receive(perdita_control* control, const perdita_peer* peer, const uint8_t* datagram,
                               size_t size_bytes, uint8_t* reply);

/* Observers (RFC 7641) are told of records and of the log as those come. Writes the next datagram that is due to
 * `datagram` (PERDITA_COAP_DATAGRAM_BYTES), its receiver to `to`, and returns its length; 0: nothing to send now. The
 * main loop calls it until it returns 0, whenever something may have happened and at least a few times a second:
 * repetitions go by the port's clock. */
size_t perdita_control_poll(perdita_control* control, perdita_peer* to, uint8_t* datagram);

/* Keeps text for GET /log: the port's `log` passes on what it gets. Any context. */
void perdita_control_log(perdita_control* control, const char* text, size_t size_bytes);

#ifdef __cplusplus
}
#endif
#endif
