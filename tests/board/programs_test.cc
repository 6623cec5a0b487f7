// SPDX-License-Identifier: Apache-2.0
//
// Every program in C that the tests have, as packages on the emulated board: machine code that the board makes of
// bytecode, and machine code that the package brings, do what the interpreter does; both are the same bytes, made there
// and here; and no invocation takes more machine instructions than the claim says, in either engine.
#include <fmt/format.h>

#include <random>

#include "compiler/compile.h"
#include "emulate/trial.h"
#include "jit/generate.h"
#include "perdita/perdita.h"
#include "pipeline/uuid.h"
#include "pipeline/verify_stage.h"
#include "verifier/program_fixture.h"
#include "wire/image.h"

namespace perdita::emulate {
namespace {

using pipeline::Blob;
using verifier::programs_in;
using verifier::source_folder;

constexpr uint32_t kFiring = 60;  // of perdita_fire for one program, which the claim's bound has and a trial has not
constexpr uint32_t kRepeat = 3;   // state in maps stays between
constexpr unsigned kInputs = 4;   // of each program
constexpr size_t kBatch = 120;    // trials for one emulator
constexpr uint32_t kMemoryBytes = 1u << 20;

struct Folder {
  std::string name;
  std::string platform_folder, platform_header;
  size_t at_least;  // programs that run
};

class BoardPrograms : public testing::TestWithParam<Folder> {
 protected:
  void SetUp() override {
    firmware_ = find_trial_firmware("armv7m");
    if (!firmware_) GTEST_SKIP() << "the trial firmware is not built: script/build mps2-an385";
    auto bytes = platform::build(source_folder() / GetParam().platform_folder / GetParam().platform_header);
    ASSERT_TRUE(bytes) << render(bytes.error(), false);
    auto parsed = platform::parse(*bytes);
    ASSERT_TRUE(parsed) << render(parsed.error(), false);
    platform_ = *parsed;
    auto key = compiler::SigningKey::generate("run", PERDITA_ROLE_AUTHOR | PERDITA_ROLE_VERIFIER);
    ASSERT_TRUE(key);
    key_.emplace(std::move(*key));
    auto addressee = pipeline::parse_addressee(pipeline::kDemoVendor, pipeline::kDemoClass, "");
    ASSERT_TRUE(addressee);
    options_.name = "run";
    options_.attach = false;
    options_.addressee = *addressee;
  }

  struct Case {
    std::string what;
    uint64_t interpreter_bound, native_bound, budget;
    uint32_t code_bytes, code_sum;
  };

  // Each program of the file in three ways, or nothing where the verifier refuses it.
  void add(const std::filesystem::path& source) {
    auto module = object::load(verifier::compiled(source, GetParam().platform_folder, cpu_of(source)),
                               source.filename().string(), platform_.get());
    ASSERT_TRUE(module) << render(module.error(), false);
    pipeline::VerifyRequest request;
    request.image = true;
    request.seal = pipeline::SealRequest{&*key_, options_};
    auto bytecode = pipeline::run_verification(*module, *platform_, request);
    ASSERT_TRUE(bytecode) << source << ": " << render(bytecode.error(), false);
    if (!bytecode->verdict.accepted) return;
    request.target = "armv7m";
    auto native = pipeline::run_verification(*module, *platform_, request);
    ASSERT_TRUE(native) << source << ": " << render(native.error(), false);
    ASSERT_EQ(native->image, compiler::compile_native(bytecode->image, jit::armv7m).value());
    wire::ImageView image;
    ASSERT_EQ(wire::read_image({native->image.data(), native->image.size()}, image), Status::ok);
    uint32_t code_bytes = 0;
    wire::ItemCursor cursor = image.progs;
    wire::ProgView view{};
    while (wire::next(cursor, image, view)) code_bytes += (static_cast<uint32_t>(view.native.size()) + 7) & ~7u;
    for (const auto& prog : bytecode->verdict.progs) {
      const perdita_hook& hook = *platform_->hook(prog.hook);
      const auto& bounds = prog.bounds.machine_instructions;
      ASSERT_TRUE(bounds.contains("armv7m/native")) << prog.name;
      const Case one = {source.filename().string() + " " + prog.name,
                        bounds.at("armv7m/interpreter"),
                        bounds.at("armv7m/native"),
                        hook.budget_instructions,
                        code_bytes,
                        sum_of(image.blob.data(), code_bytes)};
      for (unsigned i = 0; i < kInputs; i++) {
        PackageTrial trial = trial_of(prog.name, hook, i);
        trial.package = bytecode->package;
        trial.engine = PERDITA_ENGINE_INTERPRETER;
        trials_.push_back(trial);
        trial.engine = PERDITA_ENGINE_NATIVE;
        trials_.push_back(trial);
        trial.package = native->package;
        trials_.push_back(trial);
        cases_.push_back(one);
      }
    }
    if (trials_.size() >= kBatch) run();
  }

