// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fstream>
#include <system_error>

#include "platform/platform.h"

namespace perdita::platform {
namespace {

namespace fs = std::filesystem;

// A BTF that read_btf accepts, and its frame; nobody has to read more to know that a file is none.
constexpr size_t kMaxFileBytes = 1u << 19;

Diagnostic unusable(std::string code, std::string message, const fs::path& path, std::string have, std::string hint) {
  return {.code = std::move(code),
          .outcome = Outcome::unusable_input,
          .message = std::move(message),
          .place = {path.string(), 0, 0, {}, {}},
          .need = "a platform file, or a folder with one *.platform",
          .have = std::move(have),
          .hint = std::move(hint)};
}

Result<fs::path> only_platform_in(const fs::path& folder) {
  fs::path found;
  size_t count = 0;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() != ".platform") continue;
    found = entry->path();
    count++;
  }
  if (error) return unusable("platform-unreadable", "the folder cannot be read", folder, error.message(), {});
  if (count == 1) return found;
  return unusable("platform-folder", "the folder does not hold exactly one platform", folder,
                  fmt::format("{} files named *.platform", count), "name the file");
}

}  // namespace

Result<std::shared_ptr<const Platform>> load(const fs::path& file_or_folder) {
  fs::path file = file_or_folder;
  std::error_code error;
  if (fs::is_directory(file, error)) {
    Result<fs::path> only = only_platform_in(file);
    if (!only) return only.error();
    file = *only;
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream || !fs::is_regular_file(file, error))
    return unusable("platform-unreadable", "the platform file cannot be read", file, {},
                    "make one with `perdita platform build HEADER -o FILE`");
  std::vector<uint8_t> bytes(kMaxFileBytes + 1);
  stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(stream.gcount()));
  Result<std::shared_ptr<const Platform>> platform = parse(std::move(bytes));
  if (platform) return platform;
  Diagnostic diagnostic = platform.error();
  diagnostic.place.file = file.string();
  return diagnostic;
}

}  // namespace perdita::platform
