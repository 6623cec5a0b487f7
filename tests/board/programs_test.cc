// SPDX-License-Identifier: Apache-2.0
//
// Every program in C that the tests have, as packages on each emulated board: machine code that the board makes of
// bytecode, and machine code that the package brings, do what the interpreter does; both are the same bytes, made there
// and here; and no invocation takes more machine instructions than the claim says, in either engine. What is verified
// once is tried on all boards.
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

constexpr uint32_t kRepeat = 3;  // state in maps stays between
constexpr unsigned kInputs = 4;  // of each program
constexpr size_t kBatch = 240;   // trials for one emulator
constexpr uint32_t kMemoryBytes = 1u << 20;

struct Folder {
  std::string name;
  std::string platform_folder, platform_header;
  size_t at_least;  // programs that run
};

class BoardPrograms : public testing::TestWithParam<Folder> {
 protected:
  void SetUp() override {
    for (const jit::Target* target : jit::targets()) {
      const auto firmware = find_trial_firmware(target->name);
      if (firmware) {
        boards_.push_back({target, *firmware, {}, {}});
      } else {
        missing_ += std::string(" ") + target->name;
      }
    }
    if (boards_.empty()) GTEST_SKIP() << "no trial firmware is built: script/build";
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

  struct Board {
    const jit::Target* target;
    std::filesystem::path firmware;
    std::vector<PackageTrial> trials;
    std::vector<Case> cases;
    size_t ran = 0;
    uint64_t interpreted = 0, native = 0;
  };

  // Each program of the file in three ways on each board, or nothing where the verifier refuses it.
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
    std::vector<std::vector<Inputs>> inputs;
    for (const auto& prog : bytecode->verdict.progs) {
      inputs.emplace_back();
      for (unsigned i = 0; i < kInputs; i++) inputs.back().push_back(inputs_of(*platform_->hook(prog.hook), i));
    }
    for (Board& board : boards_) {
      add(board, source.filename().string(), *bytecode, inputs);
      if (HasFatalFailure()) return;
      if (board.trials.size() >= kBatch) run(board);
    }
  }

  struct Inputs {
    std::vector<uint8_t> context, packet;
  };

  void add(Board& board, const std::string& source, const pipeline::Verified& bytecode,
           const std::vector<std::vector<Inputs>>& inputs) {
    const std::string target = board.target->name;
    const auto native = compiler::compile_native(bytecode.image, *board.target);
    ASSERT_TRUE(native) << source << ": " << render(native.error(), false);
    const auto package = compiler::seal_image(*native, options_, *key_);
    ASSERT_TRUE(package) << source << ": " << render(package.error(), false);
    wire::ImageView image;
    ASSERT_EQ(wire::read_image({native->data(), native->size()}, image), Status::ok);
    uint32_t code_bytes = 0;
    wire::ItemCursor cursor = image.progs;
    wire::ProgView view{};
    while (wire::next(cursor, image, view)) code_bytes += (static_cast<uint32_t>(view.native.size()) + 7) & ~7u;
    for (size_t i = 0; i < bytecode.verdict.progs.size(); i++) {
      const auto& prog = bytecode.verdict.progs[i];
      const auto& bounds = prog.bounds.machine_instructions;
      ASSERT_TRUE(bounds.contains(target + "/native")) << prog.name;
      const Case one = {target + " " + source + " " + prog.name,
                        bounds.at(target + "/interpreter"),
                        bounds.at(target + "/native"),
                        platform_->hook(prog.hook)->budget_instructions,
                        code_bytes,
                        sum_of(image.blob.data(), code_bytes)};
      for (const Inputs& given : inputs[i]) {
        PackageTrial trial = trial_of(prog.name, given);
        trial.package = bytecode.package;
        trial.engine = PERDITA_ENGINE_INTERPRETER;
        board.trials.push_back(trial);
        trial.engine = PERDITA_ENGINE_NATIVE;
        board.trials.push_back(trial);
        trial.package = *package;
        board.trials.push_back(trial);
        board.cases.push_back(one);
      }
    }
  }

