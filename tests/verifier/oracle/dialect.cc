// SPDX-License-Identifier: Apache-2.0
#include "oracle/dialect.h"

#include <algorithm>

#include "isa/form.h"
#include "verifier/testing/program_mutator.h"

namespace perdita::verifier::oracle {
namespace {

using testing::Unit;
using Kind = FieldPair::Kind;

constexpr int kMark = 8, kPriority = 32, kCb = 48, kData = 76, kDataEnd = 80;  // struct __sk_buff

struct Place {
  int at, size;
};
Place linux_place(const FieldPair& pair) { return {pair.linux_at, pair.linux_size}; }
Place board_place(const FieldPair& pair) { return {pair.board_at, pair.board_size}; }

constexpr uint32_t kArguments = 0b111110, kSaved = 0b1111000000;

bool is_call(const isa::Insn& insn) { return insn.opcode == (isa::kJmp | isa::kCall); }

// Which registers hold the context's address before each unit, as far as moves and calls tell: bit by register, on
// every path. Nothing where the address is put somewhere else.
std::optional<std::vector<uint32_t>> context_registers(const std::vector<Unit>& units) {
  constexpr uint32_t kNotSeen = ~0u;
  std::vector<uint32_t> held(units.size(), kNotSeen);
  std::vector<size_t> work;
  auto reach = [&](size_t unit, uint32_t registers) {
    if (unit >= units.size() || (held[unit] & registers) == held[unit]) return;
    held[unit] &= registers;
    work.push_back(unit);
  };
  reach(0, 1u << 1);
  while (!work.empty()) {
    const size_t at = work.back();
    work.pop_back();
    const isa::Insn& insn = units[at].insn;
    const uint32_t before = held[at], dst = 1u << insn.dst(), src = 1u << insn.src();
    uint32_t after = before;
    bool falls = true;
    switch (isa::form_of(insn.opcode)) {
      case isa::Form::store_register:
      case isa::Form::atomic:
        if ((before & src) != 0) return std::nullopt;
        if (isa::form_of(insn.opcode) == isa::Form::atomic) after &= ~(src | 1u);
        break;
      case isa::Form::store_immediate:
        break;
      case isa::Form::jump:
      case isa::Form::jump_wide:
        falls = false;
        reach(static_cast<size_t>(units[at].target), before);
        break;
      case isa::Form::branch_immediate:
      case isa::Form::branch_register:
        reach(static_cast<size_t>(units[at].target), before);
        break;
      case isa::Form::call:
        if (insn.src() == isa::kCallLocal) reach(static_cast<size_t>(units[at].target), before & kArguments);
        after &= kSaved;
        break;
      case isa::Form::exit:
        falls = false;
        break;
      default: {
        const bool copies = insn.opcode == (isa::kAlu64 | isa::kMov | isa::kX) && insn.offset == 0 && (before & src);
        after = copies ? after | dst : after & ~dst;
      }
    }
    if (falls) reach(at + 1, after);
  }
  for (uint32_t& registers : held) registers = registers == kNotSeen ? 0 : registers;
  return held;
}

bool rewrite(isa::Insn& insn, const Dialect& dialect, Place (*from)(const FieldPair&), Place (*to)(const FieldPair&)) {
  const int size = static_cast<int>(isa::access_bytes(insn.opcode));
  for (const FieldPair& pair : dialect.fields) {
    const Place here = from(pair), there = to(pair);
    if (insn.offset < here.at || insn.offset + size > here.at + here.size) continue;
    const bool pointer = pair.kind == Kind::packet || pair.kind == Kind::packet_end;
    if ((pointer || dialect.whole_fields) && size != here.size) return false;
    insn.offset = static_cast<int16_t>(there.at + insn.offset - here.at);
    if (pointer) {
      insn.opcode = static_cast<uint8_t>((insn.opcode & ~0x18) | (there.size == 8 ? isa::kDw : isa::kW));
    }
    return true;
  }
  return false;
}

std::optional<Code> translated(const Code& code, const Dialect& dialect, Place (*from)(const FieldPair&),
                               Place (*to)(const FieldPair&)) {
  std::vector<Unit> units = testing::units_of(code);
  for (const Unit& unit : units) {
    const bool handle = unit.wide() && unit.insn.src() == isa::kLddwFunction;
    if (handle || (is_call(unit.insn) && unit.insn.src() == isa::kCallFunction)) return std::nullopt;
  }
  const auto held = context_registers(units);
  if (!held) return std::nullopt;
  for (size_t at = 0; at < units.size(); at++) {
    isa::Insn& insn = units[at].insn;
    const isa::Form form = isa::form_of(insn.opcode);
    const bool loads = form == isa::Form::load;
    const bool stores = form == isa::Form::store_immediate || form == isa::Form::store_register;
    const unsigned base = loads ? insn.src() : insn.dst();
    if ((!loads && !stores && form != isa::Form::atomic) || ((*held)[at] >> base & 1) == 0) continue;
    if (form == isa::Form::atomic || !rewrite(insn, dialect, from, to)) return std::nullopt;
  }
  return testing::code_of(units);
}

}  // namespace

const std::vector<Dialect>& dialects() {
  static const std::vector<Dialect> all = {{.name = "socket_filter",
                                            .section = "socket",
                                            .linux_hook = "socket_filter",
                                            .type = BPF_PROG_TYPE_SOCKET_FILTER,
                                            .hook = "tick",
                                            .whole_fields = false,
                                            .has_skb = true,
                                            .board_bytes = 40,
                                            .fields = {{0, 4, 0, 4, Kind::number},        // len, now
                                                       {kMark, 4, 8, 4, Kind::number},    // mark, level
                                                       {kCb + 16, 4, 12, 4, Kind::kept},  // the rest of cb, out
                                                       {kCb, 16, 16, 16, Kind::kept},     // cb, samples
                                                       {kPriority, 4, 32, 4, Kind::number}}},
                                           {.name = "tc",
                                            .section = "tc",
                                            .linux_hook = "sched_cls",
                                            .type = BPF_PROG_TYPE_SCHED_CLS,
                                            .hook = "packet",
                                            .whole_fields = false,
                                            .has_skb = true,
                                            .board_bytes = 64,
                                            .fields = {{kData, 4, 0, 8, Kind::packet},
                                                       {kDataEnd, 4, 8, 8, Kind::packet_end},
                                                       {kMark, 4, 16, 4, Kind::kept},
                                                       {kPriority, 4, 24, 4, Kind::kept},  // priority, port
                                                       {0, 4, 32, 4, Kind::number},        // len
                                                       {kCb, 20, 40, 20, Kind::kept}}},
                                           {.name = "xdp",
                                            .section = "xdp",
                                            .linux_hook = "xdp",
                                            .type = BPF_PROG_TYPE_XDP,
                                            .hook = "packet",
                                            .whole_fields = true,
                                            .has_skb = false,
                                            .board_bytes = 32,
                                            .fields = {{0, 4, 0, 8, Kind::packet},
                                                       {4, 4, 8, 8, Kind::packet_end},
                                                       {12, 4, 16, 4, Kind::number},     // ingress_ifindex, mark
                                                       {16, 4, 24, 4, Kind::number}}}};  // rx_queue_index, port
  return all;
}

const Dialect& dialect_for(bpf_prog_type type) {
  return *std::find_if(dialects().begin(), dialects().end(), [&](const Dialect& one) { return one.type == type; });
}

std::optional<Code> for_linux(const Code& code, const Dialect& dialect) {
  return translated(code, dialect, board_place, linux_place);
}

std::optional<Code> for_board(const Code& code, const Dialect& dialect) {
  return translated(code, dialect, linux_place, board_place);
}

}  // namespace perdita::verifier::oracle
