// SPDX-License-Identifier: Apache-2.0
//
// The control plane under any sequence of datagrams. Input: [peer and seconds: 1 byte, length: 2 bytes, datagram]...
// The server lives through all of them, observed or not; what it sends must stay inside its buffer and be CoAP.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "control/fake_runtime.h"
#include "perdita/control.h"

using perdita::control::ByteVector;
using perdita::control::FakeMap;
using perdita::control::FakeRuntime;

namespace {

constexpr size_t kPackageBytes = 1024;

void fill(FakeRuntime& runtime) {
  FakeMap map{perdita::control::map_info("p", "m", 4, 30), {}};
  map.info.max_entries = 64;
  for (uint8_t i = 0; i < 64; i++) map.entries.emplace_back(ByteVector(4, i), ByteVector(30, i));
  runtime.maps.push_back(map);
  runtime.maps.push_back(perdita::control::ring_map("p", "r", 2048));
  runtime.progs.resize(20);
  runtime.packages.resize(20);
}

// Whether a buffer holds a datagram of that length, or none.
bool is_coap(const ByteVector& buffer, size_t size) {
  return size == 0 || (size >= 4 && size <= buffer.size() && buffer[0] >> 6 == 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FakeRuntime runtime;
  fill(runtime);
  std::vector<uint64_t> memory(perdita_control_size(kPackageBytes) / 8);
  perdita_control* control = nullptr;
  if (perdita_control_init(&control, memory.data(), memory.size() * 8, kPackageBytes, runtime.handle()) !=
      perdita_status_ok) {
    std::abort();
  }
  while (size >= 3) {
    const perdita_peer peer = {{uint8_t(data[0] & 3)}};
    runtime.now_ns += uint64_t{data[0]} / 4 * 1'000'000'000;
    const size_t length = std::min<size_t>(data[1] << 8 | data[2], size - 3);
    const ByteVector datagram(data + 3, data + 3 + length);
    ByteVector reply(PERDITA_COAP_DATAGRAM_BYTES);
    const size_t reply_size = perdita_control_receive(control, &peer, datagram.data(), datagram.size(), reply.data());
    if (!is_coap(reply, reply_size) || runtime.locks != 0) std::abort();
    runtime.maps[1].ring->output(datagram);
    perdita_peer to{};
    if (!is_coap(reply, perdita_control_poll(control, &to, reply.data())) || runtime.locks != 0) std::abort();
    data += 3 + length;
    size -= 3 + length;
  }
  for (const ByteVector& package : runtime.delivered) {
    if (package.size() > kPackageBytes) std::abort();
  }
  return 0;
}
