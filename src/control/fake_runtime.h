// SPDX-License-Identifier: Apache-2.0
//
// A runtime for tests of the control plane: the C API of include/perdita/perdita.h over plain structures that a test
// fills and reads. Only in tests.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "perdita/control.h"
#include "perdita/perdita.h"

namespace perdita::control {

using ByteVector = std::vector<uint8_t>;

struct FakeMap {
  perdita_map_info info{};
  std::vector<std::pair<ByteVector, ByteVector>> entries;
};

// The one runtime of a test: perdita_runtime points to it.
struct FakeRuntime {
  FakeRuntime();

  std::vector<perdita_package_info> packages;
  std::vector<perdita_prog_info> progs;
  std::vector<FakeMap> maps;
  std::vector<perdita_hook> hooks;
  std::vector<ByteVector> delivered;
  perdita_report answer{};  // to every delivery
  uint64_t now_ns = 1;
  int locks = 0;

  perdita_runtime* handle() { return reinterpret_cast<perdita_runtime*>(this); }
  perdita_port port{};
  perdita_platform platform{};
  perdita_config config{};
};

// A control plane over it, with memory of exactly the size asked for.
class ControlUnderTest {
 public:
  explicit ControlUnderTest(FakeRuntime& runtime, size_t package_bytes = 4096);
  // The reply to a datagram of the peer with that number; it must leave the rest of the buffer alone.
  ByteVector receive(const ByteVector& datagram, uint8_t peer = 1);
  perdita_control* handle() { return control_; }

 private:
  std::vector<uint64_t> memory_;
  perdita_control* control_ = nullptr;
};

perdita_map_info map_info(const std::string& package, const std::string& name, uint32_t key_size, uint32_t value_size);
void set_name(char (&to)[PERDITA_NAME_BYTES], const std::string& name);

}  // namespace perdita::control
