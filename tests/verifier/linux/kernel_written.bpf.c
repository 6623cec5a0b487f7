// SPDX-License-Identifier: Apache-2.0
/* reject not-a-pointer: the kernel's memory may be read, never written. */
#include "linux.h"

SEC("fentry/a_function") int enter(unsigned long long* ctx) {
  *(volatile long*)ctx[0] = 1; /* here */
  return 0;
}
