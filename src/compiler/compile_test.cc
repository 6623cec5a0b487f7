// SPDX-License-Identifier: Apache-2.0
#include "compiler/compile.h"

#include <gtest/gtest.h>

#include <functional>

#include "compiler/encode.h"
#include "compiler/sample.h"
#include "compiler/sodium.h"
#include "wire/image.h"

namespace perdita::compiler {
namespace {

using Buffer = std::vector<uint8_t>;

Buffer compiled(const object::Module& module, bool claim) {
  const auto verdict = sample::verdict_on(module);
  auto image = compile(module, sample::platform(), claim ? &verdict : nullptr, "");
  EXPECT_TRUE(image) << image.error().message;
  return *image;
}

// Names of subprograms other than the entry's, sections, lines and the module's name do not travel.
void expect_same(const object::Module& lifted, const object::Module& module) {
  EXPECT_EQ(lifted.functions, module.functions);
  ASSERT_EQ(lifted.maps.size(), module.maps.size());
  for (size_t i = 0; i < module.maps.size(); i++) {
    EXPECT_EQ(lifted.maps[i].name, module.maps[i].name);
    EXPECT_EQ(lifted.maps[i].def, module.maps[i].def);
    EXPECT_EQ(lifted.maps[i].origin, module.maps[i].origin);
    EXPECT_EQ(lifted.maps[i].pinned, module.maps[i].pinned);
    EXPECT_EQ(lifted.maps[i].initial, module.maps[i].initial);
    EXPECT_EQ(lifted.maps[i].types, module.maps[i].types);
  }
  ASSERT_EQ(lifted.progs.size(), module.progs.size());
  for (size_t i = 0; i < module.progs.size(); i++) {
    EXPECT_EQ(lifted.progs[i].name, module.progs[i].name);
    EXPECT_EQ(lifted.progs[i].code, module.progs[i].code);
    EXPECT_EQ(lifted.progs[i].section, sample::platform().hook_for_section(module.progs[i].section)->name);
    ASSERT_EQ(lifted.progs[i].subprograms.size(), module.progs[i].subprograms.size());
    for (size_t j = 0; j < module.progs[i].subprograms.size(); j++) {
      EXPECT_EQ(lifted.progs[i].subprograms[j].first, module.progs[i].subprograms[j].first);
      EXPECT_EQ(lifted.progs[i].subprograms[j].count, module.progs[i].subprograms[j].count);
    }
  }
}

TEST(Compile, LiftsBackToTheModuleAndCompilesToTheSameBytes) {
  for (const object::Module& module : {sample::small_module(), sample::full_module()}) {
    for (const bool claim : {false, true}) {
      const Buffer image = compiled(module, claim);
      EXPECT_EQ(compiled(module, claim), image);
      const auto lifted = lift(image);
      ASSERT_TRUE(lifted) << lifted.error().message;
      expect_same(*lifted, module);
      EXPECT_EQ(compiled(*lifted, claim), image);
    }
  }
}

TEST(Compile, TheClaimCoversHeaderAndBlob) {
  const Buffer image = compiled(sample::full_module(), true);
  wire::ImageView content;
  ASSERT_EQ(wire::read_image(view(image), content), Status::ok);
  ASSERT_TRUE(content.has_claim);
  const Digest digest = sha256({content.header, content.blob});
  EXPECT_TRUE(equal(content.claim.digest, view(digest)));
  wire::ClaimBoundsView bounds{};
  ASSERT_TRUE(wire::next(content.claim.bounds, bounds));
  EXPECT_EQ(bounds.instructions, 11u);
  EXPECT_EQ(bounds.stack_bytes, 16u);
  EXPECT_EQ(bounds.machine.count, 3u);
}

TEST(Compile, StrippingTheClaimChangesNeitherHeaderNorBlob) {
  const Buffer claimed = compiled(sample::full_module(), true);
  const auto stripped = strip_claim(claimed);
  ASSERT_TRUE(stripped);
  wire::ImageView before;
  wire::ImageView after;
  ASSERT_EQ(wire::read_image(view(claimed), before), Status::ok);
  ASSERT_EQ(wire::read_image(view(*stripped), after), Status::ok);
  EXPECT_FALSE(after.has_claim);
  EXPECT_TRUE(equal(before.header, after.header));
  EXPECT_TRUE(equal(before.blob, after.blob));
  EXPECT_EQ(*strip_claim(*stripped), *stripped);
}

TEST(Compile, FactsComeAndGoWithTheClaim) {
  const auto module = sample::small_module();
  auto verdict = sample::verdict_on(module);
  verdict.progs[0].facts = {0b1101};
  const Buffer image = compile(module, sample::platform(), &verdict, "").value();
  EXPECT_EQ(facts_in(image).value(), std::vector<Buffer>{{0b1101}});
  EXPECT_EQ(*strip_claim(image), *strip_claim(compiled(module, true)));
  EXPECT_TRUE(facts_in(compiled(module, false)).value().empty());
  EXPECT_TRUE(facts_in(compiled(module, true)).value().empty());
}

TEST(Compile, WithoutAVerdictAFrameMayUseAllItsStack) {
  const Buffer image = compiled(sample::full_module(), false);
  wire::ImageView content;
  ASSERT_EQ(wire::read_image(view(image), content), Status::ok);
  EXPECT_FALSE(content.has_claim);
  wire::ProgView prog{};
  ASSERT_TRUE(wire::next(content.progs, content, prog));
  wire::SubprogramView subprogram{};
  for (int i = 0; i < 2; i++) {
    ASSERT_TRUE(wire::next(prog.subprograms, subprogram));
    EXPECT_EQ(subprogram.stack_bytes, 512u);
  }
}

TEST(Compile, ImportsOnlyTheHelpersThatAreCalledAscending) {
  const Buffer image = compiled(sample::full_module(), false);
  wire::ImageView content;
  ASSERT_EQ(wire::read_image(view(image), content), Status::ok);
  std::vector<uint32_t> numbers;
  wire::HelperView helper{};
  while (wire::next(content.helpers, helper)) numbers.push_back(helper.number);
  EXPECT_EQ(numbers, (std::vector<uint32_t>{5, 7}));
}

TEST(Compile, AHookByNameOverridesSections) {
  const auto image = compile(sample::small_module(), sample::platform(), nullptr, "packet");
  ASSERT_TRUE(image);
  EXPECT_EQ(lift(*image)->progs[0].section, "packet");
}

using ChangeModule = std::function<void(object::Module&)>;

TEST(Compile, RefusesByCode) {
  const struct {
    const char* code;
    ChangeModule change;
  } kCases[] = {
      {"compile-no-programs", [](object::Module& m) { m.progs.clear(); }},
      {"compile-name", [](object::Module& m) { m.progs[0].name = "on tick"; }},
      {"compile-name", [](object::Module& m) { m.progs[0].name = std::string(32, 'p'); }},
      {"compile-name", [](object::Module& m) { m.maps[0].name = ""; }},
      {"compile-too-many", [](object::Module& m) { m.progs.resize(17, m.progs[0]); }},
      {"compile-too-many", [](object::Module& m) { m.maps.resize(65, m.maps[0]); }},
      {"compile-too-many", [](object::Module& m) { m.functions.resize(65, "set_led"); }},
      {"compile-duplicate-name", [](object::Module& m) { m.progs[1].name = m.progs[0].name; }},
      {"compile-duplicate-name", [](object::Module& m) { m.maps[1].name = m.maps[0].name; }},
      {"compile-duplicate-name", [](object::Module& m) { m.functions[1] = m.functions[0]; }},
      {"compile-invalid-code", [](object::Module& m) { m.progs[0].code.pop_back(); }},
      {"compile-invalid-code", [](object::Module& m) { m.progs[0].code.clear(); }},
      {"compile-subprograms", [](object::Module& m) { m.progs[0].subprograms.clear(); }},
      {"compile-subprograms", [](object::Module& m) { m.progs[0].subprograms[1].count = 1; }},
      {"compile-subprograms", [](object::Module& m) { m.progs[0].subprograms[0].first = 1; }},
      {"compile-map-too-large", [](object::Module& m) { m.maps[0].def.max_entries = isa::kMaxEntries + 1; }},
      {"compile-map-too-large", [](object::Module& m) { m.maps[0].def.value_size = isa::kMaxValueBytes + 1; }},
      {"compile-map-too-large", [](object::Module& m) { m.maps[0].def.key_size = isa::kMaxKeyBytes + 1; }},
      {"compile-map-initial", [](object::Module& m) { m.maps[2].initial.pop_back(); }},
      {"compile-map-initial", [](object::Module& m) { m.maps[0].initial = {1}; }},
      {"compile-map-initial", [](object::Module& m) { m.maps[4].pinned = true; }},
      {"compile-map-types", [](object::Module& m) { m.maps[0].types = m.maps[1].types; }},
      {"compile-map-types", [](object::Module& m) { m.maps[2].types = m.maps[1].types; }},
      {"unknown-hook", [](object::Module& m) { m.progs[0].section = "nowhere"; }},
      {"unknown-function", [](object::Module& m) { m.functions[0] = "reboot"; }},
  };
  for (const auto& test : kCases) {
    object::Module module = sample::full_module();
    test.change(module);
    const auto image = compile(module, sample::platform(), nullptr, "");
    ASSERT_FALSE(image) << test.code;
    EXPECT_EQ(image.error().code, test.code) << image.error().message;
    EXPECT_FALSE(image.error().message.empty());
  }
  const auto image = compile(sample::full_module(), sample::platform(), nullptr, "nowhere");
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, "unknown-hook");
}

TEST(Compile, AClaimBelongsToTheModule) {
  const struct {
    const char* code;
    std::function<void(verifier::Verdict&)> change;
  } kCases[] = {
      {"claim-incomplete", [](verifier::Verdict& v) { v.progs.pop_back(); }},
      {"claim-not-accepted", [](verifier::Verdict& v) { v.accepted = false; }},
      {"claim-not-accepted", [](verifier::Verdict& v) { v.progs[1].accepted = false; }},
      {"claim-of-another-module", [](verifier::Verdict& v) { v.progs[0].hook = "packet"; }},
      {"claim-of-another-module", [](verifier::Verdict& v) { v.progs[0].instructions++; }},
      {"claim-of-another-module", [](verifier::Verdict& v) { v.progs[0].subprogram_stack_bytes.pop_back(); }},
      {"claim-of-another-module", [](verifier::Verdict& v) { v.progs[0].subprogram_stack_bytes[0] = 12; }},
      {"claim-of-another-module", [](verifier::Verdict& v) { v.progs[0].subprogram_stack_bytes[0] = 520; }},
      {"claim-of-another-module", [](verifier::Verdict& v) { v.progs[0].bounds.stack_bytes = 4104; }},
      {"claim-of-another-module", [](verifier::Verdict& v) { v.progs[0].facts = {1, 2, 3}; }},
      {"compile-name", [](verifier::Verdict& v) { v.progs[0].capabilities = {"a b"}; }},
      {"compile-name", [](verifier::Verdict& v) { v.progs[0].bounds.machine_instructions = {{"a b", 1}}; }},
  };
  const object::Module module = sample::full_module();
  for (const auto& test : kCases) {
    verifier::Verdict verdict = sample::verdict_on(module);
    test.change(verdict);
    const auto image = compile(module, sample::platform(), &verdict, "");
    ASSERT_FALSE(image) << test.code;
    EXPECT_EQ(image.error().code, test.code) << image.error().message;
  }
}

TEST(Compile, WhatIsNoImageIsRefused) {
  EXPECT_EQ(lift({1, 2, 3}).error().code, "image-unreadable");
  EXPECT_EQ(strip_claim({}).error().code, "image-unreadable");
  EXPECT_EQ(facts_in({}).error().code, "image-unreadable");
  // Facts that the program's instructions do not ask for.
  const auto module = sample::small_module();
  auto verdict = sample::verdict_on(module);
  verdict.progs[0].facts = {0b1101};
  Buffer image = compile(module, sample::platform(), &verdict, "").value();
  const uint8_t claimed[] = {0x05, 0x81, 0x41, 0b1101};
  const auto at = std::search(image.begin(), image.end(), std::begin(claimed), std::end(claimed));
  ASSERT_NE(at, image.end());
  at[3] = 0xff;
  EXPECT_EQ(facts_in(image).error().code, "image-unreadable");
}

}  // namespace
}  // namespace perdita::compiler
