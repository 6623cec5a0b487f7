// SPDX-License-Identifier: Apache-2.0
//
// Verdicts and diagnostics as JSON: the documents that `perdita verify --json` and the service give, which scripts rely
// on (docs/guide/cli.md), and the exact form in which a verdict travels between processes.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "diag/result.h"
#include "pipeline/verified.h"

namespace perdita::pipeline {

nlohmann::ordered_json to_json(const Diagnostic& diagnostic);

// The document of `verify`.
nlohmann::ordered_json verdict_document(const Verified& verified, const std::string& platform_digest);
// The same document for an object that did not get as far as the verifier.
nlohmann::ordered_json refused_document(const Diagnostic& diagnostic, const std::string& platform_digest);

// Everything a verdict holds, and back. Reading throws nlohmann::json's exceptions on any other shape; the callers are
// the two ends of one pipe and catch them in one place each.
nlohmann::json pack(const Verified& verified);
Verified unpack_verified(const nlohmann::json& packed);

}  // namespace perdita::pipeline
