// SPDX-License-Identifier: Apache-2.0
#include "isa/cost.h"

#include "isa/form.h"
#include "isa/helpers.h"
#include "isa/map.h"
#include "perdita/contract.h"

namespace perdita::isa {
namespace {

// Machine instructions of one engine by class of BPF instruction, worst case. The classes are those whose costs differ
// on a 32-bit machine.
struct CostRow {
  uint32_t simple;      // 32- or 64-bit addition, logic, move, negation, comparison and jump
  uint32_t shift64;     // by a register: crosses the words
  uint32_t multiply64;  // three partial products
  uint32_t divide32;    // one machine instruction, and the cases of 0 and of -1
  uint32_t divide64;    // a routine of the compiler's library
  uint32_t extend;      // a move that extends a sign: two shifts by a variable
  uint32_t byte_order;  // up to eight bytes
  uint32_t load_wide;   // with a look at the link table
  uint32_t memory;      // load or store, byte by byte where it is not aligned
  uint32_t atomic;      // with interrupts locked out: two calls of the port, of 100 each
  uint32_t call;        // of a helper or function: found among all helpers, the way there and back
  uint32_t call_local;  // of a subprogram: found among kMaxSubprograms by halves, a frame, r6 to r10
  uint32_t exit;        // back to the caller, r6 to r10; or on to the next iteration of a loop
};

// The guarded engine looks at the registers of each step and counts it, and looks for each access through all memory
// that a program may own: its stack, context and packet, each of its package's maps, and then what it has reserved and
// the keys of its callbacks.
struct GuardCost {
  uint32_t map_searched;    // for each of the package's maps, by address
  uint32_t piece_searched;  // for each reservation and callback there can be
  uint32_t search;          // beside these
  uint32_t map_found;       // for each map, by its handle
  uint32_t argument;        // of a helper, without a search for its memory
};

struct Machine {
  CostRow interpreter, guarded;
  GuardCost guard;
};

// Every engine and target has its numbers here and nowhere else. The test on the emulated boards holds them to what it
// counts; docs/spec/cost.md says how they were found.
constexpr Machine kArmv7m = {
    .interpreter = {.simple = 28,
                    .shift64 = 34,
                    .multiply64 = 32,
                    .divide32 = 76,
                    .divide64 = 1200,
                    .extend = 50,
                    .byte_order = 54,
                    .load_wide = 52,
                    .memory = 24,
                    .atomic = 400,
                    .call = 250,
                    .call_local = 260,
                    .exit = 130},
    .guarded = {.simple = 76,
                .shift64 = 76,
                .multiply64 = 76,
                .divide32 = 90,
                .divide64 = 1200,
                .extend = 76,
                .byte_order = 76,
                .load_wide = 90,
                .memory = 76,  // and the search
                .atomic = 440,
                .call = 380,
                .call_local = 270,
                .exit = 190},
    .guard = {.map_searched = 22, .piece_searched = 15, .search = 100, .map_found = 8, .argument = 60},
};

// No instruction loads or stores two registers, and none shifts across words; byte by byte where an address is not
// known to be aligned.
constexpr Machine kRv32imc = {
    .interpreter = {.simple = 46,
                    .shift64 = 52,
                    .multiply64 = 48,
                    .divide32 = 80,
                    .divide64 = 1500,
                    .extend = 68,
                    .byte_order = 100,
                    .load_wide = 80,
                    .memory = 52,
                    .atomic = 420,
                    .call = 250,
                    .call_local = 270,
                    .exit = 170},
    .guarded = {.simple = 76,
                .shift64 = 76,
                .multiply64 = 76,
                .divide32 = 90,
                .divide64 = 1500,
                .extend = 76,
                .byte_order = 90,
                .load_wide = 90,
                .memory = 76,
                .atomic = 440,
                .call = 380,
                .call_local = 270,
                .exit = 190},
    .guard = {.map_searched = 44, .piece_searched = 24, .search = 130, .map_found = 12, .argument = 90},
};

// The lx106: no division, no product of two words in full. Both are routines (boards/common/wide_arithmetic.h).
constexpr Machine kXtensa = {
    .interpreter = {.simple = 48,
                    .shift64 = 60,
                    .multiply64 = 70,
                    .divide32 = 330,
                    .divide64 = 1520,
                    .extend = 72,
                    .byte_order = 92,
                    .load_wide = 80,
                    .memory = 96,
                    .atomic = 430,
                    .call = 250,
                    .call_local = 270,
                    .exit = 180},
    .guarded = {.simple = 80,
                .shift64 = 80,
                .multiply64 = 80,
                .divide32 = 310,
                .divide64 = 1500,
                .extend = 80,
                .byte_order = 90,
                .load_wide = 90,
                .memory = 80,
                .atomic = 440,
                .call = 380,
                .call_local = 280,
                .exit = 205},
    .guard = {.map_searched = 48, .piece_searched = 26, .search = 140, .map_found = 12, .argument = 90},
};

constexpr uint32_t kGuardedClear = 4;  // for each byte of the program's stack, before it begins

uint32_t search_cost(const GuardCost& guard, uint32_t maps) {
  return maps * guard.map_searched + (kMaxReservations + kMaxFrames) * guard.piece_searched + guard.search;
}

uint32_t arithmetic_cost(const CostRow& row, uint8_t opcode) {
  const bool wide = operand_bits(opcode) == 64;
  switch (insn_op(opcode)) {
    case kMul:
      return wide ? row.multiply64 : row.simple;
    case kDiv:
    case kMod:
      return wide ? row.divide64 : row.divide32;
    case kLsh:
    case kRsh:
    case kArsh:
      return wide ? row.shift64 : row.simple;
    default:
      return row.simple;
  }
}

uint32_t cost(const CostRow& row, const Insn& insn) {
  switch (form_of(insn.opcode)) {
    case Form::load_wide:
      return row.load_wide;
    case Form::load:
    case Form::store_immediate:
    case Form::store_register:
      return row.memory;
    case Form::atomic:
      return row.atomic;
    case Form::alu_immediate:
    case Form::alu_register:
    case Form::divide_immediate:
    case Form::divide_register:
      return arithmetic_cost(row, insn.opcode);
    case Form::byte_order:
      return row.byte_order;
    case Form::move_register32:
    case Form::move_register64:
      return insn.offset == 0 ? row.simple : row.extend;
    case Form::move_immediate:
    case Form::negate:
    case Form::jump:
    case Form::jump_wide:
    case Form::branch_immediate:
    case Form::branch_register:
      return row.simple;
    case Form::call:
      return insn.src() == kCallLocal ? row.call_local : row.call;
    case Form::exit:
      return row.exit;
    case Form::invalid:
    case Form::legacy:
      return 0;  // never executed: validate refuses them
  }
  return 0;
}

// What the guarded engine takes to look at one argument.
uint32_t argument_cost(const GuardCost& guard, uint8_t kind, uint32_t maps) {
  switch (kind) {
    case PERDITA_ARG_SCALAR:
    case PERDITA_ARG_CONTEXT:
      return guard.argument;
    case PERDITA_ARG_MAP:
      return guard.argument + maps * guard.map_found;
    case PERDITA_ARG_MEM_INOUT:
      return guard.argument + 2 * search_cost(guard, maps);  // for reading and for writing
    default:
      return guard.argument + search_cost(guard, maps);
  }
}

// A helper's contract says what has to be looked at. A function's is the platform's, so the dearest one is assumed.
uint32_t arguments_cost(const GuardCost& guard, const Insn& insn, uint32_t maps) {
  if (insn.src() != kCallHelper) return PERDITA_MAX_ARGS * argument_cost(guard, PERDITA_ARG_MEM_INOUT, maps);
  uint32_t sum = 0;
  const perdita_function* helper = find_helper(static_cast<uint32_t>(insn.imm));
  for (unsigned i = 0; helper != nullptr && i < helper->arg_count; i++)
    sum += argument_cost(guard, helper->args[i].kind, maps);
  return sum;
}

template <const Machine& machine>
uint32_t guarded_cost(const Insn& insn, uint32_t maps) {
  const uint32_t itself = cost(machine.guarded, insn);
  switch (form_of(insn.opcode)) {
    case Form::load:
    case Form::store_immediate:
    case Form::store_register:
    case Form::atomic:
      return itself + search_cost(machine.guard, maps);
    case Form::call:
      return itself + (insn.src() != kCallLocal ? arguments_cost(machine.guard, insn, maps) : 0);
    default:
      return itself;
  }
}

template <const Machine& machine>
uint32_t interpreter_cost(const Insn& insn, uint32_t /*maps*/) {
  return cost(machine.interpreter, insn);
}

// `invocation`: the engine's own entering and leaving, and perdita_fire's part for one program.
constexpr EngineCost kEngines[] = {
    {"armv7m/guarded", 100, 300, kGuardedClear, guarded_cost<kArmv7m>},
    {"armv7m/interpreter", 100, 150, 0, interpreter_cost<kArmv7m>},
    {"rv32imc/guarded", 150, 300, kGuardedClear, guarded_cost<kRv32imc>},
    {"rv32imc/interpreter", 150, 150, 0, interpreter_cost<kRv32imc>},
    {"xtensa/guarded", 160, 300, kGuardedClear, guarded_cost<kXtensa>},
    {"xtensa/interpreter", 160, 150, 0, interpreter_cost<kXtensa>},
};

}  // namespace

Span<const EngineCost> engine_costs() { return kEngines; }

uint64_t callee_cost(const EngineCost& engine, uint64_t contract) {
  uint64_t hundredfold = 0;
  if (__builtin_mul_overflow(contract, uint64_t{engine.callee_percent}, &hundredfold)) return UINT64_MAX;
  return hundredfold / 100 + (hundredfold % 100 != 0 ? 1 : 0);
}

uint64_t callee_cost(const char* target, uint64_t contract) {
  const size_t length = __builtin_strlen(target);
  for (const EngineCost& engine : kEngines) {
    if (__builtin_strncmp(engine.engine, target, length) == 0 && engine.engine[length] == '/') {
      return callee_cost(engine, contract);
    }
  }
  return contract;
}

}  // namespace perdita::isa
