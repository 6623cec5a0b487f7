// SPDX-License-Identifier: Apache-2.0
//
// Containment, guided by the verifier's coverage (libFuzzer; the verifier is instrumented, the rest is not): programs
// that reach something new in the verifier are kept and mutated on. Every program that is accepted runs on many random
// inputs; at each instruction the machine must lie in one of the states that the analysis had there, nothing may fault,
// and the bounds must hold (src/verifier/testing/containment.h). What breaks that is made small and written as a text
// case.
//
// An input is one byte for the environment (0 to 2: the hooks of the test module; above: the programs of compiled
// objects, in the order of their files' names) and then instructions. By the environment's variables:
//   PERDITA_SOURCE              the checkout
//   PERDITA_FUZZ_OBJECTS        folder of objects: demo/ for the platform of examples, field/ for that of precision;
//                               may be absent
//   PERDITA_FUZZ_SEEDS          folder to write seeds to before anything else; may be absent
//   PERDITA_FUZZ_EXECUTIONS     ends after so many; 0 or absent: does not
//   PERDITA_FUZZ_FOUND          folder for text cases
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "isa/assemble.h"
#include "isa/disassemble.h"
#include "isa/validate.h"
#include "object/load.h"
#include "verifier/testing/containment.h"
#include "verifier/testing/program_generator.h"
#include "verifier/testing/program_mutator.h"
#include "verifier/testing/shrink.h"
#include "verifier/testing/test_platform.h"
#include "verifier/testing/text_case.h"

// libFuzzer's own names.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace perdita::verifier::testing {
namespace {

constexpr const char* kHooks[] = {"tick", "packet", "sniff"};
constexpr unsigned kRuns = 1000, kRunsToShrink = 500;
constexpr uint64_t kBetweenCounts = 100000;

struct Environment {
  object::Module module;
  std::shared_ptr<const platform::Platform> platform;
  std::string section;
  Code code;  // what was compiled
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

struct World {
  std::vector<Environment> environments;
  std::vector<std::pair<uint8_t, Code>> seeds;
  uint64_t executions = 0, programs = 0, accepted = 0, instructions = 0, wanted = 0, printed = 0;
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();

  void print() const {
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    std::printf(
        "verifier: %llu programs, %llu accepted, %llu executions, %llu instructions contained, in %.0f s (%.0f "
        "executions a second)\n",
        static_cast<unsigned long long>(programs), static_cast<unsigned long long>(accepted),
        static_cast<unsigned long long>(executions), static_cast<unsigned long long>(instructions), seconds,
        static_cast<double>(executions) / seconds);
    std::fflush(stdout);
  }
};

World& world() {
  static World one;
  return one;
}

void add_objects(const std::filesystem::path& folder, const std::shared_ptr<const platform::Platform>& platform) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    std::ifstream file(path, std::ios::binary);
    std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    auto module = object::load(bytes, path.filename().string(), platform.get());
    if (!module) continue;
    for (const object::Prog& prog : module->progs) {
      if (platform->hook_for_section(prog.section) == nullptr || world().environments.size() > 255) continue;
      world().seeds.emplace_back(static_cast<uint8_t>(world().environments.size()), prog.code);
      Environment environment{*module, platform, prog.section, prog.code};
      set_code(environment.module, prog.code, prog.section);
      world().environments.push_back(std::move(environment));
    }
  }
}

void make_world() {
  std::filesystem::path source = variable("PERDITA_SOURCE");
  for (const char* hook : kHooks) {
    world().environments.push_back({module_with({}, hook), std::make_shared<TestPlatform>(), hook, {}});
  }
  for (const TextCase& text_case : read_cases(source / "tests/verifier/cases")) {
    auto code = isa::assemble(text_case.code);
    auto hook = std::find(std::begin(kHooks), std::end(kHooks), text_case.hook);
    if (!code || hook == std::end(kHooks)) continue;
    world().seeds.emplace_back(static_cast<uint8_t>(hook - std::begin(kHooks)), *code);
  }
  std::string objects = variable("PERDITA_FUZZ_OBJECTS");
  const std::pair<const char*, const char*> platforms[] = {{"demo", "examples/demo/demo.platform.h"},
                                                           {"field", "tests/precision/field.platform.h"}};
  for (const auto& [folder, header] : platforms) {
    if (objects.empty()) break;
    auto bytes = platform::build(source / header);
    auto platform = bytes ? platform::parse(*bytes) : Result<std::shared_ptr<const platform::Platform>>(bytes.error());
    if (!platform) {
      std::fprintf(stderr, "fuzz_verifier: %s does not build: %s\n", header, platform.error().message.c_str());
      std::exit(2);
    }
    add_objects(std::filesystem::path(objects) / folder, *platform);
  }
  std::string executions = variable("PERDITA_FUZZ_EXECUTIONS");
  world().wanted = executions.empty() ? 0 : std::strtoull(executions.c_str(), nullptr, 10);
}

std::vector<uint8_t> bytes_of(uint8_t environment, const Code& code) {
  std::vector<uint8_t> bytes(1 + code.size() * sizeof(isa::Insn), environment);
  std::memcpy(bytes.data() + 1, code.data(), code.size() * sizeof(isa::Insn));
  return bytes;
}

// An input taken apart: which environment, and the instructions.
std::pair<uint8_t, Code> parts_of(const uint8_t* data, size_t size) {
  if (size < 1 + sizeof(isa::Insn)) return {0, {}};
  Code code((size - 1) / sizeof(isa::Insn));
  std::memcpy(code.data(), data + 1, code.size() * sizeof(isa::Insn));
  return {static_cast<uint8_t>(data[0] % world().environments.size()), std::move(code)};
}

