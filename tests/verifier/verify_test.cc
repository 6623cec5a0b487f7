// SPDX-License-Identifier: Apache-2.0
//
// What a text case cannot say: places in the source, lists and costs in the verdict, options, malformed modules, and
// that the same input gives the same answer.
#include <gtest/gtest.h>

#include <algorithm>

#include "isa/assemble.h"
#include "isa/cost.h"
#include "isa/helpers.h"
#include "verifier/proof.h"
#include "verifier/testing/test_platform.h"

namespace perdita::verifier {
namespace {

object::Module module_of(const std::string& text, const std::string& section = "tick") {
  auto code = isa::assemble(text);
  EXPECT_TRUE(code) << text;
  return testing::module_with(code ? *code : std::vector<isa::Insn>(), section);
}

ProgVerdict verdict_of(const object::Module& module, const Options& options = {}) {
  testing::TestPlatform platform;
  return verify(module, platform, options).progs.at(0);
}

std::string only_code(const ProgVerdict& verdict) {
  return verdict.diagnostics.size() == 1 ? verdict.diagnostics[0].code
                                         : std::to_string(verdict.diagnostics.size()) + " diagnostics";
}

// The test platform, whose function that is missing is this one.
class WithFunction : public testing::TestPlatform {
 public:
  WithFunction(const std::vector<perdita_arg_kind>& args, perdita_result_kind result) {
    for (size_t i = 0; i < args.size(); i++) args_[i].kind = static_cast<uint8_t>(args[i]);
    function_ = {"missing", 0, nullptr, args_.data(), static_cast<uint8_t>(args.size()), PERDITA_NO_CAPABILITY, {},
                 100,       0, 0};
    function_.result.kind = static_cast<uint8_t>(result);
  }
  const perdita_function* function(std::string_view name) const override {
    return name == "missing" ? &function_ : TestPlatform::function(name);
  }

