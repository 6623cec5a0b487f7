// SPDX-License-Identifier: Apache-2.0
#include "wire/image.h"

#include "wire/cbor_reader.h"
#include "wire/image_format.h"

namespace perdita::wire {

namespace {

// Where the next section of the blob has to start: sections stand in the header's order without gaps, so that offsets
// follow from sizes and there is one encoding only.
struct Layout {
  size_t image_bytes;
  uint64_t end = 0;

  // False where a section is not where it has to be, or cannot fit.
  bool place(uint64_t offset, uint64_t size) {
    if (offset != end || size > image_bytes) return false;
    end += (size + kSectionAlignment - 1) / kSectionAlignment * kSectionAlignment;
    return end <= image_bytes;
  }
};

struct SectionRange {
  uint64_t offset = 0;
  uint64_t size = 0;  // 0: none
};

ItemCursor items_since(const CborReader& reader, size_t start, uint32_t count) { return {reader.since(start), count}; }

void read_subprogram(CborReader& reader, SubprogramView& subprogram) {
  reader.array(2);
  subprogram.first = static_cast<uint32_t>(reader.unsigned_integer(UINT32_MAX));
  subprogram.stack_bytes = static_cast<uint32_t>(reader.unsigned_integer(isa::kFrameStackBytes));
  reader.require(subprogram.stack_bytes % 8 == 0, Status::bad_value);
}

void read_subprograms(CborReader& reader, uint64_t instruction_count, ItemCursor& cursor) {
  const uint32_t count = reader.array();
  reader.require(count >= 1, Status::bad_value);
  reader.require(count <= kMaxSubprograms, Status::too_large);
  const size_t start = reader.position();
  uint64_t least = 0;
  for (uint32_t i = 0; i < count && reader.ok(); i++) {
    SubprogramView subprogram{};
    read_subprogram(reader, subprogram);
    // The entry stands at 0; then each behind the one before it and inside the program.
    reader.require(i == 0 ? subprogram.first == 0 : subprogram.first >= least, Status::bad_value);
    reader.require(subprogram.first < instruction_count, Status::bad_value);
    least = static_cast<uint64_t>(subprogram.first) + 1;
  }
  cursor = items_since(reader, start, count);
}

void read_prog(CborReader& reader, bool is_native, ProgView& prog, SectionRange& code) {
  const uint32_t items = reader.array();
  reader.require(items == kProgItems || items == kProgItems + 1, Status::bad_value);
  prog.name = reader.name();
  prog.hook = reader.name();
  prog.reliance = reader.bytes(kRelianceBytes);
  code.offset = reader.unsigned_integer(UINT32_MAX);
  const uint64_t count = reader.unsigned_integer(UINT32_MAX);
  reader.require(count >= 1, Status::bad_value);
  reader.require(count <= isa::kMaxInstructions, Status::too_large);
  if (is_native) {
    code.size = count;
    reader.array(0);
  } else {
    code.size = count * sizeof(isa::Insn);
    read_subprograms(reader, count, prog.subprograms);
  }
  prog.period_us = 0;
  if (items != kProgItems) {
    prog.period_us = static_cast<uint32_t>(reader.unsigned_integer(UINT32_MAX));
    reader.require(prog.period_us != 0, Status::bad_value);
  }
}

void read_preset(CborReader& reader, PresetView& preset) {
  reader.array(2);
  preset.slot = static_cast<uint32_t>(reader.unsigned_integer(UINT32_MAX));
  preset.prog = static_cast<uint32_t>(reader.unsigned_integer(kMaxProgs - 1));
}

// What a program array declares and holds from the start; absent where that is nothing.
void read_tail(CborReader& reader, MapView& map) {
  reader.require(map.def.type == isa::MapType::prog_array, Status::bad_value);
  reader.array(kTailItems);
  map.tail_instructions = static_cast<uint32_t>(reader.unsigned_integer(UINT32_MAX));
  map.tail_stack_bytes = static_cast<uint32_t>(reader.unsigned_integer(isa::kFrameStackBytes * isa::kMaxFrames));
  // A stack alone declares nothing.
  reader.require(map.tail_stack_bytes == 0 || map.tail_instructions != 0, Status::bad_value);
  const uint32_t count = reader.array();
  const size_t start = reader.position();
  uint64_t least = 0;
  for (uint32_t i = 0; i < count && reader.ok(); i++) {
    PresetView preset{};
    read_preset(reader, preset);
    if (reader.ok()) reader.require(preset.slot >= least && preset.slot < map.def.max_entries, Status::bad_value);
    least = static_cast<uint64_t>(preset.slot) + 1;
  }
  map.presets = items_since(reader, start, count);
  reader.require(count != 0 || map.tail_instructions != 0, Status::not_canonical);
}

void read_map(CborReader& reader, MapView& map, SectionRange& initial) {
  const uint32_t items = reader.array();
  reader.require(items == kMapItems || items == kMapItems + 1, Status::bad_value);
  map.name = reader.name();
  map.def.type = static_cast<isa::MapType>(reader.unsigned_integer(UINT32_MAX));
  map.def.key_size = static_cast<uint32_t>(reader.unsigned_integer(UINT32_MAX));
  map.def.value_size = static_cast<uint32_t>(reader.unsigned_integer(UINT32_MAX));
  map.def.max_entries = static_cast<uint32_t>(reader.unsigned_integer(UINT32_MAX));
  map.def.flags = static_cast<uint32_t>(reader.unsigned_integer(UINT32_MAX));
  const auto use = static_cast<MapUse>(reader.unsigned_integer(static_cast<uint64_t>(MapUse::bss)));
  map.pinned = use == MapUse::pinned_by_name;
  map.section = use == MapUse::rodata ? MapSection::rodata
                : use == MapUse::data ? MapSection::data
                : use == MapUse::bss  ? MapSection::bss
                                      : MapSection::none;
  const bool has_initial = map.section == MapSection::rodata || map.section == MapSection::data;
  if (has_initial) {
    initial.offset = reader.unsigned_integer(UINT32_MAX);
    initial.size = map.def.value_size;
    reader.require(initial.size != 0, Status::bad_value);
  } else {
    reader.require(reader.null(), Status::bad_value);
  }
  map.tail_instructions = 0;
  map.tail_stack_bytes = 0;
  map.presets = {};
  map.types = {};
  if (items == kMapItems) return;
  if (map.pinned && map.def.type != isa::MapType::prog_array) {
    map.types = reader.bytes(kTypesBytes);
  } else {
    read_tail(reader, map);
  }
}

void read_function(CborReader& reader, FunctionView& function) {
  reader.array(2);
  function.name = reader.name();
  function.reliance = reader.bytes(kRelianceBytes);
}

void read_helper(CborReader& reader, HelperView& helper) {
  reader.array(2);
  helper.number = static_cast<uint32_t>(reader.unsigned_integer(UINT32_MAX));
  helper.reliance = reader.bytes(kRelianceBytes);
}

void read_bounds(CborReader& reader, ClaimBoundsView& bounds) {
  const uint32_t items = reader.array();
  reader.require(items == kBoundsItems || items == kBoundsItems + 1, Status::bad_value);
  bounds.instructions = reader.unsigned_integer(UINT64_MAX);
  bounds.stack_bytes = static_cast<uint32_t>(reader.unsigned_integer(isa::kFrameStackBytes * isa::kMaxFrames));
  reader.require(bounds.stack_bytes % 8 == 0, Status::bad_value);
  const uint32_t count = reader.map();
  reader.require(count <= kMaxEngines, Status::too_large);
  const size_t start = reader.position();
  MapKey engine;
  for (uint32_t i = 0; i < count && reader.ok(); i++) {
    reader.key(engine);
    if (reader.ok()) reader.require(engine.is_text && is_name(engine.text), Status::bad_value);
    static_cast<void>(reader.unsigned_integer(UINT64_MAX));
  }
  bounds.machine = items_since(reader, start, count);
  bounds.tail_instructions = 0;
  if (items == kBoundsItems) return;
  bounds.tail_instructions = reader.unsigned_integer(bounds.instructions);
  reader.require(bounds.tail_instructions != 0, Status::not_canonical);
}

uint32_t read_count(CborReader& reader, uint32_t most) {
  const uint32_t count = reader.array();
  reader.require(count <= most, Status::too_large);
  return reader.ok() ? count : 0;
}

void read_progs(CborReader& reader, ImageView& view, Layout& layout) {
  reader.key(kHeaderProgs);
  const uint32_t count = read_count(reader, kMaxProgs);
  reader.require(count >= 1, Status::bad_value);
  const size_t start = reader.position();
  for (uint32_t i = 0; i < count && reader.ok(); i++) {
    ProgView prog{};
    SectionRange code;
    read_prog(reader, view.is_native, prog, code);
    if (reader.ok()) reader.require(layout.place(code.offset, code.size), Status::bad_value);
  }
  view.progs = items_since(reader, start, count);
}

void read_maps(CborReader& reader, ImageView& view, Layout& layout) {
  reader.key(kHeaderMaps);
  const uint32_t count = read_count(reader, isa::kMaxMaps);
  const size_t start = reader.position();
  for (uint32_t i = 0; i < count && reader.ok(); i++) {
    MapView map{};
    SectionRange initial;
    read_map(reader, map, initial);
    if (reader.ok() && initial.size != 0) {
      reader.require(layout.place(initial.offset, initial.size), Status::bad_value);
    }
  }
  view.maps = items_since(reader, start, count);
}

void read_imports(CborReader& reader, ImageView& view) {
  reader.key(kHeaderFunctions);
  uint32_t count = read_count(reader, kMaxImports);
  size_t start = reader.position();
  for (uint32_t i = 0; i < count && reader.ok(); i++) {
    FunctionView function{};
    read_function(reader, function);
  }
  view.functions = items_since(reader, start, count);

  reader.key(kHeaderHelpers);
  count = read_count(reader, kMaxImports);
  start = reader.position();
  uint64_t least = 1;  // helpers count from 1 and stand in ascending order
  for (uint32_t i = 0; i < count && reader.ok(); i++) {
    HelperView helper{};
    read_helper(reader, helper);
    reader.require(helper.number >= least, Status::bad_value);
    least = static_cast<uint64_t>(helper.number) + 1;
  }
  view.helpers = items_since(reader, start, count);
}

void read_native(CborReader& reader, NativeView& native) {
  reader.key(kHeaderNative);
  reader.array(kNativeItems);
  native.bytecode = reader.bytes(kDigestBytes);
  native.generator = static_cast<uint32_t>(reader.unsigned_integer(UINT32_MAX));
  native.abi = static_cast<uint32_t>(reader.unsigned_integer(UINT32_MAX));
}

void read_header(CborReader& reader, ImageView& view, Layout& layout) {
  const size_t start = reader.position();
  const uint32_t pairs = reader.map();
  reader.key(kHeaderVersion);
  const uint64_t version = reader.unsigned_integer(UINT64_MAX);
  if (reader.ok()) reader.require(version == kImageVersion, Status::unsupported_version);
  reader.key(kHeaderTarget);
  view.target = reader.name();
  view.is_native = !equal(view.target, text(kTargetBytecode));
  const uint32_t items = kHeaderItems + (view.is_native ? 1 : 0);
  if (reader.ok() && pairs != items) reader.fail(pairs < items ? Status::missing_key : Status::unknown_key);
  read_progs(reader, view, layout);
  read_maps(reader, view, layout);
  read_imports(reader, view);
  if (view.is_native) read_native(reader, view.native);
  view.header = reader.since(start);
}

void read_claim(CborReader& reader, ClaimView& claim, uint32_t prog_count) {
  const uint32_t pairs = reader.map();
  const bool has_facts = pairs == kClaimItems + 1;
  if (reader.ok() && pairs != kClaimItems && !has_facts) {
    reader.fail(pairs < kClaimItems ? Status::missing_key : Status::unknown_key);
  }
  reader.key(kClaimDigest);
  claim.digest = reader.bytes(kDigestBytes);
  reader.key(kClaimVerifier);
  claim.verifier = reader.name();

  reader.key(kClaimCapabilities);
  claim.capabilities_count = read_count(reader, kMaxCapabilities);
  size_t start = reader.position();
  Bytes previous;
  for (uint32_t i = 0; i < claim.capabilities_count && reader.ok(); i++) {
    const Text name = reader.name();
    const Bytes encoded(reinterpret_cast<const uint8_t*>(name.data()), name.size());
    if (reader.ok()) reader.require(compare(previous, encoded) < 0, Status::not_canonical);
    previous = encoded;
  }
  claim.capabilities = items_since(reader, start, claim.capabilities_count);

  reader.key(kClaimBounds);
  reader.array(prog_count);
  start = reader.position();
  for (uint32_t i = 0; i < prog_count && reader.ok(); i++) {
    ClaimBoundsView bounds{};
    read_bounds(reader, bounds);
  }
  claim.bounds = items_since(reader, start, prog_count);
  if (!has_facts) return;

  reader.key(kClaimFacts);
  reader.array(prog_count);
  start = reader.position();
  for (uint32_t i = 0; i < prog_count && reader.ok(); i++) static_cast<void>(reader.bytes());
  claim.facts = items_since(reader, start, prog_count);
}

bool all_zero(Bytes bytes) {
  for (const uint8_t byte : bytes) {
    if (byte != 0) return false;
  }
  return true;
}

void read_blob(CborReader& reader, ImageView& view, const Layout& layout) {
  const Bytes pad = reader.bytes();
  view.blob = reader.bytes();
  if (!reader.ok()) return;
  const size_t blob_start = reader.position() - view.blob.size();
  reader.require(pad.size() < kSectionAlignment && blob_start % kSectionAlignment == 0 && all_zero(pad),
                 Status::not_canonical);
  reader.require(view.blob.size() == layout.end, Status::bad_value);
}

// What stands between the end of a section and the next multiple of 8.
void check_tail(CborReader& reader, const ImageView& view, Bytes section) {
  if (section.empty()) return;
  const auto end = static_cast<size_t>(section.end() - view.blob.begin());
  const size_t tail = (kSectionAlignment - end % kSectionAlignment) % kSectionAlignment;
  reader.require(all_zero(view.blob.subspan(end, tail)), Status::not_canonical);
}

void check_section_tails(CborReader& reader, const ImageView& view) {
  ItemCursor cursor = view.progs;
  ProgView prog{};
  while (reader.ok() && next(cursor, view, prog)) check_tail(reader, view, prog.native);
  cursor = view.maps;
  MapView map{};
  while (reader.ok() && next(cursor, view, map)) check_tail(reader, view, map.initial);
}

// That each string is as long as its program asks for is for whoever reads it (isa::facts_fit).
void check_facts(CborReader& reader, const ImageView& view) {
  // Machine code has none left to tell.
  if (view.is_native) reader.require(view.claim.facts.count == 0, Status::unknown_key);
  ItemCursor progs = view.progs;
  ItemCursor strings = view.claim.facts;
  ProgView prog{};
  Bytes facts;
  while (reader.ok() && next(strings, facts) && next(progs, view, prog)) {
    reader.require(!facts.empty() && facts.size() <= kMaxFactBytes * prog.code.size(), Status::bad_value);
  }
}

// Slots hold programs that the image has.
void check_presets(CborReader& reader, const ImageView& view) {
  ItemCursor cursor = view.maps;
  MapView map{};
  while (reader.ok() && next(cursor, view, map)) {
    PresetView preset{};
    while (next(map.presets, preset)) reader.require(preset.prog < view.progs.count, Status::bad_value);
  }
}

bool take(ItemCursor& cursor, const ImageView& image, ProgView& item) { return next(cursor, image, item); }
bool take(ItemCursor& cursor, const ImageView& image, MapView& item) { return next(cursor, image, item); }
bool take(ItemCursor& cursor, const ImageView&, FunctionView& item) { return next(cursor, item); }

// Quadratic in the count, which is at most 64.
template <typename View>
void check_names_differ(CborReader& reader, const ImageView& image, ItemCursor cursor) {
  View item{};
  while (reader.ok() && take(cursor, image, item)) {
    ItemCursor later = cursor;
    View other{};
    while (take(later, image, other)) reader.require(!equal(item.name, other.name), Status::bad_value);
  }
}

// Takes an item off a cursor once `reader`, which began at cursor.rest, has read it.
void advance(ItemCursor& cursor, const CborReader& reader) {
  cursor.rest = reader.rest();
  cursor.count--;
}

}  // namespace

Status read_image(Bytes image, ImageView& view) {
  view = {};
  CborReader reader(image);
  Layout layout{image.size()};
  reader.array(kImageItems);
  read_header(reader, view, layout);
  view.has_claim = reader.ok() && !reader.null();
  if (view.has_claim) read_claim(reader, view.claim, view.progs.count);
  read_blob(reader, view, layout);
  if (reader.finish() != Status::ok) return reader.status();

  check_section_tails(reader, view);
  check_facts(reader, view);
  check_presets(reader, view);
  check_names_differ<ProgView>(reader, view, view.progs);
  check_names_differ<MapView>(reader, view, view.maps);
  check_names_differ<FunctionView>(reader, view, view.functions);
  return reader.status();
}

bool next(ItemCursor& cursor, const ImageView& image, ProgView& prog) {
  if (cursor.count == 0) return false;
  CborReader reader(cursor.rest);
  SectionRange code;
  read_prog(reader, image.is_native, prog, code);
  const Bytes section = image.blob.subspan(static_cast<size_t>(code.offset), static_cast<size_t>(code.size));
  if (image.is_native) {
    prog.native = section;
  } else {
    prog.code = {reinterpret_cast<const isa::Insn*>(section.data()), section.size() / sizeof(isa::Insn)};
  }
  advance(cursor, reader);
  return true;
}

bool next(ItemCursor& cursor, SubprogramView& subprogram) {
  if (cursor.count == 0) return false;
  CborReader reader(cursor.rest);
  read_subprogram(reader, subprogram);
  advance(cursor, reader);
  return true;
}

bool next(ItemCursor& cursor, const ImageView& image, MapView& map) {
  if (cursor.count == 0) return false;
  CborReader reader(cursor.rest);
  SectionRange initial;
  read_map(reader, map, initial);
  map.initial = image.blob.subspan(static_cast<size_t>(initial.offset), static_cast<size_t>(initial.size));
  advance(cursor, reader);
  return true;
}

bool next(ItemCursor& cursor, PresetView& preset) {
  if (cursor.count == 0) return false;
  CborReader reader(cursor.rest);
  read_preset(reader, preset);
  advance(cursor, reader);
  return true;
}

bool next(ItemCursor& cursor, FunctionView& function) {
  if (cursor.count == 0) return false;
  CborReader reader(cursor.rest);
  read_function(reader, function);
  advance(cursor, reader);
  return true;
}

bool next(ItemCursor& cursor, HelperView& helper) {
  if (cursor.count == 0) return false;
  CborReader reader(cursor.rest);
  read_helper(reader, helper);
  advance(cursor, reader);
  return true;
}

bool next(ItemCursor& cursor, ClaimBoundsView& bounds) {
  if (cursor.count == 0) return false;
  CborReader reader(cursor.rest);
  read_bounds(reader, bounds);
  advance(cursor, reader);
  return true;
}

bool next(ItemCursor& cursor, Text& name) {
  if (cursor.count == 0) return false;
  CborReader reader(cursor.rest);
  name = reader.name();
  advance(cursor, reader);
  return true;
}

bool next(ItemCursor& cursor, Bytes& facts) {
  if (cursor.count == 0) return false;
  CborReader reader(cursor.rest);
  facts = reader.bytes();
  advance(cursor, reader);
  return true;
}

bool next(ItemCursor& cursor, Text& engine, uint64_t& machine_instructions) {
  if (cursor.count == 0) return false;
  CborReader reader(cursor.rest);
  engine = reader.name();
  machine_instructions = reader.unsigned_integer(UINT64_MAX);
  advance(cursor, reader);
  return true;
}

}  // namespace perdita::wire
