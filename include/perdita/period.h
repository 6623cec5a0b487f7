/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The context of every periodic hook (PERDITA_PERIODIC in perdita/platform.h). The runtime fills it in: firmware,
 * programs and runtime share this one definition.
 */
#ifndef PERDITA_PERIOD_H
#define PERDITA_PERIOD_H

#include <stdint.h>

struct perdita_period {
  uint64_t time_ns;   /* now, since the start */
  uint64_t due_ns;    /* when this run was due; the one after is due a period later */
  uint32_t period_us; /* the program's own */
  uint32_t missed;    /* runs that were due since the last one and are left out */
};

#endif
