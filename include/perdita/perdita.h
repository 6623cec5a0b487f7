/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device API. The application hands over one block of memory and a configuration, both kept until it stops; it
 * fires hooks and passes packages on. No heap. Unless a function says otherwise it is called from thread context, one
 * at a time.
 *
 *   static uint64_t memory[3072];
 *   perdita_runtime *rt;
 *   perdita_init(&rt, memory, sizeof memory, &config);
 *   ...
 *   int64_t verdict = perdita_fire(rt, PERDITA_HOOK_packet, &context);      // also from interrupts
 */
#ifndef PERDITA_PERDITA_H
#define PERDITA_PERDITA_H

#include "perdita/contract.h"
#include "perdita/port.h"
#include "perdita/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PERDITA_KEY_ID_BYTES 8u
#define PERDITA_NAME_BYTES 32u /* longest name of a package, program or map, terminating zero included */
#define PERDITA_MAX_HOOKS 16u
#define PERDITA_MAX_LEVELS 4u
#define PERDITA_MAX_FRAMES 8u

/* What a trusted key may do. */
enum {
  PERDITA_ROLE_AUTHOR = 1,  /* sign packages: install, replace, attach, detach, remove */
  PERDITA_ROLE_VERIFIER = 2 /* sign a verifier's claim */
};

typedef struct perdita_key {
  uint8_t public_key[32];           /* Ed25519 */
  uint8_t id[PERDITA_KEY_ID_BYTES]; /* first bytes of SHA-256(public_key); COSE kid */
  uint8_t roles;                    /* PERDITA_ROLE_… */
  uint32_t hooks;                   /* author: bit per hook of the platform, by index */
  uint32_t capabilities;            /* author: bit per capability of the platform */
} perdita_key;

typedef enum perdita_engine {
  PERDITA_ENGINE_GUARDED = 0,
  PERDITA_ENGINE_INTERPRETER = 1,
  PERDITA_ENGINE_NATIVE = 2 /* needs perdita_config.native */
} perdita_engine;

/* The native engine, which a firmware links only where it names it. Runs machine code that packages bring; the first
 * also makes machine code of bytecode as a package is installed, in the memory handed over. */
typedef struct perdita_native perdita_native;
/* NOLINTBEGIN(bugprone-dynamic-static-initializers): they are constants */
extern const perdita_native perdita_native_armv7m;
extern const perdita_native perdita_native_armv7m_shipped;
extern const perdita_native perdita_native_rv32imc;
extern const perdita_native perdita_native_rv32imc_shipped;
extern const perdita_native perdita_native_xtensa;
extern const perdita_native perdita_native_xtensa_shipped;
/* NOLINTEND(bugprone-dynamic-static-initializers) */

typedef struct perdita_config {
  const perdita_platform* platform;
  const perdita_port* port;
  const perdita_key* keys;
  size_t key_count;
  uint8_t vendor_id[16], class_id[16], device_id[16]; /* UUIDs, RFC 9562 */
  const char* target;                                 /* "armv7m", …: which machine bounds of a claim apply here */
  perdita_engine engine;                              /* for programs with a claim */
  uint8_t allow_unclaimed;      /* 1: programs without a claim run in the guarded engine; default 0: refused */
  uint8_t allow_map_changes;    /* 1: signed orders may change the contents of maps; default 0: not_permitted */
  uint32_t guarded_steps;       /* most steps of an unclaimed program's invocation */
  uint32_t guarded_stack_bytes; /* BPF stack of a level where unclaimed programs may run */
  /* How many faults of a program, counted since it was attached, take it off its hook; 0 as 1, 65535 at most. Where its
   * package has replaced another one, that version comes back in its place; its sequence number does not. */
  uint32_t fault_threshold;
  const perdita_native* native; /* PERDITA_ENGINE_NATIVE: of this target; else null */
} perdita_config;

typedef struct perdita_runtime perdita_runtime; /* lives at the start of the memory handed over */

