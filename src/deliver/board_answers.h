// SPDX-License-Identifier: Apache-2.0
//
// What to say of a board's answers that are not what was asked for.
#pragma once

#include <string>

#include "deliver/request.h"
#include "diag/result.h"

namespace perdita::deliver {

// board-answer-unreadable.
Diagnostic unreadable(const std::string& address, const std::string& what);
// For an answer that refuses and is not about a package: board-has-none, board-busy, board-declines.
Diagnostic declined(const std::string& address, const std::string& what, const Reply& reply);
// A name as a segment of a path.
std::string encoded(const std::string& segment);

}  // namespace perdita::deliver
