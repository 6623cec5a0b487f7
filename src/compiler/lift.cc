// SPDX-License-Identifier: Apache-2.0
//
// An image back to what it was made from, and an image without its claim.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "compiler/compile.h"
#include "compiler/encode.h"
#include "compiler/image_writer.h"
#include "compiler/refusal.h"
#include "isa/facts.h"
#include "wire/image.h"

namespace perdita::compiler {

namespace {

std::string string_of(Text text) { return {text.data(), text.size()}; }

std::vector<uint8_t> vector_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

object::Prog lift_prog(const wire::ProgView& prog) {
  object::Prog result;
  result.name = string_of(prog.name);
  result.section = string_of(prog.hook);
  result.period_us = prog.period_us;
  result.code.resize(prog.code.size());
  // The image may stand at any address: its instructions are copied as bytes.
  std::memcpy(result.code.data(), static_cast<const void*>(prog.code.data()), prog.code.size() * sizeof(isa::Insn));
  wire::ItemCursor cursor = prog.subprograms;
  wire::SubprogramView subprogram{};
  while (wire::next(cursor, subprogram)) {
    if (!result.subprograms.empty()) {
      result.subprograms.back().count = subprogram.first - result.subprograms.back().first;
    }
    // An image holds no names of subprograms but the entry's.
    const bool entry = result.subprograms.empty();
    result.subprograms.push_back(
        {entry ? result.name : fmt::format("subprogram_{}", subprogram.first), subprogram.first, 0});
  }
  result.subprograms.back().count = static_cast<uint32_t>(result.code.size()) - result.subprograms.back().first;
  return result;
}

object::MapOrigin origin_of(wire::MapSection section) {
  switch (section) {
    case wire::MapSection::rodata:
      return object::MapOrigin::rodata;
    case wire::MapSection::data:
      return object::MapOrigin::data;
    case wire::MapSection::bss:
      return object::MapOrigin::bss;
    case wire::MapSection::none:
      break;
  }
  return object::MapOrigin::defined;
}

Diagnostic not_an_image(Status status) { return unreadable("image-unreadable", "this is not an image", status); }

}  // namespace

Result<object::Module> lift(const std::vector<uint8_t>& image) {
  wire::ImageView content;
  const Status status = wire::read_image(view(image), content);
  if (status != Status::ok) return not_an_image(status);
  if (!equal(content.target, text(wire::kTargetBytecode))) {
    auto diagnostic =
        refusal("image-not-bytecode", "only a bytecode image can be turned back into a module",
                "machine code is not verified: take the object, or the bytecode image that it was made from");
    diagnostic.have = string_of(content.target);
    diagnostic.outcome = Outcome::unusable_input;
    return diagnostic;
  }
  object::Module module;
  wire::ItemCursor cursor = content.progs;
  wire::ProgView prog{};
  while (wire::next(cursor, content, prog)) module.progs.push_back(lift_prog(prog));
  module.name = module.progs.front().name;
  cursor = content.maps;
  wire::MapView map{};
  while (wire::next(cursor, content, map)) {
    module.maps.push_back({string_of(map.name),
                           map.def,
                           origin_of(map.section),
                           map.pinned,
                           vector_of(map.initial),
                           map.tail_instructions,
                           map.tail_stack_bytes,
                           {},
                           {}});
    if (!map.types.empty()) std::copy_n(map.types.data(), map.types.size(), module.maps.back().types.emplace().data());
    wire::PresetView preset{};
    while (wire::next(map.presets, preset)) module.maps.back().presets[preset.slot] = preset.prog;
  }
  cursor = content.functions;
  wire::FunctionView function{};
  while (wire::next(cursor, function)) module.functions.push_back(string_of(function.name));
  return module;
}

Result<std::vector<std::vector<uint8_t>>> facts_in(const std::vector<uint8_t>& image) {
  wire::ImageView content;
  const Status status = wire::read_image(view(image), content);
  if (status != Status::ok) return not_an_image(status);
  std::vector<std::vector<uint8_t>> all;
  wire::ItemCursor progs = content.progs;
  wire::ProgView prog{};
  Bytes facts;
  while (wire::next(content.claim.facts, facts) && wire::next(progs, content, prog)) {
    const std::vector<isa::Insn> code = lift_prog(prog).code;  // aligned
    if (!isa::facts_fit({code.data(), code.size()}, facts)) {
      auto diagnostic = not_an_image(Status::bad_value);
      diagnostic.have = fmt::format("facts of program '{}' that do not fit its instructions", string_of(prog.name));
      return diagnostic;
    }
    all.push_back(vector_of(facts));
  }
  return all;
}

Result<std::vector<uint8_t>> strip_claim(const std::vector<uint8_t>& image) {
  wire::ImageView content;
  const Status status = wire::read_image(view(image), content);
  if (status != Status::ok) return not_an_image(status);
  return assemble_image(content.header, {}, content.blob);
}

}  // namespace perdita::compiler
