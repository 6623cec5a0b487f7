// SPDX-License-Identifier: Apache-2.0
#include "service/store.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "pipeline/hex.h"
#include "service/schema.h"
#include "service/sqlite.h"

namespace perdita::service {
namespace {

namespace fs = std::filesystem;
using pipeline::Blob;

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "perdita-store-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    file_ = (folder_ / "store.sqlite").string();
    open();
  }
  void TearDown() override {
    store_.reset();
    fs::remove_all(folder_);
  }
  void open() {
    store_.reset();
    auto store = Store::open(file_);
    ASSERT_TRUE(store) << store.error().message;
    store_ = std::move(*store);
  }
  // Past the store, as somebody with a shell would.
  bool execute(const std::string& sql) {
    auto database = Sqlite::open(file_);
    return database && (*database)->execute(sql);
  }
  static Signing signing_of(const Blob& package, uint64_t sequence = 1) {
    return {pipeline::sha256_hex(package),
            std::string(64, 'a'),
            std::string(64, 'b'),
            "1",
            "00",
            "demo",
            sequence,
            "armv7m",
            R"({"target": "armv7m"})"};
  }

  fs::path folder_;
  std::string file_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, ArtefactsAreFoundByTheirDigestAndStay) {
  Blob object = {1, 2, 3};
  auto digest = store_->keep_object(object);
  ASSERT_TRUE(digest);
  EXPECT_EQ(*digest, pipeline::sha256_hex(object));
  EXPECT_TRUE(store_->keep_object(object));  // again: nothing to do
  open();
  auto found = store_->find(ArtefactKind::object, *digest);
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, object);
  auto as_package = store_->find(ArtefactKind::package, *digest);
  ASSERT_TRUE(as_package);
  EXPECT_FALSE(*as_package);  // an object is never handed out as a package
}

TEST_F(StoreTest, EmptyBytesAreBytes) {
  auto digest = store_->keep_object({});
  ASSERT_TRUE(digest);
  auto found = store_->find(ArtefactKind::object, *digest);
  ASSERT_TRUE(found);
  ASSERT_TRUE(*found);
  EXPECT_TRUE((*found)->empty());
}

TEST_F(StoreTest, AVerdictIsFoundOnlyUnderEverythingItDependsOn) {
  VerdictKey key{"object", "platform", "1", "{}"};
  ASSERT_TRUE(store_->keep_verdict(key, "document"));
  auto found = store_->find_verdict(key);
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, "document");
  for (auto part : {&VerdictKey::object_digest, &VerdictKey::platform_digest, &VerdictKey::verifier_version,
                    &VerdictKey::options}) {
    VerdictKey other = key;
    other.*part += "x";
    auto none = store_->find_verdict(other);
    ASSERT_TRUE(none);
    EXPECT_FALSE(*none);
  }
}

TEST_F(StoreTest, TheLogOnlyGrows) {
  Blob package = {9, 9};
  ASSERT_TRUE(store_->keep_signed(package, signing_of(package)));
  ASSERT_TRUE(store_->keep_signed(package, signing_of(package, UINT64_MAX)));
  EXPECT_EQ(*store_->signings(), 2u);  // signed twice is logged twice
  for (const char* sql : {"DELETE FROM signed", "UPDATE signed SET name = 'x'", "UPDATE artefact SET bytes = x'00'",
                          "UPDATE signed SET number = 9"}) {
    EXPECT_FALSE(execute(sql)) << sql;
  }
  EXPECT_EQ(*store_->signings(), 2u);
}

TEST_F(StoreTest, BytesThatChangedOnDiskAreNotHandedOut) {
  Blob package = {9, 9};
  ASSERT_TRUE(store_->keep_signed(package, signing_of(package)));
  ASSERT_TRUE(execute("DROP TRIGGER artefact_stays_update; UPDATE artefact SET bytes = x'0000'"));
  auto found = store_->find(ArtefactKind::package, pipeline::sha256_hex(package));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, "store-corrupt");
}

TEST_F(StoreTest, APackageAndItsLogEntryComeTogetherOrNotAtAll) {
  ASSERT_TRUE(execute("CREATE TRIGGER broken BEFORE INSERT ON signed BEGIN SELECT RAISE(ABORT, 'no'); END"));
  Blob package = {7};
  EXPECT_FALSE(store_->keep_signed(package, signing_of(package)));
  auto found = store_->find(ArtefactKind::package, pipeline::sha256_hex(package));
  ASSERT_TRUE(found);
  EXPECT_FALSE(*found);
}

TEST_F(StoreTest, FilesThatAreNoStoreAreRefused) {
  std::string other = (folder_ / "other").string();
  std::ofstream(other)
      << "this is no database, and long enough to have a header of its own: 0123456789 0123456789 012345";
  auto text = Store::open(other);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, "store-unusable");
  EXPECT_EQ(text.error().outcome, Outcome::unusable_input);
  ASSERT_TRUE(execute("PRAGMA user_version = 3"));
  store_.reset();
  auto version = Store::open(file_);
  ASSERT_FALSE(version);
  EXPECT_EQ(version.error().code, "store-unusable");
  EXPECT_FALSE(Store::open("postgresql://host/db"));
  EXPECT_FALSE(Store::open((folder_ / "no" / "such").string()));
}

// As a service of version 1 left it: what it logged stays, and reads as what it was.
TEST_F(StoreTest, AnEarlierStoreIsBroughtToThisVersion) {
  store_.reset();
  const std::string old = (folder_ / "old").string();
  {
    auto database = Sqlite::open(old);
    ASSERT_TRUE(database);
    ASSERT_TRUE((*database)->execute(kSchema));
    ASSERT_TRUE(
        (*database)->execute("INSERT INTO signed (package, object, platform, verifier, key, name, sequence) VALUES "
                             "('', '', '', '', '', 'old', '1')"));
  }
  for (int opened = 0; opened < 2; opened++) {
    auto store = Store::open(old);
    ASSERT_TRUE(store) << store.error().message;
    const Blob package = {static_cast<uint8_t>(opened)};
    EXPECT_TRUE((*store)->keep_signed(package, signing_of(package)));
  }
  auto database = Sqlite::open(old);
  ASSERT_TRUE(database);
  Statement rows(**database, "SELECT name, target, content IS NULL FROM signed ORDER BY number");
  for (const char* target : {"bytecode", "armv7m", "armv7m"}) {
    auto row = rows.step();
    ASSERT_TRUE(row);
    ASSERT_TRUE(*row);
    EXPECT_EQ(rows.text(1), target);
    EXPECT_EQ(rows.number(2), rows.text(0) == "old");
  }
  EXPECT_FALSE((*database)->execute("UPDATE signed SET target = 'x'"));
}

TEST_F(StoreTest, TheSchemeMayBeSpelledOut) {
  auto store = Store::open("sqlite:" + (folder_ / "second").string());
  ASSERT_TRUE(store);
  EXPECT_TRUE(fs::exists(folder_ / "second"));
}

TEST_F(StoreTest, ManyThreadsAndTwoProcessesWorth) {
  auto second = Store::open(file_);
  ASSERT_TRUE(second);
  std::vector<std::thread> threads;
  for (uint8_t thread = 0; thread < 4; thread++) {
    threads.emplace_back([this, &second, thread] {
      Store& store = thread % 2 == 0 ? *store_ : **second;
      for (uint8_t i = 0; i < 10; i++) {
        Blob package = {thread, i};
        EXPECT_TRUE(store.keep_signed(package, signing_of(package)));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(*store_->signings(), 40u);
}

}  // namespace
}  // namespace perdita::service