void write_seeds(const std::filesystem::path& folder) {
  for (size_t i = 0; i < world().seeds.size(); i++) {
    std::vector<uint8_t> bytes = bytes_of(world().seeds[i].first, world().seeds[i].second);
    std::ofstream(folder / ("seed-" + std::to_string(i)), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
}

bool well_formed(const Environment& environment, const Code& code) {
  isa::References references{static_cast<uint32_t>(environment.module.maps.size()),
                             static_cast<uint32_t>(environment.module.functions.size())};
  isa::Violation violation;
  return !code.empty() && isa::validate({code.data(), code.size()}, references, violation);
}

std::string text_of(const Code& code) {
  std::string text;
  for (size_t pc = 0; pc < code.size(); pc++) {
    text += "  " + isa::disassemble(code[pc], pc + 1 < code.size() ? &code[pc + 1] : nullptr) + "\n";
    if (code[pc].opcode == isa::kLddw) pc++;
  }
  return text;
}

[[noreturn]] void found(Environment& environment, const Code& code, const std::string& failure, uint64_t seed) {
  std::printf("verifier: NOT CONTAINED: %s\nmaking it small\n", failure.c_str());
  std::fflush(stdout);
  std::string last = failure;
  Code small = shrink(code, [&](const Code& smaller) {
    if (!well_formed(environment, smaller)) return false;
    set_code(environment.module, smaller, environment.section);
    std::mt19937_64 random(seed);
    auto result = check_containment(environment.module, *environment.platform, kRunsToShrink, random);
    if (!result.failure.empty()) last = result.failure;
    return !result.failure.empty();
  });
  std::string text = "name: found by script/fuzz verifier\nhook: " + environment.section +
                     "\n# not contained: " + last.substr(0, last.find('\n')) +
                     "\nverdict: reject WITH-A-CODE (or accept, with other states)\ncode:\n" + text_of(small);
  std::filesystem::path folder = variable("PERDITA_FUZZ_FOUND");
  std::filesystem::path file = folder / ("verifier-" + std::to_string(seed) + ".txt");
  std::ofstream(file) << text;
  std::printf("%s\n%s\nwritten to %s\n", last.c_str(), text.c_str(), file.c_str());
  world().print();
  _exit(1);
}

uint64_t hash_of(const uint8_t* data, size_t size) {
  uint64_t hash = 0xcbf29ce484222325;
  for (size_t i = 0; i < size; i++) hash = (hash ^ data[i]) * 0x100000001b3;
  return hash;
}

void run(const uint8_t* data, size_t size) {
  auto [index, code] = parts_of(data, size);
  Environment& environment = world().environments[index];
  if (!well_formed(environment, code)) return;
  set_code(environment.module, code, environment.section);
  uint64_t seed = hash_of(data, size);
  std::mt19937_64 random(seed);
  auto result = check_containment(environment.module, *environment.platform, kRuns, random);
  world().programs++;
  world().accepted += result.accepted ? 1 : 0;
  world().executions += result.executions;
  world().instructions += result.instructions;
  if (!result.failure.empty()) found(environment, code, result.failure, seed);
  if (world().wanted != 0 && world().executions >= world().wanted) {
    world().print();
    _exit(0);
  }
  if (world().executions < world().printed + kBetweenCounts) return;
  world().print();  // whatever ends the process, its log says how far it came
  world().printed = world().executions;
}

size_t put(const std::vector<uint8_t>& bytes, uint8_t* data, size_t max_size) {
  size_t size = std::min(bytes.size(), max_size);
  std::memcpy(data, bytes.data(), size);
  return size;
}

size_t mutate(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  std::mt19937_64 random(seed);
  auto [index, code] = parts_of(data, size);
  if (code.empty() || random() % 40 == 0) {
    auto hook = static_cast<uint8_t>(random() % 3);
    ProgramGenerator generator(random, kHooks[hook]);
    const uint64_t kind = random() % 4;
    const std::string text = kind == 0   ? generator.make_loop()
                             : kind == 1 ? generator.make_entangled()
                                         : generator.make();
    if (auto generated = isa::assemble(text)) {
      return put(bytes_of(hook, *generated), data, max_size);
    }
  }
  const auto& [other_index, other] = world().seeds[random() % world().seeds.size()];
  bool related = other_index == index || (other_index < 3 && index < 3);
  return put(bytes_of(index, ProgramMutator(random).mutated(code, related ? other : Code{})), data, max_size);
}

size_t cross(const uint8_t* a, size_t a_size, const uint8_t* b, size_t b_size, uint8_t* out, size_t max_size,
             unsigned seed) {
  std::mt19937_64 random(seed);
  auto [index, code] = parts_of(a, a_size);
  auto [other_index, other] = parts_of(b, b_size);
  bool related = other_index == index || (other_index < 3 && index < 3);
  if (code.empty() || !related) return put({a, a + a_size}, out, max_size);
  return put(bytes_of(index, ProgramMutator(random).spliced(code, other)), out, max_size);
}

}  // namespace
}  // namespace perdita::verifier::testing

using namespace perdita::verifier;  // NOLINT: libFuzzer's functions have no namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  testing::make_world();
  std::string seeds = testing::variable("PERDITA_FUZZ_SEEDS");
  if (!seeds.empty()) testing::write_seeds(seeds);
  std::atexit([] { testing::world().print(); });
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  testing::run(data, size);
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return testing::mutate(data, size, max_size, seed);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* a, size_t a_size, const uint8_t* b, size_t b_size,
                                            uint8_t* out, size_t max_size, unsigned seed) {
  return testing::cross(a, a_size, b, b_size, out, max_size, seed);
}
