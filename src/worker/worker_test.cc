// SPDX-License-Identifier: Apache-2.0
#include "worker/worker.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>

#include "object/compile_fixture.h"
#include "object/load.h"
#include "worker/answer.h"
#include "worker/load_stage.h"
#include "worker/module_cbor.h"

namespace perdita::worker {
namespace {

using Bytes = std::vector<uint8_t>;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;  // address space and system calls are not limited there (worker/confine.cc)
#else
constexpr bool kSanitized = false;
#endif

Result<Bytes> run_stage(std::string_view stage, const Bytes& request = {}, const Limits& limits = {}) {
  return run(WORKER_TEST_PROGRAM, stage, request, limits);
}

std::string code_of(const Result<Bytes>& answer) { return answer ? "answered" : answer.error().code; }

std::string text_of(const Result<Bytes>& answer) {
  return answer ? std::string(answer->begin(), answer->end()) : answer.error().code + ": " + answer.error().message;
}

Limits wall(uint64_t ms) {
  Limits limits;
  limits.wall_ms = ms;
  return limits;
}

class Worker : public testing::Test {
 protected:
  // No test leaves a child behind, dead or alive.
  void TearDown() override { EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1); }
};

TEST_F(Worker, AnswersWithBytes) {
  EXPECT_EQ(text_of(run_stage("echo", {'h', 'i'})), "hi");
  EXPECT_EQ(text_of(run_stage("echo")), "");
}

TEST_F(Worker, CarriesMoreThanASocketHolds) {
  Bytes large(size_t{8} << 20);
  std::mt19937 random(1);
  for (uint8_t& byte : large) byte = static_cast<uint8_t>(random());
  Result<Bytes> answer = run_stage("echo", large);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*answer, large);
}

TEST_F(Worker, CarriesDiagnosticsAndCleansTheirText) {
  Result<Bytes> answer = run_stage("refuse");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "test-refused");
  EXPECT_EQ(answer.error().outcome, Outcome::unusable_input);
  EXPECT_EQ(answer.error().message, "no ?[31mred?[0m");
  EXPECT_EQ(answer.error().place.file, "a.c");
  EXPECT_EQ(answer.error().place.line, 7u);
  EXPECT_EQ(answer.error().place.instruction, 3u);
  EXPECT_EQ(answer.error().hint, "one\ntwo");
}

TEST_F(Worker, CrashIsADiagnostic) {
  Result<Bytes> answer = run_stage("crash");
  ASSERT_EQ(code_of(answer), "worker-crashed");
  EXPECT_EQ(answer.error().outcome, Outcome::refused);
  EXPECT_THAT(answer.error().have, testing::HasSubstr(kSanitized ? "exit code" : "signal 11"));
  EXPECT_EQ(code_of(run_stage("abort")), "worker-crashed");
}

TEST_F(Worker, AnAnswerBeforeACrashDoesNotCount) {
  EXPECT_EQ(code_of(run_stage("answer-and-crash")), "worker-crashed");
}

TEST_F(Worker, TimeIsLimited) {
  auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(code_of(run_stage("hang", {}, wall(200))), "worker-timeout");
  EXPECT_EQ(code_of(run_stage("loop", {}, wall(200))), "worker-timeout");
  EXPECT_EQ(code_of(run_stage("close", {}, wall(200))), "worker-timeout");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  Limits cpu;
  cpu.cpu_seconds = 1;
  EXPECT_EQ(code_of(run_stage("loop", {}, cpu)), "worker-timeout");
}

TEST_F(Worker, MemoryIsLimited) {
  if (kSanitized) GTEST_SKIP() << "address space is not limited under the sanitizer";
  Limits limits;
  limits.memory_bytes = uint64_t{256} << 20;
  EXPECT_EQ(code_of(run_stage("eat", {}, limits)), "worker-memory");
}

