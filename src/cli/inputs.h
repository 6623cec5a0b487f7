// SPDX-License-Identifier: Apache-2.0
//
// What commands read: files of any kind the house knows, told apart by their content, the platform, and the names of
// what is made from them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "diag/result.h"
#include "object/module.h"
#include "pipeline/blob.h"
#include "platform/platform.h"

namespace perdita::cli {

enum class Kind : uint8_t { object, image, package, key, platform, unknown };

Kind kind_of(const pipeline::Blob& bytes);
const char* kind_name(Kind kind);  // "an object"

struct Input {
  std::filesystem::path path;
  pipeline::Blob bytes;
  Kind kind = Kind::unknown;
};

Result<Input> read_input(const std::string& path);
// The error for an input of a kind that a command cannot use; `need` says which it can: "an object or an image".
Diagnostic wrong_kind(const Input& input, const std::string& need);

// The platform that --platform names (a file, or a folder with one *.platform); where it names none, that of
// $PERDITA_PLATFORM, or the only one in the current folder.
Result<std::shared_ptr<const platform::Platform>> find_platform(const std::string& option);

// The programs in an object, an image or a package. An object is loaded in a child process, against `platform` where
// its relocations need one; the other two hold their programs as they are.
Result<object::Module> read_module(const Input& input, const platform::Platform* platform);

// The image in a package, unauthenticated; or why there is none.
Result<pipeline::Blob> image_in(const Input& package);

// "out/counter.bpf.o" -> "counter": how packages and what is made from a file are named.
std::string base_name(const std::filesystem::path& path);

// An output's name: what was asked for, or the input's base name with `suffix` in the current folder.
std::string output_name(const std::string& asked, const Input& input, const std::string& suffix);

}  // namespace perdita::cli
