// SPDX-License-Identifier: Apache-2.0
//
// An object, an image or a package to a board, as `deploy` and `prog replace` do it.
#pragma once

#include <string>

#include "cli/command.h"
#include "cli/seal.h"

namespace perdita::cli {

struct DeployArguments {
  std::string file, address, service;
  SealInput seal;             // its target may be "auto" (board_target.h)
  bool must_replace = false;  // refuse where no package of that name is installed
};

void add_deploy_arguments(Command& command, DeployArguments& arguments);
int deploy(const Terminal& terminal, const DeployArguments& arguments);

}  // namespace perdita::cli
