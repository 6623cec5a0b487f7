// SPDX-License-Identifier: Apache-2.0
#include "pipeline/package_content.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "compiler/compile.h"
#include "compiler/native_code.h"
#include "compiler/sample.h"
#include "jit/generate.h"
#include "pipeline/hex.h"
#include "wire/image.h"
#include "wire/package.h"

namespace perdita::pipeline {
namespace {

// Every part of an image, and a bound for each generator.
Blob bytecode_image(bool claimed = true) {
  const object::Module module = sample::full_module();
  verifier::Verdict verdict = sample::verdict_on(module);
  for (verifier::ProgVerdict& prog : verdict.progs) {
    for (const jit::Target* target : jit::targets()) {
      prog.bounds.machine_instructions[compiler::native_engine(*target)] = 77;
    }
  }
  return *compiler::compile(module, sample::platform(), claimed ? &verdict : nullptr, "");
}

Blob sealed(const Blob& image) { return *compiler::seal_image(image, sample::options(), sample::both()); }

TEST(PackageContent, OfMachineCodeSaysWhereItComesFromAndWhatItIs) {
  const Blob bytecode = bytecode_image();
  for (const jit::Target* target : jit::targets()) {
    const auto image = compiler::compile_native(bytecode, *target);
    ASSERT_TRUE(image) << image.error().message;
    const auto content = read_content(sealed(*image));
    ASSERT_TRUE(content);
    EXPECT_EQ(content->target, target->name);
    EXPECT_TRUE(content->claim);
    ASSERT_TRUE(content->native);
    EXPECT_EQ(content->native->bytecode, sha256_hex(bytecode));
    EXPECT_EQ(content->native->generator, target->version);

    const auto made = *compiler::generate_all(bytecode, *target);
    ASSERT_EQ(content->progs.size(), made.size());
    Blob code;
    const std::string engine = compiler::native_engine(*target);
    for (size_t i = 0; i < made.size(); i++) {
      EXPECT_EQ(content->progs[i].code_bytes, made[i].code.size());
      EXPECT_EQ(content->progs[i].bounds->machine_instructions, (std::map<std::string, uint64_t>{{engine, 77}}));
      code.insert(code.end(), made[i].code.begin(), made[i].code.end());
      code.resize((code.size() + 7) / 8 * 8);
    }
    EXPECT_EQ(content->native->code_bytes, code.size());
    EXPECT_EQ(content->native->digest, sha256_hex(code));
    const auto document = code_document(*content);
    EXPECT_EQ(document.at("native").at("digest"), content->native->digest);
    EXPECT_EQ(document.at("programs").size(), made.size());
  }
}

TEST(PackageContent, OfBytecodeAndOfOrders) {
  const auto claimed = read_content(sealed(bytecode_image()));
  ASSERT_TRUE(claimed);
  EXPECT_EQ(claimed->target, "bytecode");
  EXPECT_FALSE(claimed->native);
  EXPECT_EQ(claimed->name, "demo");
  EXPECT_EQ(claimed->sequence, 7u);
  EXPECT_EQ(claimed->key_ids.size(), 1u);
  EXPECT_EQ(claimed->progs.at(0).bounds->machine_instructions.at("armv7m/interpreter"), 1000u);
  EXPECT_TRUE(code_document(*claimed).at("native").is_null());

  const auto unclaimed = read_content(sealed(bytecode_image(false)));
  ASSERT_TRUE(unclaimed);
  EXPECT_FALSE(unclaimed->claim);
  EXPECT_FALSE(unclaimed->progs.at(0).bounds);
  EXPECT_TRUE(code_document(*unclaimed).at("programs").at(0).at("bounds").is_null());

  const auto order =
      read_content(*compiler::seal_order(compiler::Order::detach, "", sample::options(), sample::author()));
  ASSERT_TRUE(order);
  EXPECT_EQ(order->target, "");
  EXPECT_TRUE(code_document(*order).empty());
}

// Whatever is altered or cut: an error, or what still reads as a package.
TEST(PackageContent, OfDamagedBytesIsAnErrorOrWhatTheySay) {
  const Blob package = sealed(*compiler::compile_native(bytecode_image(), jit::armv7m));
  for (size_t length = 0; length < package.size(); length++) {
    const auto content = read_content(Blob(package.begin(), package.begin() + static_cast<ptrdiff_t>(length)));
    ASSERT_FALSE(content) << length;
    EXPECT_EQ(content.error().code, "package-unreadable");
  }
  for (size_t at = 0; at < package.size(); at++) {
    for (const uint8_t flip : {0x01, 0x20, 0x80}) {
      Blob altered = package;
      altered[at] ^= flip;
      const auto content = read_content(altered);
      if (!content) {
        EXPECT_EQ(content.error().code, "package-unreadable");
      } else {
        EXPECT_NO_THROW(code_document(*content).dump());
      }
    }
  }
}

}  // namespace
}  // namespace perdita::pipeline