  // Zeros, ones, and whatever.
  PackageTrial trial_of(const std::string& prog, const perdita_hook& hook, unsigned input) {
    PackageTrial trial;
    trial.platform = &platform_->tables();
    trial.package_name = options_.name;
    trial.prog = prog;
    trial.repeat = kRepeat;
    trial.memory_bytes = kMemoryBytes;
    trial.vendor_id = options_.addressee.vendor_id;
    trial.class_id = options_.addressee.class_id;
    std::ranges::copy(key_->public_key().bytes, trial.key.begin());
    std::ranges::copy(key_->public_key().id(), trial.key_id.begin());
    const auto bytes = [&](uint32_t size) {
      std::vector<uint8_t> made(size);
      for (uint8_t& byte : made) byte = input == 0 ? 0 : input == 1 ? 0xff : static_cast<uint8_t>(random_());
      return made;
    };
    trial.context = bytes(hook.context_size);
    trial.packet =
        bytes(input < 3 || hook.packet_max_bytes == 0 ? hook.packet_max_bytes
                                                      : static_cast<uint32_t>(random_() % (hook.packet_max_bytes + 1)));
    return trial;
  }

  void run() {
    const auto ran = run_trials(*firmware_, trials_);
    ASSERT_TRUE(ran) << ran.error().message << ": " << ran.error().have;
    for (size_t i = 0; i < cases_.size(); i++) check(cases_[i], &(*ran)[3 * i]);
    trials_.clear();
    cases_.clear();
  }

  // Interpreted, made there, brought along.
  void check(const Case& one, const Tried* tried) {
    const bool interpretable = fits(one, one.interpreter_bound, tried[0]);
    for (int i = 1; i < 3; i++) {
      if (!fits(one, one.native_bound, tried[i])) continue;
      ran_++;
      EXPECT_EQ(tried[i].status, Status::ok) << one.what;
      EXPECT_EQ(tried[i].code_bytes, one.code_bytes) << one.what;
      EXPECT_EQ(tried[i].code_sum, one.code_sum) << one.what;
      EXPECT_LE(tried[i].most_instructions + kFiring, one.native_bound) << one.what;
      if (!interpretable) continue;
      EXPECT_EQ(tried[i].result, tried[0].result) << one.what;
      EXPECT_EQ(tried[i].contents, tried[0].contents) << one.what;
      EXPECT_EQ(tried[i].output, tried[0].output) << one.what;
      interpreted_ += tried[0].instructions;
      native_ += tried[i].instructions;
    }
    if (interpretable) {
      EXPECT_LE(tried[0].most_instructions + kFiring, one.interpreter_bound) << one.what;
    }
  }

  // Whether it was admitted, which is where the bound is within the hook's budget, and nowhere else.
  static bool fits(const Case& one, uint64_t bound, const Tried& tried) {
    const bool within = one.budget == 0 || bound <= one.budget;
    EXPECT_EQ(within, !tried.refused) << one.what << ": "
                                      << (tried.refused ? status_name(tried.refused->status) : "taken");
    if (!within && tried.refused) {
      EXPECT_EQ(tried.refused->status, Status::over_budget) << one.what;
      EXPECT_EQ(tried.refused->need, bound) << one.what;
    }
    return within && !tried.refused;
  }

  // The instruction set that the source asks for.
  static std::string cpu_of(const std::filesystem::path& source) {
    std::ifstream file(source);
    const std::string mark = "/* -mcpu=";
    for (std::string line; std::getline(file, line) && line.starts_with("/*");) {
      if (line.starts_with(mark)) return line.substr(mark.size(), line.find(':') - mark.size());
    }
    return "v3";
  }

  std::optional<std::filesystem::path> firmware_;
  std::shared_ptr<const platform::Platform> platform_;
  std::optional<compiler::SigningKey> key_;
  compiler::SealOptions options_;
  std::mt19937_64 random_{7};
  std::vector<PackageTrial> trials_;
  std::vector<Case> cases_;
  size_t ran_ = 0;
  uint64_t interpreted_ = 0, native_ = 0;
};

TEST_P(BoardPrograms, TheSameInEveryEngineAndWithinTheirBounds) {
  for (const auto& source : programs_in(GetParam().name)) {
    add(source);
    if (HasFatalFailure()) return;
  }
  run();
  EXPECT_GE(ran_, GetParam().at_least * kInputs * 2);
  fmt::print("{}: {} runs of machine code; the interpreter took {:.2f} times as many machine instructions\n",
             GetParam().name, ran_, static_cast<double>(interpreted_) / static_cast<double>(native_));
}

INSTANTIATE_TEST_SUITE_P(Folders, BoardPrograms,
                         testing::Values(Folder{"examples", "examples/demo", "demo.platform.h", 8},
                                         Folder{"tests/verifier/programs", "examples/demo", "demo.platform.h", 10},
                                         Folder{"tests/precision/programs", "tests/precision", "field.platform.h", 80}),
                         [](const auto& folder) {
                           std::string name = folder.param.name;
                           std::ranges::replace(name, '/', '_');
                           return name;
                         });

}  // namespace
}  // namespace perdita::emulate
