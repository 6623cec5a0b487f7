// SPDX-License-Identifier: Apache-2.0
//
// Callbacks in both engines: loop and for_each_map_elem with Linux's results, nested in each other and in calls up to
// the limit of frames; what the guarded engine refuses; and the end of a program by a tail call.
#include <gtest/gtest.h>

#include <cstring>

#include "runtime/engine_bench.h"
#include "runtime/guard.h"

namespace perdita::runtime {
namespace {

using namespace isa;  // NOLINT: names of opcodes

constexpr EngineBench::Engine kEngines[] = {run_interpreter, run_guarded};
const Insn kReturn = {kJmp | kExit, 0, 0, 0};

Insn make(unsigned opcode, unsigned dst, unsigned src, int offset, int32_t imm) {
  return {static_cast<uint8_t>(opcode), make_regs(dst, src), static_cast<int16_t>(offset), imm};
}
Insn move(unsigned dst, int32_t value) { return make(kAlu64 | kMov | kK, dst, 0, 0, value); }
Insn copy(unsigned dst, unsigned src) { return make(kAlu64 | kMov | kX, dst, src, 0, 0); }
Insn call(uint32_t helper) { return make(kJmp | kCall, 0, kCallHelper, 0, static_cast<int32_t>(helper)); }

using Code = std::vector<Insn>;

void add(Code& code, const Code& more) { code.insert(code.end(), more.begin(), more.end()); }

// A handle of the subprogram at `target`, in `dst`.
void add_callback(Code& code, unsigned dst, size_t target) {
  const auto distance = static_cast<int32_t>(static_cast<int64_t>(target) - static_cast<int64_t>(code.size()) - 1);
  add(code, {make(kLddw, dst, kLddwFunction, 0, distance), make(0, 0, 0, 0, 0)});
}

// r0 = loop(n, the callback behind it, r10, 0) and out; `body` is the callback.
Code loop_over(int32_t n, const Code& body, int32_t flags = 0) {
  Code code = {move(1, n)};
  add_callback(code, 2, 7);
  add(code, {copy(3, 10), move(4, flags), call(kHelperLoop), kReturn});
  EXPECT_EQ(code.size(), 7u);
  add(code, body);
  return code;
}

TEST(Callbacks, LoopCountsAsLinuxDoes) {
  const Code forever = {move(0, 0), kReturn};
  // Ends at index 4: five iterations.
  const Code ends = {copy(0, 1), make(kJmp | kJeq | kK, 0, 0, 2, 4), move(0, 0), kReturn, move(0, 1), kReturn};
  for (const auto engine : kEngines) {
    EngineBench bench;
    EXPECT_EQ(bench.run(engine, loop_over(0, forever)).result, 0u);
    EXPECT_EQ(bench.run(engine, loop_over(1, forever)).result, 1u);
    EXPECT_EQ(bench.run(engine, loop_over(1000, forever)).result, 1000u);
    EXPECT_EQ(bench.run(engine, loop_over(1000, ends)).result, 5u);
    EXPECT_EQ(bench.run(engine, loop_over(3, forever, 1)).result, static_cast<uint64_t>(kErrorInvalid));
    EXPECT_EQ(bench.run(engine, loop_over(kMaxLoopIterations + 1, forever)).result,
              static_cast<uint64_t>(kErrorTooBig));
    // The first is looked at first, as in Linux.
    EXPECT_EQ(bench.run(engine, loop_over(kMaxLoopIterations + 1, forever, 8)).result,
              static_cast<uint64_t>(kErrorInvalid));
  }
}

TEST(Callbacks, IterationsAreSteps) {
  EngineBench bench;
  bench.steps = 100;
  EXPECT_EQ(bench.run(run_guarded, loop_over(1 << 20, {move(0, 0), kReturn})).status, Status::out_of_steps);
  bench.steps = 1000;
  // Seven slots of the entry are six instructions; two in each iteration.
  EXPECT_EQ(bench.run(run_guarded, loop_over(10, {move(0, 0), kReturn})).steps, 6u + 20u);
}

TEST(Callbacks, PreserveTheCallersRegistersAndStack) {
  // The callback writes its own frame and r6 to r9; the caller finds its own.
  Code code = {move(6, 60), move(7, 70), move(8, 80), move(9, 90), make(kSt | kMem | kDw, 10, 0, -8, 5), move(1, 3)};
  add_callback(code, 2, 17);
  add(code, {move(3, 0), move(4, 0), call(kHelperLoop), make(kAlu64 | kAdd | kX, 0, 6, 0, 0),
             make(kAlu64 | kAdd | kX, 0, 7, 0, 0), make(kAlu64 | kAdd | kX, 0, 8, 0, 0),
             make(kAlu64 | kAdd | kX, 0, 9, 0, 0), make(kLdx | kMem | kDw, 1, 10, -8, 0), kReturn});
  ASSERT_EQ(code.size(), 17u);
  add(code,
      {move(6, 1), move(7, 1), move(8, 1), move(9, 1), make(kSt | kMem | kDw, 10, 0, -8, 99), move(0, 0), kReturn});
  for (const auto engine : kEngines) {
    EngineBench bench;
    const Outcome outcome = bench.run(engine, code);
    EXPECT_EQ(outcome.status, Status::ok);
    EXPECT_EQ(outcome.result, 3u + 60 + 70 + 80 + 90);
  }
}

// Loops in callbacks: `depth` of them, two iterations each, the innermost counting in the context.
Code nested(unsigned depth) {
  Code code;
  for (unsigned level = 0; level < depth; level++) {
    Code one = {move(1, 2)};
    code.insert(code.end(), one.begin(), one.end());
    add_callback(code, 2, code.size() + 7);
    // The context is handed through r3: outside of the stack the guarded engine takes only 0.
    add(code, {move(3, 0), move(4, 0), call(kHelperLoop), move(0, 0), kReturn});
  }
  add(code, {move(0, 0), kReturn});
  return code;
}

TEST(Callbacks, NestUpToTheLimitOfFrames) {
  for (const auto engine : kEngines) {
    EngineBench bench;
    for (unsigned depth = 1; depth <= 10; depth++) {
      EXPECT_EQ(bench.run(engine, nested(depth)).status, depth < kMaxFrames ? Status::ok : Status::out_of_stack)
          << depth;
    }
  }
  EngineBench bench;
  // Each level runs its callback twice.
  const uint64_t two = bench.run(run_guarded, nested(2)).steps;
  const uint64_t three = bench.run(run_guarded, nested(3)).steps;
  EXPECT_EQ(three - two, 4u * 7 - 4u * 2 + 8u * 2);
}

// A map with elements whose values are 8 bytes: 10, 20, 30 …
class Elements {
 public:
  Elements(EngineBench& bench, MapType type, uint32_t entries, uint32_t filled) {
    const MapDef def = {type, 4, 8, entries, 0};
    storage_.resize(map_storage_bytes(def) / 8);
    init_map(map, def, storage_.data());
    for (uint32_t key = 0; key < filled; key++) {
      const uint64_t value = (key + 1) * 10;
      EXPECT_EQ(map_update(map, bench.port.port, &key, &value, kUpdateAny), 0);
    }
    bench.link.maps = Span<Map* const>(pointers_);
  }
  Map map;

