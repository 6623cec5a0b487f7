// SPDX-License-Identifier: Apache-2.0
//
// A runtime for tests of the control plane: the C API of include/perdita/perdita.h over plain structures that a test
// fills and reads. Only in tests.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "perdita/perdita.h"
#include "perdita/request.h"

namespace perdita::control {

using ByteVector = std::vector<uint8_t>;

struct FakeMap {
  perdita_map_info info{};
  std::vector<std::pair<ByteVector, ByteVector>> entries;
};

// The one runtime of a test: perdita_runtime points to it.
struct FakeRuntime {
  FakeRuntime();
  FakeRuntime(const FakeRuntime&) = delete;  // it points into itself
  FakeRuntime& operator=(const FakeRuntime&) = delete;

  std::vector<perdita_package_info> packages;
  std::vector<perdita_prog_info> progs;
  std::vector<FakeMap> maps;
  std::vector<perdita_hook> hooks;
  std::vector<ByteVector> delivered;
  perdita_report answer{};  // to every delivery
  uint64_t now_ns = 1;
  // Of programs on a hook that answers requests: what the one asked does.
  std::function<perdita_status(perdita_request& context, int64_t& result)> answers;
  int locks = 0;

  perdita_runtime* handle() { return reinterpret_cast<perdita_runtime*>(this); }
  perdita_port port{};
  perdita_platform platform{};
  perdita_config config{};
};

perdita_map_info map_info(const std::string& package, const std::string& name, uint32_t key_size, uint32_t value_size);
void set_name(char (&to)[PERDITA_NAME_BYTES], const std::string& name);

}  // namespace perdita::control
