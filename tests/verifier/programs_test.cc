// SPDX-License-Identifier: Apache-2.0
//
// The programs of tests/verifier/programs: written against libbpf's own headers, compiled by clang as a user compiles
// them, and verified against the demo firmware's platform. The first comment line that begins with "accept" or "reject
// CODE" is the verdict; a rejection names the line that says "here".
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "diag/render.h"
#include "object/load.h"
#include "verifier/proof.h"

namespace perdita::verifier {
namespace {

namespace fs = std::filesystem;

fs::path source_folder() {
  const char* folder = std::getenv("PERDITA_SOURCE");
  return folder != nullptr ? folder : ".";
}

std::vector<fs::path> sources() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(source_folder() / "tests/verifier/programs")) {
    if (entry.path().string().ends_with(".bpf.c")) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

struct Expected {
  std::string code;  // empty: accepted
  uint32_t line = 0;
};

Expected expected_of(const fs::path& source) {
  Expected expected;
  std::ifstream file(source);
  uint32_t number = 1;
  const std::string reject = "/* reject ";
  for (std::string line; std::getline(file, line); number++) {
    if (line.starts_with(reject)) {
      expected.code = line.substr(reject.size(), line.find_first_of(": ", reject.size()) - reject.size());
    }
    if (line.find("/* here */") != std::string::npos) expected.line = number;
  }
  return expected;
}

std::vector<uint8_t> compiled(const fs::path& source) {
  fs::path object = fs::temp_directory_path() / ("perdita-programs-" + std::to_string(getpid()) + ".o");
  std::string folder = source_folder().string();
  std::string command = "clang-19 -target bpf -mcpu=v3 -g -O2 -ffreestanding -I'" + folder + "/include' -I'" + folder +
                        "/examples/demo' -isystem /usr/include/$(gcc -print-multiarch) -c '" + source.string() +
                        "' -o '" + object.string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  std::ifstream file(object, std::ios::binary);
  std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  fs::remove(object);
  return bytes;
}

class Programs : public ::testing::TestWithParam<fs::path> {
 protected:
  static void SetUpTestSuite() {
    auto bytes = platform::build(source_folder() / "examples/demo/demo.platform.h");
    ASSERT_TRUE(bytes) << render(bytes.error(), false);
    auto parsed = platform::parse(*bytes);
    ASSERT_TRUE(parsed) << render(parsed.error(), false);
    platform_ = *parsed;
  }
  static inline std::shared_ptr<const platform::Platform> platform_;
};

TEST_P(Programs, HaveTheirVerdict) {
  ASSERT_NE(platform_, nullptr);
  auto module = object::load(compiled(GetParam()), GetParam().filename().string(), platform_.get());
  ASSERT_TRUE(module) << render(module.error(), false);
  const Expected expected = expected_of(GetParam());
  Verdict verdict = verify(*module, *platform_, {});
  EXPECT_EQ(verdict.accepted, expected.code.empty());
  for (const ProgVerdict& prog : verdict.progs) {
    for (const Diagnostic& diagnostic : prog.diagnostics) {
      EXPECT_EQ(diagnostic.code, expected.code) << render(diagnostic, false);
      EXPECT_EQ(diagnostic.place.line, expected.line) << render(diagnostic, false);
    }
    if (!prog.accepted) continue;
    EXPECT_GT(prog.bounds.instructions, 0u);
    EXPECT_LE(prog.bounds.stack_bytes, 512u * 8);
  }
}

std::string name_of(const ::testing::TestParamInfo<fs::path>& param) {
  std::string name = param.param.filename().string();
  return name.substr(0, name.find('.'));
}

INSTANTIATE_TEST_SUITE_P(All, Programs, ::testing::ValuesIn(sources()), name_of);

}  // namespace
}  // namespace perdita::verifier
