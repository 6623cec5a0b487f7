// SPDX-License-Identifier: Apache-2.0
//
// .BTF.ext: what the compiler says about instructions, by section: the source line each comes from, and which of them
// depend on the layout of a type (CO-RE). libbpf reads this section only for itself, so it is read here, from the
// kernel's "BPF Type Format" document, section 4.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "diag/result.h"
#include "object/btf.h"
#include "object/module.h"

namespace perdita::object {

// enum bpf_core_relo_kind (UAPI).
enum class CoreKind : uint32_t {
  field_byte_offset = 0,
  field_byte_size,
  field_exists,
  field_signed,
  field_lshift_u64,
  field_rshift_u64,
  type_id_local,
  type_id_target,
  type_exists,
  type_size,
  enumerator_exists,
  enumerator_value,
  type_matches
};

struct CoreRelocation {
  uint32_t instruction = 0;  // index in its section
  uint32_t type = 0;         // in the object's BTF
  std::string access;        // "0:1:2": indexes, from the type inwards
  CoreKind kind = CoreKind::field_byte_offset;
};

struct BtfExt {
  std::map<std::string, std::vector<SourceLine>, std::less<>> lines;  // by section; ascending by instruction
  std::map<std::string, std::vector<CoreRelocation>, std::less<>> relocations;
};

// Instructions are not compared with the sections' sizes: names may be of sections that hold no programs.
Result<BtfExt> read_btf_ext(const std::vector<uint8_t>& bytes, const Btf& btf);

}  // namespace perdita::object
