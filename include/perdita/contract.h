/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a firmware offers to programs, as constant tables: hooks, functions and helpers with their contracts.
 * `perdita platform table` generates them from the platform header; the verifier, the guarded engine, the linker
 * and the relied-upon digest (docs/spec/platform.md) all read the same structures. Everything here is constant
 * data in flash, owned by the firmware for as long as it runs.
 */
#ifndef PERDITA_CONTRACT_H
#define PERDITA_CONTRACT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PERDITA_MAX_ARGS 5u

/* What an argument is. Numbers are part of the canonical form of the relied-upon digest: append only. */
enum perdita_arg_kind {
  PERDITA_ARG_SCALAR = 1,         /* a number; `width`, `is_signed`, and where flagged `min` to `max` */
  PERDITA_ARG_CONTEXT = 2,        /* the hook's context pointer, as the program received it */
  PERDITA_ARG_MAP = 3,            /* a map of the package, of a type in `map_types` */
  PERDITA_ARG_MAP_KEY = 4,        /* readable memory of the map argument's key_size */
  PERDITA_ARG_MAP_VALUE = 5,      /* readable memory of the map argument's value_size */
  PERDITA_ARG_MEM_IN = 6,         /* memory that is read: every byte initialised */
  PERDITA_ARG_MEM_OUT = 7,        /* memory that is written whole: need not be initialised before, is after */
  PERDITA_ARG_MEM_INOUT = 8,      /* memory that is read and written */
  PERDITA_ARG_MAP_VALUE_OUT = 9,  /* writable memory of the map argument's value_size */
  PERDITA_ARG_CALLBACK = 10,      /* a subprogram of the calling program; `size` is its enum perdita_callback */
  PERDITA_ARG_CALLBACK_DATA = 11, /* what the callback gets as its last argument: 0 or a pointer to the stack */
  PERDITA_ARG_RESERVATION = 12,   /* memory reserved before, or an object acquired, and not released yet; the call
                                     releases it. `size`: 0 of a ring buffer, otherwise the object's number + 1 */
  /* Of verify-only platforms: */
  PERDITA_ARG_ANY = 13,   /* a number or an address that is only read through, safely, and shown to nobody */
  PERDITA_ARG_OBJECT = 14 /* the start of an object of the platform; `size` is its number */
};

/* How a callback is called, and what its int means: 0 goes on, 1 ends the loop; nothing else may be returned.
 * Append only. */
enum perdita_callback {
  PERDITA_CALLBACK_LOOP = 1,       /* int (uint64_t index, void *data) */
  PERDITA_CALLBACK_MAP_ELEMENT = 2 /* int (map, const void *key, void *value, void *data) */
};

enum {
  PERDITA_ARG_NULL_OK = 1, /* a null pointer is accepted (with a size argument: only when that is zero) */
  PERDITA_ARG_ZERO_OK = 2, /* the size may be zero */
  PERDITA_ARG_RANGE = 4,   /* a scalar must lie in min to max */
  /* a number that is read only where the format in argument 1 converts that many (isa/format.h): where the verifier
   * knows the format's bytes and they do not, the argument may be anything; otherwise it is needed as any scalar */
  PERDITA_ARG_BY_FORMAT = 8,
  PERDITA_ARG_RESERVES = 16, /* a number known at verification: the size in bytes of the reservation that is returned */
  /* Of verify-only platforms: */
  PERDITA_ARG_OPTIONAL = 32,       /* a scalar that need not be there: the register may be uninitialised */
  PERDITA_ARG_LIMITS_RESULT = 128, /* a size: the result is at most that, as a signed number */
  PERDITA_ARG_MOVES_PACKET = 64    /* context: its packet may have another place and size afterwards */
};

typedef struct perdita_arg {
  uint8_t kind;  /* enum perdita_arg_kind */
  uint8_t flags; /* PERDITA_ARG_NULL_OK … */
  uint8_t width; /* scalar: size of its C type in bytes, 1, 2, 4 or 8 */
  uint8_t is_signed;
  uint8_t size_arg;   /* memory: the parameter (1 to 5) that holds its size in bytes; 0: `size` is the size */
  uint32_t size;      /* memory: size in bytes; with size_arg: the largest size accepted, 0 = no limit of its own */
  uint32_t map_types; /* map: bit 1 << type for each type accepted (Linux's numbers) */
  int64_t min, max;   /* scalar with PERDITA_ARG_RANGE, inclusive, after conversion to the C type */
} perdita_arg;

