// SPDX-License-Identifier: Apache-2.0
//
// Packages on a board whose engine is native: machine code made there and brought along, and what is refused. What the
// code does is tested where it runs, on the emulated board; here a stand-in runs the bytecode.
#include <gtest/gtest.h>

#include <algorithm>

#include "compiler/compile.h"
#include "compiler/image_writer.h"
#include "isa/helpers.h"
#include "runtime/native.h"
#include "runtime/runtime.h"
#include "runtime/test_board.h"

namespace perdita::runtime {
namespace {

Outcome run_stand_in(const Invocation& invocation) {
  if (!invocation.code.empty()) return run_interpreter(invocation);
  Outcome outcome = {};
  outcome.result = 77;
  return outcome;
}

const void* const kRoutines[] = {nullptr};
constexpr perdita_native kCompiling = {"armv7m", &jit::armv7m, run_stand_in, prepare_native, kRoutines};
constexpr perdita_native kShipped = {"armv7m", nullptr, run_stand_in, prepare_native, kRoutines};

const std::string kMachine = "armv7m/native:";
const std::string kOwn = kMachine + std::to_string(jit::armv7m.version);

struct NativeInstall : testing::Test {
  explicit NativeInstall(const perdita_native& native = kCompiling, size_t memory_bytes = TestBoard::kMemoryBytes)
      : board(memory_bytes) {
    board.config.engine = PERDITA_ENGINE_NATIVE;
    board.config.native = &native;
    board.start();
  }

  std::vector<uint8_t> bytecode(const object::Module& module, uint64_t most = 500) const {
    verifier::Verdict accepted = verdict(module);
    for (auto& prog : accepted.progs) prog.bounds.machine_instructions["armv7m/native"] = most;
    return compiler::compile(module, board.platform, &accepted, "").value();
  }
  std::vector<uint8_t> native(const object::Module& module) const {
    return compiler::compile_native(bytecode(module), jit::armv7m).value();
  }

  void refuse(perdita_status status, const Envelope& package, const std::string& name = "demo") {
    const std::string before = board.observe();
    EXPECT_EQ(board.deliver(package), status) << status_name(static_cast<Status>(board.report.status));
    EXPECT_EQ(board.report.name, name);
    EXPECT_EQ(board.observe(), before);
  }
  void take(const Envelope& package) {
    EXPECT_EQ(board.deliver(package), perdita_status_ok)
        << status_name(static_cast<Status>(board.report.status)) << " " << board.report.name;
  }
  int64_t fire() {
    SensorContext context = {5, 0};
    return perdita_fire(board.runtime, kSensorHook, &context);
  }
  perdita_package_info info(uint32_t index = 0) const {
    perdita_package_info info{};
    EXPECT_EQ(perdita_package_at(board.runtime, index, &info), 1);
    return info;
  }
  std::vector<uint8_t> code(uint32_t index = 0) const {
    perdita_bytes code{};
    EXPECT_EQ(perdita_package_code(board.runtime, index, &code), 1);
    const auto* const bytes = static_cast<const uint8_t*>(code.data);
    return {bytes, bytes + code.size};
  }
  uint32_t used() const {
    perdita_memory_info memory{};
    perdita_memory(board.runtime, &memory);
    return memory.used_bytes;
  }

