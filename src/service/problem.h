// SPDX-License-Identifier: Apache-2.0
//
// Errors of the service as HTTP answers: {"code", "message", "hint", …} with a status that says whose turn it is.
#pragma once

#include <string>

#include "diag/result.h"
#include "service/http.h"

namespace perdita::service {

Response problem(int status, const std::string& code, const std::string& message, const std::string& hint);

// A Diagnostic as a problem: everything it says, under the same names as in the documents of the command.
Response problem(int status, const Diagnostic& diagnostic);

// An answer of a service as the Diagnostic it carries, or as one about an answer that is none of ours.
Diagnostic from_problem(const Response& response, const std::string& base_url);

}  // namespace perdita::service