enum perdita_result_kind {
  PERDITA_RESULT_VOID = 0,                /* r0 is 0 */
  PERDITA_RESULT_SCALAR = 1,              /* extended to 64 bits by its type; within min to max */
  PERDITA_RESULT_MAP_VALUE_OR_NULL = 2,   /* pointer to a value of the map argument, or 0 */
  PERDITA_RESULT_RESERVATION_OR_NULL = 3, /* pointer to reserved memory, to be released on every path, or 0 */
  /* Of verify-only platforms: */
  PERDITA_RESULT_MAP_VALUE = 4,        /* pointer to a value of the map argument, never 0 */
  PERDITA_RESULT_OBJECT_OR_NULL = 5,   /* pointer to the platform's object number `width`, or 0 */
  PERDITA_RESULT_ACQUIRED_OR_NULL = 6, /* the same, to be released on every path */
  PERDITA_RESULT_SYSTEM = 7            /* 64 bits: a number or an address of the system, which may be read through */
};

typedef struct perdita_result {
  uint8_t kind;
  uint8_t width;
  uint8_t is_signed;
  int64_t min, max; /* scalar: inclusive; the type's whole range where the platform promises nothing more */
} perdita_result;

/* Runs a function for a program: `args` are r1 to r5, the value returned becomes r0. `invocation` is the
 * runtime's (helpers look into it); thunks of the firmware's functions ignore it. */
typedef uint64_t (*perdita_thunk)(void* invocation, const uint64_t args[PERDITA_MAX_ARGS]);

typedef struct perdita_function {
  const char* name;
  uint32_t helper;    /* Linux's number of a helper; 0: called by name */
  perdita_thunk call; /* null on the host, where only the contract is of interest */
  const perdita_arg* args;
  uint8_t arg_count;
  uint8_t capability; /* bit number in the platform's capabilities; PERDITA_NO_CAPABILITY: needs none */
  perdita_result result;
  uint32_t cost_instructions;          /* worst case in machine instructions, thunk included, ... */
  uint32_t cost_instructions_per_byte; /* ... plus this for each byte of its memory arguments (map: key + value) */
  uint32_t stack_bytes;                /* worst case on the C stack */
} perdita_function;

#define PERDITA_NO_CAPABILITY 0xffu

/* What a field of a context is. Append only, as above. */
enum perdita_field_kind {
  PERDITA_FIELD_SCALAR = 1,
  PERDITA_FIELD_DATA = 2,     /* 64-bit slot: pointer to the packet's first byte */
  PERDITA_FIELD_DATA_END = 3, /* 64-bit slot: pointer behind the packet's last byte */
  /* Of verify-only platforms, whose slots of DATA and DATA_END may have 32 bits: a load gives the whole pointer. */
  PERDITA_FIELD_OBJECT = 4,    /* 64-bit slot: pointer to an object of the platform, or null */
  PERDITA_FIELD_DATA_META = 5, /* as DATA: pointer to what lies before the packet, and ends where that begins */
  PERDITA_FIELD_SYSTEM = 6     /* numbers, or addresses of the system that programs may read through, safely */
};

typedef struct perdita_field {
  const char* name;
  uint16_t offset, size; /* bytes; of the whole array where it is one */
  uint8_t kind;          /* enum perdita_field_kind */
  uint8_t writable;      /* programs may write it; every field may be read */
} perdita_field;

/* How results of several programs on one hook become the hook's result. Append only. */
enum perdita_combine {
  PERDITA_COMBINE_LAST = 0,          /* all run; the last one's result; 0 where none runs */
  PERDITA_COMBINE_FIRST_NONZERO = 1, /* in order until one returns other than 0; that, or 0 */
  PERDITA_COMBINE_MAX = 2            /* all run; the largest result as signed 64-bit; 0 where none runs */
};

typedef struct perdita_hook {
  const char* name;
  uint32_t context_size;
  const perdita_field* fields; /* ascending by offset, no overlap; what lies between is not accessible */
  uint8_t field_count;
  uint8_t level;                  /* 0: thread; n: interrupt priority class n, preempts all lower levels */
  uint8_t combine;                /* enum perdita_combine */
  uint8_t data_alignment;         /* the packet's first byte is aligned to this: 1, 2, 4 or 8 */
  uint8_t packet_writable;        /* programs may write the packet's bytes */
  uint32_t capabilities;          /* bits of the platform's capabilities that programs here may use */
  uint32_t budget_instructions;   /* machine instructions one program may take; 0: not limited */
  uint32_t packet_max_bytes;      /* data_end - data never exceeds this; 0 where there is no packet */
  int64_t result_min, result_max; /* what a program may return, inclusive, as signed 64-bit */
  /* periodic: what a program's period may be, inclusive; both 0 where the hook is not */
  uint32_t period_min_us, period_max_us;
  uint8_t request; /* 1: its programs answer requests, one at a time */
} perdita_hook;

typedef struct perdita_platform {
  const char* name;
  const perdita_hook* hooks;
  const perdita_function* functions;
  const char* const* capabilities; /* names by bit number */
  uint8_t hook_count;
  uint8_t function_count;
  uint8_t capability_count; /* at most 32 */
} perdita_platform;

#ifdef __cplusplus
}
#endif
#endif
