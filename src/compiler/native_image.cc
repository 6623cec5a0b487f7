// SPDX-License-Identifier: Apache-2.0
//
// A bytecode image with machine code in place of its bytecode.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/compile.h"
#include "compiler/encode.h"
#include "compiler/image_writer.h"
#include "compiler/native_code.h"
#include "compiler/refusal.h"
#include "isa/facts.h"
#include "isa/validate.h"
#include "runtime/native.h"
#include "wire/image.h"

namespace perdita::compiler {
namespace {

std::string string_of(Text text) { return {text.data(), text.size()}; }

std::vector<uint8_t> vector_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

Reliance reliance_of(Bytes bytes) {
  Reliance reliance{};
  std::copy_n(bytes.data(), reliance.size(), reliance.data());
  return reliance;
}

wire::MapUse use_of(const wire::MapView& map) {
  switch (map.section) {
    case wire::MapSection::rodata:
      return wire::MapUse::rodata;
    case wire::MapSection::data:
      return wire::MapUse::data;
    case wire::MapSection::bss:
      return wire::MapUse::bss;
    case wire::MapSection::none:
      break;
  }
  return map.pinned ? wire::MapUse::pinned_by_name : wire::MapUse::private_to_package;
}

std::vector<ImageMap> maps_of(const wire::ImageView& image) {
  std::vector<ImageMap> maps;
  wire::ItemCursor cursor = image.maps;
  wire::MapView view{};
  while (wire::next(cursor, image, view)) {
    ImageMap map = {string_of(view.name),
                    view.def,
                    use_of(view),
                    vector_of(view.initial),
                    view.tail_instructions,
                    view.tail_stack_bytes,
                    {},
                    {}};
    wire::PresetView preset{};
    while (wire::next(view.presets, preset)) map.presets[preset.slot] = preset.prog;
    if (!view.types.empty()) std::copy_n(view.types.data(), view.types.size(), map.types.emplace().data());
    maps.push_back(std::move(map));
  }
  return maps;
}

// Everything but the programs.
ImageContent content_of(const wire::ImageView& image) {
  ImageContent content;
  content.maps = maps_of(image);
  wire::ItemCursor cursor = image.functions;
  wire::FunctionView function{};
  while (wire::next(cursor, function)) {
    content.functions.push_back({string_of(function.name), reliance_of(function.reliance)});
  }
  cursor = image.helpers;
  wire::HelperView helper{};
  while (wire::next(cursor, helper)) content.helpers.push_back({helper.number, reliance_of(helper.reliance)});
  return content;
}

Result<NativeCode> generate_prog(const wire::ImageView& image, const wire::ProgView& view, Bytes facts,
                                 const jit::Target& target) {
  const std::string name = string_of(view.name);
  // The image may stand at any address.
  std::vector<isa::Insn> code(view.code.size());
  std::copy_n(reinterpret_cast<const uint8_t*>(view.code.data()), code.size() * sizeof(isa::Insn),
              reinterpret_cast<uint8_t*>(code.data()));
  isa::Violation violation;
  if (!isa::validate({code.data(), code.size()}, {image.maps.count, image.functions.count}, violation) ||
      (!facts.empty() && !isa::facts_fit({code.data(), code.size()}, facts))) {
    return unreadable("image-unreadable", fmt::format("program '{}' has instructions or facts that do not fit", name),
                      Status::bad_value);
  }
  std::vector<isa::Subprogram> subprograms;
  wire::ItemCursor cursor = view.subprograms;
  wire::SubprogramView subprogram{};
  while (wire::next(cursor, subprogram)) subprograms.push_back({subprogram.first, subprogram.stack_bytes});
  std::vector<uint32_t> helpers;
  cursor = image.helpers;
  wire::HelperView helper{};
  while (wire::next(cursor, helper)) helpers.push_back(helper.number);
  return generate(target, name,
                  {{code.data(), code.size()},
                   {subprograms.data(), subprograms.size()},
                   facts,
                   {helpers.data(), helpers.size()},
                   image.functions.count});
}

// What the bytecode's claim says, as far as it is of this target's machine code.
ClaimContent claim_of(const wire::ImageView& image, const jit::Target& target) {
  ClaimContent claim;
  claim.verifier = string_of(image.claim.verifier);
  wire::ItemCursor cursor = image.claim.capabilities;
  Text name;
  while (wire::next(cursor, name)) claim.capabilities.push_back(string_of(name));
  cursor = image.claim.bounds;
  wire::ClaimBoundsView view{};
  const std::string own = engine_in_claim(native_engine(target));
  while (wire::next(cursor, view)) {
    ClaimBounds bounds{view.instructions, view.stack_bytes, {}, view.tail_instructions};
    uint64_t most = 0;
    while (wire::next(view.machine, name, most)) {
      if (string_of(name) == own) bounds.machine_instructions[own] = most;
    }
    claim.bounds.push_back(std::move(bounds));
  }
  return claim;
}

}  // namespace

Result<std::vector<NativeCode>> generate_all(const std::vector<uint8_t>& bytecode, const jit::Target& target) {
  wire::ImageView image;
  const Status status = wire::read_image(view(bytecode), image);
  if (status != Status::ok) return unreadable("image-unreadable", "this is not an image", status);
  if (image.is_native) {
    return refusal("image-not-bytecode", "machine code is made of bytecode images",
                   "take the one that it was made from");
  }
  std::vector<NativeCode> all;
  wire::ItemCursor progs = image.progs;
  wire::ItemCursor facts = image.claim.facts;
  wire::ProgView prog{};
  while (wire::next(progs, image, prog)) {
    Bytes known;
    static_cast<void>(wire::next(facts, known));
    auto native = generate_prog(image, prog, known, target);
    if (!native) return native.error();
    all.push_back(std::move(*native));
  }
  return all;
}

Result<std::vector<uint8_t>> compile_native(const std::vector<uint8_t>& bytecode, const jit::Target& target) {
  wire::ImageView image;
  const Status status = wire::read_image(view(bytecode), image);
  if (status != Status::ok) return unreadable("image-unreadable", "this is not an image", status);
  if (image.is_native || !image.has_claim) {
    return refusal("native-unproved", "only bytecode with a verifier's claim becomes machine code",
                   "compile the object: it is verified on the way");
  }
  ImageContent content = content_of(image);
  content.target = target.name;
  content.native = NativeOrigin{sha256({view(bytecode)}), target.version, runtime::kNativeAbi};
  auto native = generate_all(bytecode, target);
  if (!native) return native.error();
  wire::ItemCursor progs = image.progs;
  wire::ProgView prog{};
  for (NativeCode& one : *native) {
    if (!wire::next(progs, image, prog)) break;
    content.progs.push_back({string_of(prog.name),
                             string_of(prog.hook),
                             reliance_of(prog.reliance),
                             {},
                             {},
                             prog.period_us,
                             std::move(one.code)});
  }
  const std::vector<uint8_t> header = encode_header(content);
  const std::vector<uint8_t> blob = encode_blob(content);
  const auto claim = encode_claim(claim_of(image, target), claim_digest(view(header), view(blob)));
  return assemble_image(view(header), view(claim), view(blob));
}

}  // namespace perdita::compiler
