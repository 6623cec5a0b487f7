// SPDX-License-Identifier: Apache-2.0
//
// The first stage: an object's bytes become a Module. Nothing in the bytes is trusted: whatever they are, the answer is
// a Module that keeps the structural rules (isa/validate.h) or a Diagnostic (docs/guide/errors/object.md). Time and
// memory are of the order of the object's size. libelf and libbpf read the bytes, so objects of strangers go through
// worker/load_stage.h, which does the same in a process of its own.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "diag/result.h"
#include "object/module.h"
#include "platform/platform.h"

namespace perdita::object {

// What an object is loaded for: to run on a board, or to be judged for a platform that is verify-only. In the latter
// case it may hold what no board has (Module::judged), and its CO-RE relocations stay as they were compiled: the
// verdict is about a system whose types are those that the object was compiled against.
enum class Purpose : uint8_t { run, judge };

// `file_name` names the module and stands in messages. CO-RE relocations are resolved against `platform_btf`; null or
// empty: there is no platform, and an object that has such relocations is refused.
Result<Module> load(const std::vector<uint8_t>& bytes, std::string_view file_name,
                    const std::vector<uint8_t>* platform_btf, Purpose purpose = Purpose::run);

inline Purpose purpose_for(const platform::Platform* platform) {
  return platform != nullptr && platform->verify_only() ? Purpose::judge : Purpose::run;
}

// The same with the BTF of a platform (may be null).
inline Result<Module> load(const std::vector<uint8_t>& bytes, std::string_view file_name,
                           const platform::Platform* platform) {
  return load(bytes, file_name, platform == nullptr ? nullptr : &platform->btf(), purpose_for(platform));
}
inline Result<Module> load(const std::vector<uint8_t>& bytes, std::string_view file_name, std::nullptr_t) {
  return load(bytes, file_name, static_cast<const std::vector<uint8_t>*>(nullptr));
}

// What a Module must keep, wherever it comes from: names, limits, subprograms that cover the code, lines in order,
// references in range, instructions that isa::validate accepts.
std::optional<Diagnostic> check(const Module& module);

}  // namespace perdita::object
