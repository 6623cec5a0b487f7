// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <iterator>
#include <system_error>

#include "platform/btf.h"
#include "platform/clang.h"
#include "platform/description.h"
#include "platform/file.h"
#include "platform/locate.h"
#include "platform/platform.h"

namespace perdita::platform {

Result<std::vector<uint8_t>> build(const std::filesystem::path& header) {
  std::error_code error;
  std::ifstream stream(header, std::ios::binary);
  if (!stream || !std::filesystem::is_regular_file(header, error)) {
    return Diagnostic{.code = "platform-header-missing",
                      .outcome = Outcome::unusable_input,
                      .message = "the platform header cannot be read",
                      .place = {header.string(), 0, 0, {}, {}},
                      .need = "a C header that describes a firmware with the macros of perdita/platform.h",
                      .have = {},
                      .hint = "docs/guide/platform.md shows how one is written"};
  }
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};

  auto in_header = [&](Diagnostic diagnostic) {
    if (diagnostic.place.file.empty()) diagnostic.place.file = header.string();
    return diagnostic;
  };
  Result<std::vector<uint8_t>> btf = compile_header(header);
  if (!btf) return in_header(btf.error());
  Result<std::vector<Type>> types = read_btf(*btf);
  if (!types) return in_header(types.error());
  std::variant<Description, Flaw> described = describe(*types);
  if (Flaw* flaw = std::get_if<Flaw>(&described)) {
    flaw->diagnostic.place = locate(text, flaw->entity, flaw->part);
    return in_header(flaw->diagnostic);
  }
  // What is written must be what reads.
  std::vector<uint8_t> file = write_file(*btf);
  Result<std::shared_ptr<const Platform>> platform = parse(file);
  if (!platform) return in_header(platform.error());
  return file;
}

}  // namespace perdita::platform
