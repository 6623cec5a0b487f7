// SPDX-License-Identifier: Apache-2.0
//
// load → verify → compile → seal as the command and the service use them. Each stage that looks at foreign bytes runs
// in a child process with limits (worker/worker.h): a hostile object, or a crash in a library, costs its own job and
// nothing else. Thread-safe: nothing is shared between calls.
#pragma once

#include <optional>
#include <string>

#include "diag/result.h"
#include "object/module.h"
#include "pipeline/blob.h"
#include "pipeline/verify_stage.h"
#include "platform/platform.h"

namespace perdita::pipeline {

// Object -> Module. `file_name` is for messages and names the module. Without a platform (null), an object whose
// relocations need one is refused.
Result<object::Module> load(const Blob& object, const std::string& file_name, const platform::Platform* platform);

// Module -> verdict, and where asked image and package.
Result<Verified> verify(const object::Module& module, const platform::Platform& platform, const VerifyRequest& request);

// Image and package by authorship alone, without a claim: a board runs such only where it was built to allow that.
Result<Blob> seal_unclaimed(const object::Module& module, const platform::Platform& platform, const std::string& hook,
                            const compiler::SealOptions& options, const compiler::SigningKey& key);

// Where this process was started to be the child of a stage: runs it and returns the exit code. First thing in main.
std::optional<int> run_as_stage(int argc, const char* const* argv);

}  // namespace perdita::pipeline
