// SPDX-License-Identifier: Apache-2.0
#include "compiler/key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "compiler/sample.h"
#include "perdita/perdita.h"

namespace perdita::compiler {
namespace {

class KeyFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "perdita-key-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& content, mode_t mode = 0600) const {
    const auto file = folder_ / "written";
    std::ofstream(file) << content;
    ::chmod(file.c_str(), mode);
    return file;
  }

  std::string read(const std::filesystem::path& file) const {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  std::filesystem::path folder_;
};

TEST_F(KeyFiles, KeepAKey) {
  const auto file = folder_ / "key";
  const SigningKey key = sample::both();
  ASSERT_TRUE(key.save(file));
  struct stat info{};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  const auto loaded = SigningKey::load(file);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->public_key().name, "both");
  EXPECT_EQ(loaded->public_key().roles, PERDITA_ROLE_AUTHOR | PERDITA_ROLE_VERIFIER);
  EXPECT_EQ(loaded->public_key().bytes, key.public_key().bytes);
  EXPECT_EQ(loaded->sign({1, 2, 3}), key.sign({1, 2, 3}));

  const auto again = key.save(file);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, "key-file-exists");
}

TEST_F(KeyFiles, APublicFileHoldsNoSecret) {
  const std::string json = to_json(sample::author().public_key());
  EXPECT_EQ(json.find("secret"), std::string::npos);
  const auto file = write(json, 0644);
  const auto key = load_public_key(file);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->bytes, sample::author().public_key().bytes);
  EXPECT_EQ(key->id(), sample::author().public_key().id());
  EXPECT_EQ(SigningKey::load(file).error().code, "key-file-public");
}

TEST_F(KeyFiles, ASecretThatOthersMayReadIsRefused) {
  const auto file = folder_ / "key";
  ASSERT_TRUE(sample::author().save(file));
  for (const mode_t mode : {0640, 0604, 0620, 0644}) {
    ::chmod(file.c_str(), mode);
    const auto key = SigningKey::load(file);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().code, "key-file-open-to-others");
    EXPECT_TRUE(load_public_key(file));
  }
}

TEST_F(KeyFiles, WhatIsNoKeyFileIsRefused) {
  ASSERT_TRUE(sample::author().save(folder_ / "key"));
  const std::string good = read(folder_ / "key");
  ASSERT_TRUE(SigningKey::load(write(good)));
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string content = good;
    const size_t at = content.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return content.replace(at, from.size(), to);
  };
  const std::string contents[] = {
      "",
      "[]",
      "null",
      "not json",
      replaced("\"perdita_key\": 1", "\"perdita_key\": 2"),
      replaced("\"perdita_key\": 1", "\"perdita_key\": \"1\""),
      replaced("\"name\": \"author\"", "\"name\": 3"),
      replaced("\"roles\"", "\"rules\""),
      replaced("[\n    \"author\"", "[\n    \"auditor\""),
      replaced("\"public\": \"", "\"public\": \"0"),
      replaced("\"public\": \"", "\"public\": \"X"),
      replaced("\"secret\": \"01", "\"secret\": \"02"),  // belongs to another public key
      replaced("\"secret\": \"01", "\"secret\": \"0g"),
      good.substr(0, good.size() / 2),
  };
  for (const std::string& content : contents) {
    const auto key = SigningKey::load(write(content));
    ASSERT_FALSE(key) << content;
    EXPECT_EQ(key.error().code, "key-file-invalid") << content;
  }
  EXPECT_EQ(SigningKey::load(folder_ / "none").error().code, "key-file-unreadable");
  EXPECT_EQ(sample::author().save(folder_ / "none" / "key").error().code, "key-file-unwritable");
}

TEST(Key, ARoleIsNeeded) {
  for (const uint8_t roles : {0, 4, 255}) {
    const auto key = SigningKey::from_seed("k", roles, {});
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().code, "key-without-role");
  }
}

TEST(Key, GeneratedKeysDiffer) {
  const auto a = SigningKey::generate("a", PERDITA_ROLE_AUTHOR);
  const auto b = SigningKey::generate("b", PERDITA_ROLE_AUTHOR);
  ASSERT_TRUE(a);
  ASSERT_TRUE(b);
  EXPECT_NE(a->public_key().bytes, b->public_key().bytes);
}

// RFC 8032, section 7.1, test 1; the id is the digest's beginning.
TEST(Key, Rfc8032) {
  std::array<uint8_t, 32> seed;
  const auto bytes = sample::unhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  std::copy(bytes.begin(), bytes.end(), seed.begin());
  const auto key = SigningKey::from_seed("rfc", PERDITA_ROLE_AUTHOR, seed);
  ASSERT_TRUE(key);
  const auto& public_key = key->public_key();
  EXPECT_EQ(sample::hex({public_key.bytes.begin(), public_key.bytes.end()}),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  const auto signature = key->sign({});
  EXPECT_EQ(
      sample::hex({signature.begin(), signature.end()}),
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595b"
      "be24655141438e7a100b");
  const auto id = public_key.id();
  EXPECT_EQ(sample::hex({id.begin(), id.end()}), "21fe31dfa154a261");
}

}  // namespace
}  // namespace perdita::compiler
