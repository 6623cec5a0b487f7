/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The context of every request hook (PERDITA_REQUEST in perdita/platform.h). The control plane fills it in: firmware,
 * programs and control plane share this one definition.
 */
#ifndef PERDITA_REQUEST_H
#define PERDITA_REQUEST_H

#include "perdita/platform.h"

#define PERDITA_QUERY_BYTES 32

struct perdita_request {
  uint64_t data PERDITA_DATA;               /* where the answer goes: zeros so far */
  uint64_t data_end PERDITA_DATA_END;       /* behind the room there is for it */
  uint64_t time_ns;                         /* now, since the start */
  uint32_t content_format PERDITA_WRITABLE; /* of the answer (RFC 7252, section 12.3): 42, octet-stream, so far */
  uint32_t query_bytes;                     /* of the request's query: 0 to PERDITA_QUERY_BYTES */
  uint8_t query[PERDITA_QUERY_BYTES];       /* its first bytes, then zeros */
};

#endif
