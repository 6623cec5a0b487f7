// SPDX-License-Identifier: Apache-2.0
//
// The service from a client's side: an object goes there, a signed package comes back.
#pragma once

#include <string>
#include <vector>

#include "compiler/compile.h"
#include "diag/result.h"
#include "pipeline/blob.h"

namespace perdita::service {

struct PackageAnswer {
  pipeline::Blob package;            // empty where the verifier rejected the object
  std::vector<Diagnostic> rejected;  // then: why
};

// POST /v1/packages. `hook` overrides what sections say where not empty. `target`: whose machine code
// the package holds, or "bytecode".
Result<PackageAnswer> request_package(const std::string& base_url, const pipeline::Blob& object,
                                      const compiler::SealOptions& options, const std::string& hook,
                                      const std::string& target);

}  // namespace perdita::service
