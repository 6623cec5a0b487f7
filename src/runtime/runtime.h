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
#include "runtime/statistics.h"
#include "wire/image.h"

namespace perdita::runtime {

struct Package;
struct NativePart;

// A program is its own invocation, prepared when it is installed: firing fills in the context and nothing else. It
// cannot be active twice, for its level is not.
struct Prog : Invocation {
  Outcome (*run)(const Invocation& invocation);
  Prog* next;  // on its hook
  ProgStats stats;
  uint64_t due_ns;  // on a periodic hook, when it is due next; 0: not known yet. Changes as the statistics do
  uint32_t period_us;
  uint8_t hook_index;
  bool narrow_result;  // of the hook: isa::result_is_int32
  bool attached;
  bool wanted;  // on its hook, by what was ordered; a fault changes only `attached`
  Text name;
};

// A map and what replacement needs to know of where it comes from.
struct PackageMap : Map {
  wire::MapSection section;
  bool pinned;  // a PinnedMap
  Bytes initial;
};

// What a claim says of a program for program arrays: its own worst case without what it tail-calls, BPF or machine
// instructions, whichever are more; and the largest declaration of an array that it calls through. Both saturate.
struct TailBounds {
  uint32_t own_instructions, tail_instructions;
};

// A program array: its package, the bounds of that one's programs, what it declares (0: nothing), and what its image
// says it holds from the start.
struct ProgArray : PackageMap {
  Package* package;
  const TailBounds* bounds;  // claimed: one per program
  uint32_t tail_instructions, tail_stack_bytes;
  wire::ItemCursor presets;
};

// A map that packages share (runtime/pin.h).
struct PinnedMap : PackageMap {
  PinnedMap* next;
  uint64_t types;                       // digest of its types; 0: not told
  bool listed;                          // others may have it; its memory is the runtime's
  uint8_t owner[PERDITA_KEY_ID_BYTES];  // the author's key
  char own_name[PERDITA_NAME_BYTES];
};

// Stands at the start of a block that holds its programs, tables and image too; the block's owner is that of all its
// memory. The maps that it is linked to are PackageMaps.
struct Package : LinkTable {
  NativePart* native;  // of programs that are machine code (native.h); else null
  Package* next;
  Package* previous;  // the version before, kept (runtime/version.h); behind one that came back: the one that failed
  char name[PERDITA_NAME_BYTES];
  uint64_t sequence;
  Bytes image;
  Span<Prog> progs;
  uint32_t capabilities;  // bits of what its programs use
  uint16_t hooks;         // as well
  bool claimed;
  bool failed;  // one of its programs faulted too often: it never comes back
};
static_assert(PERDITA_MAX_HOOKS <= 16);

// What an installed program is linked to is its package.
inline Package& package_of(const Prog& prog) {
  return *const_cast<Package*>(static_cast<const Package*>(prog.link));  // NOLINT: engines do not change it, others may
}
inline Owner owner_of(const Package& package) { return Memory::owner_of(&package); }

// An instance of one program with one subprogram, beside stack, maps and image: what the board's memory is counted in.
// Each import adds an entry to the tables. Where pointers have 32 bits (boards/common/tests/instance_test.cc
// installs one and counts).
constexpr uint32_t kInstanceBytes = Memory::kAlignment + sizeof(Package) + sizeof(Prog) + sizeof(Subprogram);
constexpr uint32_t kMostInstanceBytes = 256;
static_assert(sizeof(void*) != 4 || kInstanceBytes <= kMostInstanceBytes);

struct Hook {
  Prog* first;
};

// The level's activity is what its invocations share; between them it is as it was in the beginning.
struct Level : Activity {
  uint8_t* stack;
  uint32_t stack_bytes;
};

constexpr Owner kRuntimeOwner = 1;

// What is told of a fault; of the last one of each of the last few programs that had one. Names and sequence number:
// the package may be gone.
constexpr uint32_t kFaultRecords = 2;
struct FaultRecord {
  char package[PERDITA_NAME_BYTES];  // "" for none
  char prog[PERDITA_NAME_BYTES];
  uint64_t sequence;  // of the package that faulted
  uint64_t address;
  uint32_t pc;
  uint32_t frame_count;
  uint32_t return_pcs[isa::kMaxFrames - 1];
  Status status;
};

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
  uint32_t changes;  // packages taken
  perdita::runtime::FaultRecord faults[perdita::runtime::kFaultRecords];
  bool delivering;  // thread context changes lists: faults take programs off and nothing else
};

namespace perdita::runtime {

using Runtime = ::perdita_runtime;

inline const perdita_platform& platform_of(const Runtime& runtime) { return *runtime.config->platform; }
inline const perdita_port& port_of(const Runtime& runtime) { return *runtime.config->port; }

Package* find_package(const Runtime& runtime, Text name);
Prog* find_prog(const Package& package, Text name);

// With the lock held: `fresh` stands where `old` stood.
void replace_in_list(Runtime& runtime, const Package& old, Package& fresh);

// Whether a program is running beneath the caller, who then must not change lists.
bool in_program(const Runtime& runtime);

}  // namespace perdita::runtime
