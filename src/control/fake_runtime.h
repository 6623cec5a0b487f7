// SPDX-License-Identifier: Apache-2.0
//
// A runtime for tests of the control plane: the C API of include/perdita/perdita.h over plain structures that a test
// fills and reads. Only in tests.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "perdita/perdita.h"
#include "perdita/request.h"

namespace perdita::control {

using ByteVector = std::vector<uint8_t>;

// A ring buffer, by the rules of src/runtime/ring_buffer.h but for records in one piece.
struct FakeRing {
  struct Record {
    uint32_t position;
    ByteVector bytes;
    bool busy = false, discarded = false;
  };
  uint32_t capacity = 0;  // 0: the map is none
  uint32_t consumer = 0, producer = 0, lost = 0;
  bool woken = false;
  std::deque<Record> records;
  int identity = 0;  // its address is

  bool output(const ByteVector& bytes, bool wakes = true);
};

struct FakeMap {
  perdita_map_info info{};
  std::vector<std::pair<ByteVector, ByteVector>> entries;
  std::shared_ptr<FakeRing> ring = {};  // of a ring buffer; several maps may be one
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
  uint32_t changes = 0;

  perdita_runtime* handle() { return reinterpret_cast<perdita_runtime*>(this); }
  perdita_port port{};
  perdita_platform platform{};
  perdita_config config{};
};

perdita_map_info map_info(const std::string& package, const std::string& name, uint32_t key_size, uint32_t value_size);
FakeMap ring_map(const std::string& package, const std::string& name, uint32_t capacity);
void set_name(char (&to)[PERDITA_NAME_BYTES], const std::string& name);

}  // namespace perdita::control
