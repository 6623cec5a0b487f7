// SPDX-License-Identifier: Apache-2.0
//
// The stage that verifies, and where asked compiles and signs what it has just found safe: the only place where a claim
// is made and signed (design, section 2). It runs in a child process of its own, another one than the loader's, so that
// an object which took over the loader gets no verdict forged and no key read. Its request and its reply are CBOR. The
// signing key is part of the request: a confined process opens no file.
#pragma once

#include <optional>

#include "compiler/compile.h"
#include "diag/result.h"
#include "object/module.h"
#include "pipeline/blob.h"
#include "pipeline/verified.h"
#include "platform/platform.h"
#include "verifier/proof.h"

namespace perdita::pipeline {

struct SealRequest {
  const compiler::SigningKey* key = nullptr;  // must have the verifier's role
  compiler::SealOptions options;
};

struct VerifyRequest {
  verifier::Options options;
  bool image = false;               // make the image, with its claim
  std::string target;               // whose machine code image and package hold; empty: bytecode
  std::optional<SealRequest> seal;  // make the package
};

// Verifies each program by itself, so that each has its own effort. Programs that `options.prog` does not name are
// left out of the verdict; an image or a package is made of a verdict over all programs only.
Result<Verified> run_verification(const object::Module& module, const platform::Platform& platform,
                                  const VerifyRequest& request);

// The same over a pipe. A request holds the key's secret: wipe it once it is sent.
Blob pack_request(const object::Module& module, const platform::Platform& platform, const VerifyRequest& request);
Result<Blob> verify_stage(const Blob& request);  // the child's end: any bytes
Result<Verified> unpack_reply(const Blob& reply);

}  // namespace perdita::pipeline
