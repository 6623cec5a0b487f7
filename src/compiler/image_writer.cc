// SPDX-License-Identifier: Apache-2.0
#include "compiler/image_writer.h"

#include <algorithm>

#include "compiler/encode.h"

namespace perdita::compiler {

namespace {

uint64_t align_section(uint64_t size) {
  return (size + wire::kSectionAlignment - 1) / wire::kSectionAlignment * wire::kSectionAlignment;
}

void append(std::vector<uint8_t>& blob, const void* data, size_t size) {
  const auto* bytes = static_cast<const uint8_t*>(data);
  blob.insert(blob.end(), bytes, bytes + size);
  blob.resize(align_section(blob.size()));
}

void write_prog(wire::CborWriter& writer, const ImageProg& prog, uint64_t offset) {
  writer.array(prog.period_us == 0 ? wire::kProgItems : wire::kProgItems + 1);
  writer.text(view(prog.name));
  writer.text(view(prog.hook));
  writer.bytes(view(prog.reliance));
  writer.unsigned_integer(offset);
  writer.unsigned_integer(prog.native.empty() ? prog.code.size() : prog.native.size());
  writer.array(prog.subprograms.size());
  for (const auto& subprogram : prog.subprograms) {
    writer.array(2);
    writer.unsigned_integer(subprogram.first);
    writer.unsigned_integer(subprogram.stack_bytes);
  }
  if (prog.period_us != 0) writer.unsigned_integer(prog.period_us);
}

void write_map(wire::CborWriter& writer, const ImageMap& map, uint64_t offset) {
  const bool tail = map.tail_instructions != 0 || !map.presets.empty();
  writer.array(wire::kMapItems + (tail || map.types ? 1u : 0u));
  writer.text(view(map.name));
  writer.unsigned_integer(static_cast<uint32_t>(map.def.type));
  writer.unsigned_integer(map.def.key_size);
  writer.unsigned_integer(map.def.value_size);
  writer.unsigned_integer(map.def.max_entries);
  writer.unsigned_integer(map.def.flags);
  writer.unsigned_integer(static_cast<uint64_t>(map.use));
  if (map.initial.empty()) {
    writer.null();
  } else {
    writer.unsigned_integer(offset);
  }
  if (map.types) writer.bytes(view(*map.types));
  if (!tail) return;
  writer.array(wire::kTailItems);
  writer.unsigned_integer(map.tail_instructions);
  writer.unsigned_integer(map.tail_stack_bytes);
  writer.array(map.presets.size());
  for (const auto& [slot, prog] : map.presets) {
    writer.array(2);
    writer.unsigned_integer(slot);
    writer.unsigned_integer(prog);
  }
}

void write_header(wire::CborWriter& writer, const ImageContent& content) {
  uint64_t offset = 0;
  writer.map(wire::kHeaderItems + (content.native ? 1u : 0u));
  writer.unsigned_integer(wire::kHeaderVersion);
  writer.unsigned_integer(wire::kImageVersion);
  writer.unsigned_integer(wire::kHeaderTarget);
  writer.text(view(content.target));
  writer.unsigned_integer(wire::kHeaderProgs);
  writer.array(content.progs.size());
  for (const ImageProg& prog : content.progs) {
    write_prog(writer, prog, offset);
    offset += prog.native.empty() ? prog.code.size() * sizeof(isa::Insn) : align_section(prog.native.size());
  }
  writer.unsigned_integer(wire::kHeaderMaps);
  writer.array(content.maps.size());
  for (const ImageMap& map : content.maps) {
    write_map(writer, map, offset);
    offset += align_section(map.initial.size());
  }
  writer.unsigned_integer(wire::kHeaderFunctions);
  writer.array(content.functions.size());
  for (const ImageFunction& function : content.functions) {
    writer.array(2);
    writer.text(view(function.name));
    writer.bytes(view(function.reliance));
  }
  writer.unsigned_integer(wire::kHeaderHelpers);
  writer.array(content.helpers.size());
  for (const ImageHelper& helper : content.helpers) {
    writer.array(2);
    writer.unsigned_integer(helper.number);
    writer.bytes(view(helper.reliance));
  }
  if (!content.native) return;
  writer.unsigned_integer(wire::kHeaderNative);
  writer.array(wire::kNativeItems);
  writer.bytes(view(content.native->bytecode));
  writer.unsigned_integer(content.native->generator);
  writer.unsigned_integer(content.native->abi);
}

void write_bounds(wire::CborWriter& writer, const ClaimBounds& bounds) {
  writer.array(wire::kBoundsItems + (bounds.tail_instructions != 0 ? 1u : 0u));
  writer.unsigned_integer(bounds.instructions);
  writer.unsigned_integer(bounds.stack_bytes);
  // Keys of a map stand in the order of their encodings: a shorter text comes first (RFC 8949, section 4.2.1).
  std::vector<std::pair<std::string_view, uint64_t>> machine(bounds.machine_instructions.begin(),
                                                             bounds.machine_instructions.end());
  std::stable_sort(machine.begin(), machine.end(),
                   [](const auto& a, const auto& b) { return a.first.size() < b.first.size(); });
  writer.map(machine.size());
  for (const auto& [engine, worst_case] : machine) {
    writer.text(view(engine));
    writer.unsigned_integer(worst_case);
  }
  if (bounds.tail_instructions != 0) writer.unsigned_integer(bounds.tail_instructions);
}

}  // namespace

std::vector<uint8_t> encode_blob(const ImageContent& content) {
  std::vector<uint8_t> blob;
  for (const ImageProg& prog : content.progs) {
    append(blob, prog.code.data(), prog.code.size() * sizeof(isa::Insn));
    append(blob, prog.native.data(), prog.native.size());
  }
  for (const ImageMap& map : content.maps) append(blob, map.initial.data(), map.initial.size());
  return blob;
}

std::vector<uint8_t> encode_header(const ImageContent& content) {
  return encode([&](wire::CborWriter& writer) { write_header(writer, content); });
}

Digest claim_digest(Bytes header, Bytes blob) { return sha256({header, blob}); }

std::vector<uint8_t> encode_claim(const ClaimContent& claim, const Digest& digest) {
  return encode([&](wire::CborWriter& writer) {
    writer.map(wire::kClaimItems + (claim.facts.empty() ? 0u : 1u));
    writer.unsigned_integer(wire::kClaimDigest);
    writer.bytes(view(digest));
    writer.unsigned_integer(wire::kClaimVerifier);
    writer.text(view(claim.verifier));
    writer.unsigned_integer(wire::kClaimCapabilities);
    writer.array(claim.capabilities.size());
    for (const std::string& capability : claim.capabilities) writer.text(view(capability));
    writer.unsigned_integer(wire::kClaimBounds);
    writer.array(claim.bounds.size());
    for (const ClaimBounds& bounds : claim.bounds) write_bounds(writer, bounds);
    if (claim.facts.empty()) return;
    writer.unsigned_integer(wire::kClaimFacts);
    writer.array(claim.facts.size());
    for (const auto& facts : claim.facts) writer.bytes(view(facts));
  });
}

std::vector<uint8_t> assemble_image(Bytes header, Bytes claim, Bytes blob) {
  const auto write = [&](wire::CborWriter& writer, size_t pad_bytes) {
    writer.array(wire::kImageItems);
    writer.raw(header);
    if (claim.empty()) {
      writer.null();
    } else {
      writer.raw(claim);
    }
    constexpr uint8_t kZeros[wire::kSectionAlignment] = {};
    writer.bytes(Bytes(kZeros, pad_bytes));
    writer.bytes(blob);
  };
  wire::CborWriter unpadded((MutableBytes()));
  write(unpadded, 0);
  const size_t blob_start = unpadded.size() - blob.size();
  const size_t pad_bytes = static_cast<size_t>(align_section(blob_start)) - blob_start;
  return encode([&](wire::CborWriter& writer) { write(writer, pad_bytes); });
}

}  // namespace perdita::compiler