  // Zeros, ones, and whatever.
  Inputs inputs_of(const perdita_hook& hook, unsigned input) {
    const auto bytes = [&](uint32_t size) {
      std::vector<uint8_t> made(size);
      for (uint8_t& byte : made) byte = input == 0 ? 0 : input == 1 ? 0xff : static_cast<uint8_t>(random_());
      return made;
    };
    Inputs inputs;
    inputs.context = bytes(hook.context_size);
    inputs.packet =
        bytes(input < 3 || hook.packet_max_bytes == 0 ? hook.packet_max_bytes
                                                      : static_cast<uint32_t>(random_() % (hook.packet_max_bytes + 1)));
    return inputs;
  }

  PackageTrial trial_of(const std::string& prog, const Inputs& inputs) const {
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
    trial.context = inputs.context;
    trial.packet = inputs.packet;
    return trial;
  }

  static void run(Board& board) {
    const auto ran = run_trials(board.firmware, board.trials);
    ASSERT_TRUE(ran) << ran.error().message << ": " << ran.error().have;
    for (size_t i = 0; i < board.cases.size(); i++) check(board, board.cases[i], &(*ran)[3 * i]);
    board.trials.clear();
    board.cases.clear();
  }

  // Interpreted, made there, brought along.
  static void check(Board& board, const Case& one, const Tried* tried) {
    const uint32_t firing = firing_on(board);
    const bool interpretable = fits(one, one.interpreter_bound, tried[0]);
    for (int i = 1; i < 3; i++) {
      if (!fits(one, one.native_bound, tried[i])) continue;
      board.ran++;
      EXPECT_EQ(tried[i].status, Status::ok) << one.what;
      EXPECT_EQ(tried[i].code_bytes, one.code_bytes) << one.what;
      EXPECT_EQ(tried[i].code_sum, one.code_sum) << one.what;
      EXPECT_LE(tried[i].most_instructions + firing, one.native_bound) << one.what;
      if (!interpretable) continue;
      EXPECT_EQ(tried[i].result, tried[0].result) << one.what;
      EXPECT_EQ(tried[i].contents, tried[0].contents) << one.what;
      EXPECT_EQ(tried[i].output, tried[0].output) << one.what;
      board.interpreted += tried[0].instructions;
      board.native += tried[i].instructions;
    }
    if (interpretable) {
      EXPECT_LE(tried[0].most_instructions + firing, one.interpreter_bound) << one.what;
    }
  }

  // What perdita_fire takes for one program at most (tests/board/test_fire_costs.py), which a bound has and a trial
  // has not.
  static uint32_t firing_on(const Board& board) {
    return board.target == &jit::armv7m ? 60 : board.target == &jit::rv32imc ? 90 : 110;
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

  std::vector<Board> boards_;
  std::string missing_;
  std::shared_ptr<const platform::Platform> platform_;
  std::optional<compiler::SigningKey> key_;
  compiler::SealOptions options_;
  std::mt19937_64 random_{7};
};

TEST_P(BoardPrograms, TheSameInEveryEngineAndWithinTheirBounds) {
  for (const auto& source : programs_in(GetParam().name)) {
    add(source);
    if (HasFatalFailure()) return;
  }
  for (Board& board : boards_) {
    run(board);
    EXPECT_GE(board.ran, GetParam().at_least * kInputs * 2);
    fmt::print("{}: {}: {} runs of machine code; the interpreter took {:.2f} times as many machine instructions\n",
               board.target->name, GetParam().name, board.ran,
               static_cast<double>(board.interpreted) / static_cast<double>(board.native));
  }
  if (!missing_.empty()) GTEST_SKIP() << "no trial firmware is built for" << missing_ << ": script/build";
}

INSTANTIATE_TEST_SUITE_P(Folders, BoardPrograms,
                         testing::Values(Folder{"examples", "examples/demo", "demo.platform.h", 8},
                                         Folder{"bench/native", "bench/native", "bench.platform.h", 10},
                                         Folder{"tests/verifier/programs", "examples/demo", "demo.platform.h", 10},
                                         Folder{"tests/precision/programs", "tests/precision", "field.platform.h", 80}),
                         [](const auto& folder) {
                           std::string name = folder.param.name;
                           std::ranges::replace(name, '/', '_');
                           return name;
                         });

}  // namespace
}  // namespace perdita::emulate
