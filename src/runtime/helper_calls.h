// SPDX-License-Identifier: Apache-2.0
//
// The routines behind the helpers of isa/helpers.h. They are called with an Invocation and run at its level.
#pragma once

#include "perdita/contract.h"

namespace perdita::runtime {

// The routine of a helper by Linux's number, or null.
perdita_thunk helper_call(uint32_t number);

}  // namespace perdita::runtime
