// SPDX-License-Identifier: Apache-2.0
//
// The engines: one invocation of one program. `native` (native.h) runs machine code. `interpreter` trusts the
// verifier's proof and checks only what costs next to nothing (frames, stack, link table); `guarded` trusts nothing:
// whatever the bytecode, it touches only memory that the program may touch, calls only with arguments inside their
// contracts, and ends after `steps` instructions. Frames and callbacks are the same code in both (frames.h); tests hold
// what instructions do in each to isa/reference.h. Any level; no heap; at most 900 bytes of C stack plus what called
// functions take.
#pragma once

#include "isa/helpers.h"
#include "isa/insn.h"
#include "isa/span.h"
#include "isa/status.h"
#include "isa/subprogram.h"
#include "perdita/contract.h"
#include "perdita/port.h"
#include "runtime/map.h"

namespace perdita::runtime {

using isa::Subprogram;

struct LinkedCall {
  const perdita_function* contract;
  perdita_thunk call;
};

// What a package's references resolve to, by the indices that stand in its instructions. Linking fills this and never
// touches the code (design, section 2).
struct LinkTable {
  Span<Map* const> maps;
  Span<const LinkedCall> functions;
  Span<const LinkedCall> helpers;  // searched by number
};

struct Prog;

// Memory of a ring buffer that was reserved and is not released yet.
struct Reservation {
  Map* map;
  void* sample;
  uint32_t size_bytes;
};

// What helpers keep for whoever fired, over all programs of a chain of tail calls. The routine of tail_call counts and
// names the next program here; an engine that called it and finds `next` set ends the program with kTailCalled,
// and whoever fired runs `next`. Reservations stand here so that a program that faults releases what it holds.
struct Activity {
  uint32_t active;  // 1: a program runs here
  Prog* next;
  uint32_t tail_calls;
  uint32_t fault_frames;                     // guarded, where the program faulted: frames that waited
  uint32_t return_pcs[isa::kMaxFrames - 1];  // and where each would have gone on, the innermost first
  uint32_t reservation_count;
  Reservation reservations[isa::kMaxReservations];
};

struct Invocation {
  const perdita_port* port;
  const LinkTable* link;
  Span<const isa::Insn> code;
  Span<const Subprogram> subprograms;  // ascending, [0] starts at 0
  const perdita_hook* hook;            // guarded: what of the context and packet may be touched
  void* context;                       // r1
  uint32_t second_argument;            // r2; hooks pass 0
  MutableBytes stack;                  // 8-aligned, multiple of 8
  Activity* activity;                  // of who fired; not null
  uint64_t steps;                      // most instructions: guarded, all that may run; claimed, what is proved
  const void* native = nullptr;        // machine code of the program, for the native engine
};

// A program that ended with a tail call. Never leaves the runtime.
constexpr Status kTailCalled = static_cast<Status>(255);

struct Outcome {
  Status status;         // ok, kTailCalled, or the fault
  uint32_t pc;           // of the instruction that faulted
  uint64_t result;       // r0
  uint64_t steps;        // guarded: instructions executed
  uint64_t address = 0;  // bad_access, read_only: of the access that was refused
};

Outcome run_interpreter(const Invocation& invocation);
Outcome run_guarded(const Invocation& invocation);

}  // namespace perdita::runtime
