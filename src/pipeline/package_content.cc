// SPDX-License-Identifier: Apache-2.0
#include "pipeline/package_content.h"

#include <nlohmann/json.hpp>

#include "compiler/refusal.h"
#include "isa/insn.h"
#include "pipeline/hex.h"
#include "wire/image.h"
#include "wire/package.h"

namespace perdita::pipeline {
namespace {

using Json = nlohmann::ordered_json;

std::string string_of(Text text) { return {text.data(), text.size()}; }

// "armv7m/native:3" -> "armv7m/native": which generator it was stands beside it.
std::string engine_of(Text name) {
  const std::string engine = string_of(name);
  return engine.substr(0, engine.find(':'));
}

ContentBounds bounds_of(const wire::ClaimBoundsView& view) {
  ContentBounds bounds{view.instructions, view.stack_bytes, {}};
  wire::ItemCursor cursor = view.machine;
  Text engine;
  uint64_t most = 0;
  while (wire::next(cursor, engine, most)) bounds.machine_instructions[engine_of(engine)] = most;
  return bounds;
}

void read_progs(const wire::ImageView& image, PackageContent& content) {
  wire::ItemCursor progs = image.progs;
  wire::ItemCursor bounds = image.claim.bounds;
  wire::ProgView prog{};
  wire::ClaimBoundsView bound{};
  while (wire::next(progs, image, prog)) {
    const size_t bytes = image.is_native ? prog.native.size() : prog.code.size() * sizeof(isa::Insn);
    content.progs.push_back({string_of(prog.name), static_cast<uint32_t>(bytes), {}});
    if (image.has_claim && wire::next(bounds, bound)) content.progs.back().bounds = bounds_of(bound);
  }
}

ContentNative native_of(const wire::ImageView& image, const std::vector<ContentProg>& progs) {
  ContentNative native{to_hex(image.native.bytecode.data(), image.native.bytecode.size()), image.native.generator,
                       image.native.abi, 0, ""};
  constexpr uint64_t kAlign = 8;
  for (const ContentProg& prog : progs) native.code_bytes += (prog.code_bytes + kAlign - 1) / kAlign * kAlign;
  // The blob begins with the code (docs/spec/image.md).
  native.digest = sha256_hex(image.blob.data(), native.code_bytes);
  return native;
}

Json document_of(const ContentProg& prog) {
  Json bounds;
  if (prog.bounds) {
    bounds = {{"instructions", prog.bounds->instructions},
              {"stack_bytes", prog.bounds->stack_bytes},
              {"machine_instructions", prog.bounds->machine_instructions}};
  }
  return {{"name", prog.name}, {"code_bytes", prog.code_bytes}, {"bounds", bounds}};
}

}  // namespace

Result<PackageContent> read_content(const Blob& package) {
  wire::PackageView view;
  Status status = wire::read_package({package.data(), package.size()}, view);
  if (status != Status::ok)
    return compiler::unreadable("package-unreadable", "this is not a package, or a damaged one", status);
  PackageContent content;
  content.name = string_of(view.name);
  content.sequence = view.sequence;
  for (uint32_t i = 0; i < view.signature_count; i++) {
    content.key_ids.push_back(to_hex(view.signatures[i].key_id.data(), view.signatures[i].key_id.size()));
  }
  if (view.kind != wire::PayloadKind::image) return content;
  wire::ImageView image;
  status = wire::read_image(view.payload, image);
  if (status != Status::ok)
    return compiler::unreadable("package-unreadable", "this is not a package, or a damaged one", status);
  content.target = string_of(image.target);
  content.claim = image.has_claim;
  read_progs(image, content);
  if (image.is_native) content.native = native_of(image, content.progs);
  return content;
}

Json code_document(const PackageContent& content) {
  if (content.target.empty()) return Json::object();
  Json document = {{"target", content.target}, {"programs", Json::array()}, {"native", nullptr}};
  for (const ContentProg& prog : content.progs) document["programs"].push_back(document_of(prog));
  if (content.native) {
    const ContentNative& native = *content.native;
    document["native"] = {{"bytecode", native.bytecode},
                          {"generator", native.generator},
                          {"abi", native.abi},
                          {"code_bytes", native.code_bytes},
                          {"digest", native.digest}};
  }
  return document;
}

}  // namespace perdita::pipeline
