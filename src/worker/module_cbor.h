// SPDX-License-Identifier: Apache-2.0
//
// A Module as bytes between two processes of this machine: CBOR, no format that is stored. What is unpacked comes from
// a process that may have been taken over, so it has passed object::check() and holds only printable text.
#pragma once

#include <cstdint>
#include <vector>

#include "diag/result.h"
#include "object/module.h"

namespace perdita::worker {

std::vector<uint8_t> pack_module(const object::Module& module);
// "worker-answer" where the bytes are no module; else what object::check() says.
Result<object::Module> unpack_module(const std::vector<uint8_t>& bytes);

}  // namespace perdita::worker
