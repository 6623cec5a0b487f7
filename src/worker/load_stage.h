// SPDX-License-Identifier: Apache-2.0
//
// object::load() in a process of its own: libelf and libbpf see a stranger's bytes there and nowhere else. The same
// answer as object::load(), or a Diagnostic of worker/worker.h.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "diag/result.h"
#include "object/module.h"
#include "platform/platform.h"
#include "worker/stage.h"
#include "worker/worker.h"

namespace perdita::worker {

// What serve() must be given.
Stage load_stage();

// `platform` may be null.
Result<object::Module> load(const std::vector<uint8_t>& bytes, std::string_view file_name,
                            const platform::Platform* platform, const Limits& limits = {});

}  // namespace perdita::worker
