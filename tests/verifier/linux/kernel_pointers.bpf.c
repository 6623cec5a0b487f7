// SPDX-License-Identifier: Apache-2.0
/* accept: what a traced function gets may be read through, as deep as it goes. */
#include "linux.h"

struct inner {
  int number;
};
struct outer {
  long first;
  struct inner* inner;
};
int seen = 0;

SEC("fentry/a_function") int enter(unsigned long long* ctx) {
  struct outer* outer = (struct outer*)ctx[0];
  seen = outer->inner->number + (int)outer->first;
  return 0;
}