/* Prepares the runtime inside `memory` (8-aligned). out_of_memory, invalid_argument. */
perdita_status perdita_init(perdita_runtime** runtime, void* memory, size_t size_bytes, const perdita_config* config);

/* What became of a package; `name` and the numbers say more about a refusal. */
typedef struct perdita_report {
  perdita_status status;
  char name[PERDITA_NAME_BYTES]; /* the package, import, map or hook that the status is about; "" for none */
  /* out_of_memory, too_large: bytes; wrong_abi: its number; over_budget: instructions (all ones: the claim gives no
   * bound for this engine); old_sequence: numbers; bad_instruction: its index; unknown_helper: its number */
  uint64_t need, have;
} perdita_report;

/* Opens a signed package and does what it orders: install, replace, attach, detach, remove. Either all of it happens or
 * nothing (but out_of_memory costs the versions kept for a fault). The bytes may be forgotten afterwards. Costs up to
 * four signature checks. */
perdita_status perdita_deliver(perdita_runtime* runtime, const uint8_t* package, size_t size_bytes,
                               perdita_report* report);

/* Runs the programs attached to a hook on `context` (the hook's structure) and combines their results. From the context
 * that belongs to the hook's level. A hook with nothing attached returns 0. Not for
 * periodic hooks: see below. */
int64_t perdita_fire(perdita_runtime* runtime, uint32_t hook, void* context);

/* Runs those programs of a periodic hook that are due, in their order, each on a struct perdita_period of its own, and
 * returns when the next one will be: in the nanoseconds of the port's clock, all ones where nothing is attached. From
 * the context that belongs to the hook's level, as early as it likes: a main loop calls it each time it wakes up, and
 * after each package, since that may bring a program that is due sooner. What comes late is run once and its other due
 * times are counted as misses. Inside a program of that level nothing runs, and the time returned has come already. */
uint64_t perdita_run_due(perdita_runtime* runtime, uint32_t hook);

/* What the control plane asks before and when it answers a request (perdita/request.h). The hook of the program, where
 * it is attached to a request hook; null where it is not, or there is none of that name. */
const perdita_hook* perdita_answers(const perdita_runtime* runtime, const char* package, const char* prog);
/* Runs that one program. `context` holds everything but the time, its packet at most as large as the hook's. busy
 * inside a program of its level; a program's fault; unknown_program where perdita_answers gives null. */
struct perdita_request;
perdita_status perdita_answer(perdita_runtime* runtime, const char* package, const char* prog,
                              struct perdita_request* context, int64_t* result);

/* ---- looking in: what the control plane shows ---- */

typedef struct perdita_memory_info {
  uint32_t total_bytes, used_bytes, largest_free_bytes;
  /* Used: what is listed here and every package's memory_bytes, to the byte. */
  uint32_t runtime_bytes; /* lists, levels, sequence numbers */
  uint32_t stack_bytes[PERDITA_MAX_LEVELS];
  uint32_t pinned_bytes; /* maps that packages share */
} perdita_memory_info;
void perdita_memory(const perdita_runtime* runtime, perdita_memory_info* info);

typedef struct perdita_package_info {
  char name[PERDITA_NAME_BYTES];
  uint64_t sequence;
  uint32_t image_bytes, memory_bytes; /* memory: all that the package takes, maps, image and kept version included */
  uint32_t map_bytes;                 /* of memory_bytes: its own maps */
  uint32_t code_bytes;                /* likewise: machine code that was made here */
  uint32_t kept_bytes;                /* of the version that is kept to come back, or failed and is not released yet */
  uint64_t kept_sequence;             /* of the version that would come back; 0: none */
  uint8_t claimed;                    /* runs by a verifier's claim */
  uint16_t prog_count, map_count;
} perdita_package_info;
/* The package with that index, counted from 0; 0 where there is none. */
int perdita_package_at(const perdita_runtime* runtime, uint32_t index, perdita_package_info* info);
/* The machine code of the package's programs, each at a multiple of 8, in their order; the same bytes wherever it was
 * made (docs/spec/image.md). 0 where it runs none. */
