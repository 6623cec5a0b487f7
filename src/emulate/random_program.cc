// SPDX-License-Identifier: Apache-2.0
#include "emulate/random_program.h"

#include <algorithm>
#include <array>

#include "isa/validate.h"

namespace perdita::emulate {
namespace {

using namespace isa;  // NOLINT: names of opcodes

constexpr std::array<uint64_t, 20> kEdges = {0,
                                             1,
                                             2,
                                             31,
                                             32,
                                             33,
                                             63,
                                             64,
                                             0x7fffffff,
                                             0x80000000,
                                             0xffffffff,
                                             0x100000000,
                                             0x7fffffffffffffff,
                                             0x8000000000000000,
                                             0xffffffffffffffff,
                                             0xffffffff80000000,
                                             0xffffffff7fffffff,
                                             0x123456789abcdef0,
                                             0xfffffffffffffff9,
                                             0x00000000deadbeef};

constexpr int16_t kStackBytesUsed = 64;

Insn make(unsigned opcode, unsigned dst, unsigned src, int offset, int32_t imm) {
  return {static_cast<uint8_t>(opcode), make_regs(dst, src), static_cast<int16_t>(offset), imm};
}

// One part of a program: a subprogram. Statements are put together at the end, when their places are known.
class Part {
 public:
  Part(std::mt19937_64& random, bool entry, bool may_call) : random_(random), entry_(entry), may_call_(may_call) {}

  std::vector<Insn> make_code(unsigned statements);
  // Where local calls stand.
  std::vector<size_t> calls;

 private:
  struct Item {
    std::vector<Insn> code;
    size_t target = SIZE_MAX;  // of the jump at its end
    bool calls = false;
  };

  uint64_t below(uint64_t limit) { return random_() % limit; }
  bool one_in(uint64_t n) { return below(n) == 0; }
  uint64_t value() { return one_in(3) ? random_() : kEdges[below(kEdges.size())]; }
  int32_t immediate() {
    if (one_in(3)) return static_cast<int32_t>(below(512)) - 256;
    return static_cast<int32_t>(value());
  }
  // A register that holds a number; to write to: not the loop's counter.
  unsigned number() {
    for (;;) {
      const auto reg = static_cast<unsigned>(below(10));
      if (reg != pointer_) return reg;
    }
  }
  unsigned target() {
    for (;;) {
      const unsigned reg = number();
      if (reg != counter_) return reg;
    }
  }
  void put(std::vector<Insn> code) { items_.push_back({std::move(code), SIZE_MAX, false}); }
  void constant(unsigned reg) { put(wide(reg, value())); }
  static std::vector<Insn> wide(unsigned reg, uint64_t value) {
    return {make(kLddw, reg, kLddwImm, 0, static_cast<int32_t>(value)),
            make(0, 0, 0, 0, static_cast<int32_t>(value >> 32))};
  }

  void statement();
  void arithmetic();
  void access();
  void atomic();
  void jump();
  void loop();
  void call();
  void begin();
  void finish();

