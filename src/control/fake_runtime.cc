// SPDX-License-Identifier: Apache-2.0
#include "control/fake_runtime.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace perdita::control {

// Also for the C functions below, which stand outside of the namespace.
namespace fakes {

const FakeRuntime& fake(const perdita_runtime* runtime) { return *reinterpret_cast<const FakeRuntime*>(runtime); }

template <typename T>
int copy_at(const std::vector<T>& from, uint32_t index, T* to) {
  if (index >= from.size()) return 0;
  *to = from[index];
  return 1;
}

}  // namespace fakes

namespace {

const char* const kCapabilities[] = {"leds", "log"};

}  // namespace

FakeRuntime::FakeRuntime() {
  port.user = this;
  port.core.clock_ns = [](void* user) { return static_cast<FakeRuntime*>(user)->now_ns; };
  port.core.lock = [](void* user) {
    static_cast<FakeRuntime*>(user)->locks++;
    return uint32_t{0};
  };
  port.core.unlock = [](void* user, uint32_t) { static_cast<FakeRuntime*>(user)->locks--; };
  port.core.random = [](void*) { return uint32_t{0x1234}; };
  hooks.resize(2);
  hooks[0].name = "sensor";
  hooks[1].name = "packet";
  platform.name = "demo";
  platform.hooks = hooks.data();
  platform.hook_count = 2;
  platform.capabilities = kCapabilities;
  platform.capability_count = 2;
  config.platform = &platform;
  config.port = &port;
  config.target = "armv7m";
  config.engine = PERDITA_ENGINE_INTERPRETER;
}

void set_name(char (&to)[PERDITA_NAME_BYTES], const std::string& name) {
  std::memset(to, 0, sizeof to);
  std::memcpy(to, name.data(), std::min(name.size(), sizeof to - 1));
}

perdita_map_info map_info(const std::string& package, const std::string& name, uint32_t key_size, uint32_t value_size) {
  perdita_map_info info{};
  set_name(info.name, name);
  set_name(info.package, package);
  info.type = 2;
  info.key_size = key_size;
  info.value_size = value_size;
  return info;
}

namespace fakes {

uint32_t stride(const FakeRing::Record& record) { return uint32_t(record.bytes.size() + 8 + 7) & ~7u; }

}  // namespace fakes

using fakes::stride;

bool FakeRing::output(const ByteVector& bytes, bool wakes) {
  Record record{producer, bytes};
  if (capacity - (producer - consumer) < stride(record)) {
    lost++;
    return false;
  }
  producer += stride(record);
  woken = woken || wakes;
  records.push_back(record);
  return true;
}

FakeMap ring_map(const std::string& package, const std::string& name, uint32_t capacity) {
  FakeMap map{map_info(package, name, 0, 0), {}, std::make_shared<FakeRing>()};
  map.info.type = 27;
  map.info.max_entries = map.ring->capacity = capacity;
  return map;
}

namespace fakes {

FakeRing* ring_at(const perdita_runtime* runtime, uint32_t index) {
  return index < fake(runtime).maps.size() ? fake(runtime).maps[index].ring.get() : nullptr;
}

}  // namespace fakes

}  // namespace perdita::control

using perdita::control::FakeMap;
using perdita::control::FakeRing;
using perdita::control::FakeRuntime;
using perdita::control::fakes::copy_at;
using perdita::control::fakes::fake;
using perdita::control::fakes::ring_at;
using perdita::control::fakes::stride;

perdita_status perdita_deliver(perdita_runtime* runtime, const uint8_t* package, size_t size_bytes,
                               perdita_report* report) {
  auto& self = *reinterpret_cast<FakeRuntime*>(runtime);
  self.delivered.emplace_back(package, package + size_bytes);
  *report = self.answer;
  return self.answer.status;
}

void perdita_memory(const perdita_runtime*, perdita_memory_info* info) {
  *info = {24000, 1000, 23000, 600, {400, 0, 0, 0}, 0};
}

int perdita_package_at(const perdita_runtime* runtime, uint32_t index, perdita_package_info* info) {
  return copy_at(fake(runtime).packages, index, info);
}

int perdita_package_digest(const perdita_runtime* runtime, uint32_t index, uint8_t digest[32]) {
  if (index >= fake(runtime).packages.size()) return 0;
  std::memset(digest, 0xd0 + static_cast<int>(index), 32);
  return 1;
}

