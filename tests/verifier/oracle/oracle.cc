// SPDX-License-Identifier: Apache-2.0
#include "oracle/oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "isa/disassemble.h"
#include "oracle/board.h"

namespace perdita::verifier::oracle {
namespace {

constexpr size_t kHeader = 14, kMostBytes = 1500;  // the kernel runs no packet that is shorter than an Ethernet header
constexpr uint32_t kLoopback = 1;                  // ifindex of the device that a test's packet comes from

bool same_maps(const std::vector<object::Map>& a, const std::vector<object::Map>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const object::Map& one, const object::Map& other) {
    return one.def == other.def && one.initial == other.initial;
  });
}

size_t random_size(std::mt19937_64& random) {
  switch (random() % 6) {
    case 0:
      return kHeader;
    case 1:
      return kMostBytes - random() % 4;
    case 2:
      return kHeader + random() % (kMostBytes - kHeader);
    default:
      return kHeader + random() % 66;
  }
}

// What the program sees at first: struct __sk_buff as a test may set it, or struct xdp_md as it is set.
Bytes random_context(const Dialect& dialect, std::mt19937_64& random) {
  Bytes context(dialect.has_skb ? sizeof(__sk_buff) : sizeof(xdp_md));
  if (!dialect.has_skb) {
    std::memcpy(&context[offsetof(xdp_md, ingress_ifindex)], &kLoopback, sizeof kLoopback);
    return context;
  }
  auto set = [&](size_t at, size_t size) {
    const Bytes bytes = random_bytes(random, size);
    std::copy(bytes.begin(), bytes.end(), context.begin() + static_cast<ptrdiff_t>(at));
  };
  set(offsetof(__sk_buff, mark), 4);
  set(offsetof(__sk_buff, priority), 4);
  set(offsetof(__sk_buff, cb), 20);
  return context;
}

std::string hex(const Bytes& bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size() && i < 64; i++) text += fmt::format("{:02x}", bytes[i]);
  return text + (bytes.size() > 64 ? "…" : "");
}

std::string difference(const Contents& ours, const Contents& kernels) {
  for (size_t map = 0; map < ours.size(); map++) {
    for (const auto& [key, value] : ours[map]) {
      auto found = kernels[map].find(key);
      if (found == kernels[map].end()) return fmt::format("map {}: {} is not in the kernel's", map, hex(key));
      if (found->second != value) {
        return fmt::format("map {} at {}: ours {}, the kernel's {}", map, hex(key), hex(value), hex(found->second));
      }
    }
    for (const auto& [key, value] : kernels[map]) {
      if (!ours[map].contains(key)) return fmt::format("map {}: {} is only in the kernel's", map, hex(key));
    }
  }
  return {};
}

std::string difference_of_contexts(const Dialect& dialect, const Bytes& board, const Bytes& linux_context) {
  for (const FieldPair& pair : dialect.fields) {
    if (pair.kind != FieldPair::Kind::kept) continue;
    if (std::memcmp(&board[static_cast<size_t>(pair.board_at)], &linux_context[static_cast<size_t>(pair.linux_at)],
                    static_cast<size_t>(pair.board_size)) != 0) {
      return fmt::format("the context at {}: ours {}, the kernel's {}", pair.linux_at, hex(board), hex(linux_context));
    }
  }
  return {};
}

}  // namespace

KernelMaps& Oracle::maps_of(const Subject& subject) {
  if (!maps_ || !same_maps(defined_, subject.module.maps)) {
    defined_ = subject.module.maps;
    maps_.emplace(defined_);
  }
  return *maps_;
}

ProgVerdict Oracle::judge(const Subject& subject) const { return verify(subject.module, platform_, {}).progs.at(0); }

KernelVerdict Oracle::judge_in_kernel(const Subject& subject, Rights rights) {
  return kernel_load(subject.dialect->type, subject.module.progs.at(0).code, maps_of(subject), rights);
}

std::string Oracle::differs(const Subject& subject, const ProgVerdict& ours, const KernelVerdict& kernels,
                            unsigned runs, std::mt19937_64& random) {
  const Dialect& dialect = *subject.dialect;
  KernelMaps& kernel_maps = maps_of(subject);
  BoardMaps board_maps(subject.module.maps);
  for (unsigned run = 0; run < runs; run++) {
    const Bytes packet = random_bytes(random, random_size(random));
    Bytes context = random_context(dialect, random);
    const Contents contents = random_contents(subject.module.maps, random);
    if (!kernel_maps.fill(contents)) return fmt::format("the kernel's maps cannot be filled: {}", std::strerror(errno));
    const KernelRun kernel = kernel_run(kernels.prog, packet, dialect.has_skb ? context : Bytes{});
    if (kernel.error != 0) return fmt::format("the kernel does not run it: {}", std::strerror(kernel.error));

    if (dialect.has_skb) {  // a socket filter's packet begins behind the Ethernet header
      const bool whole = dialect.type != BPF_PROG_TYPE_SOCKET_FILTER;
      const auto length = static_cast<uint32_t>(packet.size() - (whole ? 0 : kHeader));
      std::memcpy(&context[offsetof(__sk_buff, len)], &length, sizeof length);
    }
    const BoardRun board = board_run(*subject.board, dialect, packet, board_context(dialect, context), contents,
                                     board_maps, ours.bounds.instructions);
    const std::string where = fmt::format("run {}, {} bytes of packet: ", run, packet.size());
    if (board.status != Status::ok) return where + "ours ends with " + status_name(board.status);
    if (static_cast<uint32_t>(board.result) != kernel.result) {
      return where + fmt::format("the result: ours {:#x}, the kernel's {:#x}", board.result, kernel.result);
    }
    if (dialect.type != BPF_PROG_TYPE_SOCKET_FILTER && board.packet != kernel.packet) {
      return where + fmt::format("the packet: ours {}, the kernel's {}", hex(board.packet), hex(kernel.packet));
    }
    if (dialect.has_skb) {
      std::string context_differs = difference_of_contexts(dialect, board.context, kernel.context);
      if (!context_differs.empty()) return where + context_differs;
    }
    std::string maps_differ = difference(board.maps, kernel_maps.read());
    if (!maps_differ.empty()) return where + maps_differ;
  }
  return {};
}

std::string shown(const Subject& subject) {
  const Code& code = subject.module.progs.at(0).code;
  return isa::disassemble({code.data(), code.size()});
}

}  // namespace perdita::verifier::oracle
