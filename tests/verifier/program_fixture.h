// SPDX-License-Identifier: Apache-2.0
//
// For tests of programs in C: compiled by clang as a user compiles them, loaded and verified against the demo
// firmware's platform. One test per file of a folder.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "diag/render.h"
#include "object/load.h"
#include "verifier/proof.h"

namespace perdita::verifier {

inline std::filesystem::path source_folder() {
  const char* folder = std::getenv("PERDITA_SOURCE");
  return folder != nullptr ? folder : ".";
}

// The *.bpf.c of a folder of the checkout, by name.
inline std::vector<std::filesystem::path> programs_in(const std::string& folder) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(source_folder() / folder)) {
    if (entry.path().string().ends_with(".bpf.c")) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

// The object that `perdita build` makes: for a platform whose header lies in that folder.
inline std::vector<uint8_t> compiled(const std::filesystem::path& source, const std::string& platform = "examples/demo",
                                     const std::string& cpu = "v3") {
  namespace fs = std::filesystem;
  fs::path object = fs::temp_directory_path() / (source.stem().string() + "-" + std::to_string(getpid()) + ".o");
  std::string folder = source_folder().string();
  std::string command = "clang-19 -target bpf -mcpu=" + cpu + " -g -O2 -ffreestanding -I'" + folder + "/include' -I'" +
                        folder + "/" + platform + "' -isystem /usr/include/$(gcc -print-multiarch) -c '" +
                        source.string() + "' -o '" + object.string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  std::ifstream file(object, std::ios::binary);
  std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  fs::remove(object);
  return bytes;
}

// What a program's first lines say about its verdict: "accept", or "reject CODE" and the line that says "here".
struct Expected {
  std::string code;  // empty: accepted
  uint32_t line = 0;
};

inline Expected expected_of(const std::filesystem::path& source) {
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

inline std::string name_of(const ::testing::TestParamInfo<std::filesystem::path>& param) {
  std::string name = param.param.filename().string();
  return name.substr(0, name.find('.'));
}

class ProgramTest : public ::testing::TestWithParam<std::filesystem::path> {
 protected:
  static void SetUpTestSuite() {
    auto bytes = platform::build(source_folder() / "examples/demo/demo.platform.h");
    ASSERT_TRUE(bytes) << render(bytes.error(), false);
    auto parsed = platform::parse(*bytes);
    ASSERT_TRUE(parsed) << render(parsed.error(), false);
    platform_ = *parsed;
  }

  // The parameter's program. On a failure the test has failed, and the verdict is empty.
  Verdict verdict() const {
    if (platform_ == nullptr) return {};
    auto module = object::load(compiled(GetParam()), GetParam().filename().string(), platform_.get());
    EXPECT_TRUE(module) << render(module.error(), false);
    return module ? verify(*module, *platform_, {}) : Verdict{};
  }

  static inline std::shared_ptr<const platform::Platform> platform_;
};

}  // namespace perdita::verifier
