// SPDX-License-Identifier: Apache-2.0
//
// ELF relocations of instructions become the references of isa/insn.h: maps, map data, functions of the platform.
// Calls and addresses of the object's own functions are noted in Code::targets; their distances are known only when
// programs are put together.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diag/result.h"
#include "object/btf.h"
#include "object/code.h"
#include "object/elf_file.h"
#include "object/map_definitions.h"

namespace perdita::object {

// Appends the names of the platform's functions that the object calls, each once, to `functions`. `btf` may be null.
// `judged`: settings of the kernel are variables.
std::optional<Diagnostic> relocate(const ElfFile& elf, const Btf* btf, const std::vector<MapDefinition>& maps,
                                   bool judged, Code& code, std::vector<std::string>& functions);

}  // namespace perdita::object
