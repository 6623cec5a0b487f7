// SPDX-License-Identifier: Apache-2.0
//
// CO-RE: an object states which field, type or enumerator an instruction depends on; here that becomes the number that
// the platform has for it. What the platform lacks is refused by name, except where the program asks whether it is
// there. libbpf puts a trap into such an instruction and lets the kernel prove that it is never reached; here nothing
// that cannot run is shipped to a board, so a guarded access to a missing field is refused as well.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "diag/result.h"
#include "object/btf.h"
#include "object/btf_ext.h"
#include "object/code.h"

namespace perdita::object {

// Changes the instructions of `code` in place. `platform_btf` may be null or empty: then only what concerns the
// object's own types can be resolved.
std::optional<Diagnostic> resolve_core(const Btf& local, const BtfExt& ext, const std::vector<uint8_t>* platform_btf,
                                       Code& code);

}  // namespace perdita::object
