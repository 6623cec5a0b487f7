// SPDX-License-Identifier: Apache-2.0
//
// The image: what runs, as bytes (docs/spec/image.md holds the CDDL). Reading gives views into the bytes and copies
// nothing; strict: only the one canonical encoding is read, so an image that reads writes back to the same bytes.
//
//   image  = [ header, claim / null, pad: bstr, blob: bstr ]
//   header = { 1: version, 2: target, 3: [ + prog ], 4: [ * map ], 5: [ * function ], 6: [ * helper ], ? 7: native }
//
// `pad` makes the blob's content start at a multiple of 8 from the image's first byte; offsets in the blob are
// multiples of 8. Freestanding; any context; bounded by the image's size; at most 500 bytes of stack.
#pragma once

#include "isa/insn.h"
#include "isa/map.h"
#include "isa/span.h"
#include "isa/status.h"

namespace perdita::wire {

constexpr size_t kDigestBytes = 32;
constexpr size_t kRelianceBytes = 16;  // a relied-upon digest: the first bytes of a SHA-256 (docs/spec/reliance.md)

constexpr uint32_t kMaxProgs = 16;
constexpr uint32_t kMaxSubprograms = isa::kMaxSubprograms;
constexpr uint32_t kMaxImports = 64;
constexpr uint32_t kMaxNameBytes = 31;  // names of packages, programs, maps, functions, hooks

// The items of a CBOR array, read one by one with the matching next().
struct ItemCursor {
  Bytes rest;
  uint32_t count = 0;  // items left
};

struct SubprogramView {
  uint32_t first;        // instruction index; [0] is the entry at 0
  uint32_t stack_bytes;  // multiple of 8, at most 512
};

struct ProgView {
  Text name, hook;
  Bytes reliance;              // of the hook: kRelianceBytes
  Span<const isa::Insn> code;  // of bytecode; 8-aligned where the image's bytes are
  ItemCursor subprograms;      // likewise
  Bytes native;                // or machine code, likewise
  uint32_t period_us;          // on a periodic hook; 0: none
};

// Which of a C program's data sections a map holds; none for a map the program defines.
enum class MapSection : uint8_t { none, rodata, data, bss };

struct MapView {
  Text name;
  isa::MapDef def;
  bool pinned;
  MapSection section;
  Bytes initial;  // rodata, data: the first value's bytes, value_size of them; otherwise empty
  // Program array: the most that a program in it may take by itself, and what stands in it from the start.
  uint32_t tail_instructions;  // 0: not declared
  uint32_t tail_stack_bytes;
  ItemCursor presets;
  Bytes types;  // pinned: digest of its types; or empty
};

// What a slot of a program array holds from the start.
struct PresetView {
  uint32_t slot;  // ascending
  uint32_t prog;  // index of the image's program
};

struct FunctionView {
  Text name;
  Bytes reliance;
};

struct HelperView {
  uint32_t number;
  Bytes reliance;
};

// Bounds of one program in a claim, in the order of the image's programs.
struct ClaimBoundsView {
  uint64_t instructions;
  uint32_t stack_bytes;
  ItemCursor machine;          // pairs of "<target>/<engine>" and worst case in machine instructions
  uint64_t tail_instructions;  // of these and of each of those: for the programs that it tail-calls; 0: none
};

struct ClaimView {
  Bytes digest;   // SHA-256 over header and blob content: what was verified
  Text verifier;  // its version
  uint32_t capabilities_count;
  ItemCursor capabilities;  // names, sorted
  ItemCursor bounds;
  ItemCursor facts;  // none, or of each program: what isa/facts.h reads
};

// Where machine code comes from, and what it keeps.
struct NativeView {
  Bytes bytecode;      // SHA-256 of the bytecode image that it was made from, claim included
  uint32_t generator;  // the generator's version (jit/generate.h)
  uint32_t abi;        // docs/spec/calling.md
};

struct ImageView {
  Text target;
  bool is_native;  // machine code for the target, else bytecode
  NativeView native;
  ItemCursor progs, maps, functions, helpers;
  bool has_claim;
  ClaimView claim;
  Bytes header;  // as encoded: with `blob`, what the claim's digest covers
  Bytes blob;
};

// Reads and checks the whole image: encoding, every count, offset and size, names, alignment of sections. Instructions
// are not looked at (isa::validate does that, and isa::facts_fit), nor is anything looked up on the device.
Status read_image(Bytes image, ImageView& view);

// Each takes the next item off a cursor of an image that read_image accepted. False behind the last one.
bool next(ItemCursor& cursor, const ImageView& image, ProgView& prog);
bool next(ItemCursor& cursor, SubprogramView& subprogram);
bool next(ItemCursor& cursor, const ImageView& image, MapView& map);
bool next(ItemCursor& cursor, PresetView& preset);
bool next(ItemCursor& cursor, FunctionView& function);
bool next(ItemCursor& cursor, HelperView& helper);
bool next(ItemCursor& cursor, ClaimBoundsView& bounds);
bool next(ItemCursor& cursor, Text& name);  // capabilities
bool next(ItemCursor& cursor, Bytes& facts);
bool next(ItemCursor& cursor, Text& engine, uint64_t& machine_instructions);  // machine bounds

}  // namespace perdita::wire
