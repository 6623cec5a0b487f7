// SPDX-License-Identifier: Apache-2.0
//
// For tests: a folder of its own, gone afterwards, and platforms built from the text of a header.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "platform/platform.h"

namespace perdita::platform {

class HeaderFixture : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "perdita-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::filesystem::path path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  Result<std::vector<uint8_t>> build_text(const std::string& body) const {
    return build(write("test.platform.h", "#include \"perdita/platform.h\"\n" + body));
  }

  // The platform of a header that must be right.
  std::shared_ptr<const Platform> platform_of(const std::string& body) const {
    Result<std::vector<uint8_t>> file = build_text(body);
    if (!file) {
      ADD_FAILURE() << file.error().message << " (" << file.error().have << ")";
      return nullptr;
    }
    Result<std::shared_ptr<const Platform>> platform = parse(*file);
    return platform ? *platform : nullptr;
  }

  static std::filesystem::path source_folder() {
    const char* named = std::getenv("PERDITA_SOURCE");
    return named != nullptr ? named : std::filesystem::current_path();
  }
  static std::filesystem::path demo_header() { return source_folder() / "examples/demo/demo.platform.h"; }

  std::filesystem::path folder_;
};

}  // namespace perdita::platform
