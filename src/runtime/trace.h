// SPDX-License-Identifier: Apache-2.0
//
// What programs print: bpf_trace_printk and bpf_trace_vprintk in the dialect of isa/format.h. Any level; 200 bytes of
// stack.
#pragma once

#include "isa/span.h"
#include "perdita/port.h"

namespace perdita::runtime {

// Prints through the port's log. `format` ends with a zero; `values` are `count` numbers of 64 bits, of any alignment.
// Returns the bytes printed, cut at isa::kMaxPrintedBytes, or -EINVAL for a format that is none or converts more.
int64_t trace(const perdita_port& port, Text format, const void* values, unsigned count);

}  // namespace perdita::runtime
