// SPDX-License-Identifier: Apache-2.0
#include "cli/inputs.h"

#include <fmt/core.h>

#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "compiler/compile.h"
#include "pipeline/file.h"
#include "pipeline/pipeline.h"
#include "wire/image.h"
#include "wire/package.h"

namespace perdita::cli {
namespace {

bool starts_with(const pipeline::Blob& bytes, std::initializer_list<uint8_t> head) {
  return bytes.size() >= head.size() && std::equal(head.begin(), head.end(), bytes.begin());
}

bool is_key(const pipeline::Blob& bytes) {
  auto document = nlohmann::json::parse(bytes.begin(), bytes.end(), nullptr, false);
  return document.is_object() && document.contains("perdita_key");
}

bool is_image(const pipeline::Blob& bytes) {
  wire::ImageView view;
  return wire::read_image({bytes.data(), bytes.size()}, view) == Status::ok;
}

}  // namespace

Kind kind_of(const pipeline::Blob& bytes) {
  if (starts_with(bytes, {0x7f, 'E', 'L', 'F'})) return Kind::object;
  if (starts_with(bytes, {0xd8, 0x6b})) return Kind::package;  // CBOR tag 107: a SUIT envelope, whole or cut
  if (is_key(bytes)) return Kind::key;
  if (is_image(bytes)) return Kind::image;
  if (platform::parse(bytes)) return Kind::platform;
  return Kind::unknown;
}

const char* kind_name(Kind kind) {
  switch (kind) {
    case Kind::object:
      return "an object";
    case Kind::image:
      return "an image";
    case Kind::package:
      return "a package";
    case Kind::key:
      return "a key";
    case Kind::platform:
      return "a platform";
    case Kind::unknown:
      break;
  }
  return "nothing that perdita knows";
}

Result<Input> read_input(const std::string& path) {
  auto bytes = pipeline::read_file(path);
  if (!bytes) return bytes.error();
  Input input{path, std::move(*bytes), Kind::unknown};
  input.kind = kind_of(input.bytes);
  return input;
}

Diagnostic wrong_kind(const Input& input, const std::string& need) {
  Diagnostic diagnostic;
  diagnostic.code = "input-kind";
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.message = fmt::format("this command cannot use {}", kind_name(input.kind));
  diagnostic.place.file = input.path.string();
  diagnostic.need = need;
  diagnostic.hint = input.kind == Kind::unknown ? "is the file damaged, or cut short?"
                                                : "see 'perdita --help' for the way of a program";
  return diagnostic;
}

Result<std::shared_ptr<const platform::Platform>> find_platform(const std::string& option) {
  if (!option.empty()) return platform::load(option);
  const char* environment = std::getenv("PERDITA_PLATFORM");
  if (environment != nullptr && *environment != '\0') return platform::load(environment);
  auto here = platform::load(".");
  if (here) return here;
  Diagnostic diagnostic;
  diagnostic.code = "platform-missing";
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.message = "no platform: programs are verified against the firmware that runs them";
  diagnostic.need = "--platform FILE, $PERDITA_PLATFORM, or one *.platform in the current folder";
  diagnostic.hint = "make one from the firmware's header: perdita platform build HEADER -o FILE";
  return diagnostic;
}

Result<pipeline::Blob> image_in(const Input& package) {
  wire::PackageView view;
  Status status = wire::read_package({package.bytes.data(), package.bytes.size()}, view);
  Diagnostic diagnostic;
  diagnostic.place.file = package.path.string();
  if (status != Status::ok) {
    diagnostic.code = "package-unreadable";
    diagnostic.outcome = Outcome::unusable_input;
    diagnostic.message = fmt::format("the package cannot be read: {}", status_text(status));
    diagnostic.hint = "it is damaged or cut short: get it again, or seal it anew";
    return diagnostic;
  }
  if (view.kind != wire::PayloadKind::image) {
    diagnostic.code = "package-order";
    diagnostic.outcome = Outcome::unusable_input;
    diagnostic.message = "the package holds an order, no programs";
    return diagnostic;
  }
  return pipeline::Blob(view.payload.begin(), view.payload.end());
}

Result<object::Module> read_module(const Input& input, const platform::Platform* platform) {
  if (input.kind == Kind::object) return pipeline::load(input.bytes, input.path.filename().string(), platform);
  if (input.kind == Kind::image) return compiler::lift(input.bytes);
  if (input.kind != Kind::package) return wrong_kind(input, "an object, an image or a package");
  auto image = image_in(input);
  if (!image) return image.error();
  return compiler::lift(*image);
}

std::string base_name(const std::filesystem::path& path) {
  std::filesystem::path name = path.filename();
  name.replace_extension();
  if (name.extension() == ".bpf") name.replace_extension();
  return name.string();
}

std::string output_name(const std::string& asked, const Input& input, const std::string& suffix) {
  return asked.empty() ? base_name(input.path) + suffix : asked;
}

}  // namespace perdita::cli