TEST_F(Worker, WhatIsNoAnswerIsRefused) {
  EXPECT_EQ(code_of(run_stage("garbage", {'h', 'e', 'l', 'l', 'o'})), "worker-answer");
  EXPECT_EQ(code_of(run_stage("exit")), "worker-answer");
  EXPECT_EQ(code_of(run_stage("flood")), "worker-answer");
  // Half an answer, at every length.
  Bytes whole = write_answer(Bytes{1, 2, 3});
  for (size_t size = 0; size < whole.size(); size++) {
    Bytes half(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(code_of(read_answer(half)), "worker-answer") << size;
  }
  EXPECT_EQ(code_of(run_stage("garbage", Bytes(whole.begin(), whole.end() - 1))), "worker-answer");
  EXPECT_EQ(code_of(run_stage("garbage", whole)), "answered");
}

TEST_F(Worker, NestingAndNumberOfValuesAreBounded) {
  EXPECT_EQ(code_of(read_answer(Bytes(size_t{32} << 20, 0x81))), "worker-answer");  // arrays of arrays
  Bytes many = {0x9a, 0x02, 0x00, 0x00, 0x00};
  many.resize(many.size() + (size_t{32} << 20), 0x80);
  EXPECT_EQ(code_of(read_answer(many)), "worker-answer");
}

TEST_F(Worker, MayComputeAndNothingElse) {
  if (kSanitized) GTEST_SKIP() << "system calls are not limited under the sanitizer";
  EXPECT_EQ(text_of(run_stage("rights")), "");
  EXPECT_EQ(text_of(run_stage("rights-of-files")), "open ");
}

TEST_F(Worker, InheritsNoDescriptors) {
  int extra = open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  ASSERT_GE(extra, 3);
  EXPECT_EQ(text_of(run_stage("descriptors")), "0 1 2 ");
  close(extra);
}

TEST_F(Worker, UnknownStageAndProgram) {
  EXPECT_EQ(code_of(run_stage("nothing")), "worker-start");
  EXPECT_EQ(code_of(run("/nonexistent/program", "echo", {})), "worker-start");
}

TEST_F(Worker, RunsInManyThreads) {
  std::vector<std::thread> threads;
  std::vector<int> good(4);
  for (int thread = 0; thread < 4; thread++) {
    threads.emplace_back([&good, thread] {
      for (uint8_t i = 0; i < 10; i++) {
        Bytes request = {static_cast<uint8_t>(thread), i};
        Result<Bytes> answer = run_stage("echo", request);
        good[static_cast<size_t>(thread)] += answer && *answer == request ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(good, testing::Each(10));
}

// A Module that a loader gave, as the tests below need it.
const object::Module& loaded() {
  static const object::Module module = [] {
    Bytes bytes = object::compile(object::kEverything);
    Bytes btf = object::read_elf(bytes)->find(".BTF")->bytes;
    return *object::load(bytes, "demo.bpf.o", &btf);
  }();
  return module;
}

TEST(ModuleCbor, KeepsEverything) {
  object::Module with_period = loaded();
  with_period.progs[1].period_us = 250'000;  // of an image
  Bytes packed = pack_module(with_period);
  Result<object::Module> module = unpack_module(packed);
  ASSERT_TRUE(module) << module.error().message;
  EXPECT_EQ(pack_module(*module), packed);
  ASSERT_EQ(module->progs.size(), 3u);
  EXPECT_EQ(module->progs[0].code, loaded().progs[0].code);
  EXPECT_EQ(module->progs[0].period_us, 0u);
  EXPECT_EQ(module->progs[1].period_us, 250'000u);
  EXPECT_EQ(module->progs[0].lines[0].text, loaded().progs[0].lines[0].text);
  EXPECT_EQ(module->maps[0].def, loaded().maps[0].def);
  EXPECT_TRUE(module->maps[0].pinned);
  EXPECT_TRUE(module->maps[0].types);
  EXPECT_EQ(module->maps[0].types, loaded().maps[0].types);
  EXPECT_EQ(module->maps[3].initial, loaded().maps[3].initial);
  EXPECT_EQ(module->functions, loaded().functions);
}

TEST(ModuleCbor, EveryTruncationIsRefused) {
  Bytes packed = pack_module(loaded());
  for (size_t size = 0; size < packed.size(); size++) {
    EXPECT_FALSE(unpack_module(Bytes(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size)))) << size;
  }
}

TEST(ModuleCbor, WhatIsAcceptedKeepsTheRules) {
  Bytes packed = pack_module(loaded());
  std::mt19937 random(3);
  int accepted = 0;
  constexpr int kRuns = 20'000;
  for (int i = 0; i < kRuns; i++) {
    Bytes mutant = packed;
    for (unsigned n = random() % 3 + 1; n != 0; n--) mutant[random() % mutant.size()] = static_cast<uint8_t>(random());
    Result<object::Module> module = unpack_module(mutant);
    if (!module) continue;
    accepted++;
    EXPECT_FALSE(object::check(*module));
  }
  EXPECT_GT(accepted, 0);
  EXPECT_LT(accepted, kRuns);
}

TEST(ModuleCbor, ForgedModulesAreRefused) {
  auto refused = [](auto change) {
    object::Module module = loaded();
    change(module);
    return !unpack_module(pack_module(module));
  };
  EXPECT_FALSE(refused([](object::Module&) {}));
  EXPECT_TRUE(refused([](object::Module& m) { m.progs.clear(); }));
  EXPECT_TRUE(refused([](object::Module& m) { m.maps.pop_back(); }));       // a reference to a map that is not there
  EXPECT_TRUE(refused([](object::Module& m) { m.functions.pop_back(); }));  // and to a function
  EXPECT_TRUE(refused([](object::Module& m) { m.functions[0] = m.functions[1]; }));
  EXPECT_TRUE(refused([](object::Module& m) { m.progs[1].name = m.progs[0].name; }));
  EXPECT_TRUE(refused([](object::Module& m) { m.progs[0].name = "x y"; }));
  EXPECT_TRUE(refused([](object::Module& m) { m.progs[0].subprograms[1].first++; }));
  EXPECT_TRUE(refused([](object::Module& m) { m.progs[0].subprograms.pop_back(); }));
  EXPECT_TRUE(refused([](object::Module& m) { m.progs[0].code[0].opcode = 0xff; }));
  EXPECT_TRUE(refused([](object::Module& m) { m.progs[0].lines.back().instruction = 1u << 20; }));
  EXPECT_TRUE(refused([](object::Module& m) { std::swap(m.progs[0].lines[0], m.progs[0].lines[1]); }));
  EXPECT_TRUE(refused([](object::Module& m) { m.maps[3].initial.push_back(0); }));
  EXPECT_TRUE(refused([](object::Module& m) { m.maps[0].def.type = static_cast<isa::MapType>(77); }));
  EXPECT_TRUE(refused([](object::Module& m) { m.maps[0].def.value_size = isa::kMaxValueBytes + 1; }));
  EXPECT_TRUE(refused([](object::Module& m) { m.maps[2].def.flags = 0; }));  // .rodata that can be written
}

}  // namespace
}  // namespace perdita::worker
