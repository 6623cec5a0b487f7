// SPDX-License-Identifier: Apache-2.0
//
// Test only. One program, two dialects. Programs for Linux and for the boards mean the same but where they touch their
// context: other fields at other offsets, and pointers to the packet take 4 bytes there and 8 here. A dialect pairs a
// hook of the platform `linux` with one of the test platform, field by field; accesses of the context, and nothing
// else, are written over from one to the other.
#pragma once

#include <linux/bpf.h>

#include <optional>
#include <string>
#include <vector>

#include "isa/insn.h"

namespace perdita::verifier::oracle {

using Code = std::vector<isa::Insn>;

// Bytes of a context, in Linux and on a board. Of a pointer to the packet, all of it.
struct FieldPair {
  int linux_at, linux_size, board_at, board_size;
  enum class Kind : uint8_t { number, kept, packet, packet_end } kind;  // kept: what is written stays to be seen
};

struct Dialect {
  const char* name;
  const char* section;     // of the platform `linux`
  const char* linux_hook;  // where that leads
  bpf_prog_type type;
  const char* hook;    // of the test platform, whose programs have this form
  bool whole_fields;   // Linux takes no part of a field
  bool has_skb;        // the context is a struct __sk_buff
  size_t board_bytes;  // of a board's context
  std::vector<FieldPair> fields;
};

// Socket filters, which see no packet in place: hook `tick`. tc: hook `packet`. XDP: hook `packet`, too, almost without
// numbers in the context.
const std::vector<Dialect>& dialects();
const Dialect& dialect_for(bpf_prog_type type);

// Nothing where the program touches what the other side does not have, stores its context's address or calls back.
std::optional<Code> for_linux(const Code& code, const Dialect& dialect);
std::optional<Code> for_board(const Code& code, const Dialect& dialect);

}  // namespace perdita::verifier::oracle
