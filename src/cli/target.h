// SPDX-License-Identifier: Apache-2.0
//
// The targets that command lines name (pipeline/target.h), under this room's names.
#pragma once

#include "pipeline/target.h"

namespace perdita::cli {

using pipeline::check_bound_target;
using pipeline::check_code_target;
using pipeline::kBytecode;
using pipeline::keep_target;
using pipeline::not_there_yet;
using pipeline::target_names;

}  // namespace perdita::cli
