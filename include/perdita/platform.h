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

/* Properties of a function: worst cases in machine instructions (per byte: of pointed-to memory) and in bytes of the C
 * stack. */
#define PERDITA_COST(instructions) PERDITA_PROPERTY_("cost", instructions)
#define PERDITA_COST_PER_BYTE(instructions) PERDITA_PROPERTY_("cost_per_byte", instructions)
#define PERDITA_STACK(bytes) PERDITA_PROPERTY_("stack", bytes)
#define PERDITA_NEEDS(capability) PERDITA_PROPERTY_("needs", capability)

/* Property of a hook (what programs may return) and of a function (what it can return), inclusive. */
#define PERDITA_RESULT(min, max) PERDITA_PROPERTY_("result", min, max)

/* Marks on a parameter, behind its name. */
#define PERDITA_RANGE(min, max) PERDITA_MARK_("range", min, max) /* a number that is accepted, inclusive */
#define PERDITA_OUT PERDITA_MARK_("out", )                       /* the function writes all of the memory */
#define PERDITA_INOUT PERDITA_MARK_("inout", )                   /* it reads the memory and writes it */
#define PERDITA_NULLABLE PERDITA_MARK_("nullable", )             /* the pointer may be null */
#define PERDITA_BYTES(size) PERDITA_MARK_("bytes", size)         /* how much memory the pointer must point to */
#define PERDITA_SIZE(min, max) PERDITA_MARK_("size", min, max)   /* size in bytes of the pointer right before it */
#define PERDITA_CONTEXT PERDITA_MARK_("context", )               /* void *: the context that the program received */

/* Marks on a member of a context, behind its name. Members that are not writable can be read. */
#define PERDITA_WRITABLE PERDITA_MARK_("writable", )
#define PERDITA_DATA PERDITA_MARK_("data", )         /* uint64_t: address of the packet's first byte */
#define PERDITA_DATA_END PERDITA_MARK_("data_end", ) /* uint64_t: address behind its last byte */

#else

/* A declaration that declares nothing, so that a semicolon may follow. */
#define PERDITA_PLATFORM(name) struct perdita_described_
#define PERDITA_CAPABILITIES(...) struct perdita_described_
#define PERDITA_HOOK(name, context, ...) struct perdita_described_

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

#endif

#include "perdita/request.h"

#endif
