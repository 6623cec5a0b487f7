// SPDX-License-Identifier: Apache-2.0
//
// The interpreter: trusts the proof, and is built for speed on a 32-bit machine. `script/bench engines` counts.
//   * One 64-bit load fetches an instruction; its low word holds opcode, registers and offset, its high word imm.
//   * What compiled programs use most is dispatched by one jump to handlers of its own. All other instructions take a
//   second
//     jump and share code, to be small.
//   * Operations on 32 bits touch one word of the register file and clear the other; addresses are words.
//   * What is rare is out of line, so that all that the handlers need stays in machine registers.
#include "runtime/interpreter_rare.h"
#include "runtime/word_pair.h"

namespace perdita::runtime {
namespace {

using isa::Insn;

template <typename T>
T load(uintptr_t address) {
  T value;
  __builtin_memcpy(&value, reinterpret_cast<const void*>(address), sizeof value);
  return value;
}

template <typename T>
void store(uintptr_t address, T value) {
  __builtin_memcpy(reinterpret_cast<void*>(address), &value, sizeof value);
}

inline void write(uint64_t* to, uint64_t value) {
  write_pair(to, static_cast<uint32_t>(value), static_cast<uint32_t>(value >> 32));
}

// Some values live in machine registers of their own, where the compiler would move them about.
#if PERDITA_WORD_PAIRS
#define PERDITA_REGISTER(declaration, name) register declaration __asm__(name)
#else
#define PERDITA_REGISTER(declaration, name) declaration
#endif

[[gnu::noinline]] void interpret(Machine& machine, Outcome& outcome) {
  using namespace isa;  // NOLINT: the names of opcodes, inside this function only
  PERDITA_REGISTER(const Insn* pc, "r6") = machine.first();
  uint64_t* const reg = machine.reg;
#if PERDITA_WORD_PAIRS
  const uint32_t* handlers;  // the table that stands at the dispatch
  __asm__("movw %0, #:lower16:perdita_handlers\n\tmovt %0, #:upper16:perdita_handlers" : "=r"(handlers));
#endif
  uint32_t zero = 0;
  // Hidden from the compiler, which knows the value: otherwise it loads it for each instruction.
  __asm__("" : "+r"(zero));
  PERDITA_REGISTER(uint32_t head, "r8");  // of the current instruction: opcode, registers, offset
  PERDITA_REGISTER(int32_t imm, "r7");
  uint64_t* dst;  // the register that it names as destination
  uint64_t a;     // operands, where handlers share code
  uint64_t b;

#define IMM64 static_cast<uint64_t>(static_cast<int64_t>(imm))
#define OFFSET (static_cast<int32_t>(head) >> 16)
#define SOURCE (&reg[head >> 12 & 15])
#define DST32 static_cast<uint32_t>(*dst)
#define SRC32 static_cast<uint32_t>(*SOURCE)
#define ADDRESS(base) (static_cast<uintptr_t>(base) + static_cast<uintptr_t>(OFFSET))
#define WRITE(value) write(dst, value)
#define WRITE32(value) write_pair(dst, static_cast<uint32_t>(value), zero)

next:
  PERDITA_FETCH(pc, head, imm);
  dst = reg + (head >> 8 & 15);
  __asm__("" : "+r"(dst));  // hidden too: one address then serves load and store

#if PERDITA_WORD_PAIRS
  // One instruction jumps through a table, of which the compiler makes three. It has to be told where the jump can
  // lead, to 28 labels at most (a limit of GCC's): the handlers of what compiled programs use most, and `other`. By
  // opcode; columns are the classes: LD, LDX, ST, STX, ALU, JMP, JMP32, ALU64.
  // clang-format off
#define TO(label) ".word %l[" #label "] + 1\n"
#define ROW(a, b, c, d, e, f, g, h) TO(a) TO(b) TO(c) TO(d) TO(e) TO(f) TO(g) TO(h)
  __asm__ goto(
    ".pushsection .rodata.perdita_handlers, \"a\"\n"
    ".balign 4\n"
    "perdita_handlers:\n"
    /* 00 */ ROW(other, other, other, other, add32_k, ja, other, add64_k)
    /* 08 */ ROW(other, other, other, other, add32_x, other, other, add64_x)
    /* 10 */ ROW(other, other, other, other, other, jeq64_k, jeq32_k, other)
    /* 18 */ ROW(other, other, other, other, sub32_x, other, other, other)
    /* 20 */ ROW(other, other, other, other, other, other, other, other)
    /* 28 */ ROW(other, other, other, other, other, jgt64_x, other, other)
    /* 30 */ ROW(other, other, other, other, other, other, other, other)
    /* 38 */ ROW(other, other, other, other, other, other, other, other)
    /* 40 */ ROW(other, other, other, other, other, other, other, other)
    /* 48 */ ROW(other, other, other, other, other, other, other, other)
    /* 50 */ ROW(other, other, other, other, and32_k, jne64_k, jne32_k, other)
    /* 58 */ ROW(other, other, other, other, other, other, other, other)
    /* 60 */ ROW(other, ldx_w, other, stx_w, other, other, other, other)
    /* 68 */ ROW(other, ldx_h, other, other, other, other, other, other)
    /* 70 */ ROW(other, ldx_b, other, stx_b, rsh32_k, other, other, other)
    /* 78 */ ROW(other, ldx_dw, other, stx_dw, other, other, other, other)
    /* 80 */ ROW(other, other, other, other, neg32, other, other, other)
    /* 88 */ ROW(other, other, other, other, other, other, other, other)
    /* 90 */ ROW(other, other, other, other, other, other, other, other)
    /* 98 */ ROW(other, other, other, other, other, other, other, other)
    /* a0 */ ROW(other, other, other, other, other, other, other, other)
    /* a8 */ ROW(other, other, other, other, xor32_x, jlt64_x, other, other)
    /* b0 */ ROW(other, other, other, other, mov32_k, other, other, mov64_k)
    /* b8 */ ROW(other, other, other, other, mov32_x, other, other, mov64_x)
    /* c0 */ ROW(other, other, other, other, other, other, other, other)
    /* c8 */ ROW(other, other, other, other, other, other, other, other)
    /* d0 */ ROW(other, other, other, other, other, other, other, other)
    /* d8 */ ROW(other, other, other, other, other, other, other, other)
    /* e0 */ ROW(other, other, other, other, other, other, other, other)
    /* e8 */ ROW(other, other, other, other, other, other, other, other)
    /* f0 */ ROW(other, other, other, other, other, other, other, other)
    /* f8 */ ROW(other, other, other, other, other, other, other, other)
    ".popsection\n"
    "ldr pc, [%0, %1, lsl #2]"
    :: "r"(handlers), "r"(head & 0xff) :
    : add64_x, add64_k, add32_x, add32_k, and32_k, xor32_x, sub32_x, rsh32_k, neg32, mov64_x, mov64_k, mov32_x, mov32_k, ldx_b, ldx_h, ldx_w, ldx_dw, stx_b, stx_w, stx_dw, jeq64_k, jne64_k, jne32_k, jeq32_k, jlt64_x, jgt64_x, ja, other);
  // clang-format on
#undef TO
#undef ROW
  __builtin_unreachable();
#else
  switch (static_cast<uint8_t>(head)) {
    case kAlu64 | kAdd | kX:
      goto add64_x;
    case kAlu64 | kAdd | kK:
      goto add64_k;
    case kAlu | kAdd | kX:
      goto add32_x;
    case kAlu | kAdd | kK:
      goto add32_k;
    case kAlu | kAnd | kK:
      goto and32_k;
    case kAlu | kXor | kX:
      goto xor32_x;
    case kAlu | kSub | kX:
      goto sub32_x;
    case kAlu | kRsh | kK:
      goto rsh32_k;
    case kAlu | kNeg:
      goto neg32;
    case kAlu64 | kMov | kX:
      goto mov64_x;
    case kAlu64 | kMov | kK:
      goto mov64_k;
    case kAlu | kMov | kX:
      goto mov32_x;
    case kAlu | kMov | kK:
      goto mov32_k;
    case kLdx | kMem | kB:
      goto ldx_b;
    case kLdx | kMem | kH:
      goto ldx_h;
    case kLdx | kMem | kW:
      goto ldx_w;
    case kLdx | kMem | kDw:
      goto ldx_dw;
    case kStx | kMem | kB:
      goto stx_b;
    case kStx | kMem | kW:
      goto stx_w;
    case kStx | kMem | kDw:
      goto stx_dw;
    case kJmp | kJeq | kK:
      goto jeq64_k;
    case kJmp | kJne | kK:
      goto jne64_k;
    case kJmp32 | kJne | kK:
      goto jne32_k;
    case kJmp32 | kJeq | kK:
      goto jeq32_k;
    case kJmp | kJlt | kX:
      goto jlt64_x;
    case kJmp | kJgt | kX:
      goto jgt64_x;
    case kJmp | kJa:
      goto ja;
    default:
      goto other;
  }
#endif

  // ---- the frequent ones ----
add64_x:
  WRITE(read_pair(dst) + read_pair(SOURCE));
  goto next;
add64_k:
  WRITE(read_pair(dst) + IMM64);
  goto next;
add32_x:
  WRITE32(DST32 + SRC32);
  goto next;
add32_k:
  WRITE32(DST32 + static_cast<uint32_t>(imm));
  goto next;
sub32_x:
  WRITE32(DST32 - SRC32);
  goto next;
and32_k:
  WRITE32(DST32 & static_cast<uint32_t>(imm));
  goto next;
xor32_x:
  WRITE32(DST32 ^ SRC32);
  goto next;
rsh32_k:
  WRITE32(DST32 >> (imm & 31));
  goto next;
neg32:
  WRITE32(0 - DST32);
  goto next;
mov64_x:
  if (OFFSET != 0) goto move_extended;
  WRITE(read_pair(SOURCE));
  goto next;
mov64_k:
  WRITE(IMM64);
  goto next;
mov32_x:
  if (OFFSET != 0) goto move_extended;
  WRITE32(SRC32);
  goto next;
mov32_k:
  WRITE32(imm);
  goto next;
ldx_b:
  WRITE32(load<uint8_t>(ADDRESS(*SOURCE)));
  goto next;
ldx_h:
  WRITE32(load<uint16_t>(ADDRESS(*SOURCE)));
  goto next;
ldx_w:
  WRITE32(load<uint32_t>(ADDRESS(*SOURCE)));
  goto next;
ldx_dw:
  WRITE(load<uint64_t>(ADDRESS(*SOURCE)));
  goto next;
stx_b:
  store(ADDRESS(*dst), static_cast<uint8_t>(*SOURCE));
  goto next;
stx_w:
  store(ADDRESS(*dst), static_cast<uint32_t>(*SOURCE));
  goto next;
stx_dw:
  store(ADDRESS(*dst), read_pair(SOURCE));
  goto next;
jeq64_k:
  if (read_pair(dst) == IMM64) pc += OFFSET;
  goto next;
jne64_k:
  if (read_pair(dst) != IMM64) pc += OFFSET;
  goto next;
jeq32_k:
  if (DST32 == static_cast<uint32_t>(imm)) pc += OFFSET;
  goto next;
jne32_k:
  if (DST32 != static_cast<uint32_t>(imm)) pc += OFFSET;
  goto next;
jlt64_x:
  if (read_pair(dst) < read_pair(SOURCE)) pc += OFFSET;
  goto next;
jgt64_x:
  if (read_pair(dst) > read_pair(SOURCE)) pc += OFFSET;
  goto next;
ja:
  pc += OFFSET;
  goto next;

  // ---- the others: what they have in common stands once ----
other:
  switch (static_cast<uint8_t>(head)) {
    // Arithmetic: operands, then the operation.
#define BOTH(operation, wide, narrow) \
  case kAlu64 | (operation) | kK:     \
    b = IMM64;                        \
    goto wide;                        \
  case kAlu64 | (operation) | kX:     \
    b = read_pair(SOURCE);            \
    goto wide;                        \
  case kAlu | (operation) | kK:       \
    b = static_cast<uint32_t>(imm);   \
    goto narrow;                      \
  case kAlu | (operation) | kX:       \
    b = SRC32;                        \
    goto narrow;
    BOTH(kSub, sub64, sub32)
    BOTH(kMul, mul64, mul32)
    BOTH(kOr, or64, or32)
    BOTH(kAnd, and64, and32)
    BOTH(kXor, xor64, xor32)
    BOTH(kLsh, lsh64, lsh32)
    BOTH(kRsh, rsh64, rsh32)
    BOTH(kArsh, arsh64, arsh32)
#undef BOTH
    case kAlu64 | kNeg:
      WRITE(0 - read_pair(dst));
      goto next;
    case kAlu64 | kMod | kX:
      // Numbers that fit 32 bits, which most do, take a division in hardware.
      b = read_pair(SOURCE);
      if (((read_pair(dst) | b) >> 32) != 0 || b == 0 || OFFSET != 0) goto divide;
      WRITE32(DST32 % static_cast<uint32_t>(b));
      goto next;
    case kAlu64 | kDiv | kX:
    case kAlu64 | kDiv | kK:
    case kAlu64 | kMod | kK:
    case kAlu | kDiv | kX:
    case kAlu | kDiv | kK:
    case kAlu | kMod | kX:
    case kAlu | kMod | kK:
      goto divide;
    case kAlu | kEnd | kK:
    case kAlu | kEnd | kX:
    case kAlu64 | kEnd | kK:
      pc = rare::byte_order(machine, pc, outcome);
      goto next_unless_ended;

      // Jumps: operands, extended to 64 bits as the comparison needs them, then the comparison.
#define BOTH(operation, comparison, extend) \
  case kJmp | (operation) | kK:             \
    a = read_pair(dst);                     \
    b = IMM64;                              \
    goto comparison;                        \
  case kJmp | (operation) | kX:             \
    a = read_pair(dst);                     \
    b = read_pair(SOURCE);                  \
    goto comparison;                        \
  case kJmp32 | (operation) | kK:           \
    a = extend(DST32);                      \
    b = extend(static_cast<uint32_t>(imm)); \
    goto comparison;                        \
  case kJmp32 | (operation) | kX:           \
    a = extend(DST32);                      \
    b = extend(SRC32);                      \
    goto comparison;
#define UNSIGNED(value) (value)
#define SIGNED(value) static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(value)))
      BOTH(kJeq, jeq, UNSIGNED)
      BOTH(kJne, jne, UNSIGNED)
      BOTH(kJgt, jgt, UNSIGNED)
      BOTH(kJge, jge, UNSIGNED)
      BOTH(kJlt, jlt, UNSIGNED)
      BOTH(kJle, jle, UNSIGNED)
      BOTH(kJset, jset, UNSIGNED)
      BOTH(kJsgt, jsgt, SIGNED)
      BOTH(kJsge, jsge, SIGNED)
      BOTH(kJslt, jslt, SIGNED)
      BOTH(kJsle, jsle, SIGNED)
#undef BOTH
#undef UNSIGNED
#undef SIGNED
    case kJmp32 | kJa:
      pc += imm;
      goto next;
    case kJmp | kCall:
      pc = rare::call(machine, pc, outcome);
      goto next_unless_ended;
    case kJmp | kExit:
      pc = rare::leave(machine, pc, outcome);
      goto next_unless_ended;

    case kLdx | kMemSx | kB:
      b = static_cast<uint64_t>(static_cast<int64_t>(load<int8_t>(ADDRESS(*SOURCE))));
      goto write_b;
    case kLdx | kMemSx | kH:
      b = static_cast<uint64_t>(static_cast<int64_t>(load<int16_t>(ADDRESS(*SOURCE))));
      goto write_b;
    case kLdx | kMemSx | kW:
      b = static_cast<uint64_t>(static_cast<int64_t>(load<int32_t>(ADDRESS(*SOURCE))));
      goto write_b;
    case kStx | kMem | kH:
      store(ADDRESS(*dst), static_cast<uint16_t>(*SOURCE));
      goto next;
    case kSt | kMem | kB:
      store(ADDRESS(*dst), static_cast<uint8_t>(imm));
      goto next;
    case kSt | kMem | kH:
      store(ADDRESS(*dst), static_cast<uint16_t>(imm));
      goto next;
    case kSt | kMem | kW:
      store(ADDRESS(*dst), static_cast<uint32_t>(imm));
      goto next;
    case kSt | kMem | kDw:
      store(ADDRESS(*dst), IMM64);
      goto next;
    case kStx | kAtomic | kW:
    case kStx | kAtomic | kDw:
      pc = rare::atomics(machine, pc, outcome);
      goto next_unless_ended;
    case kLddw:
      if ((head >> 12 & 15) == kLddwImm) {
        b = pair(static_cast<uint32_t>(imm), static_cast<uint32_t>(pc->imm));
        pc++;
        goto write_b;
      }
      pc = rare::reference(machine, pc, outcome);
      goto next_unless_ended;
    default:
      rare::fault(machine, pc, Status::bad_instruction, outcome);
      return;
  }

#define OPERATION(label, expression) \
  label:                             \
  b = (expression);                  \
  goto write_b;
  OPERATION(sub64, read_pair(dst) - b)
  OPERATION(mul64, read_pair(dst) * b)
  OPERATION(or64, read_pair(dst) | b)
  OPERATION(and64, read_pair(dst) & b)
  OPERATION(xor64, read_pair(dst) ^ b)
  OPERATION(lsh64, read_pair(dst) << (b & 63))
  OPERATION(rsh64, read_pair(dst) >> (b & 63))
  OPERATION(arsh64, static_cast<uint64_t>(static_cast<int64_t>(read_pair(dst)) >> (b & 63)))
write_b:
  WRITE(b);
  goto next;
#undef OPERATION
#define OPERATION(label, expression)       \
  label:                                   \
  b = static_cast<uint32_t>((expression)); \
  goto write_b;
  OPERATION(sub32, DST32 - static_cast<uint32_t>(b))
  OPERATION(mul32, DST32 * static_cast<uint32_t>(b))
  OPERATION(or32, DST32 | static_cast<uint32_t>(b))
  OPERATION(and32, DST32 & static_cast<uint32_t>(b))
  OPERATION(xor32, DST32 ^ static_cast<uint32_t>(b))
  OPERATION(lsh32, DST32 << (b & 31))
  OPERATION(rsh32, DST32 >> (b & 31))
  OPERATION(arsh32, static_cast<int32_t>(DST32) >> (b & 31))
#undef OPERATION

#define COMPARISON(label, condition) \
  label:                             \
  if (condition) goto take;          \
  goto next;
  COMPARISON(jeq, a == b)
  COMPARISON(jne, a != b)
  COMPARISON(jgt, a > b)
  COMPARISON(jge, a >= b)
  COMPARISON(jlt, a < b)
  COMPARISON(jle, a <= b)
  COMPARISON(jset, (a & b) != 0)
  COMPARISON(jsgt, static_cast<int64_t>(a) > static_cast<int64_t>(b))
  COMPARISON(jsge, static_cast<int64_t>(a) >= static_cast<int64_t>(b))
  COMPARISON(jslt, static_cast<int64_t>(a) < static_cast<int64_t>(b))
  COMPARISON(jsle, static_cast<int64_t>(a) <= static_cast<int64_t>(b))
#undef COMPARISON

divide:
  pc = rare::divide(machine, pc);
  goto next;
move_extended:
  pc = rare::move_extended(machine, pc);
  goto next;
take:
  pc += OFFSET;
  goto next;
next_unless_ended:
  if (pc == nullptr) return;
  goto next;
#undef IMM64
#undef OFFSET
#undef SOURCE
#undef DST32
#undef SRC32
#undef ADDRESS
#undef WRITE
#undef WRITE32
}

}  // namespace

Outcome run_interpreter(const Invocation& invocation) {
  Machine machine(invocation);
  Outcome outcome;
  // Field by field: of what is cleared as a whole the compiler makes a call, byte by byte where the library is small.
  outcome.status = enter_program(machine);
  outcome.pc = 0;
  outcome.result = 0;
  outcome.steps = 0;
  if (outcome.status == Status::ok) interpret(machine, outcome);
  return outcome;
}

}  // namespace perdita::runtime