  TestBoard board;
};

// A native image whose content was changed before it was encoded.
std::vector<uint8_t> altered(const std::vector<uint8_t>& image, bool claim, uint32_t abi) {
  wire::ImageView view{};
  EXPECT_EQ(wire::read_image({image.data(), image.size()}, view), Status::ok);
  std::vector<uint8_t> header(view.header.begin(), view.header.end());
  header.back() = static_cast<uint8_t>(abi);  // the ABI is its last item
  const std::vector<uint8_t> blob(view.blob.begin(), view.blob.end());
  compiler::ClaimContent content;
  content.verifier = "test";
  content.bounds.push_back({100, 64, {{kOwn, 1}}});
  const Bytes header_view(header.data(), header.size());
  const Bytes blob_view(blob.data(), blob.size());
  const auto encoded = compiler::encode_claim(content, compiler::claim_digest(header_view, blob_view));
  return compiler::assemble_image(header_view, claim ? Bytes(encoded.data(), encoded.size()) : Bytes(), blob_view);
}

TEST_F(NativeInstall, MakesMachineCodeThatIsCountedAndGoes) {
  const uint32_t before = used();
  take(board.seal(bytecode(counter(3))));
  EXPECT_EQ(fire(), 3);
  EXPECT_EQ(board.prog_info(0).engine, PERDITA_ENGINE_NATIVE);
  EXPECT_GE(info().code_bytes, code().size());
  EXPECT_LE(info().code_bytes, code().size() + Memory::kAlignment);
  EXPECT_GE(info().memory_bytes, info().image_bytes + info().map_bytes + info().code_bytes);
  EXPECT_EQ(used() - before, info().memory_bytes + board.prog_info(0).stack_bytes + Memory::kAlignment);
  // The new one beside the old one; then the old one is kept; then it is gone.
  take(board.seal(bytecode(counter(4)), {.sequence = 2}));
  EXPECT_EQ(fire(), 7);
  take(board.order(compiler::Order::remove, "", {.sequence = 3}));
  EXPECT_EQ(used(), before);
}

TEST_F(NativeInstall, TheSameBytesWhereverTheyAreMade) {
  object::Module two = counter(3);
  two.progs.push_back(two.progs[0]);
  two.progs[1].name = "again";
  for (const object::Module& module : {counter(3), constant(1), caller("call_back", 1), two}) {
    const auto image = native(module);
    wire::ImageView view{};
    ASSERT_EQ(wire::read_image({image.data(), image.size()}, view), Status::ok);
    take(board.seal(bytecode(module), {.sequence = 1 + perdita_sequence(board.runtime, "demo")}));
    const std::vector<uint8_t> made = code();
    EXPECT_TRUE(std::equal(made.begin(), made.end(), view.blob.begin()));
    take(board.seal(image, {.sequence = 1 + perdita_sequence(board.runtime, "demo")}));
    EXPECT_EQ(info().code_bytes, 0u);
    EXPECT_EQ(code(), made);
  }
}

TEST_F(NativeInstall, RunsMachineCodeInPlace) {
  take(board.seal(native(counter(3))));
  EXPECT_EQ(fire(), 77);
  const Package& package = *board.runtime->packages;
  EXPECT_EQ(package.progs[0].native, package.native->code.data());
  EXPECT_GE(package.native->code.data(), package.image.begin());
  EXPECT_LE(package.native->code.end(), package.image.end());
  EXPECT_EQ(reinterpret_cast<uintptr_t>(package.progs[0].native) % 8, 0u);
}

// Caches do not know that data is code: all of it is told to the port once it stands, whoever made it.
TEST_F(NativeInstall, CodeIsSyncedOnceItStands) {
  take(board.seal(bytecode(counter(3))));
  ASSERT_EQ(board.port.synced.size(), 1u);
  EXPECT_EQ(board.port.synced[0], code());
  take(board.seal(native(counter(4)), {.sequence = 2}));
  ASSERT_EQ(board.port.synced.size(), 2u);
  EXPECT_EQ(board.port.synced[1], code());
}

TEST_F(NativeInstall, FillsTheLinkTable) {
  object::Module module = counter(3);
  module.functions = {"call_back"};
  take(board.seal(bytecode(module)));
  const Package& package = *board.runtime->packages;
  EXPECT_EQ(package.native->table.routines, kRoutines);
  const auto* const words = reinterpret_cast<const uintptr_t*>(package.native + 1);
  EXPECT_EQ(words[0], reinterpret_cast<uintptr_t>(package.helpers[0].call));
  EXPECT_EQ(words[1], reinterpret_cast<uintptr_t>(package.functions[0].call));
  EXPECT_EQ(words[2], reinterpret_cast<uintptr_t>(package.maps[0]));
  EXPECT_EQ(words[3], reinterpret_cast<uintptr_t>(package.maps[0]->elements));
}

TEST_F(NativeInstall, RefusesWhatIsNotForIt) {
  const auto image = native(counter(3));
  take(board.seal(altered(image, true, kNativeAbi), {.name = "other"}));
  refuse(perdita_status_wrong_abi, board.seal(altered(image, true, 2)), "armv7m");
  EXPECT_EQ(board.report.need, 2u);
  EXPECT_EQ(board.report.have, kNativeAbi);
  refuse(perdita_status_no_claim, board.seal(altered(image, false, kNativeAbi), {.signers = {Signer::author}}));
  board.config.allow_unclaimed = 1;
  refuse(perdita_status_no_claim, board.seal(altered(image, false, kNativeAbi), {.signers = {Signer::author}}));
  board.config.target = "rv32imc";
  refuse(perdita_status_wrong_target, board.seal(image), "armv7m");
  board.config.target = "armv7m";
  board.config.engine = PERDITA_ENGINE_INTERPRETER;
  refuse(perdita_status_wrong_target, board.seal(image), "armv7m");
}

// A bound holds for one version of the generator.
TEST_F(NativeInstall, AdmissionComparesTheBoundOfThisGenerator) {
  refuse(perdita_status_over_budget, board.seal(bytecode(constant(1), 10001)), "constant");
  EXPECT_EQ(board.report.need, 10001u);
  const std::string version = std::to_string(jit::armv7m.version);
  for (const std::string& engine :
       {std::string("armv7m/nativ"), kMachine, kMachine + std::to_string(jit::armv7m.version + 1),
        kMachine + "0" + version, kMachine + std::to_string(jit::armv7m.version + (1ull << 32)),
        kMachine + version + "x", "armv6m/native:" + version}) {
    verifier::Verdict accepted = verdict(constant(1));
    accepted.progs[0].bounds.machine_instructions = {{engine, 5}};
    const auto image = compiler::compile(constant(1), board.platform, &accepted, "").value();
    refuse(perdita_status_over_budget, board.seal(image), "constant");
    EXPECT_EQ(board.report.need, UINT64_MAX) << engine;
  }
  take(board.seal(bytecode(constant(1), 10000)));
}

TEST_F(NativeInstall, FactsThatDoNotFitAreRefused) {
  verifier::Verdict accepted = verdict(constant(1));
  accepted.progs[0].bounds.machine_instructions["armv7m/native"] = 5;
  accepted.progs[0].facts = {0b1101};
  const auto image = compiler::compile(constant(1), board.platform, &accepted, "").value();
  take(board.seal(image, {.name = "other"}));
  wire::ImageView view{};
  ASSERT_EQ(wire::read_image({image.data(), image.size()}, view), Status::ok);
  compiler::ClaimContent content;
  content.verifier = "test";
  content.bounds.push_back({100, 64, {{kOwn, 1}}});
  content.facts = {{1, 2}};
  const auto encoded = compiler::encode_claim(content, compiler::claim_digest(view.header, view.blob));
  const Bytes claim(encoded.data(), encoded.size());
  refuse(perdita_status_bad_value, board.seal(compiler::assemble_image(view.header, claim, view.blob)), "constant");
}

struct NativeShipped : NativeInstall {
  NativeShipped() : NativeInstall(kShipped) {}
};

TEST_F(NativeShipped, TakesOnlyWhatBringsItsCode) {
  refuse(perdita_status_wrong_target, board.seal(bytecode(counter(3))), "bytecode");
  take(board.seal(native(counter(3))));
  EXPECT_EQ(fire(), 77);
  // Without a proof it runs guarded, where the board allows that.
  board.config.allow_unclaimed = 1;
  take(board.seal(board.unclaimed(counter(3)), {.name = "other", .signers = {Signer::author}}));
  EXPECT_EQ(board.prog_info(1).engine, PERDITA_ENGINE_GUARDED);
}

// In memory of every size: taken, or refused with what it takes, and then nothing has changed.
TEST(NativeMemory, WhatDoesNotFitIsRefusedWhole) {
  bool refused_code = false;
  bool taken = false;
  for (size_t bytes = sizeof(perdita_runtime) + 64; bytes < 16384 && !taken; bytes += 8) {
    struct Small : NativeInstall {
      explicit Small(size_t bytes) : NativeInstall(kCompiling, bytes) {}
      void TestBody() override {}
    } small(bytes);
    object::Module module = counter(3);
    for (int i = 0; i < 60; i++) module.progs[0].code.insert(module.progs[0].code.begin(), insn(0xbf, 1, 1, 0, 0));
    module.progs[0].subprograms[0].count = static_cast<uint32_t>(module.progs[0].code.size());
    const Envelope package = small.board.seal(small.bytecode(module));
    const std::string before = small.board.observe();
    const perdita_status status = small.board.deliver(package);
    if (status == perdita_status_ok) {
      taken = true;
      continue;
    }
    EXPECT_EQ(status, perdita_status_out_of_memory);
    EXPECT_GT(small.board.report.need, small.board.report.have);
    EXPECT_EQ(small.board.observe(), before);
    refused_code = refused_code || std::string(small.board.report.name) == "demo";
  }
  EXPECT_TRUE(refused_code);
  EXPECT_TRUE(taken);
}

}  // namespace
}  // namespace perdita::runtime
