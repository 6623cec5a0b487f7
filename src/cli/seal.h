// SPDX-License-Identifier: Apache-2.0
//
// From an object, an image or a package to a signed package, as `seal`, `deploy` and `prog replace` do it. A claim is
// only ever signed by the process that has just verified (pipeline/verify_stage.h); this one signs authorship.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/inputs.h"
#include "cli/seal_arguments.h"
#include "cli/terminal.h"
#include "pipeline/package_content.h"
#include "pipeline/verified.h"

namespace perdita::cli {

struct SealInput {
  SealArguments seal;
  std::string key_file, platform, hook;
  bool no_claim = false;
  std::string target = "bytecode";  // whose code the package holds
};

struct Sealed {
  pipeline::Blob package;
  pipeline::PackageContent content;
  std::string key_id;
  std::optional<pipeline::Verified> rejected;  // then there is no package
  std::shared_ptr<const platform::Platform> platform;
};

// `sequence`: for where none was given.
Result<Sealed> make_package(const Terminal& terminal, const Input& input, const SealInput& wanted, uint64_t sequence);

}  // namespace perdita::cli
