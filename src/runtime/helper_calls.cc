// SPDX-License-Identifier: Apache-2.0
#include "runtime/helper_calls.h"

#include "isa/helpers.h"
#include "runtime/engine.h"
#include "runtime/trace.h"

namespace perdita::runtime {
namespace {

const perdita_port& port_of(void* invocation) { return *static_cast<const Invocation*>(invocation)->port; }

template <typename T>
T* pointer(uint64_t value) {
  return reinterpret_cast<T*>(static_cast<uintptr_t>(value));
}

uint64_t map_lookup_elem(void* /*invocation*/, const uint64_t* args) {
  return reinterpret_cast<uintptr_t>(map_lookup(*pointer<const Map>(args[0]), pointer<const void>(args[1])));
}

uint64_t map_update_elem(void* invocation, const uint64_t* args) {
  return static_cast<uint64_t>(map_update(*pointer<Map>(args[0]), port_of(invocation), pointer<const void>(args[1]),
                                          pointer<const void>(args[2]), args[3]));
}

uint64_t map_delete_elem(void* invocation, const uint64_t* args) {
  return static_cast<uint64_t>(map_delete(*pointer<Map>(args[0]), port_of(invocation), pointer<const void>(args[1])));
}

uint64_t ktime_get_ns(void* invocation, const uint64_t* /*args*/) {
  const perdita_port& port = port_of(invocation);
  return port.core.clock_ns(port.user);
}

uint64_t trace_printk(void* invocation, const uint64_t* args) {
  const Text format(pointer<const char>(args[0]), static_cast<uint32_t>(args[1]));
  return static_cast<uint64_t>(trace(port_of(invocation), format, &args[2]));
}

uint64_t get_prandom_u32(void* invocation, const uint64_t* /*args*/) {
  const perdita_port& port = port_of(invocation);
  return port.core.random(port.user);
}

// One core fires hooks.
uint64_t get_smp_processor_id(void* /*invocation*/, const uint64_t* /*args*/) { return 0; }

// Never called: the engines run the callbacks' helpers themselves (frames.h). That it exists says that they may be
// linked.
uint64_t run_by_engine(void* /*invocation*/, const uint64_t* /*args*/) { return 0; }

}  // namespace

perdita_thunk helper_call(uint32_t number) {
  switch (number) {
    case 1:
      return map_lookup_elem;
    case 2:
      return map_update_elem;
    case 3:
      return map_delete_elem;
    case 5:
      return ktime_get_ns;
    case 6:
      return trace_printk;
    case 7:
      return get_prandom_u32;
    case 8:
      return get_smp_processor_id;
    case isa::kHelperForEachMapElem:
    case isa::kHelperLoop:
      return run_by_engine;
    default:
      return nullptr;
  }
}

}  // namespace perdita::runtime
