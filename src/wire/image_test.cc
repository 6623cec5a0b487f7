// SPDX-License-Identifier: Apache-2.0
#include "wire/image.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "compiler/encode.h"
#include "compiler/image_writer.h"
#include "compiler/sample.h"

namespace perdita::wire {
namespace {

using compiler::view;
using Buffer = std::vector<uint8_t>;

Buffer small_image() { return compiler::compile(sample::small_module(), sample::platform(), nullptr, "").value(); }

Buffer full_image() {
  const auto module = sample::full_module();
  const auto verdict = sample::verdict_on(module);
  return compiler::compile(module, sample::platform(), &verdict, "").value();
}

std::string string_of(Text text) { return {text.data(), text.size()}; }

compiler::Reliance reliance_of(Bytes bytes) {
  compiler::Reliance reliance;
  std::copy(bytes.begin(), bytes.end(), reliance.begin());
  return reliance;
}

// Everything the views say, written again by the other side's writer.
Buffer written_again(const ImageView& image) {
  compiler::ImageContent content;
  content.target = string_of(image.target);
  if (image.is_native) {
    content.native = compiler::NativeOrigin{{}, image.native.generator, image.native.abi};
    std::copy(image.native.bytecode.begin(), image.native.bytecode.end(), content.native->bytecode.begin());
  }
  ItemCursor cursor = image.progs;
  ProgView prog{};
  while (next(cursor, image, prog)) {
    compiler::ImageProg to{string_of(prog.name),
                           string_of(prog.hook),
                           reliance_of(prog.reliance),
                           {},
                           {},
                           prog.period_us,
                           {prog.native.begin(), prog.native.end()}};
    to.code.resize(prog.code.size());
    if (prog.code.size() != 0) memcpy(to.code.data(), static_cast<const void*>(prog.code.data()), 8 * prog.code.size());
    ItemCursor subprograms = prog.subprograms;
    SubprogramView subprogram{};
    while (next(subprograms, subprogram)) to.subprograms.push_back(subprogram);
    content.progs.push_back(to);
  }
  cursor = image.maps;
  MapView map{};
  while (next(cursor, image, map)) {
    const MapUse use = map.pinned                          ? MapUse::pinned_by_name
                       : map.section == MapSection::rodata ? MapUse::rodata
                       : map.section == MapSection::data   ? MapUse::data
                       : map.section == MapSection::bss    ? MapUse::bss
                                                           : MapUse::private_to_package;
    content.maps.push_back({string_of(map.name),
                            map.def,
                            use,
                            {map.initial.begin(), map.initial.end()},
                            map.tail_instructions,
                            map.tail_stack_bytes,
                            {},
                            {}});
    if (!map.types.empty()) {
      std::copy(map.types.begin(), map.types.end(), content.maps.back().types.emplace().begin());
    }
    PresetView preset{};
    while (next(map.presets, preset)) content.maps.back().presets[preset.slot] = preset.prog;
  }
  cursor = image.functions;
  FunctionView function{};
  while (next(cursor, function))
    content.functions.push_back({string_of(function.name), reliance_of(function.reliance)});
  cursor = image.helpers;
  HelperView helper{};
  while (next(cursor, helper)) content.helpers.push_back({helper.number, reliance_of(helper.reliance)});

  Buffer claim;
  if (image.has_claim) {
    compiler::ClaimContent from;
    from.verifier = string_of(image.claim.verifier);
    cursor = image.claim.capabilities;
    Text name;
    while (next(cursor, name)) from.capabilities.push_back(string_of(name));
    cursor = image.claim.bounds;
    ClaimBoundsView bounds{};
    while (next(cursor, bounds)) {
      compiler::ClaimBounds to{bounds.instructions, bounds.stack_bytes, {}, bounds.tail_instructions};
      uint64_t worst_case = 0;
      while (next(bounds.machine, name, worst_case)) to.machine_instructions[string_of(name)] = worst_case;
      from.bounds.push_back(to);
    }
    cursor = image.claim.facts;
    Bytes facts;
    while (next(cursor, facts)) from.facts.emplace_back(facts.begin(), facts.end());
    compiler::Digest digest;
    std::copy(image.claim.digest.begin(), image.claim.digest.end(), digest.begin());
    claim = compiler::encode_claim(from, digest);
  }
  const Buffer header = compiler::encode_header(content);
  const Buffer blob = compiler::encode_blob(content);
  return compiler::assemble_image(view(header), view(claim), view(blob));
}

void expect_one_encoding(const Buffer& image) {
  ImageView content;
  if (read_image(view(image), content) == Status::ok) {
    ASSERT_EQ(sample::hex(written_again(content)), sample::hex(image));
  }
}

TEST(Image, ReadsWhatWasWritten) {
  const Buffer image = full_image();
  ImageView content;
  ASSERT_EQ(read_image(view(image), content), Status::ok);
  EXPECT_EQ(string_of(content.target), "bytecode");
  EXPECT_EQ(content.progs.count, 2u);
  EXPECT_EQ(content.maps.count, 5u);
  EXPECT_EQ(content.functions.count, 2u);
  EXPECT_EQ(content.helpers.count, 2u);
  ASSERT_TRUE(content.has_claim);
  EXPECT_EQ(content.claim.capabilities_count, 2u);
  EXPECT_EQ((content.blob.data() - image.data()) % 8, 0);
  EXPECT_EQ(sample::hex(written_again(content)), sample::hex(image));

  ItemCursor cursor = content.maps;
  MapView map{};
  for (int i = 0; i < 3; i++) ASSERT_TRUE(next(cursor, content, map));
  EXPECT_EQ(string_of(map.name), ".rodata");
  EXPECT_EQ(map.section, MapSection::rodata);
  EXPECT_EQ(std::string(map.initial.begin(), map.initial.end()), "hello");
  EXPECT_EQ((map.initial.data() - content.blob.data()) % 8, 0);
}

TEST(Image, EveryTruncationAndEveryAppendixIsRefused) {
  for (const Buffer& image : {small_image(), full_image()}) {
    ImageView content;
    for (size_t size = 0; size < image.size(); size++) {
      // On the heap and of that very size, so that the sanitizer sees a read beyond it.
      const Buffer cut(image.begin(), image.begin() + static_cast<ptrdiff_t>(size));
      EXPECT_NE(read_image(view(cut), content), Status::ok) << size;
    }
    for (int byte = 0; byte < 256; byte++) {
      Buffer longer = image;
      longer.push_back(static_cast<uint8_t>(byte));
      EXPECT_EQ(read_image(view(longer), content), Status::trailing_bytes);
    }
  }
}

TEST(Image, EveryFlippedBitIsRefusedOrHasOneEncoding) {
  for (const Buffer& image : {small_image(), full_image()}) {
    for (size_t bit = 0; bit < 8 * image.size(); bit++) {
      Buffer flipped = image;
      flipped[bit / 8] = static_cast<uint8_t>(flipped[bit / 8] ^ (1u << (bit % 8)));
      expect_one_encoding(flipped);
    }
  }
}

TEST(Image, EveryReplacedByteIsRefusedOrHasOneEncoding) {
  const Buffer image = full_image();
  ImageView content;
  ASSERT_EQ(read_image(view(image), content), Status::ok);
  const size_t header_end = image.size() - content.blob.size();
  for (size_t i = 0; i < header_end; i++) {
    for (int value = 0; value < 256; value++) {
      Buffer changed = image;
      changed[i] = static_cast<uint8_t>(value);
      expect_one_encoding(changed);
    }
  }
}

// What the fuzzer does at length, a little of it each time: seeded, so that a failure repeats.
TEST(Image, SeededMutationsAreRefusedOrHaveOneEncoding) {
  const Buffer seeds[] = {small_image(), full_image()};
  std::mt19937 random(20261122);
  for (int round = 0; round < 20000; round++) {
    Buffer image = seeds[random() % 2];
    for (unsigned edits = 1 + random() % 4; edits > 0; edits--) {
      const size_t at = random() % image.size();
      switch (random() % 4) {
        case 0:
          image[at] = static_cast<uint8_t>(random());
          break;
        case 1:
          image.erase(image.begin() + static_cast<ptrdiff_t>(at));
          break;
        case 2:
          image.insert(image.begin() + static_cast<ptrdiff_t>(at), static_cast<uint8_t>(random()));
          break;
        default:
          image[at] = static_cast<uint8_t>(image[at] + 1);
          break;
      }
      if (image.empty()) break;
    }
    expect_one_encoding(image);
  }
}

// ---- what the writer never writes ----

struct Parts {
  compiler::ImageContent content;
  std::optional<compiler::ClaimContent> claim;
  std::function<void(Buffer& header, Buffer& blob)> damage;
};

Status read_parts(const Parts& parts) {
  Buffer header = compiler::encode_header(parts.content);
  Buffer blob = compiler::encode_blob(parts.content);
  if (parts.damage) parts.damage(header, blob);
  Buffer claim;
  if (parts.claim) claim = compiler::encode_claim(*parts.claim, {});
  ImageView view_of;
  return read_image(view(compiler::assemble_image(view(header), view(claim), view(blob))), view_of);
}

Parts valid_parts() {
  Parts parts;
  parts.content.target = "bytecode";
  const isa::Insn exit{0x95, 0, 0, 0};
  parts.content.progs = {{"p", "h", {}, {exit, exit, exit}, {{0, 8}, {2, 0}}}};
  parts.content.maps = {{"m", {isa::MapType::array, 4, 3, 1, 0}, MapUse::data, {1, 2, 3}}};
  parts.content.functions = {{"f", {}}, {"e", {}}};
  parts.content.helpers = {{1, {}}, {5, {}}};
  parts.claim = {{"v1"}, {"a", "ab", "b"}, {{9, 16, {{"x/y", 4}}}}};
  return parts;
}

// With a program array as its second map.
Parts tail_parts() {
  Parts parts = valid_parts();
  compiler::ImageMap array{"t", {isa::MapType::prog_array, 4, 4, 3, 0}, MapUse::private_to_package, {}};
  array.tail_instructions = 100;
  array.tail_stack_bytes = 16;
  array.presets = {{0, 0}, {2, 0}};
  parts.content.maps.push_back(array);
  parts.claim->bounds[0].tail_instructions = 9;
  return parts;
}

// Machine code in place of its program's bytecode.
Parts native_parts() {
  Parts parts = valid_parts();
  parts.content.target = "armv7m";
  parts.content.native = compiler::NativeOrigin{{7, 8, 9}, 3, 1};
  parts.content.progs[0].code.clear();
  parts.content.progs[0].subprograms.clear();
  parts.content.progs[0].native = {1, 2, 3, 4, 5, 6};
  return parts;
}

Buffer image_of(const Parts& parts) {
  const Buffer header = compiler::encode_header(parts.content);
  const Buffer blob = compiler::encode_blob(parts.content);
  const Buffer claim = compiler::encode_claim(*parts.claim, {});
  return compiler::assemble_image(view(header), view(claim), view(blob));
}

TEST(Image, ProgramArraysReadAsWritten) {
  const Buffer image = image_of(tail_parts());
  ImageView content;
  ASSERT_EQ(read_image(view(image), content), Status::ok);
  EXPECT_EQ(sample::hex(written_again(content)), sample::hex(image));
  ItemCursor cursor = content.maps;
  MapView map{};
  while (next(cursor, content, map)) {
  }
  EXPECT_EQ(map.tail_instructions, 100u);
  EXPECT_EQ(map.tail_stack_bytes, 16u);
  EXPECT_EQ(map.presets.count, 2u);
  ClaimBoundsView bounds{};
  ASSERT_TRUE(next(content.claim.bounds, bounds));
  EXPECT_EQ(bounds.tail_instructions, 9u);
  for (size_t i = 0; i < image.size(); i++) {
    for (unsigned byte = 0; byte < 256; byte++) {
      Buffer changed = image;
      changed[i] = static_cast<uint8_t>(byte);
      expect_one_encoding(changed);
    }
  }
}

TEST(Image, RulesOfProgramArrays) {
  ASSERT_EQ(read_parts(tail_parts()), Status::ok);
  const struct {
    const char* what;
    Status status;
    std::function<void(Parts&)> break_it;
  } kCases[] = {
      {"a declaration of another map", Status::bad_value,
       [](Parts& p) { p.content.maps[1].def.type = isa::MapType::array; }},
      {"a stack and no instructions", Status::bad_value, [](Parts& p) { p.content.maps[1].tail_instructions = 0; }},
      {"more stack than there is", Status::bad_value, [](Parts& p) { p.content.maps[1].tail_stack_bytes = 4097; }},
      {"a slot out of range", Status::bad_value, [](Parts& p) { p.content.maps[1].presets[3] = 0; }},
      {"a program that there is not", Status::bad_value, [](Parts& p) { p.content.maps[1].presets[1] = 1; }},
      {"a program beyond all", Status::bad_value, [](Parts& p) { p.content.maps[1].presets[1] = kMaxProgs; }},
      {"a slot twice", Status::bad_value,
       [](Parts& p) {
         p.damage = [](Buffer& h, Buffer&) {
           const uint8_t presets[] = {0x82, 0x82, 0x00, 0x00, 0x82, 0x02, 0x00};
           const auto at = std::search(h.begin(), h.end(), std::begin(presets), std::end(presets));
           ASSERT_NE(at, h.end());
           at[5] = 0;
         };
       }},
      {"more for tail calls than in all", Status::bad_value,
       [](Parts& p) { p.claim->bounds[0].tail_instructions = 10; }},
  };
  for (const auto& test : kCases) {
    Parts parts = tail_parts();
    test.break_it(parts);
    EXPECT_EQ(read_parts(parts), test.status) << test.what;
  }
  // An item that says nothing is not written.
  Parts empty = tail_parts();
  empty.content.maps[1].presets.clear();
  empty.damage = [](Buffer& h, Buffer&) {
    const uint8_t item[] = {0x83, 0x18, 0x64, 0x10, 0x80};
    const uint8_t nothing[] = {0x83, 0x00, 0x00, 0x80};
    const auto at = std::search(h.begin(), h.end(), std::begin(item), std::end(item));
    ASSERT_NE(at, h.end());
    h.insert(h.erase(at, at + sizeof item), std::begin(nothing), std::end(nothing));
  };
  EXPECT_EQ(read_parts(empty), Status::not_canonical);
}

TEST(Image, RulesOfContents) {
  ASSERT_EQ(read_parts(valid_parts()), Status::ok);
  const struct {
    const char* what;
    Status status;
    std::function<void(Parts&)> break_it;
  } kCases[] = {
      {"a period", Status::ok, [](Parts& p) { p.content.progs[0].period_us = UINT32_MAX; }},
      {"a period of 0", Status::bad_value,
       [](Parts& p) {
         p.content.progs[0].period_us = 23;
         p.damage = [](Buffer& header, Buffer&) {
           const uint8_t at[] = {23, 4, 0x81};  // the period, then the maps
           *std::search(header.begin(), header.end(), std::begin(at), std::end(at)) = 0;
         };
       }},
      {"no program", Status::bad_value, [](Parts& p) { p.content.progs.clear(); }},
      {"a program without instructions", Status::bad_value, [](Parts& p) { p.content.progs[0].code.clear(); }},
      {"no subprogram", Status::bad_value, [](Parts& p) { p.content.progs[0].subprograms.clear(); }},
      {"entry not at 0", Status::bad_value, [](Parts& p) { p.content.progs[0].subprograms[0].first = 1; }},
      {"subprogram beyond the code", Status::bad_value, [](Parts& p) { p.content.progs[0].subprograms[1].first = 3; }},
      {"subprograms not ascending", Status::bad_value, [](Parts& p) { p.content.progs[0].subprograms[1].first = 0; }},
      {"stack no multiple of 8", Status::bad_value,
       [](Parts& p) { p.content.progs[0].subprograms[0].stack_bytes = 4; }},
      {"stack too deep", Status::bad_value, [](Parts& p) { p.content.progs[0].subprograms[0].stack_bytes = 520; }},
      {"a name with a blank", Status::bad_value, [](Parts& p) { p.content.progs[0].name = "a b"; }},
      {"an empty name", Status::bad_value, [](Parts& p) { p.content.maps[0].name = ""; }},
      {"two programs of one name", Status::bad_value, [](Parts& p) { p.content.progs.push_back(p.content.progs[0]); }},
      {"two maps of one name", Status::bad_value, [](Parts& p) { p.content.maps.push_back(p.content.maps[0]); }},
      {"a function twice", Status::bad_value, [](Parts& p) { p.content.functions[1].name = "f"; }},
      {"a helper twice", Status::bad_value, [](Parts& p) { p.content.helpers[1].number = 1; }},
      {"helpers descending", Status::bad_value, [](Parts& p) { p.content.helpers[0].number = 6; }},
      {"helper 0", Status::bad_value, [](Parts& p) { p.content.helpers[0].number = 0; }},
      {"more programs than fit", Status::too_large,
       [](Parts& p) { p.content.progs.resize(kMaxProgs + 1, p.content.progs[0]); }},
      {"more maps than fit", Status::too_large,
       [](Parts& p) { p.content.maps.resize(isa::kMaxMaps + 1, p.content.maps[0]); }},
      {"more functions than fit", Status::too_large,
       [](Parts& p) { p.content.functions.resize(kMaxImports + 1, p.content.functions[0]); }},
      {"more helpers than fit", Status::too_large,
       [](Parts& p) { p.content.helpers.resize(kMaxImports + 1, p.content.helpers[0]); }},
      {"more subprograms than fit", Status::too_large,
       [](Parts& p) { p.content.progs[0].subprograms.resize(kMaxSubprograms + 1, {1, 0}); }},
      {"initial bytes of another size", Status::bad_value, [](Parts& p) { p.content.maps[0].initial.resize(9); }},
      {"initial bytes for a plain map", Status::bad_value,
       [](Parts& p) { p.content.maps[0].use = MapUse::private_to_package; }},
      {"no initial bytes for .data", Status::unexpected_type, [](Parts& p) { p.content.maps[0].initial.clear(); }},
      {"an unknown use of a map", Status::bad_value, [](Parts& p) { p.content.maps[0].use = static_cast<MapUse>(5); }},
      {"blob too short", Status::bad_value, [](Parts& p) { p.damage = [](Buffer&, Buffer& b) { b.resize(24); }; }},
      {"blob too long", Status::bad_value, [](Parts& p) { p.damage = [](Buffer&, Buffer& b) { b.resize(40); }; }},
      {"something behind a section", Status::not_canonical,
       [](Parts& p) { p.damage = [](Buffer&, Buffer& b) { b.back() = 1; }; }},
      {"version 2", Status::unsupported_version, [](Parts& p) { p.damage = [](Buffer& h, Buffer&) { h[2] = 2; }; }},
      {"an unknown key in the header", Status::unknown_key,
       [](Parts& p) {
         p.damage = [](Buffer& h, Buffer&) {
           h[0]++;
           h.insert(h.end(), {0x07, 0x00});
         };
       }},
      {"capabilities not sorted", Status::not_canonical, [](Parts& p) { p.claim->capabilities = {"b", "a"}; }},
      {"a capability twice", Status::not_canonical, [](Parts& p) { p.claim->capabilities = {"a", "a"}; }},
      {"no bounds", Status::bad_value, [](Parts& p) { p.claim->bounds.clear(); }},
      {"bounds for two programs", Status::bad_value, [](Parts& p) { p.claim->bounds.push_back(p.claim->bounds[0]); }},
      {"claimed stack no multiple of 8", Status::bad_value, [](Parts& p) { p.claim->bounds[0].stack_bytes = 9; }},
      {"claimed stack too deep", Status::bad_value, [](Parts& p) { p.claim->bounds[0].stack_bytes = 4104; }},
      {"facts", Status::ok, [](Parts& p) { p.claim->facts = {{1, 2, 3, 4, 5, 6}}; }},
      {"facts of no byte", Status::bad_value, [](Parts& p) { p.claim->facts = {{}}; }},
      {"more facts than any program has", Status::bad_value,
       [](Parts& p) { p.claim->facts = {{1, 2, 3, 4, 5, 6, 7}}; }},
      {"facts of two programs", Status::bad_value, [](Parts& p) { p.claim->facts = {{1}, {1}}; }},
      {"an engine that is no name", Status::bad_value,
       [](Parts& p) { p.claim->bounds[0].machine_instructions = {{"x y", 1}}; }},
  };
  for (const auto& test : kCases) {
    Parts parts = valid_parts();
    test.break_it(parts);
    EXPECT_EQ(read_parts(parts), test.status) << test.what;
  }
}

TEST(Image, MachineCodeIsReadAsWritten) {
  Parts parts = native_parts();
  parts.content.progs.push_back(parts.content.progs[0]);
  parts.content.progs[1].name = "q";
  parts.content.progs[1].period_us = 5;
  parts.claim->bounds.push_back(parts.claim->bounds[0]);
  const Buffer image = image_of(parts);
  ImageView content;
  ASSERT_EQ(read_image(view(image), content), Status::ok);
  EXPECT_EQ(sample::hex(written_again(content)), sample::hex(image));
  EXPECT_TRUE(content.is_native);
  EXPECT_EQ(content.native.generator, 3u);
  EXPECT_EQ(content.native.bytecode[2], 9);
  ProgView prog{};
  for (int i = 0; i < 2; i++) {
    ASSERT_TRUE(next(content.progs, content, prog));
    EXPECT_TRUE(prog.code.empty());
    EXPECT_EQ(prog.native.size(), 6u);
    EXPECT_EQ((prog.native.data() - image.data()) % 8, 0);
  }
  // Cut anywhere it is none; with any bit flipped it is none, or another one in the one encoding that it has.
  for (size_t i = 0; i < image.size(); i++) {
    for (unsigned bit = 0; bit < 8; bit++) {
      Buffer flipped = image;
      flipped[i] = static_cast<uint8_t>(flipped[i] ^ (1u << bit));
      expect_one_encoding(flipped);
    }
    const Buffer cut(image.begin(), image.begin() + static_cast<ptrdiff_t>(i));
    EXPECT_NE(read_image(view(cut), content), Status::ok) << i;
  }
}

TEST(Image, MachineCodeThatBreaksARule) {
  const struct {
    const char* what;
    Status status;
    std::function<void(Parts&)> break_it;
  } kCases[] = {
      {"nothing", Status::ok, [](Parts&) {}},
      {"machine code of nowhere", Status::missing_key, [](Parts& p) { p.content.native.reset(); }},
      {"bytecode that says where it is from", Status::unknown_key, [](Parts& p) { p.content.target = "bytecode"; }},
      {"subprograms", Status::bad_value, [](Parts& p) { p.content.progs[0].subprograms = {{0, 8}}; }},
      {"facts", Status::unknown_key, [](Parts& p) { p.claim->facts = {{1}}; }},
      {"no code", Status::bad_value, [](Parts& p) { p.content.progs[0].native.clear(); }},
      {"something behind a program", Status::not_canonical,
       [](Parts& p) { p.damage = [](Buffer&, Buffer& b) { b[7] = 1; }; }},
  };
  for (const auto& test : kCases) {
    Parts parts = native_parts();
    test.break_it(parts);
    EXPECT_EQ(read_parts(parts), test.status) << test.what;
  }
}

TEST(Image, FactsAreReadAsWritten) {
  Parts parts = valid_parts();
  parts.content.progs.push_back(parts.content.progs[0]);
  parts.content.progs[1].name = "q";
  parts.claim->bounds.push_back(parts.claim->bounds[0]);
  parts.claim->facts = {{1, 2}, {3, 0, 255, 4, 5, 6}};
  const Buffer image = image_of(parts);
  ImageView content;
  ASSERT_EQ(read_image(view(image), content), Status::ok);
  EXPECT_EQ(sample::hex(written_again(content)), sample::hex(image));
  EXPECT_EQ(content.claim.facts.count, 2u);
  Bytes facts;
  for (const auto& expected : parts.claim->facts) {
    ASSERT_TRUE(next(content.claim.facts, facts));
    EXPECT_EQ(Buffer(facts.begin(), facts.end()), expected);
  }
  EXPECT_FALSE(next(content.claim.facts, facts));
  for (size_t i = 0; i < image.size(); i++) {
    for (unsigned byte = 0; byte < 256; byte++) {
      Buffer changed = image;
      changed[i] = static_cast<uint8_t>(byte);
      expect_one_encoding(changed);
    }
    const Buffer cut(image.begin(), image.begin() + static_cast<ptrdiff_t>(i));
    EXPECT_NE(read_image(view(cut), content), Status::ok);
  }
}

TEST(Image, APeriodIsReadAndWrittenAgain) {
  Parts parts = valid_parts();
  parts.content.progs.push_back(parts.content.progs[0]);
  parts.content.progs[1].name = "q";
  parts.content.progs[1].period_us = 50'000;
  const Buffer image = compiler::assemble_image(view(compiler::encode_header(parts.content)), {},
                                                view(compiler::encode_blob(parts.content)));
  ImageView content;
  ASSERT_EQ(read_image(view(image), content), Status::ok);
  EXPECT_EQ(sample::hex(written_again(content)), sample::hex(image));
  ProgView prog{};
  for (const uint32_t period_us : {0u, 50'000u}) {
    ASSERT_TRUE(next(content.progs, content, prog));
    EXPECT_EQ(prog.period_us, period_us);
  }
}

TEST(Image, PaddingIsTheLeastAndZero) {
  const Buffer image = small_image();
  ImageView content;
  ASSERT_EQ(read_image(view(image), content), Status::ok);
  const size_t pad_start = 1 + content.header.size() + 1;
  for (size_t pad_bytes = 0; pad_bytes < 20; pad_bytes++) {
    for (const uint8_t fill : {0, 1}) {
      Buffer other(image.begin(), image.begin() + static_cast<ptrdiff_t>(pad_start));
      other.push_back(static_cast<uint8_t>(0x40 + pad_bytes));
      other.insert(other.end(), pad_bytes, fill);
      other.push_back(0x50);
      other.insert(other.end(), content.blob.begin(), content.blob.end());
      const bool accepted = read_image(view(other), content) == Status::ok;
      EXPECT_EQ(accepted, other == image) << pad_bytes;
      ASSERT_EQ(read_image(view(image), content), Status::ok);
    }
  }
}

}  // namespace
}  // namespace perdita::wire
