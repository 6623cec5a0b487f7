// SPDX-License-Identifier: Apache-2.0
//
// Platform files are read from disk and travel with objects to a service: any bytes must end in a platform or a
// diagnostic.
#include <gtest/gtest.h>

#include <random>

#include "platform/btf.h"
#include "platform/file.h"
#include "platform/header_fixture.h"
#include "wire/reliance.h"

namespace perdita::platform {
namespace {

class ParseTest : public HeaderFixture {
 protected:
  void SetUp() override {
    HeaderFixture::SetUp();
    Result<std::vector<uint8_t>> file = build(demo_header());
    ASSERT_TRUE(file) << file.error().message;
    file_ = *file;
  }

  std::vector<uint8_t> file_;
};

// Uses everything that a platform offers, so that the sanitizers see what a hostile file led to.
void use(const Platform& platform) {
  const perdita_platform& tables = platform.tables();
  ASSERT_LE(tables.hook_count, 16);
  ASSERT_LE(tables.capability_count, 32);
  uint8_t form[wire::kRelianceFormBytes];
  size_t size = 0;
  for (int i = 0; i < tables.hook_count; i++) {
    const perdita_hook& hook = tables.hooks[i];
    EXPECT_EQ(platform.hook(hook.name), &hook);
    EXPECT_EQ(wire::hook_form(tables, hook, MutableBytes(form), size), Status::ok);
    uint32_t end = 0;
    for (int j = 0; j < hook.field_count; j++) {
      EXPECT_GE(hook.fields[j].offset, end);
      end = hook.fields[j].offset + uint32_t{hook.fields[j].size};
      EXPECT_LE(end, hook.context_size);
    }
    for (const std::string& section : platform.sections(hook)) platform.hook_for_section(section);
  }
  for (int i = 0; i < tables.function_count; i++) {
    const perdita_function& function = tables.functions[i];
    EXPECT_EQ(platform.function(function.name), &function);
    EXPECT_LE(function.arg_count, PERDITA_MAX_ARGS);
    EXPECT_EQ(wire::function_form(tables, function, MutableBytes(form), size), Status::ok);
  }
  EXPECT_FALSE(table(platform, "x.h").empty());
  EXPECT_FALSE(table_header(platform).empty());
}

TEST_F(ParseTest, EveryTruncationIsRefused) {
  for (size_t size = 0; size < file_.size(); size++) {
    Result<std::shared_ptr<const Platform>> platform = parse({file_.begin(), file_.begin() + static_cast<long>(size)});
    ASSERT_FALSE(platform) << size;
    EXPECT_EQ(platform.error().code, "platform-malformed");
  }
}

// The same for the BTF alone, in a frame that fits it.
TEST_F(ParseTest, EveryTruncationOfTheTypeInformationIsRefused) {
  Result<std::vector<uint8_t>> btf = read_file(file_);
  ASSERT_TRUE(btf);
  for (size_t size = 0; size < btf->size(); size++)
    ASSERT_FALSE(parse(write_file({btf->begin(), btf->begin() + static_cast<long>(size)}))) << size;
}

TEST_F(ParseTest, EveryFlippedBitEndsInAPlatformOrADiagnostic) {
  size_t accepted = 0, refused = 0;
  for (size_t bit = 0; bit < file_.size() * 8; bit++) {
    std::vector<uint8_t> bytes = file_;
    bytes[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    Result<std::shared_ptr<const Platform>> platform = parse(bytes);
    if (!platform) {
      refused++;
      ASSERT_FALSE(platform.error().code.empty());
      continue;
    }
    accepted++;
    use(**platform);
  }
  EXPECT_GT(refused, accepted);
}

TEST_F(ParseTest, GarbageEndsInAPlatformOrADiagnostic) {
  std::mt19937 random(20240607);
  for (int round = 0; round < 20000; round++) {
    std::vector<uint8_t> bytes = file_;
    // Mostly words of the type section: ids, kinds, sizes and offsets that are nearly right.
    for (uint32_t changes = 1 + random() % 4; changes > 0; changes--) {
      size_t at = random() % bytes.size();
      bytes[at] = random() % 2 == 0 ? static_cast<uint8_t>(random()) : static_cast<uint8_t>(random() % 90);
    }
    if (random() % 8 == 0) bytes.resize(random() % bytes.size());
    Result<std::shared_ptr<const Platform>> platform = parse(bytes);
    if (platform) use(**platform);
  }
}

TEST_F(ParseTest, AnotherVersionAndTrailingBytesAreRefused) {
  std::vector<uint8_t> newer = file_;
  newer[18] = 2;  // array head, text head, "perdita-platform", then the version
  ASSERT_EQ(file_[18], kFileVersion);
  Result<std::shared_ptr<const Platform>> platform = parse(newer);
  ASSERT_FALSE(platform);
  EXPECT_EQ(platform.error().code, "platform-version");
  std::vector<uint8_t> longer = file_;
  longer.push_back(0);
  platform = parse(longer);
  ASSERT_FALSE(platform);
  EXPECT_EQ(platform.error().code, "platform-malformed");
}

TEST_F(ParseTest, ReadingKeepsTheBytes) {
  Result<std::shared_ptr<const Platform>> platform = parse(file_);
  ASSERT_TRUE(platform);
  EXPECT_EQ((*platform)->bytes(), file_);
  EXPECT_EQ(write_file((*platform)->btf()), file_);
  EXPECT_EQ((*platform)->digest().size(), 64u);
}

// BTF written by hand: one struct for each way in which types can lead back to themselves.
class BtfWriter {
 public:
  // Adds a string and returns its offset.
  uint32_t text(const std::string& value) {
    uint32_t offset = static_cast<uint32_t>(strings_.size());
    strings_ += value;
    strings_ += '\0';
    return offset;
  }
  void type(uint32_t name, uint32_t kind, uint32_t count, uint32_t size_or_type, std::vector<uint32_t> rest = {}) {
    words_.insert(words_.end(), {name, kind << 24 | count, size_or_type});
    words_.insert(words_.end(), rest.begin(), rest.end());
  }
  std::vector<uint8_t> bytes() const {
    auto type_bytes = static_cast<uint32_t>(words_.size() * 4), text_bytes = static_cast<uint32_t>(strings_.size());
    std::vector<uint32_t> all = {0x0001eb9f, 24, 0, type_bytes, type_bytes, text_bytes};
    all.insert(all.end(), words_.begin(), words_.end());
    std::vector<uint8_t> out;
    for (uint32_t word : all) {
      for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<uint8_t>(word >> shift));
    }
    out.insert(out.end(), strings_.begin(), strings_.end());
    return out;
  }

 private:
  std::vector<uint32_t> words_;
  std::string strings_ = std::string(1, '\0');
};

constexpr uint32_t kPtr = 2, kArray = 3, kStruct = 4, kTypedef = 8, kConst = 10, kDeclTag = 17;

TEST(BtfTest, TypesThatContainThemselvesAreRefused) {
  BtfWriter alias, constants, member, array, through_pointer;
  alias.type(alias.text("a"), kTypedef, 0, 1);
  constants.type(0, kConst, 0, 2);
  constants.type(0, kConst, 0, 1);
  uint32_t s = member.text("s");
  member.type(s, kStruct, 1, 4, {s, 1, 0});
  array.type(array.text("s"), kStruct, 1, 4, {1, 2, 0});
  array.type(0, kArray, 0, 0, {1, 1, 1});
  s = through_pointer.text("s");
  through_pointer.type(s, kStruct, 1, 8, {s, 2, 0});
  through_pointer.type(0, kPtr, 0, 1);
  for (const BtfWriter* writer : {&alias, &constants, &member, &array}) {
    Result<std::vector<Type>> types = read_btf(writer->bytes());
    ASSERT_FALSE(types);
    EXPECT_EQ(types.error().code, "platform-btf-malformed");
    EXPECT_EQ(types.error().message, "a type contains itself");
  }
  EXPECT_TRUE(read_btf(through_pointer.bytes()));
}

// A tag stands on the whole (-1) or on one of at most 65535 members or parameters.
TEST(BtfTest, TagsOnImpossibleMembersAreRefused) {
  for (uint32_t component : {0xfffffffeu, 0x80000000u, 0x7fffffffu, 0x10000u}) {
    BtfWriter writer;
    writer.type(writer.text("perdita.out()"), kDeclTag, 0, 0, {component});
    EXPECT_FALSE(read_btf(writer.bytes())) << component;
  }
  BtfWriter writer;
  writer.type(writer.text("perdita.out()"), kDeclTag, 0, 0, {0xffffffffu});
  EXPECT_TRUE(read_btf(writer.bytes()));
}

// Many types that share one long string, or nest without members, must not cost more than they weigh.
TEST(BtfTest, AmplificationIsRefused) {
  BtfWriter shared;
  uint32_t name = shared.text(std::string(60000, 'x'));
  for (int i = 0; i < 5000; i++) shared.type(name, kPtr, 0, 0);
  EXPECT_FALSE(read_btf(shared.bytes()));
  BtfWriter large;
  for (uint32_t i = 0; i < kMaxBtfBytes / 12; i++) large.type(0, kPtr, 0, 0);
  EXPECT_FALSE(read_btf(large.bytes()));
}

TEST_F(HeaderFixture, LoadTakesAFileOrTheOnlyPlatformOfAFolder) {
  Result<std::vector<uint8_t>> file = build(demo_header());
  ASSERT_TRUE(file);
  std::string text(file->begin(), file->end());
  auto code = [](const Result<std::shared_ptr<const Platform>>& result) {
    return result ? std::string() : result.error().code;
  };
  EXPECT_EQ(code(load(folder_)), "platform-folder");
  auto path = write("demo.platform", text);
  EXPECT_EQ(code(load(path)), "");
  EXPECT_EQ(code(load(folder_)), "");
  write("other.platform", text);
  EXPECT_EQ(code(load(folder_)), "platform-folder");
  EXPECT_EQ(code(load(folder_ / "none")), "platform-unreadable");
  auto broken = write("broken", "no platform");
  Result<std::shared_ptr<const Platform>> result = load(broken);
  EXPECT_EQ(code(result), "platform-malformed");
  EXPECT_EQ(result.error().place.file, broken.string());
  EXPECT_EQ(code(load(write("large", std::string(1 << 20, 'x')))), "platform-malformed");
}

}  // namespace
}  // namespace perdita::platform
