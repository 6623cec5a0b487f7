/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Describes a firmware to its programs: one C header, included by three readers (docs/guide/platform.md).
 *
 *   #include "perdita/platform.h"
 *
 *   PERDITA_PLATFORM("demo");
 *   PERDITA_CAPABILITIES("leds");
 *
 *   struct button_ctx {
 *     uint64_t time_ns;
 *     uint32_t button;
 *     uint32_t level PERDITA_WRITABLE;
 *   };
 *   PERDITA_HOOK(button, struct button_ctx, PERDITA_BUDGET(20000), PERDITA_RESULT(0, 1), PERDITA_ALLOWS("leds"));
 *
 *   PERDITA_FUNCTION(void, led_set, (uint32_t led PERDITA_RANGE(0, 3), uint32_t on PERDITA_RANGE(0, 1)),
 *                    PERDITA_COST(40), PERDITA_STACK(16), PERDITA_NEEDS("leds"));
 *
 *  - the firmware's compiler sees the structures and plain prototypes, nothing else;
 *  - a program's compiler (clang -target bpf) sees the functions as symbols that the board links by name;
 *  - `perdita platform build` (PERDITA_PLATFORM_BUILD) sees every property as a BTF declaration tag, and roots that
 * keep clang from dropping what nothing uses. The tags are specified in docs/spec/platform.md.
 *
 * Numbers are constant expressions of literals, + - * << and parentheses; macros may stand for them.
 */
#ifndef PERDITA_PLATFORM_H
#define PERDITA_PLATFORM_H

#include <stdint.h>

#include "perdita/period.h"

#if defined(PERDITA_PLATFORM_BUILD)

#define PERDITA_TEXT_(...) #__VA_ARGS__
#define PERDITA_PROPERTY_(name, ...) btf_decl_tag("perdita." name "(" PERDITA_TEXT_(__VA_ARGS__) ")")
#define PERDITA_MARK_(name, ...) __attribute__((PERDITA_PROPERTY_(name, __VA_ARGS__)))

/* The firmware's name, and its capabilities: what a function may need, a hook allow and a key be trusted with. Their
 * order is their bit number. Each once; capabilities may be left out where there are none. */
#define PERDITA_PLATFORM(name) __attribute__((used)) PERDITA_MARK_("platform", name) const char perdita_platform_ = 0
#define PERDITA_CAPABILITIES(...) \
  __attribute__((used)) PERDITA_MARK_("capabilities", __VA_ARGS__) const char perdita_capabilities_ = 0

/* No firmware of Perdita's, but another system, whose programs are to be judged and never compiled. Only such a
 * platform may use what is marked so below. PERDITA_TAIL_CALLS: what a program in a program array takes at most, in
 * instructions and bytes of stack, where the array does not say. */
#define PERDITA_VERIFY_ONLY __attribute__((used)) PERDITA_MARK_("verify_only", ) const char perdita_verify_only_ = 0
#define PERDITA_TAIL_CALLS(instructions, stack) \
  __attribute__((used)) PERDITA_MARK_("tail_calls", instructions, stack) const char perdita_tail_calls_ = 0

/* Verify-only: a kind of object of the system that programs get pointers to and may read as `type`; and a helper by
 * Linux's number, described like a function. */
#define PERDITA_OBJECT(name, type) __attribute__((used)) type* perdita_object_##name
#define PERDITA_HELPER(number, result, name, parameters, ...)                                      \
  extern result name parameters __attribute__((PERDITA_PROPERTY_("helper", number), __VA_ARGS__)); \
  __attribute__((used)) static const void* const perdita_function_##name = (const void*)(name)

/* A hook: its name, the type of its context, its properties. The order of hooks is their index. */
#define PERDITA_HOOK(name, context, ...) __attribute__((used, __VA_ARGS__)) context* perdita_hook_##name

/* A function that programs may call: result type, name, parameters in parentheses ((void) for none), properties. */
#define PERDITA_FUNCTION(result, name, parameters, ...)       \
  extern result name parameters __attribute__((__VA_ARGS__)); \
  __attribute__((used)) static const void* const perdita_function_##name = (const void*)(name)

