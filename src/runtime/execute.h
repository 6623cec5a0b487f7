// SPDX-License-Identifier: Apache-2.0
//
// What each instruction does, once for both engines (RFC 9669). `Access` is what differs: Access::kChecked says whether
// anything is checked at all, and where it is false every check below compiles to nothing.
//
//   Access(const Invocation&); kChecked;
//   Status access(uint64_t address, uint64_t size_bytes, bool write); void set_frame(uint64_t lowest);
//   Status arguments(const perdita_function&, const uint64_t* args);
//
// Registers are 64 bits wide; arithmetic on 32 bits touches only low halves, which on a 32-bit machine is one word.
// One case per opcode: the switch is dense, and compiles to one table branch.
#pragma once

#include "runtime/arithmetic.h"
#include "runtime/engine.h"

namespace perdita::runtime {

// What a call to a subprogram preserves.
struct SavedFrame {
  const isa::Insn* return_to;
  uint64_t registers[5];  // r6 to r10
  uint32_t subprogram;    // the caller
};

constexpr unsigned kFirstPreserved = 6;
constexpr unsigned kPreservedBytes = sizeof(uint64_t[5]);

// Index of the subprogram that starts at `first`, or the count where none does.
inline uint32_t find_subprogram(Span<const Subprogram> subprograms, int64_t first) {
  uint32_t low = 0;
  uint32_t high = static_cast<uint32_t>(subprograms.size());
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    if (subprograms[middle].first < first) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const bool found = low < subprograms.size() && subprograms[low].first == first;
  return found ? low : static_cast<uint32_t>(subprograms.size());
}

inline const LinkedCall* find_helper_call(Span<const LinkedCall> helpers, int32_t number) {
  for (const LinkedCall& helper : helpers) {
    if (helper.contract->helper == static_cast<uint32_t>(number)) return &helper;
  }
  return nullptr;
}

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

template <typename Access>
Outcome execute(const Invocation& invocation) {
  using namespace isa;  // NOLINT: the field's own names of opcodes, inside this function only
  Access access(invocation);
  const Insn* const first = invocation.code.data();
  const Insn* pc = first;
  uint64_t reg[kFrameRegister + 1] = {};
  SavedFrame frames[kMaxFrames - 1];
  uint32_t depth = 0;
  uint32_t subprogram = 0;
  uint64_t steps = 0;
  Status fault = Status::ok;

  // The address of the stack's first byte, and how many the current frame and its callers take of it.
  const uint64_t stack_low = reinterpret_cast<uintptr_t>(invocation.stack.data());
  reg[1] = reinterpret_cast<uintptr_t>(invocation.context);
  reg[2] = invocation.second_argument;
  reg[kFrameRegister] = stack_low + invocation.stack.size();
  if (invocation.subprograms.empty() || invocation.subprograms[0].stack_bytes > invocation.stack.size()) {
    return {Status::out_of_stack, 0, 0, 0};
  }
  access.set_frame(reg[kFrameRegister] - invocation.subprograms[0].stack_bytes);

  for (;;) {
    if constexpr (Access::kChecked) {
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
    }
    const Insn& insn = *pc++;
    if constexpr (Access::kChecked) {
      if (insn.dst() > kFrameRegister || insn.src() > kFrameRegister ||
          (insn.dst() == kFrameRegister && writes_dst(insn.opcode))) {
        fault = Status::bad_instruction;
        break;
      }
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

#define PERDITA_ACCESS(address, size_bytes, write)           \
  if constexpr (Access::kChecked) {                          \
    fault = access.access((address), (size_bytes), (write)); \
    if (fault != Status::ok) goto faulted;                   \
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
        if constexpr (Access::kChecked) {
          const unsigned bytes = access_bytes(insn.opcode);
          PERDITA_ACCESS(address, bytes, true)
          if (address % bytes != 0) {
            fault = Status::bad_access;
            goto faulted;
          }
          // Fetching writes r10 where src names it.
          if (insn.src() == kFrameRegister && (insn.imm & kFetch) != 0) goto bad_instruction;
        }
        if (!atomic(insn, reg, reinterpret_cast<void*>(static_cast<uintptr_t>(address)), *invocation.port)) {
          goto bad_instruction;
        }
        continue;
      }
#undef PERDITA_ACCESS

      case kLddw: {
        if constexpr (Access::kChecked) {
          if (pc == first + invocation.code.size()) goto bad_instruction;
        }
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
            if constexpr (Access::kChecked) {
              if (static_cast<uint32_t>(insn.imm) >= maps.size()) goto bad_instruction;
            }
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
        const LinkedCall* callee = nullptr;
        if (insn.src() == kCallLocal) goto call_local;
        if (insn.src() == kCallHelper) {
          callee = find_helper_call(invocation.link->helpers, insn.imm);
        } else if (insn.src() == kCallFunction && static_cast<uint32_t>(insn.imm) < invocation.link->functions.size()) {
          callee = &invocation.link->functions[static_cast<uint32_t>(insn.imm)];
        }
        if (callee == nullptr) goto bad_instruction;
        if constexpr (Access::kChecked) {
          fault = access.arguments(*callee->contract, &reg[1]);
          if (fault != Status::ok) goto faulted;
        }
        reg[0] = callee->call(const_cast<Invocation*>(&invocation), &reg[1]);
        continue;
      }

      case kJmp | kExit: {
        if (depth == 0) return {Status::ok, 0, reg[0], steps};
        const SavedFrame& frame = frames[--depth];
        pc = frame.return_to;
        subprogram = frame.subprogram;
        __builtin_memcpy(&reg[kFirstPreserved], frame.registers, kPreservedBytes);
        access.set_frame(reg[kFrameRegister] - invocation.subprograms[subprogram].stack_bytes);
        continue;
      }

      default:
        goto bad_instruction;
    }

  take_jump:
    if constexpr (Access::kChecked) {
      const int64_t target = (pc - first) + static_cast<int64_t>(distance);
      if (target < 0 || target >= static_cast<int64_t>(invocation.code.size())) {
        fault = Status::bad_jump;
        break;
      }
    }
    pc += distance;
    continue;

  call_local: {
    // The frame below the caller's: its r10 is where the caller's frame ends.
    const uint32_t callee = find_subprogram(invocation.subprograms, (pc - first) + static_cast<int64_t>(insn.imm));
    const bool missing = callee == invocation.subprograms.size() ||
                         (Access::kChecked && invocation.subprograms[callee].first >= invocation.code.size());
    if (missing) {
      fault = Status::bad_jump;
      goto faulted;
    }
    const uint64_t callee_top = reg[kFrameRegister] - invocation.subprograms[subprogram].stack_bytes;
    if (depth == kMaxFrames - 1 || callee_top - stack_low < invocation.subprograms[callee].stack_bytes) {
      fault = Status::out_of_stack;
      goto faulted;
    }
    SavedFrame& frame = frames[depth++];
    frame.return_to = pc;
    frame.subprogram = subprogram;
    __builtin_memcpy(frame.registers, &reg[kFirstPreserved], kPreservedBytes);
    subprogram = callee;
    reg[kFrameRegister] = callee_top;
    access.set_frame(callee_top - invocation.subprograms[callee].stack_bytes);
    pc = first + invocation.subprograms[callee].first;
    continue;
  }

  bad_instruction:
    fault = Status::bad_instruction;
  faulted:
    break;
  }
  // `pc` stands behind the instruction that faulted, except where there was none to fetch.
  const uint32_t behind = static_cast<uint32_t>(pc - first);
  return {fault, behind == 0 ? 0 : behind - 1, 0, steps};
}

}  // namespace perdita::runtime