 private:
  std::vector<uint64_t> storage_;
  Map* pointers_[1] = {&map};
};

// for_each_map_elem over map 0 with data = r10 - 8; r0 = 1000000 * its result + the sum there.
Code sum_of_elements(const Code& body, int32_t flags = 0) {
  Code code = {make(kSt | kMem | kDw, 10, 0, -8, 0), make(kLddw, 1, kLddwMap, 0, 0), make(0, 0, 0, 0, 0)};
  add_callback(code, 2, 14);
  add(code, {copy(3, 10), make(kAlu64 | kAdd | kK, 3, 0, 0, -8), move(4, flags), call(kHelperForEachMapElem),
             make(kAlu64 | kMul | kK, 0, 0, 0, 1000000), make(kLdx | kMem | kDw, 1, 10, -8, 0),
             make(kAlu64 | kAdd | kX, 0, 1, 0, 0), kReturn});
  EXPECT_EQ(code.size(), 13u);
  code.push_back(kReturn);
  add(code, body);
  return code;
}

// Adds key + value to *data, and ends where the key is `last`.
Code adds_up(int32_t last) {
  return {make(kLdx | kMem | kW, 5, 2, 0, 0),
          make(kLdx | kMem | kDw, 6, 3, 0, 0),
          make(kLdx | kMem | kDw, 7, 4, 0, 0),
          make(kAlu64 | kAdd | kX, 7, 5, 0, 0),
          make(kAlu64 | kAdd | kX, 7, 6, 0, 0),
          make(kStx | kMem | kDw, 4, 7, 0, 0),
          move(0, 0),
          make(kJmp | kJne | kK, 5, 0, 1, last),
          move(0, 1),
          kReturn};
}

TEST(Callbacks, ForEachElement) {
  for (const auto engine : kEngines) {
    EngineBench bench;
    {
      Elements array(bench, MapType::array, 5, 3);  // an array has all its elements
      EXPECT_EQ(bench.run(engine, sum_of_elements(adds_up(-1))).result, 5'000'000u + 60 + 10);
      EXPECT_EQ(bench.run(engine, sum_of_elements(adds_up(1))).result, 2'000'000u + 30 + 1);
      EXPECT_EQ(bench.run(engine, sum_of_elements(adds_up(-1), 4)).result, static_cast<uint64_t>(-22'000'000));
    }
    {
      Elements hash(bench, MapType::hash, 8, 4);
      EXPECT_EQ(bench.run(engine, sum_of_elements(adds_up(-1))).result, 4'000'000u + 100 + 6);
    }
    Elements empty(bench, MapType::hash, 8, 0);
    EXPECT_EQ(bench.run(engine, sum_of_elements(adds_up(-1))).result, 0u);
  }
}

TEST(Callbacks, GuardedRefusesWhatTheContractDoesNotAllow) {
  EngineBench bench;
  Elements array(bench, MapType::array, 3, 3);
  const auto status = [&](const Code& code) { return bench.run(run_guarded, code).status; };
  const Code good = {move(0, 0), kReturn};

  Code code = loop_over(3, good);
  code[1] = move(2, 8);  // in the middle of a subprogram, and a handle that was made up
  code[2] = move(5, 0);
  EXPECT_EQ(status(code), Status::bad_argument);
  code[1] = move(2, -1);
  EXPECT_EQ(status(code), Status::bad_argument);

  code = loop_over(3, good);
  code[3] = copy(3, 2);  // data that is neither 0 nor in the stack
  EXPECT_EQ(status(code), Status::bad_argument);
  code[3] = make(kAlu64 | kMov | kX, 3, 1, 0, 0);
  EXPECT_EQ(status(code), Status::bad_argument);

  EXPECT_EQ(status(loop_over(3, {move(0, 2), kReturn})), Status::bad_value);
  EXPECT_EQ(status(loop_over(3, {move(0, -1), kReturn})), Status::bad_value);
  // The key may be read and not written, and nothing behind it; after the loop it is nobody's.
  EXPECT_EQ(status(sum_of_elements({make(kSt | kMem | kW, 2, 0, 0, 1), move(0, 0), kReturn})), Status::read_only);
  EXPECT_EQ(status(sum_of_elements({make(kLdx | kMem | kDw, 5, 2, 0, 0), move(0, 0), kReturn})), Status::bad_access);
  Code kept = sum_of_elements({make(kStx | kMem | kDw, 4, 2, 0, 0), move(0, 0), kReturn});
  kept[9] = make(kLdx | kMem | kDw, 1, 10, -8, 0);
  kept[10] = make(kLdx | kMem | kW, 0, 1, 0, 0);
  kept[11] = move(0, 0);
  EXPECT_EQ(status(kept), Status::bad_access);
  // The fault says where.
  Code wild = {move(1, 4711), make(kLdx | kMem | kB, 0, 1, 2, 0), kReturn};
  EXPECT_EQ(bench.run(run_guarded, wild).address, 4713u);
}

TEST(Callbacks, ReservationsAreAccessibleWhileTheyAreHeld) {
  uint64_t memory[2] = {};
  EngineBench bench;
  const Invocation none{};
  Activity activity{};
  activity.reservation_count = 1;
  activity.reservations[0] = {nullptr, memory, sizeof memory};
  Invocation invocation = none;
  invocation.hook = &bench.hook;
  invocation.link = &bench.link;
  invocation.activity = &activity;
  const Guard guard(invocation);
  const uint64_t address = reinterpret_cast<uintptr_t>(memory);
  EXPECT_EQ(guard.access(address, 16, true), Status::ok);
  EXPECT_EQ(guard.access(address + 9, 8, true), Status::bad_access);
  EXPECT_EQ(guard.access(address - 1, 1, false), Status::bad_access);
  const uint64_t args[2] = {address, 0};
  const uint64_t inside[2] = {address + 8, 0};
  const perdita_function& submit = *find_helper(132);
  EXPECT_EQ(guard.arguments(submit, args), Status::ok);
  EXPECT_EQ(guard.arguments(submit, inside), Status::bad_argument);
  activity.reservation_count = 0;
  EXPECT_EQ(guard.arguments(submit, args), Status::bad_argument);
  EXPECT_EQ(guard.access(address, 16, false), Status::bad_access);
}

TEST(Callbacks, ATailCallEndsTheProgram) {
  for (const auto engine : kEngines) {
    EngineBench bench;
    const Outcome outcome = bench.run(engine, {move(0, 7), call(kHelperTailCall), move(0, 9), kReturn});
    EXPECT_EQ(outcome.status, kTailCalled);
    EXPECT_NE(bench.activity.next, nullptr);
    EXPECT_EQ(outcome.result, 0u);
  }
  // Others wait for what runs in a callback or a subprogram: only the entry can be replaced.
  for (const auto engine : kEngines) {
    EngineBench bench;
    EXPECT_EQ(bench.run(engine, loop_over(3, {call(kHelperTailCall), move(0, 0), kReturn})).status,
              Status::bad_instruction);
    EXPECT_EQ(bench.activity.next, nullptr);
  }
  EngineBench bench;
  EXPECT_EQ(
      bench.run(run_guarded, {make(kJmp | kCall, 0, kCallLocal, 0, 1), kReturn, call(kHelperTailCall), kReturn}).status,
      Status::bad_instruction);
}

}  // namespace
}  // namespace perdita::runtime
