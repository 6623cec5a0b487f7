// SPDX-License-Identifier: Apache-2.0
//
// The one place where a Diagnostic becomes text:
//
//   file.c:12:7: error: message [code]
//       12 | the source line
//          |       ^
//     instruction 17
//     needed: …
//     known:  …
//     help:   …
#pragma once

#include <string>

#include "diag/result.h"

namespace perdita {

std::string render(const Diagnostic& diagnostic, bool color);

}  // namespace perdita
