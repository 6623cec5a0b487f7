// SPDX-License-Identifier: Apache-2.0
//
// Diagnostics of this room (docs/guide/errors/compiler.md).
#pragma once

#include <string>

#include "diag/result.h"
#include "isa/status.h"

namespace perdita::compiler {

inline Diagnostic refusal(std::string code, std::string message, std::string hint = "") {
  Diagnostic diagnostic;
  diagnostic.code = std::move(code);
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  return diagnostic;
}

// Bytes that the wire's reader does not take.
inline Diagnostic unreadable(std::string code, std::string message, Status status) {
  Diagnostic diagnostic = refusal(std::move(code), std::move(message));
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.have = std::string(status_text(status)) + " (" + status_name(status) + ")";
  return diagnostic;
}

}  // namespace perdita::compiler
