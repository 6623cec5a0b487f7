// SPDX-License-Identifier: Apache-2.0
//
// docs/spec/status.md has a row for each status, with its number.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "perdita/status.h"

namespace perdita::deliver {
namespace {

TEST(StatusDocument, HasEveryStatus) {
  const char* source = std::getenv("PERDITA_SOURCE");
  std::ifstream file(std::string(source == nullptr ? "." : source) + "/docs/spec/status.md");
  std::stringstream content;
  content << file.rdbuf();
  const std::string text = content.str();
  ASSERT_FALSE(text.empty());
#define CHECK_ROW(name, number, short_text) \
  EXPECT_NE(text.find("\n| " #number " | `" #name "` | "), std::string::npos) << #name;
  PERDITA_STATUS_LIST(CHECK_ROW)
#undef CHECK_ROW
}

}  // namespace
}  // namespace perdita::deliver
