// SPDX-License-Identifier: Apache-2.0
//
// The guarded engine: what each instruction does (RFC 9669) behind a check of everything it names. One case per opcode:
// the switch is dense, and compiles to one table branch.
#include <string.h>

#include "runtime/arithmetic.h"
#include "runtime/frames.h"
#include "runtime/guard.h"

namespace perdita::runtime {
namespace {

// Whether the opcode's class writes the register that `dst` names.
constexpr bool writes_dst(uint8_t opcode) {
  const uint8_t cls = isa::insn_class(opcode);
  return cls == isa::kAlu || cls == isa::kAlu64 || cls == isa::kLdx || cls == isa::kLd;
}

template <typename T>
T load(uint64_t address) {
  T value;
  __builtin_memcpy(&value, reinterpret_cast<const void*>(static_cast<uintptr_t>(address)), sizeof value);
  return value;
}

template <typename T>
void store(uint64_t address, T value) {
  __builtin_memcpy(reinterpret_cast<void*>(static_cast<uintptr_t>(address)), &value, sizeof value);
}

Outcome execute(const Invocation& invocation) {
  using namespace isa;  // NOLINT: the field's own names of opcodes, inside this function only
  Machine machine(invocation);
  Guard guard(invocation, &machine);
  const Insn* const first = invocation.code.data();
  const Insn* pc = first;
  uint64_t* const reg = machine.reg;
  uint64_t steps = 0;
  uint64_t fault_address = 0;
  Status fault = enter_program(machine);
  if (fault != Status::ok) return {fault, 0, 0, 0};
  guard.set_frame(machine.lowest());

  for (;;) {
    // Compared by index: a pointer that ran away is never formed, see take_jump.
    if (pc == first + invocation.code.size()) {
      fault = Status::bad_jump;
      break;
    }
    if (steps == invocation.steps) {
      pc++;
      fault = Status::out_of_steps;
      break;
    }
    steps++;
    const Insn& insn = *pc++;
    if (insn.dst() > kFrameRegister || insn.src() > kFrameRegister ||
        (insn.dst() == kFrameRegister && writes_dst(insn.opcode))) {
      fault = Status::bad_instruction;
      break;
    }
    uint64_t& dst = reg[insn.dst()];
    const uint64_t& src = reg[insn.src()];
    int32_t distance = insn.offset;

    switch (insn.opcode) {
#define PERDITA_BINARY(operation, op)                                                           \
  case kAlu64 | (operation) | kX:                                                               \
    dst = dst op src;                                                                           \
    continue;                                                                                   \
  case kAlu64 | (operation) | kK:                                                               \
    dst = dst op static_cast<uint64_t>(static_cast<int64_t>(insn.imm));                         \
    continue;                                                                                   \
  case kAlu | (operation) | kX:                                                                 \
    dst = static_cast<uint32_t>(static_cast<uint32_t>(dst) op static_cast<uint32_t>(src));      \
    continue;                                                                                   \
  case kAlu | (operation) | kK:                                                                 \
    dst = static_cast<uint32_t>(static_cast<uint32_t>(dst) op static_cast<uint32_t>(insn.imm)); \
    continue;
      PERDITA_BINARY(kAdd, +)
      PERDITA_BINARY(kSub, -)
      PERDITA_BINARY(kMul, *)
      PERDITA_BINARY(kOr, |)
      PERDITA_BINARY(kAnd, &)
      PERDITA_BINARY(kXor, ^)
#undef PERDITA_BINARY

#define PERDITA_SHIFT(operation, op, signed_or_not)                                                         \
  case kAlu64 | (operation) | kX:                                                                           \
    dst = static_cast<uint64_t>(static_cast<signed_or_not##64_t>(dst) op(src & 63));                        \
    continue;                                                                                               \
  case kAlu64 | (operation) | kK:                                                                           \
    dst = static_cast<uint64_t>(static_cast<signed_or_not##64_t>(dst) op(insn.imm & 63));                   \
    continue;                                                                                               \
  case kAlu | (operation) | kX:                                                                             \
    dst = static_cast<uint32_t>(static_cast<signed_or_not##32_t>(dst) op(static_cast<uint32_t>(src) & 31)); \
    continue;                                                                                               \
  case kAlu | (operation) | kK:                                                                             \
    dst = static_cast<uint32_t>(static_cast<signed_or_not##32_t>(dst) op(insn.imm & 31));                   \
    continue;
      PERDITA_SHIFT(kLsh, <<, uint)
      PERDITA_SHIFT(kRsh, >>, uint)
      PERDITA_SHIFT(kArsh, >>, int)
#undef PERDITA_SHIFT

#define PERDITA_DIVISION(operation, name)                                                          \
  case kAlu64 | (operation) | kX:                                                                  \
    dst = name##64(dst, src, insn.offset != 0);                                                    \
    continue;                                                                                      \
  case kAlu64 | (operation) | kK:                                                                  \
    dst = name##64(dst, static_cast<uint64_t>(static_cast<int64_t>(insn.imm)), insn.offset != 0);  \
    continue;                                                                                      \
  case kAlu | (operation) | kX:                                                                    \
    dst = name##32(static_cast<uint32_t>(dst), static_cast<uint32_t>(src), insn.offset != 0);      \
    continue;                                                                                      \
  case kAlu | (operation) | kK:                                                                    \
    dst = name##32(static_cast<uint32_t>(dst), static_cast<uint32_t>(insn.imm), insn.offset != 0); \
    continue;
      PERDITA_DIVISION(kDiv, divide)
      PERDITA_DIVISION(kMod, modulo)
#undef PERDITA_DIVISION

      case kAlu64 | kNeg:
        dst = 0 - dst;
        continue;
      case kAlu | kNeg:
        dst = static_cast<uint32_t>(0 - static_cast<uint32_t>(dst));
        continue;
      case kAlu64 | kMov | kX:
        dst = insn.offset == 0 ? src : sign_extend(src, insn.offset);
        continue;
      case kAlu64 | kMov | kK:
        dst = static_cast<uint64_t>(static_cast<int64_t>(insn.imm));
        continue;
      case kAlu | kMov | kX:
        dst = static_cast<uint32_t>(insn.offset == 0 ? src : sign_extend(src, insn.offset));
        continue;
      case kAlu | kMov | kK:
        dst = static_cast<uint32_t>(insn.imm);
        continue;
      case kAlu | kEnd | kK:
        if (truncate_bits(dst, insn.imm)) continue;
        goto bad_instruction;
      case kAlu | kEnd | kX:
      case kAlu64 | kEnd | kK:
        if (swap_bytes(dst, insn.imm)) continue;
        goto bad_instruction;

#define PERDITA_JUMP(operation, op, signed_or_not)                                                                 \
  case kJmp | (operation) | kX:                                                                                    \
    if (static_cast<signed_or_not##64_t>(dst) op static_cast<signed_or_not##64_t>(src)) goto take_jump;            \
    continue;                                                                                                      \
  case kJmp | (operation) | kK:                                                                                    \
    if (static_cast<signed_or_not##64_t>(dst) op static_cast<signed_or_not##64_t>(static_cast<int64_t>(insn.imm))) \
      goto take_jump;                                                                                              \
    continue;                                                                                                      \
  case kJmp32 | (operation) | kX:                                                                                  \
    if (static_cast<signed_or_not##32_t>(dst) op static_cast<signed_or_not##32_t>(src)) goto take_jump;            \
    continue;                                                                                                      \
  case kJmp32 | (operation) | kK:                                                                                  \
    if (static_cast<signed_or_not##32_t>(dst) op static_cast<signed_or_not##32_t>(insn.imm)) goto take_jump;       \
    continue;
        PERDITA_JUMP(kJeq, ==, uint)
        PERDITA_JUMP(kJne, !=, uint)
        PERDITA_JUMP(kJgt, >, uint)
        PERDITA_JUMP(kJge, >=, uint)
        PERDITA_JUMP(kJlt, <, uint)
        PERDITA_JUMP(kJle, <=, uint)
        PERDITA_JUMP(kJsgt, >, int)
        PERDITA_JUMP(kJsge, >=, int)
        PERDITA_JUMP(kJslt, <, int)
        PERDITA_JUMP(kJsle, <=, int)
#undef PERDITA_JUMP

      case kJmp | kJset | kX:
        if ((dst & src) != 0) goto take_jump;
        continue;
      case kJmp | kJset | kK:
        if ((dst & static_cast<uint64_t>(static_cast<int64_t>(insn.imm))) != 0) goto take_jump;
        continue;
      case kJmp32 | kJset | kX:
        if ((static_cast<uint32_t>(dst) & static_cast<uint32_t>(src)) != 0) goto take_jump;
        continue;
      case kJmp32 | kJset | kK:
        if ((static_cast<uint32_t>(dst) & static_cast<uint32_t>(insn.imm)) != 0) goto take_jump;
        continue;
      case kJmp32 | kJa:
        distance = insn.imm;
        goto take_jump;
      case kJmp | kJa:
        goto take_jump;

#define PERDITA_ACCESS(address, size_bytes, write)        \
  fault = guard.access((address), (size_bytes), (write)); \
  if (fault != Status::ok) {                              \
    fault_address = (address);                            \
    goto faulted;                                         \
  }
#define PERDITA_LOAD(opcode_bits, type, extended)                                            \
  case kLdx | (opcode_bits): {                                                               \
    const uint64_t address = src + static_cast<uint64_t>(static_cast<int64_t>(insn.offset)); \
    PERDITA_ACCESS(address, sizeof(type), false)                                             \
    dst = static_cast<uint64_t>(static_cast<extended>(load<type>(address)));                 \
    continue;                                                                                \
  }
        PERDITA_LOAD(kMem | kB, uint8_t, uint64_t)
        PERDITA_LOAD(kMem | kH, uint16_t, uint64_t)
        PERDITA_LOAD(kMem | kW, uint32_t, uint64_t)
        PERDITA_LOAD(kMem | kDw, uint64_t, uint64_t)
        PERDITA_LOAD(kMemSx | kB, int8_t, int64_t)
        PERDITA_LOAD(kMemSx | kH, int16_t, int64_t)
        PERDITA_LOAD(kMemSx | kW, int32_t, int64_t)
#undef PERDITA_LOAD

#define PERDITA_STORE(size, type)                                                            \
  case kSt | kMem | (size): {                                                                \
    const uint64_t address = dst + static_cast<uint64_t>(static_cast<int64_t>(insn.offset)); \
    PERDITA_ACCESS(address, sizeof(type), true)                                              \
    store(address, static_cast<type>(static_cast<int64_t>(insn.imm)));                       \
    continue;                                                                                \
  }                                                                                          \
  case kStx | kMem | (size): {                                                               \
    const uint64_t address = dst + static_cast<uint64_t>(static_cast<int64_t>(insn.offset)); \
    PERDITA_ACCESS(address, sizeof(type), true)                                              \
    store(address, static_cast<type>(src));                                                  \
    continue;                                                                                \
  }
        PERDITA_STORE(kB, uint8_t)
        PERDITA_STORE(kH, uint16_t)
        PERDITA_STORE(kW, uint32_t)
        PERDITA_STORE(kDw, uint64_t)
#undef PERDITA_STORE

      case kStx | kAtomic | kW:
      case kStx | kAtomic | kDw: {
        const uint64_t address = dst + static_cast<uint64_t>(static_cast<int64_t>(insn.offset));
        const unsigned bytes = access_bytes(insn.opcode);
        PERDITA_ACCESS(address, bytes, true)
        if (address % bytes != 0) {
          fault = Status::bad_access;
          fault_address = address;
          goto faulted;
        }
        // Fetching writes r10 where src names it.
        if (insn.src() == kFrameRegister && (insn.imm & kFetch) != 0) goto bad_instruction;
        if (!atomic(insn, reg, reinterpret_cast<void*>(static_cast<uintptr_t>(address)), *invocation.port)) {
          goto bad_instruction;
        }
        continue;
      }
#undef PERDITA_ACCESS

      case kLddw: {
        if (pc == first + invocation.code.size()) goto bad_instruction;
        const Insn& next = *pc++;
        switch (insn.src()) {
          case kLddwImm:
            dst = static_cast<uint32_t>(insn.imm) | static_cast<uint64_t>(static_cast<uint32_t>(next.imm)) << 32;
            continue;
          case kLddwFunction:
            dst = static_cast<uint64_t>(pc - 1 - first + insn.imm);
            continue;
          case kLddwMap:
          case kLddwMapValue: {
            const Span<Map* const> maps = invocation.link->maps;
            if (static_cast<uint32_t>(insn.imm) >= maps.size()) goto bad_instruction;
            const Map* map = maps[static_cast<uint32_t>(insn.imm)];
            dst = insn.src() == kLddwMap ? reinterpret_cast<uintptr_t>(map)
                                         : reinterpret_cast<uintptr_t>(map->elements) + static_cast<uint32_t>(next.imm);
            continue;
          }
          default:
            goto bad_instruction;
        }
      }

      case kJmp | kCall: {
        const Insn* const behind = pc;
        if (insn.src() == kCallLocal) {
          fault = enter_subprogram(machine, pc, (pc - first) + static_cast<int64_t>(insn.imm));
        } else {
          const LinkedCall* callee = find_call(machine, insn);
          if (callee == nullptr) goto bad_instruction;
          const bool tail_call = insn.src() == kCallHelper && insn.imm == static_cast<int32_t>(kHelperTailCall);
          // Only the entry can be replaced: others wait for what runs here.
          if (tail_call && machine.depth != 0) goto bad_instruction;
          fault = guard.arguments(*callee->contract, &reg[1]);
          if (fault != Status::ok) goto faulted;
          if (insn.src() == kCallHelper && engine_runs(insn.imm)) {
            fault = enter_loop(machine, pc, callee->contract->helper);
          } else {
            reg[0] = callee->call(const_cast<Invocation*>(&invocation), &reg[1]);
            if (tail_called(machine, insn)) return {kTailCalled, 0, 0, steps};
          }
        }
        if (fault != Status::ok) {
          pc = behind;
          goto faulted;
        }
        guard.set_frame(machine.lowest());
        continue;
      }

      case kJmp | kExit:
        if (machine.depth == 0) return {Status::ok, 0, reg[0], steps};
        if (machine.frames[machine.depth - 1].is_callback && reg[0] > 1) {
          fault = Status::bad_value;
          goto faulted;
        }
        leave_subprogram(machine, pc);
        guard.set_frame(machine.lowest());
        continue;

      default:
        goto bad_instruction;
    }

  take_jump: {
    const int64_t target = (pc - first) + static_cast<int64_t>(distance);
    if (target < 0 || target >= static_cast<int64_t>(invocation.code.size())) {
      fault = Status::bad_jump;
      break;
    }
    pc += distance;
    continue;
  }

  bad_instruction:
    fault = Status::bad_instruction;
  faulted:
    break;
  }
  leave_frames(machine);
  // `pc` stands behind the instruction that faulted, except where there was none to fetch.
  const uint32_t behind = static_cast<uint32_t>(pc - first);
  return {fault, behind == 0 ? 0 : behind - 1, 0, steps, fault_address};
}

}  // namespace

Outcome run_guarded(const Invocation& invocation) {
  // Nothing proves that the program writes its stack before it reads it: it finds zeros, not what others left there.
  if (!invocation.stack.empty()) memset(invocation.stack.data(), 0, invocation.stack.size());
  return execute(invocation);
}

}  // namespace perdita::runtime
