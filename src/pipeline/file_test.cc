// SPDX-License-Identifier: Apache-2.0
#include "pipeline/file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace perdita::pipeline {
namespace {

namespace fs = std::filesystem;

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "perdita-file-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }
  size_t files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

TEST_F(FileTest, WhatIsWrittenIsRead) {
  Blob bytes(200000);
  for (size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<uint8_t>(i * 7);
  for (int round = 0; round < 2; round++) {  // the second one replaces
    bytes[0] = static_cast<uint8_t>(round);
    ASSERT_TRUE(write_file(folder_ / "a", bytes));
    auto back = read_file(folder_ / "a");
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, bytes);
  }
  EXPECT_EQ(files(), 1u);
}

TEST_F(FileTest, TheLimitIsExact) {
  ASSERT_TRUE(write_file(folder_ / "a", Blob(1000)));
  EXPECT_TRUE(read_file(folder_ / "a", 1000));
  auto refused = read_file(folder_ / "a", 999);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "file-too-large");
}

TEST_F(FileTest, WhatCannotBeReadOrWrittenSaysSo) {
  for (const fs::path& path : {folder_ / "missing", folder_}) {
    auto read = read_file(path);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, "file-unreadable");
    EXPECT_EQ(read.error().outcome, Outcome::unusable_input);
    EXPECT_EQ(read.error().place.file, path.string());
  }
  auto written = write_file(folder_ / "no" / "such", Blob(1));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, "file-unwritable");
  EXPECT_EQ(files(), 0u);
}

TEST_F(FileTest, ADeviceIsWrittenInPlace) {
  ASSERT_TRUE(write_file("/dev/null", Blob(10)));
  EXPECT_FALSE(fs::is_regular_file("/dev/null"));
}

}  // namespace
}  // namespace perdita::pipeline
