// SPDX-License-Identifier: Apache-2.0
//
// Hooks: how results combine, who runs when, what is counted, and what a fault does.
#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "isa/assemble.h"
#include "perdita/request.h"
#include "runtime/ring_buffer.h"
#include "runtime/runtime.h"
#include "runtime/test_board.h"

namespace perdita::runtime {
namespace {

// The entry, and what is called behind it: each ends where the next one starts.
std::vector<object::Subprogram> split(const std::vector<isa::Insn>& code) {
  std::set<size_t> starts = {0};
  for (size_t pc = 0; pc < code.size(); pc++) {
    const bool is_local = code[pc].opcode == (isa::kJmp | isa::kCall) && code[pc].src() == isa::kCallLocal;
    if (is_local) starts.insert(pc + 1 + static_cast<size_t>(code[pc].imm));
  }
  std::vector<object::Subprogram> subprograms;
  for (auto start = starts.begin(); start != starts.end(); ++start) {
    const size_t end = std::next(start) == starts.end() ? code.size() : *std::next(start);
    subprograms.push_back({"s", static_cast<uint32_t>(*start), static_cast<uint32_t>(end - *start)});
  }
  return subprograms;
}

class FireTest : public testing::Test {
 protected:
  void SetUp() override {
    board_.config.allow_unclaimed = 1;
    board_.config.guarded_steps = 1000;
    board_.start();
  }

  void install(const object::Module& module, const std::string& name) {
    ASSERT_EQ(board_.deliver(board_.seal(board_.claimed(module), {.name = name, .sequence = ++sequence_})),
              perdita_status_ok)
        << status_name(static_cast<Status>(board_.report.status)) << " " << board_.report.name;
  }
  // Without a claim: the guarded engine.
  void install_text(const std::string& text, const std::string& hook, const std::string& name = "demo") {
    const auto code = isa::assemble(text);
    ASSERT_TRUE(code);
    object::Module module = constant(0, hook);
    module.progs[0] = prog("text", hook, *code);
    module.progs[0].subprograms = split(*code);
    ASSERT_EQ(board_.deliver(board_.seal(board_.unclaimed(module), {.name = name, .sequence = ++sequence_})),
              perdita_status_ok)
        << status_name(static_cast<Status>(board_.report.status)) << " " << board_.report.name;
  }
  // Without a context: what the firmware would hand to that hook, an empty packet or a sensor that reads 5.
  int64_t fire(uint32_t hook, void* context = nullptr) {
    SensorContext sensor = {5, 0};
    PacketContext packet = {};
    void* usual = hook == kPacketHook ? static_cast<void*>(&packet) : &sensor;
    return perdita_fire(board_.runtime, hook, context != nullptr ? context : usual);
  }

