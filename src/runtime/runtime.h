// SPDX-License-Identifier: Apache-2.0
//
// What the runtime holds: packages with their programs and maps, hooks with what is attached to them, and a BPF stack
// per level. Everything lives in the block the application handed over. Lists change in thread context with the port's
// lock held, and never while a program runs below (deliver refuses with `busy`); a hook's list also changes where one
// of its programs faults. So whoever fires a hook walks a list that stands still.
#pragma once

#include "perdita/perdita.h"
#include "runtime/engine.h"
#include "runtime/lock.h"
#include "runtime/memory.h"
#include "runtime/sequence.h"
#include "wire/image.h"

namespace perdita::runtime {

// Statistics are written at the program's level and read with the lock held.
struct ProgStats {
  uint64_t runs, misses, faults;
  uint64_t time_ns, longest_ns;
  int64_t last_result;
  Status last_fault;
  uint32_t last_fault_pc;
};

struct Package;

struct Prog {
  Text name;
  Package* package;
  Prog* next;  // on its hook
  Span<const isa::Insn> code;
  Span<const Subprogram> subprograms;
  uint64_t bound_instructions;  // from the claim; 0 without
  uint64_t steps;               // guarded: most in one invocation, whatever it tail-calls included
  // Claimed, for program arrays: its own worst case without what it tail-calls, BPF or machine instructions, whichever
  // are more; and the largest declaration of an array that it calls through. Both saturate.
  uint32_t own_instructions, tail_instructions;
  uint32_t stack_bytes;
  uint8_t hook;
  bool attached;
  perdita_engine engine;
  ProgStats stats;
};

// A map and what replacement needs to know of where it comes from.
struct PackageMap : Map {
  wire::MapSection section;
  bool pinned;  // a PinnedMap
  Bytes initial;
  // Program array: its package, what it declares (0: nothing), and what its image says it holds from the start.
  Package* package;
  uint32_t tail_instructions, tail_stack_bytes;
  wire::ItemCursor presets;
};

// A map that packages share (runtime/pin.h).
struct PinnedMap : PackageMap {
  PinnedMap* next;
  bool listed;                          // others may have it; its memory is the runtime's
  uint8_t owner[PERDITA_KEY_ID_BYTES];  // the author's key
  char own_name[PERDITA_NAME_BYTES];
};

struct Package {
  Package* next;
  Owner owner;  // of all its memory
  char name[PERDITA_NAME_BYTES];
  uint64_t sequence;
  uint8_t digest[wire::kDigestBytes];
  uint32_t image_bytes;
  bool claimed;
  uint32_t hooks, capabilities;  // bits of what its programs use
  Span<Prog> progs;
  LinkTable link;  // its maps are PackageMaps
};

struct Hook {
  Prog* first;
};

struct Level {
  uint8_t* stack;
  uint32_t stack_bytes;
  bool active;
};

constexpr Owner kRuntimeOwner = 1;

}  // namespace perdita::runtime

struct perdita_runtime {
  const perdita_config* config;
  perdita::runtime::Memory memory;
  perdita::runtime::Package* packages;  // in the order of their first installation
  perdita::runtime::Hook hooks[PERDITA_MAX_HOOKS];
  perdita::runtime::Level levels[PERDITA_MAX_LEVELS];
  perdita::runtime::SequenceTable sequences;
  perdita::runtime::Owner last_owner;
  perdita::runtime::PinnedMap* pins;
};

namespace perdita::runtime {

using Runtime = ::perdita_runtime;

inline const perdita_platform& platform_of(const Runtime& runtime) { return *runtime.config->platform; }
inline const perdita_port& port_of(const Runtime& runtime) { return *runtime.config->port; }

Package* find_package(const Runtime& runtime, Text name);
Prog* find_prog(const Package& package, Text name);

// Whether a program is running beneath the caller, who then must not change lists.
bool in_program(const Runtime& runtime);

}  // namespace perdita::runtime
