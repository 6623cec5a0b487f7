// SPDX-License-Identifier: Apache-2.0
#include "pipeline/verdict_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "isa/helpers.h"

namespace perdita::pipeline {
namespace {

Verified example() {
  verifier::ProgVerdict good;
  good.name = "count";
  good.section = "sensor";
  good.hook = "sensor";
  good.accepted = true;
  good.instructions = 12;
  good.bounds = {40, 0, 64, {{"armv7m/interpreter", 1234}}};
  good.code_bytes = {{"armv7m/native", 96}};
  good.subprogram_stack_bytes = {64, 8};
  good.capabilities = {"leds"};
  good.helpers = {1};
  good.functions = {"led_set"};
  good.maps = {"readings"};
  Diagnostic diagnostic;
  diagnostic.code = "access-out-of-bounds";
  diagnostic.message = "the load may leave the value";
  diagnostic.place = {"a.c", 12, 7, "x = v[i];", 3};
  diagnostic.need = "0 to 3";
  diagnostic.have = "0 to 255";
  diagnostic.hint = "check i";
  verifier::ProgVerdict bad;
  bad.name = "crash";
  bad.section = "nowhere";
  bad.diagnostics = {diagnostic};
  Verified verified;
  verified.verdict.progs = {good, bad};
  verified.efforts = {{0.5, 1000}, {0.25, 2000}};
  verified.image = {1, 2, 3};
  verified.package = {4, 5};
  return verified;
}

// The fields that scripts rely on, by name and by type (docs/guide/cli.md).
TEST(VerdictJson, TheDocumentHasTheFieldsThatScriptsReadAndNoOthersMissing) {
  auto document = verdict_document(example(), "abc");
  EXPECT_EQ(document["verdict"], "rejected");
  EXPECT_EQ(document["platform"], "abc");
  EXPECT_EQ(document["verifier"], verifier::version());
  ASSERT_EQ(document["programs"].size(), 2u);
  const auto& good = document["programs"][0];
  EXPECT_EQ(good["name"], "count");
  EXPECT_EQ(good["section"], "sensor");
  EXPECT_EQ(good["hook"], "sensor");
  EXPECT_EQ(good["verdict"], "accepted");
  EXPECT_EQ(good["instructions"], 12);
  EXPECT_EQ(good["bounds"]["instructions"], 40);
  EXPECT_EQ(good["bounds"]["stack_bytes"], 64);
  EXPECT_EQ(good["bounds"]["machine_instructions"]["armv7m/interpreter"], 1234);
  EXPECT_EQ(good["capabilities"], nlohmann::ordered_json({"leds"}));
  EXPECT_EQ(good["helpers"][0], isa::find_helper(1)->name);
  EXPECT_EQ(good["maps"], nlohmann::ordered_json({"readings"}));
  EXPECT_TRUE(good["diagnostics"].empty());
  EXPECT_EQ(good["seconds"], 0.5);
  EXPECT_EQ(good["peak_kib"], 1000);
  const auto& bad = document["programs"][1];
  EXPECT_TRUE(bad["hook"].is_null());
  EXPECT_EQ(good["code_bytes"]["armv7m/native"], 96);
  EXPECT_TRUE(bad["bounds"].is_null());
  EXPECT_TRUE(bad["code_bytes"].is_null());
  const auto& why = bad["diagnostics"][0];
  EXPECT_EQ(why["code"], "access-out-of-bounds");
  EXPECT_EQ(why["instruction"], 3);
  EXPECT_EQ(why["file"], "a.c");
  EXPECT_EQ(why["line"], 12);
  EXPECT_EQ(why["source"], "x = v[i];");
  EXPECT_EQ(why["message"], "the load may leave the value");
  EXPECT_EQ(why["need"], "0 to 3");
  EXPECT_EQ(why["have"], "0 to 255");
  EXPECT_EQ(why["hint"], "check i");
}

TEST(VerdictJson, AnObjectThatDoesNotLoadHasAVerdictToo) {
  Diagnostic diagnostic;
  diagnostic.code = "co-re-unresolved";
  auto document = refused_document(diagnostic, "abc");
  EXPECT_EQ(document["verdict"], "rejected");
  EXPECT_TRUE(document["programs"].empty());
  EXPECT_EQ(document["diagnostics"][0]["code"], "co-re-unresolved");
}

TEST(VerdictJson, PackingKeepsEverything) {
  Verified verified = example();
  auto packed = nlohmann::json::from_cbor(nlohmann::json::to_cbor(pack(verified)));
  Verified back = unpack_verified(packed);
  EXPECT_EQ(pack(back), pack(verified));
  EXPECT_EQ(back.image, verified.image);
  EXPECT_EQ(back.package, verified.package);
  EXPECT_EQ(verdict_document(back, "abc"), verdict_document(verified, "abc"));
}

// What comes over the pipe is either a verdict or an exception, wherever it is cut or altered.
TEST(VerdictJson, NoDamagedPackingIsMistakenForAnAcceptance) {
  auto whole = nlohmann::json::to_cbor(pack(example()));
  for (size_t size = 0; size < whole.size(); size++) {
    std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<long>(size));
    EXPECT_THROW(unpack_verified(nlohmann::json::from_cbor(cut)), nlohmann::json::exception) << size;
  }
  const auto packed = pack(example());
  for (const auto& [name, value] : packed.items()) {
    auto missing = packed;
    missing.erase(name);
    EXPECT_THROW(unpack_verified(missing), nlohmann::json::exception) << name;
  }
}

TEST(VerdictJson, TextThatIsNoUtf8BecomesADocumentAllTheSame) {
  Verified verified = example();
  verified.verdict.progs[0].name = "\xff\xfe";
  auto text = verdict_document(verified, "abc").dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  EXPECT_FALSE(nlohmann::json::parse(text).is_discarded());
}

}  // namespace
}  // namespace perdita::pipeline
