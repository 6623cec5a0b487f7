// SPDX-License-Identifier: Apache-2.0
/* reject not-a-pointer: a register of a probe is a number; the helpers read through it. */
#include "linux.h"

SEC("kprobe/a_function") int enter(struct pt_regs* ctx) { return *(int*)ctx->rdi; /* here */ }
