// SPDX-License-Identifier: Apache-2.0
#include "platform/file.h"

#include <fmt/format.h>

#include "wire/cbor_reader.h"
#include "wire/cbor_writer.h"

namespace perdita::platform {
namespace {

// The first item tells a platform file from images and packages.
constexpr const char* kMagic = "perdita-platform";

void write(wire::CborWriter& writer, const std::vector<uint8_t>& btf) {
  writer.array(3);
  writer.text(text(kMagic));
  writer.unsigned_integer(kFileVersion);
  writer.bytes({btf.data(), btf.size()});
}

}  // namespace

std::vector<uint8_t> write_file(const std::vector<uint8_t>& btf) {
  wire::CborWriter measure{MutableBytes()};
  write(measure, btf);
  std::vector<uint8_t> file(measure.size());
  wire::CborWriter writer{MutableBytes(file.data(), file.size())};
  write(writer, btf);
  return file;
}

Result<std::vector<uint8_t>> read_file(const std::vector<uint8_t>& file) {
  wire::CborReader reader(Bytes(file.data(), file.size()));
  reader.array(3);
  bool is_ours = equal(reader.text(), text(kMagic));
  uint64_t version = reader.unsigned_integer(UINT64_MAX);
  Bytes btf = reader.bytes();
  if (is_ours && reader.ok() && version != kFileVersion) {
    return Diagnostic{.code = "platform-version",
                      .outcome = Outcome::unusable_input,
                      .message = "the platform file has another version",
                      .place = {},
                      .need = std::to_string(kFileVersion),
                      .have = std::to_string(version),
                      .hint = "build it again from its header with this version of perdita"};
  }
  if (reader.finish() != Status::ok || !is_ours) {
    return Diagnostic{.code = "platform-malformed",
                      .outcome = Outcome::unusable_input,
                      .message = "this is not a platform file",
                      .place = {},
                      .need = "what `perdita platform build HEADER -o FILE` writes",
                      .have = fmt::format("{} bytes of something else", file.size()),
                      .hint = "build it again from its header"};
  }
  return std::vector<uint8_t>(btf.begin(), btf.end());
}

}  // namespace perdita::platform