/* Properties of a hook. */
#define PERDITA_SECTIONS(...) PERDITA_PROPERTY_("sections", __VA_ARGS__)       /* names, or prefixes ending in '*' */
#define PERDITA_BUDGET(instructions) PERDITA_PROPERTY_("budget", instructions) /* of the machine; 0: no limit */
#define PERDITA_LEVEL(level) PERDITA_PROPERTY_("level", level)       /* 0: thread (default); 1 to 3: interrupt class */
#define PERDITA_COMBINE(rule) PERDITA_PROPERTY_("combine", rule)     /* "last" (default), "first_nonzero", "max" */
#define PERDITA_ALLOWS(...) PERDITA_PROPERTY_("allows", __VA_ARGS__) /* capabilities programs here may use */
#define PERDITA_PACKET(alignment, max_bytes) PERDITA_PROPERTY_("packet", alignment, max_bytes)
#define PERDITA_PACKET_WRITABLE PERDITA_PROPERTY_("packet_writable", )
/* Each program has a period of its own, in microseconds between these two, both included. It stands at the end of the
 * program's section: SEC("timer/100ms"). The context is struct perdita_period. */
#define PERDITA_PERIODIC(min_us, max_us) PERDITA_PROPERTY_("periodic", min_us, max_us)

/* The control plane answers GET /x/<package>/<program> with what the program writes. The context is struct
 * perdita_request. */
#define PERDITA_REQUEST PERDITA_PROPERTY_("request", )

/* Verify-only: programs may use the packet access of classic BPF (BPF_LD_ABS, BPF_LD_IND). */
#define PERDITA_LEGACY_LOADS PERDITA_PROPERTY_("legacy_loads", )

/* Properties of a function: worst cases in machine instructions (per byte: of pointed-to memory) and in bytes of the C
 * stack. */
#define PERDITA_COST(instructions) PERDITA_PROPERTY_("cost", instructions)
#define PERDITA_COST_PER_BYTE(instructions) PERDITA_PROPERTY_("cost_per_byte", instructions)
#define PERDITA_STACK(bytes) PERDITA_PROPERTY_("stack", bytes)
#define PERDITA_NEEDS(capability) PERDITA_PROPERTY_("needs", capability)

/* Property of a hook (what programs may return) and of a function (what it can return), inclusive. */
#define PERDITA_RESULT(min, max) PERDITA_PROPERTY_("result", min, max)

/* Verify-only, of a helper that returns a pointer: to a value of its map (or null), or to an object or null; acquired
 * ones have to be released on every path. */
#define PERDITA_GIVES_MAP_VALUE PERDITA_PROPERTY_("gives_map_value", )
#define PERDITA_GIVES_MAP_VALUE_OR_NULL PERDITA_PROPERTY_("gives_map_value_or_null", )
#define PERDITA_GIVES_SYSTEM PERDITA_PROPERTY_("gives_system", ) /* uint64_t: as PERDITA_SYSTEM */
#define PERDITA_GIVES_OBJECT(object) PERDITA_PROPERTY_("gives_object", object)
#define PERDITA_ACQUIRES_OBJECT(object) PERDITA_PROPERTY_("acquires_object", object)

/* Marks on a parameter, behind its name. */
#define PERDITA_RANGE(min, max) PERDITA_MARK_("range", min, max) /* a number that is accepted, inclusive */
#define PERDITA_OUT PERDITA_MARK_("out", )                       /* the function writes all of the memory */
#define PERDITA_INOUT PERDITA_MARK_("inout", )                   /* it reads the memory and writes it */
#define PERDITA_NULLABLE PERDITA_MARK_("nullable", )             /* the pointer may be null */
#define PERDITA_BYTES(size) PERDITA_MARK_("bytes", size)         /* how much memory the pointer must point to */
#define PERDITA_SIZE(min, max) PERDITA_MARK_("size", min, max)   /* size in bytes of the pointer right before it */
#define PERDITA_CONTEXT PERDITA_MARK_("context", )               /* void *: the context that the program received */