int perdita_package_code(const perdita_runtime* runtime, uint32_t index, perdita_bytes* code);
/* SHA-256 of the payload it was installed from, computed when asked for. 0 where there is no such package. */
int perdita_package_digest(const perdita_runtime* runtime, uint32_t index, uint8_t digest[32]);

typedef struct perdita_prog_info {
  char name[PERDITA_NAME_BYTES];
  char package[PERDITA_NAME_BYTES];
  uint32_t hook; /* index in the platform */
  uint8_t attached;
  perdita_engine engine;
  uint64_t runs, misses, faults;
  uint64_t time_ns, longest_ns;
  perdita_status last_fault;
  uint32_t last_fault_pc;       /* this and what follows: 0 where the board has seen faults of others since */
  uint64_t last_fault_address;  /* bad_access, read_only: guarded; else 0 */
  uint64_t last_fault_sequence; /* of the package that faulted: maybe a version that gave way */
  uint8_t last_fault_frames;    /* calls under way */
  uint32_t last_fault_return_pcs[PERDITA_MAX_FRAMES - 1]; /* where they would have returned to, the innermost first */
  int64_t last_result;
  uint64_t bound_instructions; /* from the claim; 0 without */
  uint32_t stack_bytes;
  uint32_t period_us; /* on a periodic hook; 0 elsewhere */
} perdita_prog_info;
int perdita_prog_at(const perdita_runtime* runtime, uint32_t index, perdita_prog_info* info);

typedef struct perdita_map_info {
  char name[PERDITA_NAME_BYTES];
  char package[PERDITA_NAME_BYTES];
  uint32_t type, key_size, value_size, max_entries, flags;
  uint32_t entries; /* in use */
} perdita_map_info;
int perdita_map_at(const perdita_runtime* runtime, uint32_t index, perdita_map_info* info);

/* Copies the next entry of the map with that index to `key` and `value` (key_size and value_size bytes). `*cursor` is 0
 * for the first and goes back in for the next. Returns 0 behind the last one. A value may tear against a running
 * program. */
int perdita_map_next(const perdita_runtime* runtime, uint32_t index, uint32_t* cursor, uint8_t* key, uint8_t* value);

/* Counts the packages taken: with every one, what an index of the functions above stands for may change. */
uint32_t perdita_changes(const perdita_runtime* runtime);

/* ---- ring buffers: their records are read, and taken, by one reader in thread context ---- */

typedef struct perdita_ring_info {
  const void* identity;        /* the same for the same ring buffer, also where several packages have it */
  uint32_t consumer, producer; /* positions, in bytes modulo 2^32: what lies between them is there */
  uint32_t lost;               /* records there was no room for */
} perdita_ring_info;
/* 0 where the map with that index is no ring buffer. */
int perdita_ring_at(const perdita_runtime* runtime, uint32_t index, perdita_ring_info* info);

/* The first record at or behind `*position` that is written to its end; the position moves behind it. Points into the
 * ring buffer, until the record is taken. Any position is safe: one that lies before the oldest record stands for that
 * one. Returns 0 where there is no record yet; the position has then moved over discarded ones. */
int perdita_ring_next(const perdita_runtime* runtime, uint32_t index, uint32_t* position, const uint8_t** record,
                      uint32_t* size_bytes);

/* Takes the records that end at or before `position`: programs have their room again. Any position is safe. */
void perdita_ring_take(perdita_runtime* runtime, uint32_t index, uint32_t position);

/* Whether a record was submitted since the last call, and not with BPF_RB_NO_WAKEUP. */
int perdita_ring_woken(perdita_runtime* runtime, uint32_t index);

/* The highest sequence number taken for a package's name: the next must be above it. */
uint64_t perdita_sequence(const perdita_runtime* runtime, const char* package);

const perdita_config* perdita_configuration(const perdita_runtime* runtime);

#ifdef __cplusplus
}
#endif
#endif
