// SPDX-License-Identifier: Apache-2.0
//
// What every command that makes packages lets people say about them.
#pragma once

#include <cstdint>
#include <string>

#include "cli/command.h"
#include "compiler/compile.h"
#include "pipeline/uuid.h"

namespace perdita::cli {

struct SealArguments {
  std::string name;
  uint64_t sequence = 0;  // 0: not given
  bool no_attach = false;
  std::string vendor{pipeline::kDemoVendor}, device_class{pipeline::kDemoClass}, device;
};

// --vendor, --class, --device: whom a package is for.
void add_addressee(Command& command, SealArguments& arguments);
// These and --name, --sequence, --no-attach. `sequence_help` says what the default is.
void add_seal_arguments(Command& command, SealArguments& arguments, const std::string& sequence_help);

// The options, with `name` and `sequence` for what was not given.
Result<compiler::SealOptions> seal_options(const SealArguments& arguments, const std::string& name, uint64_t sequence);

}  // namespace perdita::cli