  TestBoard board_;
  uint64_t sequence_ = 0;
};

TEST_F(FireTest, NothingAttachedAndNoSuchHook) {
  for (uint32_t hook = 0; hook < 40; hook++) EXPECT_EQ(fire(hook), 0);
  EXPECT_EQ(fire(UINT32_MAX), 0);
}

TEST_F(FireTest, ResultsCombineByTheHooksRule) {
  install(constant(-5, "tick"), "one");
  EXPECT_EQ(fire(kTickHook), -5);  // the largest of one
  install(constant(-7, "tick"), "two");
  EXPECT_EQ(fire(kTickHook), -5);
  install(constant(3, "tick"), "three");
  EXPECT_EQ(fire(kTickHook), 3);

  install(constant(8, "sensor"), "four");
  install(constant(9, "sensor"), "five");
  EXPECT_EQ(fire(kSensorHook), 9);  // the last

  install(constant(0, "packet"), "six");
  EXPECT_EQ(fire(kPacketHook), 0);
  install(constant(2, "packet"), "seven");
  install(constant(1, "packet"), "eight");
  EXPECT_EQ(fire(kPacketHook), 2);  // the first that is not 0; nobody is asked after it
  EXPECT_EQ(board_.prog_info(6).runs, 1u);
  EXPECT_EQ(board_.prog_info(7).runs, 0u);
}

// An int in w0 is the result where the hook's range lies inside int32, whatever the upper half of r0 holds.
TEST_F(FireTest, ResultsAreIntsWhereTheRangeIs) {
  install_text("r0 = 0x700000002 ll\nexit\n", "packet", "narrow");
  EXPECT_EQ(fire(kPacketHook), 2);
  install_text("r0 = 0x700000002 ll\nexit\n", "sensor", "wide");
  EXPECT_EQ(fire(kSensorHook), 0x700000002);
}

TEST_F(FireTest, StatisticsByTheClock) {
  install(constant(1), "one");
  board_.port.tick_ns = 10;
  fire(kSensorHook);
  board_.port.tick_ns = 30;
  fire(kSensorHook);
  board_.port.tick_ns = 20;
  fire(kSensorHook);
  const perdita_prog_info info = board_.prog_info(0);
  EXPECT_EQ(info.runs, 3u);
  EXPECT_EQ(info.time_ns, 60u);
  EXPECT_EQ(info.longest_ns, 30u);
  EXPECT_EQ(info.last_result, 1);
}

// What a program without a claim has reserved and not released ends with it, however it ends: a record that stayed
// reserved would keep every reader of the ring from what comes behind it.
TEST_F(FireTest, ReservationsEndWithTheProgram) {
  for (const bool faults : {false, true}) {
    const auto code = isa::assemble(std::string("r1 = map[0]\nr2 = 24\nr3 = 0\ncall 131\n") +
                                    (faults ? "r0 = *(u64 *)(r3 + 0)\n" : "r0 = 50\n") + "exit\n");
    ASSERT_TRUE(code) << code.error().message;
    object::Module module = constant(0, "sensor");
    module.maps.push_back({"ring", {isa::MapType::ring_buffer, 0, 0, 256, 0}, object::MapOrigin::defined, false, {}});
    module.progs[0] = prog("text", "sensor", *code);
    module.progs[0].subprograms = split(*code);
    ASSERT_EQ(board_.deliver(board_.seal(board_.unclaimed(module), {.name = "rings", .sequence = ++sequence_})),
              perdita_status_ok)
        << status_name(static_cast<Status>(board_.report.status)) << " " << board_.report.name;
    EXPECT_EQ(fire(kSensorHook), faults ? 0 : 50);
    EXPECT_EQ(board_.prog_info(0).faults, faults ? 1u : 0u);

    Map& ring = *find_package(*board_.runtime, text("rings"))->maps[0];
    ASSERT_EQ(ring_output(ring, board_.port.port, "record", 6, 0), 0);
    uint32_t cursor = 0;
    RingRecord record{};
    EXPECT_TRUE(ring_next(ring, cursor, record));
    EXPECT_EQ(record.size_bytes, 6u);
    // No version to come back.
    ASSERT_EQ(board_.deliver(board_.order(compiler::Order::remove, "", {.name = "rings", .sequence = ++sequence_})),
              perdita_status_ok);
  }
}

TEST_F(FireTest, ContextAndPacket) {
  install_text("ldxw %r0, [%r1+0]\nstxw [%r1+4], %r0\nexit", "sensor");
  SensorContext sensor = {41, 0};
  EXPECT_EQ(fire(kSensorHook, &sensor), 41);
  EXPECT_EQ(sensor.out, 41u);

  install_text(
      "ldxdw %r2, [%r1+0]\nldxdw %r3, [%r1+8]\nmov %r0, 0\nmov %r4, %r2\nadd %r4, 2\njgt %r4, %r3, done\n"
      "ldxb %r0, [%r2+1]\nstb [%r2+0], 9\ndone:\nexit",
      "packet", "other");
  uint8_t bytes[2] = {7, 2};
  PacketContext packet = {reinterpret_cast<uintptr_t>(bytes), reinterpret_cast<uintptr_t>(bytes) + 2, 0, 0};
  EXPECT_EQ(fire(kPacketHook, &packet), 2);
  EXPECT_EQ(bytes[0], 9);
  packet.data_end--;
  EXPECT_EQ(fire(kPacketHook, &packet), 0);
}

struct FaultCase {
  const char* text;
  const char* hook;
  Status status;
  uint32_t pc;
};

class FaultTest : public FireTest, public testing::WithParamInterface<FaultCase> {};

// A fault is counted, told with its instruction, and takes the program off its hook; what else is there goes on.
TEST_P(FaultTest, DetachesAndTells) {
  const FaultCase& fault = GetParam();
  install_text(fault.text, fault.hook);
  // On the packet hook a result other than 0 would end the round before the faulting one's second turn.
  const uint32_t hook = strcmp(fault.hook, "packet") == 0 ? kPacketHook : kSensorHook;
  const int32_t result = hook == kPacketHook ? 0 : 1;
  install(constant(result, fault.hook), "other");
  uint8_t bytes[1] = {};
  PacketContext context = {reinterpret_cast<uintptr_t>(bytes), reinterpret_cast<uintptr_t>(bytes) + 1, 0, 0};
  EXPECT_EQ(fire(hook, &context), result);
  const perdita_prog_info info = board_.prog_info(0);
  EXPECT_EQ(info.last_fault, static_cast<perdita_status>(fault.status)) << status_name(fault.status);
  EXPECT_EQ(info.last_fault_pc, fault.pc);
  EXPECT_EQ(info.faults, 1u);
  EXPECT_EQ(info.attached, 0);
  EXPECT_EQ(board_.prog_info(1).attached, 1);
  EXPECT_EQ(fire(hook, &context), result);
  EXPECT_EQ(board_.prog_info(0).runs, 1u);
  EXPECT_EQ(board_.prog_info(1).runs, 2u);

  // An order attaches it again, and it faults again.
  ASSERT_EQ(board_.deliver(board_.order(compiler::Order::attach, "", {.sequence = ++sequence_})), perdita_status_ok);
  EXPECT_EQ(fire(hook, &context), result);
  EXPECT_EQ(board_.prog_info(0).faults, 2u);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, FaultTest,
    testing::Values(FaultCase{"mov %r0, 0\nldxw %r0, [%r0+0]\nexit", "sensor", Status::bad_access, 1},
                    FaultCase{"stw [%r1+0], 1\nmov %r0, 0\nexit", "sensor", Status::read_only, 0},
                    FaultCase{"ldxw %r0, [%r1+20]\nexit", "packet", Status::bad_access, 0},
                    FaultCase{"again:\nja again\nexit", "sensor", Status::out_of_steps, 0},
                    FaultCase{"call local deep\nexit\ndeep:\ncall local deeper\nexit\ndeeper:\nmov %r0, 0\nexit",
                              "sensor", Status::out_of_stack, 2},
                    FaultCase{"mov %r1, 0\nmov %r2, 4\nmov %r3, 0\ncall 6\nexit", "sensor", Status::bad_argument, 3},
                    FaultCase{"mov %r0, 3\nexit", "packet", Status::bad_value, 0},
                    FaultCase{"mov %r0, -1\nexit", "packet", Status::bad_value, 0}));

TEST_F(FireTest, AnActiveLevelCountsAMissAndHigherLevelsRun) {
  install(caller("call_back", 0), "outer");
  install(constant(4, "tick"), "interrupt");
  install(constant(2, "packet"), "packet");
  board_.callback = [&]() -> uint64_t {
    EXPECT_EQ(fire(kSensorHook), 0);  // itself
    EXPECT_EQ(fire(kPacketHook), 0);  // another hook of the same level: its stack is in use
    return 10 + static_cast<uint64_t>(fire(kTickHook));
  };
  EXPECT_EQ(fire(kSensorHook), 14);
  EXPECT_EQ(board_.prog_info(0).misses, 1u);
  EXPECT_EQ(board_.prog_info(0).runs, 1u);
  EXPECT_EQ(board_.prog_info(1).runs, 1u);
  EXPECT_EQ(board_.prog_info(2).misses, 1u);
  EXPECT_EQ(fire(kPacketHook), 2);  // the level is free again
}

// Each level has a stack of its own: an interrupt leaves what the thread's program has put on its.
TEST_F(FireTest, LevelsDoNotShareAStack) {
  object::Module outer = caller("call_back", 0);
  outer.progs[0] = prog(
      "outer", "sensor",
      {insn(isa::kSt | isa::kMem | isa::kDw, 10, 0, -8, 77), insn(isa::kJmp | isa::kCall, 0, isa::kCallFunction, 0, 0),
       insn(isa::kLdx | isa::kMem | isa::kDw, 0, 10, -8, 0), insn(isa::kJmp | isa::kExit, 0, 0, 0, 0)});
  install(outer, "outer");
  object::Module inner = constant(0, "tick");
  inner.progs[0] =
      prog("inner", "tick",
           {insn(isa::kSt | isa::kMem | isa::kDw, 10, 0, -8, 66), insn(isa::kAlu64 | isa::kMov | isa::kK, 0, 0, 0, 5),
            insn(isa::kJmp | isa::kExit, 0, 0, 0, 0)});
  install(inner, "inner");
  board_.callback = [&]() -> uint64_t { return static_cast<uint64_t>(fire(kTickHook)); };
  EXPECT_EQ(fire(kSensorHook), 77);
  EXPECT_EQ(board_.prog_info(1).runs, 1u);
}

TEST_F(FireTest, FunctionsGetTheirArguments) {
  object::Module module = caller("fill", 0);
  module.progs[0] = prog(
      "filler", "sensor",
      {insn(isa::kAlu64 | isa::kMov | isa::kX, 1, 10, 0, 0), insn(isa::kAlu64 | isa::kAdd | isa::kK, 1, 0, 0, -8),
       insn(isa::kAlu64 | isa::kMov | isa::kK, 2, 0, 0, 3), insn(isa::kJmp | isa::kCall, 0, isa::kCallFunction, 0, 0),
       insn(isa::kLdx | isa::kMem | isa::kDw, 0, 10, -8, 0), insn(isa::kJmp | isa::kExit, 0, 0, 0, 0)});
  ASSERT_EQ(board_.deliver(board_.seal(board_.unclaimed(module))), perdita_status_ok);
  EXPECT_EQ(fire(kSensorHook), 0xababab);
}

// ---- answering ----

TEST(Answer, OneProgramRunsForWhoNamesIt) {
  TestBoard board;
  perdita_hook& hook = board.platform.hooks[kPacketHook];
  static constexpr perdita_field kFields[] = {{"time_ns", 16, 8, PERDITA_FIELD_SCALAR, 0}};
  hook.context_size = sizeof(perdita_request);
  hook.fields = kFields;
  hook.field_count = 1;
  hook.request = 1;
  hook.result_min = -1;
  hook.result_max = 64;
  board.config.allow_unclaimed = 1;
  board.start();
  uint64_t sequence = 0;
  const auto install = [&](const object::Module& module, const std::string& name) {
    ASSERT_EQ(board.deliver(board.seal(board.unclaimed(module), {.name = name, .sequence = ++sequence})),
              perdita_status_ok);
  };
  install(constant(7, "packet", "seven"), "one");
  install(constant(8, "packet", "eight"), "two");
  object::Module clock = constant(0, "packet", "clock");
  clock.progs[0].code = {insn(isa::kLdx | isa::kMem | isa::kDw, 0, 1, 16, 0), insn(isa::kJmp | isa::kExit, 0, 0, 0, 0)};
  install(clock, "three");
  install(constant(70, "packet", "large"), "four");
  install(caller("call_back", 0), "outer");

  perdita_request context{};
  int64_t result = 0;
  const auto ask = [&](const char* package, const char* prog) {
    return perdita_answer(board.runtime, package, prog, &context, &result);
  };
  EXPECT_EQ(ask("two", "eight"), perdita_status_ok);
  EXPECT_EQ(result, 8);
  EXPECT_EQ(board.prog_info(0).runs, 0u);
  EXPECT_EQ(board.prog_info(1).runs, 1u);
  board.port.now_ns = 33;
  EXPECT_EQ(ask("three", "clock"), perdita_status_ok);
  EXPECT_EQ(result, 33);
  for (const char* package : {"one", "five", ""}) EXPECT_EQ(ask(package, "eight"), perdita_status_unknown_program);
  EXPECT_EQ(ask("outer", "caller"), perdita_status_unknown_program);  // on another hook
  EXPECT_EQ(perdita_answers(board.runtime, "one", "seven"), &hook);
  EXPECT_EQ(perdita_answers(board.runtime, "outer", "caller"), nullptr);

  // Inside a program of its level it is a miss.
  board.callback = [&]() -> uint64_t { return ask("one", "seven"); };
  SensorContext sensor = {};
  EXPECT_EQ(perdita_fire(board.runtime, kSensorHook, &sensor), perdita_status_busy);
  EXPECT_EQ(board.prog_info(0).misses, 1u);

  // A fault is told, and nobody answers there afterwards.
  EXPECT_EQ(ask("four", "large"), perdita_status_bad_value);
  EXPECT_EQ(ask("four", "large"), perdita_status_unknown_program);
}

// ---- printing ----

class TraceTest : public FireTest {
 protected:
  // Prints `format` with three arguments from a program.
  int64_t print(const std::string& format, int32_t a = 0, int32_t b = 0, int32_t c = 0) {
    using namespace isa;  // NOLINT: names of opcodes
    object::Module module = constant(0);
    std::vector<uint8_t> bytes(format.begin(), format.end());
    bytes.push_back(0);
    const auto size = static_cast<uint32_t>(bytes.size());
    module.maps = {
        {".rodata", {MapType::array, 4, size, 1, kMapReadOnlyForProg}, object::MapOrigin::rodata, false, bytes}};
    module.progs[0] =
        prog("print", "sensor",
             {insn(kLddw, 1, kLddwMapValue, 0, 0), insn(0, 0, 0, 0, 0),
              insn(kAlu64 | kMov | kK, 2, 0, 0, static_cast<int32_t>(size)), insn(kAlu64 | kMov | kK, 3, 0, 0, a),
              insn(kAlu64 | kMov | kK, 4, 0, 0, b), insn(kAlu64 | kMov | kK, 5, 0, 0, c),
              insn(kJmp | kCall, 0, kCallHelper, 0, 6), insn(kJmp | kExit, 0, 0, 0, 0)});
    board_.port.log.clear();
    EXPECT_EQ(board_.deliver(board_.seal(board_.unclaimed(module), {.sequence = ++sequence_})), perdita_status_ok);
    return fire(kSensorHook);
  }
};

TEST_F(TraceTest, Conversions) {
  EXPECT_EQ(print("%d %u %x", -5, -5, -5), 22);
  EXPECT_EQ(board_.port.log, "-5 4294967291 fffffffb\n");
  print("%ld %llu %lx", -5, -5, -5);
  EXPECT_EQ(board_.port.log, "-5 18446744073709551611 fffffffffffffffb\n");
  print("%d%c%%", INT32_MIN, 'z');
  EXPECT_EQ(board_.port.log, "-2147483648z%\n");
  print("plain");
  EXPECT_EQ(board_.port.log, "plain\n");
}

TEST_F(TraceTest, RefusesWhatIsNoFormatAndCutsWhatIsLong) {
  EXPECT_EQ(print("%s"), -22);
  EXPECT_EQ(print("%d%d%d%d"), -22);
  EXPECT_EQ(board_.port.log, "");
  EXPECT_EQ(print(std::string(120, 'x') + "%lx", -1), 128);
  EXPECT_EQ(board_.port.log, std::string(120, 'x') + "ffffffff\n");
}

// ---- starting ----

TEST(Init, RefusesWhatItCannotWorkWith) {
  TestBoard board;
  std::vector<uint64_t> memory(2048);
  perdita_runtime* runtime = nullptr;
  const auto init = [&](void* start, size_t bytes) { return perdita_init(&runtime, start, bytes, &board.config); };
  EXPECT_EQ(init(memory.data(), 16384), perdita_status_invalid_argument);  // no port, no platform
  board.start();
  EXPECT_EQ(init(memory.data(), 16384), perdita_status_ok);
  EXPECT_EQ(init(reinterpret_cast<uint8_t*>(memory.data()) + 4, 8192), perdita_status_invalid_argument);
  EXPECT_EQ(init(nullptr, 8192), perdita_status_invalid_argument);
  EXPECT_EQ(init(memory.data(), sizeof(void*)), perdita_status_out_of_memory);
  EXPECT_EQ(init(memory.data(), size_t{1} << 31), perdita_status_invalid_argument);
  board.platform.hooks[0].level = PERDITA_MAX_LEVELS;
  EXPECT_EQ(init(memory.data(), 16384), perdita_status_invalid_argument);
  board.platform.hooks[0].level = 0;
  board.port.port.crypto.ed25519_verify = nullptr;
  EXPECT_EQ(init(memory.data(), 16384), perdita_status_invalid_argument);
}

}  // namespace
}  // namespace perdita::runtime