 private:
  std::array<perdita_arg, PERDITA_MAX_ARGS> args_{};
  perdita_function function_{};
};

// The test platform, where sections are not named like hooks.
class WithSections : public testing::TestPlatform {
 public:
  const perdita_hook* hook_for_section(std::string_view section) const override {
    return section == "every/second" ? TestPlatform::hook("tick") : nullptr;
  }
};

// An image has the hook's name where an object has a section.
TEST(Verify, AHookByItsNameWhereThereIsAPeriod) {
  auto answer = [](const char* section, uint32_t period_us) {
    object::Module module = module_of("r0 = 0\nexit\n", section);
    module.progs[0].period_us = period_us;
    const ProgVerdict verdict = verify(module, WithSections(), {}).progs.at(0);
    return verdict.accepted ? verdict.hook : only_code(verdict);
  };
  EXPECT_EQ(answer("tick", 5), "tick");
  EXPECT_EQ(answer("tick", 1), "tick");
  EXPECT_EQ(answer("tick", 0), "unknown-hook");
  EXPECT_EQ(answer("every/second", 5), "tick");
  EXPECT_EQ(answer("every/second", 0), "tick");
}

// What a firmware's function cannot do, its contract cannot say: to call back, to reserve, to release.
TEST(Verify, ContractsThatPromiseWhatNobodyKeeps) {
  auto code = [](const std::string& text, const std::vector<perdita_arg_kind>& args, perdita_result_kind result) {
    const Verdict verdict = verify(module_of(text), WithFunction(args, result), {});
    return verdict.accepted ? "accepted" : only_code(verdict.progs.at(0));
  };
  const std::string call = "call function[8]\nr0 = 0\nexit\n";
  EXPECT_EQ(code(call, {}, PERDITA_RESULT_VOID), "accepted");
  EXPECT_EQ(code(call, {}, PERDITA_RESULT_MAP_VALUE_OR_NULL), "argument-type");
  EXPECT_EQ(code(call, {}, PERDITA_RESULT_MAP_VALUE), "argument-type");
  EXPECT_EQ(code(call, {}, PERDITA_RESULT_RESERVATION_OR_NULL), "argument-type");
  EXPECT_EQ(code("r1 = subprog[cb]\n" + call + "cb:\nr0 = 0\nexit\n", {PERDITA_ARG_CALLBACK}, PERDITA_RESULT_VOID),
            "argument-type");
  EXPECT_EQ(code("r1 = map[7]\nr2 = 8\nr3 = 0\ncall 131\nif r0 == 0 goto out\nr1 = r0\nr6 = r0\ncall function[8]\n"
                 "out:\nr0 = 0\nexit\n",
                 {PERDITA_ARG_RESERVATION}, PERDITA_RESULT_VOID),
            "argument-type");
}

TEST(Verify, SaysWhereInTheSource) {
  object::Module module = module_of("r2 = 0\nr3 = *(u32 *)(r10 - 4)\nr0 = 0\nexit");
  module.progs[0].lines = {{0, "a.c", 10, 3, "int x;"}, {1, "a.c", 11, 7, "y = x;"}, {2, "a.c", 12, 1, "return 0;"}};
  ProgVerdict verdict = verdict_of(module);
  ASSERT_EQ(only_code(verdict), "uninitialised-stack");
  const Place& place = verdict.diagnostics[0].place;
  EXPECT_EQ(place.file, "a.c");
  EXPECT_EQ(place.line, 11u);
  EXPECT_EQ(place.column, 7u);
  EXPECT_EQ(place.source, "y = x;");
  EXPECT_EQ(place.instruction, 1u);
}

TEST(Verify, SaysWhatIsKnown) {
  ProgVerdict verdict =
      verdict_of(module_of("r2 = *(u8 *)(r1 + 8)\nr3 = map[3][0]+0\nr3 += r2\nr0 = *(u8 *)(r3 + 0)\nexit"));
  ASSERT_EQ(only_code(verdict), "out-of-bounds");  // and nothing about the result, which depends on it
  EXPECT_EQ(verdict.diagnostics[0].need, "an access inside the value's 16 bytes");
  EXPECT_EQ(verdict.diagnostics[0].have, "1 byte at offset 0 to 255");
}

TEST(Verify, ListsWhatIsReliedUpon) {
  ProgVerdict verdict = verdict_of(module_of(R"(
    r1 = 3
    call function[0]
    r1 = 1
    r2 = 0
    call function[1]
    *(u32 *)(r10 - 4) = 0
    r2 = r10
    r2 += -4
    r1 = map[0]
    call 1
    r1 = map[3][0]+0
    call 5
    r0 = 0
    exit)"));
  ASSERT_TRUE(verdict.accepted);
  EXPECT_EQ(verdict.hook, "tick");
  EXPECT_EQ(verdict.capabilities, (std::vector<std::string>{"leds", "sensors"}));
  EXPECT_EQ(verdict.helpers, (std::vector<uint32_t>{1, 5}));
  EXPECT_EQ(verdict.functions, (std::vector<std::string>{"read_sensor", "set_led"}));
  EXPECT_EQ(verdict.maps, (std::vector<std::string>{".data", "counts"}));
  EXPECT_EQ(verdict.subprogram_stack_bytes, (std::vector<uint32_t>{8}));
}

// What a contract says of a callee, in the engine's machine instructions.
uint64_t on_target(uint64_t contract, const isa::EngineCost& engine) {
  return (contract * engine.callee_percent + 99) / 100;
}

// The bound in machine instructions, computed by hand for one path.
TEST(Verify, PricesInstructionsAndCalls) {
  std::string text =
      "r1 = r10\nr1 += -16\nr2 = 16\ncall function[2]\n*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\n"
      "r1 = map[0]\ncall 1\nr0 = 0\nexit";
  object::Module module = module_of(text);
  ProgVerdict verdict = verdict_of(module);
  ASSERT_TRUE(verdict.accepted);
  EXPECT_EQ(verdict.bounds.instructions, 11u);
  const uint64_t function = 100 + 10 * 16;
  const uint64_t helper = isa::helper_cost(*isa::find_helper(1), &module.maps[0].def, 4);
  // By instruction, for who prices machine code.
  EXPECT_EQ(verdict.call_costs.at(3), function);
  EXPECT_EQ(verdict.call_costs.at(9), helper);
  ASSERT_FALSE(isa::engine_costs().empty());
  for (const isa::EngineCost& engine : isa::engine_costs()) {
    uint64_t expected = engine.invocation + uint64_t{engine.invocation_per_stack} * verdict.bounds.stack_bytes +
                        on_target(function, engine) + on_target(helper, engine);
    const auto& code = module.progs[0].code;
    for (size_t pc = 0; pc < code.size(); pc += code[pc].opcode == isa::kLddw ? 2 : 1) {
      expected += engine.instruction(code[pc], static_cast<uint32_t>(module.maps.size()));
    }
    EXPECT_EQ(verdict.bounds.machine_instructions.at(engine.engine), expected) << engine.engine;
  }
}

TEST(Verify, TheDearestPathCounts) {
  ProgVerdict verdict = verdict_of(module_of(
      "r2 = *(u32 *)(r1 + 8)\nr0 = 0\nif r2 == 0 goto out\nr0 = 1\nr0 = 2\nif r2 == 1 goto out\nr0 = 3\nout: exit"));
  ASSERT_TRUE(verdict.accepted);
  EXPECT_EQ(verdict.bounds.instructions, 8u);
}

// loop(): the helper's routine once, and for each iteration the dearest way through the callback and the call that
// the engine makes of it.
TEST(Verify, PricesCallbacks) {
  object::Module module = module_of(
      "r1 = 7\nr2 = subprog[cb]\nr3 = 0\nr4 = 0\ncall 181\nr0 = 0\nexit\n"
      "cb: r0 = 0\nif r1 == 3 goto out\nr2 = 5\nr2 /= 3\nout: exit");
  ProgVerdict verdict = verdict_of(module);
  ASSERT_TRUE(verdict.accepted);
  EXPECT_EQ(verdict.bounds.instructions, 7 + 7 * 5u);
  isa::Insn call{};
  call.opcode = isa::kJmp | isa::kCall;
  call.regs = isa::make_regs(0, isa::kCallLocal);
  const auto& code = module.progs[0].code;
  for (const isa::EngineCost& engine : isa::engine_costs()) {
    EXPECT_EQ(verdict.bounds.stack_bytes, 0u);
    const auto maps = static_cast<uint32_t>(module.maps.size());
    uint64_t expected = engine.invocation + on_target(isa::helper_cost(*isa::find_helper(181), nullptr, 0), engine);
    for (size_t pc = 0; pc < code.size(); pc += code[pc].opcode == isa::kLddw ? 2 : 1) {
      expected += (pc < module.progs[0].subprograms[1].first ? 1 : 7) * engine.instruction(code[pc], maps);
    }
    EXPECT_EQ(verdict.bounds.machine_instructions.at(engine.engine), expected + engine.instruction(call, maps));
  }
}

TEST(Verify, CountsTailCallsAndSaysHowMany) {
  object::Module module = module_of("r2 = map[8]\nr3 = 0\ncall 12\nr0 = 0\nexit");
  ProgVerdict with = verdict_of(module);
  ASSERT_TRUE(with.accepted);
  EXPECT_EQ(with.bounds.tail_instructions, 33u * 1000);
  EXPECT_EQ(with.bounds.instructions, 33u * 1000 + 5);
  module.maps[8].tail_instructions = 1;
  ProgVerdict least = verdict_of(module);
  for (const auto& [engine, bound] : with.bounds.machine_instructions) {
    EXPECT_EQ(bound - least.bounds.machine_instructions.at(engine), 33u * 999);
  }
  module.maps[8].tail_instructions = UINT64_MAX / 2;
  EXPECT_EQ(verdict_of(module).bounds.instructions, UINT64_MAX);
}

TEST(Verify, UnknownHook) {
  EXPECT_EQ(only_code(verdict_of(module_of("r0 = 0\nexit", "nowhere"))), "unknown-hook");
  Options options;
  options.hook = "nowhere";
  EXPECT_EQ(only_code(verdict_of(module_of("r0 = 0\nexit"), options)), "unknown-hook");
}

TEST(Verify, TheHookOfTheOptionsWins) {
  Options options;
  options.hook = "sniff";
  ProgVerdict verdict = verdict_of(module_of("r0 = 1000\nexit"), options);
  EXPECT_TRUE(verdict.accepted);
  EXPECT_EQ(verdict.hook, "sniff");
}

TEST(Verify, OneProgramOfSeveral) {
  object::Module module = module_of("r0 = 0\nexit");
  module.progs.push_back(module.progs[0]);
  module.progs[1].name = "other";
  module.progs[1].code[0].imm = 1000;
  testing::TestPlatform platform;
  EXPECT_FALSE(verify(module, platform, {}).accepted);
  Options options;
  options.prog = "prog";
  Verdict verdict = verify(module, platform, options);
  EXPECT_TRUE(verdict.accepted);
  EXPECT_EQ(verdict.progs.size(), 1u);
  options.prog = "none";
  verdict = verify(module, platform, options);
  EXPECT_FALSE(verdict.accepted);
  EXPECT_EQ(only_code(verdict.progs.at(0)), "unknown-program");
}

TEST(Verify, NoProgramAtAll) {
  testing::TestPlatform platform;
  Verdict verdict = verify(object::Module{}, platform, {});
  EXPECT_FALSE(verdict.accepted);
  EXPECT_EQ(only_code(verdict.progs.at(0)), "unknown-program");
}

TEST(Verify, TablesOfSubprogramsThatLie) {
  object::Module good = module_of("call sub\nexit\nsub: r0 = 1 ll\nexit");
  ASSERT_TRUE(verdict_of(good).accepted);
  std::vector<std::vector<object::Subprogram>> tables = {
      {},
      {{"a", 0, 2}},
      {{"a", 0, 5}},
      {{"a", 0, 6}},
      {{"a", 0, 2}, {"b", 2, 0}, {"c", 2, 3}},
      {{"a", 0, 2}, {"b", 3, 2}},
      {{"a", 2, 3}, {"b", 0, 2}},
      {{"a", 0, 3}, {"b", 3, 2}},
      {{"a", 0, 2}, {"b", 2, UINT32_MAX}},
  };
  for (size_t i = 0; i < tables.size(); i++) {
    object::Module module = good;
    module.progs[0].subprograms = tables[i];
    EXPECT_EQ(only_code(verdict_of(module)), "subprogram-layout") << "table " << i;
  }
}

// A function that nothing calls begins where no call says so; still nothing goes there but a call.
TEST(Verify, NothingRunsOnIntoAnotherFunction) {
  struct {
    const char* text;
    std::vector<object::Subprogram> table;
  } cases[] = {
      {"r0 = 0\nif r0 == 1 goto other\nexit\nother: r0 = 0\nexit", {{"a", 0, 3}, {"b", 3, 2}}},
      {"r0 = 0\ngoto other\nother: r0 = 0\nexit", {{"a", 0, 2}, {"b", 2, 2}}},
      {"r0 = 0\nr0 = 0\nexit", {{"a", 0, 1}, {"b", 1, 2}}},
      {"r0 = 0\nexit\nback: r0 = 0\nif r0 == 0 goto -3\nexit", {{"a", 0, 2}, {"b", 2, 3}}},
  };
  for (const auto& [text, table] : cases) {
    object::Module module = module_of(text);
    EXPECT_TRUE(verdict_of(module).accepted) << text;
    module.progs[0].subprograms = table;
    EXPECT_EQ(only_code(verdict_of(module)), "invalid-instruction") << text;
  }
}

TEST(Verify, GivesUpHonestlyOnLoopsThatAreTooLong) {
  ProgVerdict verdict = verdict_of(
      module_of("r2 = *(u64 *)(r1 + 0)\nr3 = 0\nagain: if r3 >= r2 goto out\nr3 += 1\ngoto again\nout: r0 = 0\nexit"));
  EXPECT_EQ(only_code(verdict), "too-complex");
  EXPECT_EQ(verdict.diagnostics.at(0).place.instruction, 2u);
}

// A thousand iterations, each of which branches on data and adds to a number: what they collect is joined, the counter
// is not, so the index is known and the bound is exact.
TEST(Verify, LongLoopsThatBranch) {
  std::string text = "r6 = r1\nr2 = *(u32 *)(r1 + 8)\nr2 &= 1023\nr3 = 0\nr4 = 0\nagain: if r3 >= r2 goto out\n";
  for (int i = 0; i < 6; i++) {
    std::string over = "l" + std::to_string(i);
    text += "r0 = *(u8 *)(r6 + " + std::to_string(16 + i) + ")\nif r0 < 9 goto " + over +
            "\nr4 += " + std::to_string(i + 1) + "\n" + over + ":\n";
  }
  text += "r5 = map[6][0]+0\nr1 = r3\nr1 >>= 2\nr5 += r1\n*(u8 *)(r5 + 0) = 1\n";
  text += "r3 += 1\ngoto again\nout: r0 = 0\nexit";
  ProgVerdict verdict = verdict_of(module_of(text));
  ASSERT_TRUE(verdict.accepted) << only_code(verdict);
  EXPECT_EQ(verdict.bounds.instructions, 5 + 1023 * (1 + 6 * 3 + 5 + 2) + 1 + 2u);
}

TEST(Verify, NestedLoopsThatBranch) {
  ProgVerdict verdict = verdict_of(module_of(R"(
    r6 = r1
    r3 = 0
    r4 = 0
    outer: r5 = 0
    inner: r0 = *(u8 *)(r6 + 16)
    if r0 < 9 goto less
    r4 += 1
    less: r5 += 1
    if r5 != 100 goto inner
    r3 += 1
    if r3 != 100 goto outer
    r0 = 0
    exit)"));
  ASSERT_TRUE(verdict.accepted) << only_code(verdict);
  EXPECT_EQ(verdict.bounds.instructions, 3 + 100 * (1 + 100 * 5 + 2) + 2u);
}

// 400 independent branches add to a number, and then it is checked: paths must be joined, not enumerated.
TEST(Verify, ManyIndependentBranches) {
  std::string text = "r2 = *(u32 *)(r1 + 8)\nr3 = 0\n";
  for (int i = 0; i < 400; i++) {
    text +=
        "if r2 < " + std::to_string(i * 7) + " goto l" + std::to_string(i) + "\nr3 += 3\nl" + std::to_string(i) + ":\n";
  }
  text += "if r3 > 15 goto out\nr4 = map[3][0]+0\nr4 += r3\n*(u8 *)(r4 + 0) = 1\nout: r0 = 0\nexit";
  EXPECT_TRUE(verdict_of(module_of(text)).accepted);
}

TEST(Verify, EveryByteOfAnInstructionMayBeAnything) {
  object::Module module = module_of(
      "r6 = r1\n*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nr1 = map[0]\ncall 1\nif r0 == 0 goto out\n"
      "r1 = *(u32 *)(r6 + 8)\nlock *(u64 *)(r0 + 8) += r1\ncall sub\nout: r0 = 0\nexit\nsub: r0 = r1\nexit");
  ASSERT_TRUE(verdict_of(module).accepted);
  testing::TestPlatform platform;
  auto& code = module.progs[0].code;
  for (size_t pc = 0; pc < code.size(); pc++) {
    for (unsigned byte = 0; byte < sizeof(isa::Insn); byte++) {
      for (unsigned value = 0; value < 256; value++) {
        isa::Insn kept = code[pc];
        reinterpret_cast<uint8_t*>(&code[pc])[byte] = static_cast<uint8_t>(value);
        Verdict verdict = verify(module, platform, {});
        EXPECT_EQ(verdict.accepted, verdict.progs[0].diagnostics.empty());
        code[pc] = kept;
      }
    }
  }
}

// However much was executed before, whose count stands beside them.
TEST(Verify, NineReservationsAreTooMany) {
  std::string nine;
  for (int i = 0; i < 9; i++) nine += "r1 = map[7]\nr2 = 16\nr3 = 0\ncall 131\n";
  std::string before;
  for (int i = 0; i < 256; i++) {
    const ProgVerdict verdict = verdict_of(module_of(before + nine + "r0 = 0\nexit"));
    EXPECT_TRUE(std::any_of(verdict.diagnostics.begin(), verdict.diagnostics.end(), [](const Diagnostic& diagnostic) {
      return diagnostic.code == "reservation-limit";
    })) << i;
    before += "r0 = 0\n";
  }
}

TEST(Verify, TheSameInputGivesTheSameAnswer) {
  object::Module module = module_of(
      "r6 = *(u32 *)(r1 + 8)\nr7 = r6\nif r6 > 5 goto a\nr7 += 3\na: *(u64 *)(r10 - 8) = r7\nr0 = *(u64 *)(r10 - "
      "16)\nexit");
  Options options;
  options.log = true;
  ProgVerdict first = verdict_of(module, options), second = verdict_of(module, options);
  EXPECT_EQ(first.log, second.log);
  EXPECT_FALSE(first.log.empty());
  ASSERT_EQ(first.diagnostics.size(), second.diagnostics.size());
  for (size_t i = 0; i < first.diagnostics.size(); i++)
    EXPECT_EQ(first.diagnostics[i].have, second.diagnostics[i].have);
}

TEST(Verify, WithoutAWishForALogThereIsNone) { EXPECT_TRUE(verdict_of(module_of("r0 = 0\nexit")).log.empty()); }

TEST(Verify, TheLogShowsTheStateAtEachInstruction) {
  Options options;
  options.log = true;
  ProgVerdict verdict =
      verdict_of(module_of("r2 = *(u8 *)(r1 + 8)\nr2 &= 15\n*(u64 *)(r10 - 8) = r2\nr0 = 0\nexit"), options);
  EXPECT_EQ(verdict.log,
            "0: r2 = *(u8 *)(r1 + 8) ; R1=ctx(off=0) R10=fp[0]0\n"
            "1: r2 &= 15 ; R1=ctx(off=0) R2=scalar(umin=0,umax=255) R10=fp[0]0\n"
            "2: *(u64 *)(r10 - 8) = r2 ; R1=ctx(off=0) R2=scalar(umin=0,umax=15) R10=fp[0]0\n"
            "3: r0 = 0 ; R1=ctx(off=0) R2=scalar(umin=0,umax=15)#3 R10=fp[0]0 fp[0]-8:8=scalar(umin=0,umax=15)#3\n"
            "4: exit ; R0=0 R1=ctx(off=0) R2=scalar(umin=0,umax=15)#3 R10=fp[0]0 fp[0]-8:8=scalar(umin=0,umax=15)#3\n");
}

}  // namespace
}  // namespace perdita::verifier
