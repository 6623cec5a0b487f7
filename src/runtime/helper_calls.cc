// SPDX-License-Identifier: Apache-2.0
#include "runtime/helper_calls.h"

#include "isa/format.h"
#include "isa/helpers.h"
#include "runtime/engine.h"
#include "runtime/prog_array.h"
#include "runtime/reservation.h"
#include "runtime/ring_buffer.h"
#include "runtime/trace.h"

namespace perdita::runtime {
namespace {

Activity& activity_of(void* invocation) { return *static_cast<const Invocation*>(invocation)->activity; }

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
  return static_cast<uint64_t>(trace(port_of(invocation), format, &args[2], isa::kMaxConversions));
}

uint64_t get_prandom_u32(void* invocation, const uint64_t* /*args*/) {
  const perdita_port& port = port_of(invocation);
  return port.core.random(port.user);
}

// One core fires hooks.
uint64_t get_smp_processor_id(void* /*invocation*/, const uint64_t* /*args*/) { return 0; }

uint64_t call_tail(void* invocation, const uint64_t* args) {
  return static_cast<uint64_t>(tail_call(*static_cast<const Invocation*>(invocation), *pointer<const Map>(args[1]),
                                         static_cast<uint32_t>(args[2])));
}

uint64_t map_push_elem(void* invocation, const uint64_t* args) {
  return static_cast<uint64_t>(
      map_push(*pointer<Map>(args[0]), port_of(invocation), pointer<const void>(args[1]), args[2]));
}

uint64_t map_pop_elem(void* invocation, const uint64_t* args) {
  return static_cast<uint64_t>(map_pop(*pointer<Map>(args[0]), port_of(invocation), pointer<void>(args[1])));
}

uint64_t map_peek_elem(void* /*invocation*/, const uint64_t* args) {
  return static_cast<uint64_t>(map_peek(*pointer<const Map>(args[0]), pointer<void>(args[1])));
}

uint64_t ringbuf_output(void* invocation, const uint64_t* args) {
  return static_cast<uint64_t>(
      ring_output(*pointer<Map>(args[0]), port_of(invocation), pointer<const void>(args[1]), args[2], args[3]));
}

// Linux takes no flags here.
uint64_t ringbuf_reserve(void* invocation, const uint64_t* args) {
  if (args[2] != 0) return 0;
  return reinterpret_cast<uintptr_t>(
      reserve(activity_of(invocation), *pointer<Map>(args[0]), port_of(invocation), args[1]));
}

uint64_t ringbuf_submit(void* invocation, const uint64_t* args) {
  static_cast<void>(release(activity_of(invocation), pointer<const void>(args[0]), false, args[1]));
  return 0;
}

uint64_t ringbuf_discard(void* invocation, const uint64_t* args) {
  static_cast<void>(release(activity_of(invocation), pointer<const void>(args[0]), true, args[1]));
  return 0;
}

uint64_t ringbuf_query(void* /*invocation*/, const uint64_t* args) {
  return ring_query(*pointer<const Map>(args[0]), args[1]);
}

// Linux takes whole numbers of 64 bits, and a format that converts no more of them.
uint64_t trace_vprintk(void* invocation, const uint64_t* args) {
  const uint32_t bytes = static_cast<uint32_t>(args[3]);
  if (bytes % sizeof(uint64_t) != 0) return static_cast<uint64_t>(kErrorInvalid);
  const Text format(pointer<const char>(args[0]), static_cast<uint32_t>(args[1]));
  return static_cast<uint64_t>(
      trace(port_of(invocation), format, pointer<const void>(args[2]), bytes / uint32_t{sizeof(uint64_t)}));
}

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
    case isa::kHelperTailCall:
      return call_tail;
    case 87:
      return map_push_elem;
    case 88:
      return map_pop_elem;
    case 89:
      return map_peek_elem;
    case 130:
      return ringbuf_output;
    case 131:
      return ringbuf_reserve;
    case 132:
      return ringbuf_submit;
    case 133:
      return ringbuf_discard;
    case 134:
      return ringbuf_query;
    case isa::kHelperForEachMapElem:
    case isa::kHelperLoop:
      return run_by_engine;
    case 177:
      return trace_vprintk;
    default:
      return nullptr;
  }
}

}  // namespace perdita::runtime