int perdita_package_code(const perdita_runtime* runtime, uint32_t index, perdita_bytes* code) {
  static const uint8_t kCode[6] = {1, 2, 3, 4, 5, 6};
  if (index >= fake(runtime).packages.size() || fake(runtime).packages[index].code_bytes == 0) return 0;
  *code = {kCode, sizeof kCode};
  return 1;
}

const perdita_hook* perdita_answers(const perdita_runtime* runtime, const char* package, const char* name) {
  for (const perdita_prog_info& prog : fake(runtime).progs) {
    if (std::strcmp(prog.package, package) != 0 || std::strcmp(prog.name, name) != 0 || prog.attached == 0) continue;
    const perdita_hook& hook = fake(runtime).hooks[prog.hook];
    return hook.request != 0 ? &hook : nullptr;
  }
  return nullptr;
}

perdita_status perdita_answer(perdita_runtime* runtime, const char* /*package*/, const char* /*prog*/,
                              perdita_request* context, int64_t* result) {
  return fake(runtime).answers(*context, *result);
}

int perdita_prog_at(const perdita_runtime* runtime, uint32_t index, perdita_prog_info* info) {
  return copy_at(fake(runtime).progs, index, info);
}

int perdita_map_at(const perdita_runtime* runtime, uint32_t index, perdita_map_info* info) {
  if (index >= fake(runtime).maps.size()) return 0;
  const FakeMap& map = fake(runtime).maps[index];
  *info = map.info;
  info->entries = uint32_t(map.entries.size());
  return 1;
}

int perdita_map_next(const perdita_runtime* runtime, uint32_t index, uint32_t* cursor, uint8_t* key, uint8_t* value) {
  const FakeMap& map = fake(runtime).maps.at(index);
  if (*cursor >= map.entries.size()) return 0;
  const auto& [from_key, from_value] = map.entries[(*cursor)++];
  std::memcpy(key, from_key.data(), map.info.key_size);
  std::memcpy(value, from_value.data(), map.info.value_size);
  return 1;
}

uint32_t perdita_changes(const perdita_runtime* runtime) { return fake(runtime).changes; }

int perdita_ring_at(const perdita_runtime* runtime, uint32_t index, perdita_ring_info* info) {
  const FakeRing* ring = ring_at(runtime, index);
  if (ring == nullptr) return 0;
  *info = {&ring->identity, ring->consumer, ring->producer, ring->lost};
  return 1;
}

int perdita_ring_next(const perdita_runtime* runtime, uint32_t index, uint32_t* position, const uint8_t** data,
                      uint32_t* size_bytes) {
  const FakeRing* ring = ring_at(runtime, index);
  if (ring == nullptr) return 0;
  if (int32_t(*position - ring->consumer) < 0) *position = ring->consumer;
  for (const FakeRing::Record& record : ring->records) {
    if (record.busy) return 0;
    if (record.position - ring->consumer < *position - ring->consumer) continue;
    *position = record.position + stride(record);
    if (record.discarded) continue;
    *data = record.bytes.data();
    *size_bytes = uint32_t(record.bytes.size());
    return 1;
  }
  return 0;
}

void perdita_ring_take(perdita_runtime* runtime, uint32_t index, uint32_t position) {
  FakeRing* ring = ring_at(runtime, index);
  while (ring != nullptr && !ring->records.empty() && !ring->records.front().busy) {
    const uint32_t size = stride(ring->records.front());
    if (int32_t(position - ring->consumer) < int32_t(size)) return;
    ring->consumer += size;
    ring->records.pop_front();
  }
}

int perdita_ring_woken(perdita_runtime* runtime, uint32_t index) {
  FakeRing* ring = ring_at(runtime, index);
  return ring != nullptr && std::exchange(ring->woken, false) ? 1 : 0;
}

uint64_t perdita_sequence(const perdita_runtime* runtime, const char* package) {
  for (const perdita_package_info& info : fake(runtime).packages) {
    if (std::strcmp(info.name, package) == 0) return info.sequence;
  }
  return 0;
}

const perdita_config* perdita_configuration(const perdita_runtime* runtime) { return &fake(runtime).config; }