  std::mt19937_64& random_;
  const bool entry_, may_call_;
  unsigned pointer_ = 6, counter_ = 99;
  std::vector<Item> items_;
};

void Part::begin() {
  // The pointer to memory, or in a subprogram to its stack.
  pointer_ = entry_ && one_in(2) ? 1 : static_cast<unsigned>(6 + below(4));
  if (!entry_) {
    put({make(kAlu64 | kMov | kX, pointer_, 10, 0, 0), make(kAlu64 | kAdd | kK, pointer_, 0, 0, -64)});
  } else if (pointer_ != 1) {
    put({make(kAlu64 | kMov | kX, pointer_, 1, 0, 0)});
  }
  for (int16_t at = 8; at <= 2 * kStackBytesUsed; at = static_cast<int16_t>(at + 8)) {
    put({make(kSt | kMem | kDw, 10, 0, -at, immediate())});
  }
  for (unsigned reg = 0; reg < 10; reg++) {
    const bool argument = !entry_ && reg >= 1 && reg <= 5;
    if (reg != pointer_ && !argument) constant(reg);
  }
}

// All registers into r0, in a way that keeps both halves of each.
void Part::finish() {
  counter_ = 99;
  std::vector<Insn> code;
  for (unsigned reg = 1; reg < 10; reg++) {
    if (reg == pointer_) continue;
    code.push_back(make(kAlu64 | kMul | kK, 0, 0, 0, 31));
    code.push_back(make(kAlu64 | kXor | kX, 0, reg, 0, 0));
  }
  if (one_in(4)) code.clear();  // then most upper words are of no use to anybody
  code.push_back(make(kJmp | kExit, 0, 0, 0, 0));
  put(code);
}

void Part::arithmetic() {
  static constexpr uint8_t kOps[] = {kAdd, kSub, kMul, kDiv, kOr,  kAnd,  kLsh,
                                     kRsh, kNeg, kMod, kXor, kMov, kArsh, kEnd};
  for (;;) {
    const uint8_t op = kOps[below(std::size(kOps))];
    const uint8_t group = one_in(3) ? kAlu : kAlu64;
    const bool by_register = op != kNeg && one_in(2);
    Insn insn = make(group | op | (by_register ? kX : kK), target(), by_register && op != kEnd ? number() : 0, 0,
                     by_register || op == kNeg ? 0 : immediate());
    if (op == kEnd) {
      if (group == kAlu64) insn.opcode = static_cast<uint8_t>(kAlu64 | kEnd | kK);
      insn.imm = static_cast<int32_t>(16u << below(3));
    }
    if (op == kDiv || op == kMod) insn.offset = static_cast<int16_t>(below(2));
    if (op == kMov && by_register) insn.offset = static_cast<int16_t>(std::array{0, 0, 8, 16, 32}[below(5)]);
    if ((op == kLsh || op == kRsh || op == kArsh) && !by_register) {
      insn.imm = static_cast<int32_t>(below(group == kAlu ? 32 : 64));
    }
    const std::vector<Insn> code = {insn, make(kJmp | kExit, 0, 0, 0, 0)};
    Violation violation;
    if (!validate({code.data(), code.size()}, {0, 0}, violation)) continue;
    // The counts that programs shift by.
    if ((op == kLsh || op == kRsh || op == kArsh) && by_register && insn.src() != counter_ && !one_in(4)) {
      const int32_t limit = one_in(2) ? 31 : 63;
      if (insn.src() != insn.dst()) put({make(kAlu64 | kAnd | kK, insn.src(), 0, 0, limit)});
    }
    // Pairs of which a generator may make one: a copy and what changes it, a result and what asks whether it is zero.
    if (one_in(4)) {
      put({make((one_in(2) ? kAlu64 : group) | kMov | kX, insn.dst(), one_in(8) ? insn.src() : number(), 0, 0)});
    }
    put({insn});
    if (one_in(4)) {
      const uint8_t asks = (one_in(2) ? kJmp : kJmp32) | (one_in(2) ? kJeq : kJne) | kK;
      items_.push_back({{make(asks, insn.dst(), 0, 0, 0)}, items_.size() + 1 + below(4), false});
    }
    return;
  }
}

void Part::access() {
  const uint8_t size = std::array{kB, kH, kW, kDw}[below(4)];
  const auto bytes = static_cast<int>(access_bytes(size));
  const bool stack = one_in(2);
  const auto place = static_cast<int>(below(64 - static_cast<uint64_t>(bytes) + 1));
  const int offset = stack ? place - kStackBytesUsed : place;
  const unsigned base = stack ? 10 : pointer_;
  switch (below(4)) {
    case 0:
      return put({make(kSt | kMem | size, base, 0, offset, immediate())});
    case 1:
      return put({make(kStx | kMem | size, base, number(), offset, 0)});
    case 2:
      if (size != kDw) return put({make(kLdx | kMemSx | size, target(), base, offset, 0)});
      [[fallthrough]];
    default:
      return put({make(kLdx | kMem | size, target(), base, offset, 0)});
  }
}

void Part::atomic() {
  static constexpr int32_t kOperations[] = {kAdd,         kOr,           kAnd,          kXor,  kAdd | kFetch,
                                            kOr | kFetch, kAnd | kFetch, kXor | kFetch, kXchg, kCmpxchg};
  const uint8_t size = one_in(2) ? kW : kDw;
  const auto bytes = static_cast<int>(access_bytes(size));
  const int place = bytes * static_cast<int>(below(64 / static_cast<uint64_t>(bytes)));
  const bool stack = one_in(2);
  put({make(kStx | kAtomic | size, stack ? 10 : pointer_, target(), stack ? place - kStackBytesUsed : place,
            counter_ == 0 || pointer_ == 0 ? static_cast<int32_t>(kAdd) : kOperations[below(std::size(kOperations))])});
}

void Part::jump() {
  static constexpr uint8_t kOps[] = {kJeq, kJgt, kJge, kJset, kJne, kJsgt, kJsge, kJlt, kJle, kJslt, kJsle};
  Item item;
  if (one_in(12)) {
    item.code = {one_in(2) ? make(kJmp | kJa, 0, 0, 0, 0) : make(kJmp32 | kJa, 0, 0, 0, 0)};
  } else {
    const uint8_t group = one_in(3) ? kJmp32 : kJmp;
    const bool by_register = one_in(2);
    const unsigned left = number();
    // Equal ones, too.
    if (one_in(4) && left != counter_) item.code.push_back(make(kAlu64 | kMov | kX, left, number(), 0, 0));
    item.code.push_back(make(group | kOps[below(std::size(kOps))] | (by_register ? kX : kK), left,
                             by_register ? number() : 0, 0, by_register ? 0 : immediate()));
  }
  item.target = items_.size() + 1 + below(6);
  items_.push_back(item);
}

void Part::loop() {
  const auto counter = target();
  put({make(kAlu64 | kMov | kK, counter, 0, 0, static_cast<int32_t>(1 + below(4)))});
  const size_t start = items_.size();
  // Nothing from before may jump inside: it would bring another counter.
  for (Item& item : items_) {
    if (item.target != SIZE_MAX && item.target > start - 1) item.target = start - 1;
  }
  counter_ = counter;
  for (uint64_t n = 2 + below(6); n > 0; n--) statement();
  for (size_t i = start; i < items_.size(); i++) {
    if (items_[i].target != SIZE_MAX && items_[i].target > items_.size()) items_[i].target = items_.size();
  }
  items_.push_back(
      {{make(kAlu64 | kAdd | kK, counter, 0, 0, -1), make(kJmp | kJne | kK, counter, 0, 0, 0)}, start, false});
  counter_ = 99;
}

void Part::call() {
  // Arguments that are there anyway; then numbers again.
  if (pointer_ < 6 || counter_ < 6) return arithmetic();
  Item item;
  item.calls = may_call_ && one_in(2);
  item.code = {item.calls ? make(kJmp | kCall, 0, kCallLocal, 0, 0)
                          : make(kJmp | kCall, 0, kCallHelper, 0, static_cast<int32_t>(kEchoHelper))};
  for (unsigned reg = 1; reg <= 5; reg++) {
    const std::vector<Insn> one = wide(reg, value());
    item.code.insert(item.code.end(), one.begin(), one.end());
  }
  items_.push_back(item);
}

void Part::statement() {
  switch (below(16)) {
    case 0:
    case 1:
    case 2:
      return jump();
    case 3:
    case 4:
    case 5:
      return access();
    case 6:
      return atomic();
    case 7:
      return call();
    case 8:
      return constant(target());
    case 9:
      if (counter_ == 99) return loop();
      return arithmetic();
    default:
      return arithmetic();
  }
}

std::vector<Insn> Part::make_code(unsigned statements) {
  begin();
  while (items_.size() < statements + 20) statement();
  finish();
  std::vector<size_t> places;
  size_t at = 0;
  for (const Item& item : items_) {
    places.push_back(at);
    at += item.code.size();
  }
  std::vector<Insn> code;
  for (Item& item : items_) {
    if (item.calls) calls.push_back(code.size());
    code.insert(code.end(), item.code.begin(), item.code.end());
    if (item.target == SIZE_MAX) continue;
    const auto target = static_cast<int64_t>(places[std::min(item.target, items_.size() - 1)]);
    const auto distance = static_cast<int32_t>(target - static_cast<int64_t>(code.size()));
    Insn& jump = code.back();
    if (jump.opcode == (kJmp32 | kJa)) {
      jump.imm = distance;
    } else {
      jump.offset = static_cast<int16_t>(distance);
    }
  }
  return code;
}

}  // namespace

Program random_program(std::mt19937_64& random, unsigned statements) {
  Program program;
  for (size_t i = 0; i < kRandomMemoryBytes; i++) program.memory.push_back(static_cast<uint8_t>(random()));
  Part entry(random, true, true);
  program.code = entry.make_code(statements);
  if (entry.calls.empty()) return program;
  Part callee(random, false, false);
  const std::vector<Insn> code = callee.make_code(statements / 4);
  for (const size_t call : entry.calls) {
    program.code[call].imm = static_cast<int32_t>(program.code.size() - call - 1);
  }
  program.code.insert(program.code.end(), code.begin(), code.end());
  return program;
}

}  // namespace perdita::emulate
