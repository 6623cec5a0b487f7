// SPDX-License-Identifier: Apache-2.0
//
// The programs of examples/, compiled by clang as a user compiles them and verified against the demo firmware's
// platform: all are accepted but the one that is there to be refused.
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
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

std::vector<fs::path> example_sources() {
  std::vector<fs::path> sources;
  for (const auto& entry : fs::directory_iterator(source_folder() / "examples")) {
    if (entry.path().string().ends_with(".bpf.c")) sources.push_back(entry.path());
  }
  std::sort(sources.begin(), sources.end());
  return sources;
}

std::vector<uint8_t> compiled(const fs::path& source) {
  fs::path object = fs::temp_directory_path() / ("perdita-verify-" + std::to_string(getpid()) + ".o");
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

class Examples : public ::testing::TestWithParam<fs::path> {
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

TEST_P(Examples, HaveTheirVerdict) {
  ASSERT_NE(platform_, nullptr);
  auto module = object::load(compiled(GetParam()), GetParam().filename().string(), platform_.get());
  ASSERT_TRUE(module) << render(module.error(), false);
  Verdict verdict = verify(*module, *platform_, {});
  bool to_be_refused = GetParam().filename() == "out_of_bounds.bpf.c";
  for (const ProgVerdict& prog : verdict.progs) {
    for (const Diagnostic& diagnostic : prog.diagnostics) {
      if (!to_be_refused) ADD_FAILURE() << prog.name << "\n" << render(diagnostic, false);
      EXPECT_FALSE(diagnostic.place.file.empty());
      EXPECT_NE(diagnostic.place.line, 0u);
      EXPECT_FALSE(diagnostic.place.source.empty());
    }
  }
  EXPECT_EQ(verdict.accepted, !to_be_refused);
}

std::string example_name(const ::testing::TestParamInfo<fs::path>& param) {
  std::string name = param.param.filename().string();
  return name.substr(0, name.find('.'));
}

INSTANTIATE_TEST_SUITE_P(All, Examples, ::testing::ValuesIn(example_sources()), example_name);

}  // namespace
}  // namespace perdita::verifier
