// SPDX-License-Identifier: Apache-2.0
//
// The worked examples of docs/spec are what the code makes. A block that starts with "```hex NAME" holds bytes; '#'
// starts a comment.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "compiler/host_crypto.h"
#include "compiler/image_writer.h"
#include "compiler/sample.h"
#include "object/compile_fixture.h"
#include "object/map_types.h"
#include "wire/image.h"
#include "wire/reliance.h"

namespace perdita::wire {
namespace {

using Buffer = std::vector<uint8_t>;

std::map<std::string, Buffer> examples_in(const std::string& page) {
  const char* source = std::getenv("PERDITA_SOURCE");
  const std::filesystem::path root = source != nullptr ? source : ".";
  std::ifstream stream(root / "docs" / "spec" / page);
  EXPECT_TRUE(stream) << page;
  std::map<std::string, Buffer> examples;
  std::string line;
  std::string name;
  while (std::getline(stream, line)) {
    if (line.starts_with("```hex ")) {
      name = line.substr(7);
      EXPECT_TRUE(examples.try_emplace(name).second) << name << " stands twice";
    } else if (line.starts_with("```")) {
      name.clear();
    } else if (!name.empty()) {
      const Buffer bytes = sample::unhex(line.substr(0, line.find('#')));
      examples[name].insert(examples[name].end(), bytes.begin(), bytes.end());
    }
  }
  return examples;
}

void expect_examples(const std::string& page, const std::map<std::string, Buffer>& expected) {
  const auto examples = examples_in(page);
  EXPECT_EQ(examples.size(), expected.size()) << page;
  for (const auto& [name, bytes] : expected) {
    const auto found = examples.find(name);
    EXPECT_EQ(found == examples.end() ? "(none)" : sample::hex(found->second), sample::hex(bytes)) << name;
  }
}

Buffer image_with_facts() {
  const auto module = sample::small_module();
  auto verdict = sample::verdict_on(module);
  verdict.progs[0].facts = {0b1101};  // nobody reads the upper half of what is moved; r0 is either extension
  return compiler::compile(module, sample::platform(), &verdict, "").value();
}

// As generator 1 made it.
Buffer native_image() {
  const Buffer bytecode = image_with_facts();
  ImageView view;
  EXPECT_EQ(read_image({bytecode.data(), bytecode.size()}, view), Status::ok);
  ProgView prog{};
  EXPECT_TRUE(next(view.progs, view, prog));
  compiler::ImageContent content;
  content.target = "armv7m";
  content.native = compiler::NativeOrigin{compiler::sha256({{bytecode.data(), bytecode.size()}}), 1, 1};
  content.progs.push_back({"zero", "tick", {}, {}, {}, 0, {0x00, 0x20, 0x00, 0x21, 0x70, 0x47}});
  std::copy(prog.reliance.begin(), prog.reliance.end(), content.progs[0].reliance.begin());
  const Buffer header = compiler::encode_header(content);
  const Buffer blob = compiler::encode_blob(content);
  const Bytes header_view(header.data(), header.size());
  const Bytes blob_view(blob.data(), blob.size());
  const compiler::ClaimContent claim = {"sample-1", {}, {{3, 16, {{"armv7m/native:1", 153}}}}};
  const Buffer encoded = compiler::encode_claim(claim, compiler::claim_digest(header_view, blob_view));
  return compiler::assemble_image(header_view, {encoded.data(), encoded.size()}, blob_view);
}

Buffer image(bool claim) {
  const auto module = sample::small_module();
  const auto verdict = sample::verdict_on(module);
  return compiler::compile(module, sample::platform(), claim ? &verdict : nullptr, "").value();
}

TEST(Spec, ImageExamples) {
  const auto btf = object::Btf::read(object::compile_btf("struct range { __u32 least, most; __s16 steps[2]; };\n"
                                                         "struct range range;\n"),
                                     "the example's BTF");
  ASSERT_TRUE(btf) << btf.error().message;
  uint32_t key = 0;
  uint32_t value = 0;
  for (uint32_t id = 0; id < btf->count(); id++) {
    if (btf->type(id).name == "__u32") key = id;
    if (btf->type(id).name == "range" && btf->type(id).composite()) value = id;
  }
  const auto form = object::types_form(*btf, key, value);
  ASSERT_TRUE(form);
  const auto digest = object::types_digest(*form);
  expect_examples("image.md", {{"image-without-claim", image(false)},
                               {"image-with-claim", image(true)},
                               {"image-with-facts", image_with_facts()},
                               {"image-native", native_image()},
                               {"types-form", *form},
                               {"types-digest", Buffer(digest.begin(), digest.end())}});
}

TEST(Spec, PackageExamples) {
  const Buffer package = compiler::seal_image(image(false), sample::options(), sample::author()).value();
  const Buffer order =
      compiler::seal_order(compiler::Order::detach, "zero", sample::options(), sample::author()).value();
  expect_examples("package.md", {{"package", package}, {"order", order}});
}

TEST(Spec, RelianceExamples) {
  const auto& tables = sample::platform().tables();
  const perdita_port port = compiler::crypto_port();
  std::map<std::string, Buffer> expected;
  Buffer form(kRelianceFormBytes);
  uint8_t digest[kRelianceBytes];
  size_t size = 0;

  const perdita_hook& hook = *sample::platform().hook("packet");
  ASSERT_EQ(hook_form(tables, hook, MutableBytes(form.data(), form.size()), size), Status::ok);
  expected["hook-form"] = Buffer(form.begin(), form.begin() + static_cast<ptrdiff_t>(size));
  ASSERT_EQ(hook_reliance(tables, hook, port, MutableBytes(form.data(), form.size()), digest), Status::ok);
  expected["hook-digest"] = Buffer(std::begin(digest), std::end(digest));

  const perdita_function& function = *sample::platform().function("read_sensor");
  ASSERT_EQ(function_form(tables, function, MutableBytes(form.data(), form.size()), size), Status::ok);
  expected["function-form"] = Buffer(form.begin(), form.begin() + static_cast<ptrdiff_t>(size));
  ASSERT_EQ(function_reliance(tables, function, port, MutableBytes(form.data(), form.size()), digest), Status::ok);
  expected["function-digest"] = Buffer(std::begin(digest), std::end(digest));
  expect_examples("reliance.md", expected);
}

}  // namespace
}  // namespace perdita::wire
