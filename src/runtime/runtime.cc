// SPDX-License-Identifier: Apache-2.0
#include "runtime/runtime.h"

#include <string.h>

#include "runtime/native.h"

namespace perdita::runtime {
namespace {

constexpr uint32_t kLargestMemory = 1u << 30;

bool complete(const perdita_port* port) {
  return port != nullptr && port->core.clock_ns != nullptr && port->core.lock != nullptr &&
         port->core.unlock != nullptr && port->core.random != nullptr && port->core.log != nullptr &&
         port->crypto.sha256 != nullptr && port->crypto.ed25519_verify != nullptr;
}

bool complete(const perdita_platform* platform) {
  if (platform == nullptr || platform->hook_count > PERDITA_MAX_HOOKS || platform->capability_count > 32) return false;
  for (uint32_t i = 0; i < platform->hook_count; i++) {
    if (platform->hooks[i].level >= PERDITA_MAX_LEVELS) return false;
  }
  return true;
}

bool knows_engine(const perdita_config& config) {
  if (config.engine != PERDITA_ENGINE_NATIVE) {
    return config.engine == PERDITA_ENGINE_GUARDED || config.engine == PERDITA_ENGINE_INTERPRETER;
  }
  return config.native != nullptr && equal(text(config.native->target), text(config.target));
}

bool complete(const perdita_config* config) {
  return config != nullptr && complete(config->port) && complete(config->platform) && config->target != nullptr &&
         (config->keys != nullptr || config->key_count == 0) && knows_engine(*config);
}

}  // namespace

Package* find_package(const Runtime& runtime, Text name) {
  for (Package* package = runtime.packages; package != nullptr; package = package->next) {
    if (equal(text(package->name), name)) return package;
  }
  return nullptr;
}

Prog* find_prog(const Package& package, Text name) {
  for (Prog& prog : package.progs) {
    if (equal(prog.name, name)) return &prog;
  }
  return nullptr;
}

void replace_in_list(Runtime& runtime, const Package& old, Package& fresh) {
  Package** link = &runtime.packages;
  while (*link != &old) link = &(*link)->next;
  fresh.next = old.next;
  *link = &fresh;
}

bool in_program(const Runtime& runtime) {
  for (const Level& level : runtime.levels) {
    if (level.active != 0) return true;
  }
  return false;
}

}  // namespace perdita::runtime

extern "C" {

perdita_status perdita_init(perdita_runtime** runtime, void* memory, size_t size_bytes, const perdita_config* config) {
  using perdita::runtime::Memory;
  if (runtime == nullptr || memory == nullptr || !perdita::runtime::complete(config) ||
      reinterpret_cast<uintptr_t>(memory) % Memory::kAlignment != 0) {
    return perdita_status_invalid_argument;
  }
  constexpr size_t kOwn = (sizeof(perdita_runtime) + Memory::kAlignment - 1) & ~size_t{Memory::kAlignment - 1};
  if (size_bytes < kOwn) return perdita_status_out_of_memory;
  if (size_bytes > perdita::runtime::kLargestMemory) return perdita_status_invalid_argument;
  memset(memory, 0, kOwn);
  *runtime = static_cast<perdita_runtime*>(memory);
  (*runtime)->config = config;
  (*runtime)->memory.init(static_cast<uint8_t*>(memory) + kOwn, static_cast<uint32_t>(size_bytes - kOwn));
  (*runtime)->last_owner = perdita::runtime::kRuntimeOwner;
  return perdita_status_ok;
}

const perdita_config* perdita_configuration(const perdita_runtime* runtime) { return runtime->config; }

}  // extern "C"