/* Verify-only. Pointers are void * or const void *; a map's numbers are Linux's types that are accepted. */
#define PERDITA_MOVES_PACKET PERDITA_MARK_("moves_packet", ) /* beside PERDITA_CONTEXT: pointers into it are gone */
#define PERDITA_MAP(...) PERDITA_MARK_("map", __VA_ARGS__)
#define PERDITA_MAP_KEY PERDITA_MARK_("map_key", )             /* memory of the map's key, read */
#define PERDITA_MAP_VALUE PERDITA_MARK_("map_value", )         /* memory of the map's value, read */
#define PERDITA_MAP_VALUE_OUT PERDITA_MARK_("map_value_out", ) /* memory of the map's value, written whole */
#define PERDITA_ANY PERDITA_MARK_("any", )             /* a number, or an address that is only read through, safely */
#define PERDITA_OPTIONAL PERDITA_MARK_("optional", )   /* a number that need not be there */
#define PERDITA_BY_FORMAT PERDITA_MARK_("by_format", ) /* a number that is read where the format before it says so */
#define PERDITA_LIMITS_RESULT PERDITA_MARK_("limits_result", ) /* a size: the result is at most that */
#define PERDITA_OF_OBJECT(object) PERDITA_MARK_("of_object", object)
#define PERDITA_RELEASES(object) PERDITA_MARK_("releases", object)

/* Marks on a member of a context, behind its name. Members that are not writable can be read. */
#define PERDITA_WRITABLE PERDITA_MARK_("writable", )
#define PERDITA_DATA PERDITA_MARK_("data", )         /* uint64_t: address of the packet's first byte */
#define PERDITA_DATA_END PERDITA_MARK_("data_end", ) /* uint64_t: address behind its last byte */
/* Verify-only, where the two above may be uint32_t as well. uint64_t: address of an object, or null. */
#define PERDITA_TO_OBJECT(object) PERDITA_MARK_("to_object", object)
#define PERDITA_ALWAYS_TO_OBJECT(object) PERDITA_MARK_("to_object_always", object) /* never null */
#define PERDITA_DATA_META PERDITA_MARK_("data_meta", ) /* as PERDITA_DATA: of what lies right before the packet */
/* Numbers, or addresses of the system: reads through them, and through what these give, are safe whatever they hold. */
#define PERDITA_SYSTEM PERDITA_MARK_("system", )
#define PERDITA_HIDDEN PERDITA_MARK_("hidden", ) /* there, but programs may not touch it */

#else

/* A declaration that declares nothing, so that a semicolon may follow. */
#define PERDITA_PLATFORM(name) struct perdita_described_
#define PERDITA_CAPABILITIES(...) struct perdita_described_
#define PERDITA_HOOK(name, context, ...) struct perdita_described_
#define PERDITA_VERIFY_ONLY struct perdita_described_
#define PERDITA_TAIL_CALLS(instructions, stack) struct perdita_described_
#define PERDITA_OBJECT(name, type) struct perdita_described_
#define PERDITA_HELPER(number, result, name, parameters, ...) struct perdita_described_

#if defined(__bpf__)
#define PERDITA_FUNCTION(result, name, parameters, ...) extern result name parameters __attribute__((section(".ksyms")))
#elif defined(__cplusplus)
#define PERDITA_FUNCTION(result, name, parameters, ...) extern "C" result name parameters
#else
#define PERDITA_FUNCTION(result, name, parameters, ...) extern result name parameters
#endif

#define PERDITA_RANGE(min, max)
#define PERDITA_OUT
#define PERDITA_INOUT
#define PERDITA_NULLABLE
#define PERDITA_BYTES(size)
#define PERDITA_SIZE(min, max)
#define PERDITA_CONTEXT
#define PERDITA_WRITABLE
#define PERDITA_DATA
#define PERDITA_DATA_END
#define PERDITA_TO_OBJECT(object)
#define PERDITA_ALWAYS_TO_OBJECT(object)
#define PERDITA_DATA_META
#define PERDITA_SYSTEM
#define PERDITA_HIDDEN

#endif

#include "perdita/request.h"

#endif
