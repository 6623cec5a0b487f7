// SPDX-License-Identifier: Apache-2.0
//
// A firmware's platform as the host knows it, read from a platform file (docs/spec/platform.md). It owns the constant
// tables of include/perdita/contract.h that the verifier and the digest read; pointers into it stay valid while it
// lives.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "diag/result.h"
#include "isa/helpers.h"
#include "perdita/contract.h"

namespace perdita::platform {

struct HookPatterns {
  std::vector<std::string> sections;  // section names that select the hook: a name, or a prefix that ends in '*'
};

// What programs of a verify-only platform get pointers to.
struct Object {
  const char* name;
  uint32_t size;  // bytes, all of them readable
};

// What a program in a program array takes at most, where the array does not say; 0: it has to.
struct TailCalls {
  uint64_t instructions = 0;
  uint32_t stack_bytes = 0;
};

class Platform {
 public:
  virtual ~Platform() = default;
  // Name, hooks, functions and capabilities; `call` of every function is null.
  virtual const perdita_platform& tables() const = 0;
  virtual const perdita_hook* hook(std::string_view name) const = 0;
  virtual const perdita_function* function(std::string_view name) const = 0;
  // The helper with that number: the platform's own where it describes one, otherwise Perdita's (isa/helpers.h); or
  // null.
  virtual const perdita_function* helper(uint32_t number) const { return isa::find_helper(number); }
  // Of a platform that programs are judged for, and never compiled; the rest only such a platform has.
  virtual bool verify_only() const { return false; }
  virtual Object object(uint8_t /*number*/) const { return {"?", 0}; }
  // The object that a field of the hook's context points to, and whether it may be null.
  struct ObjectSlot {
    uint8_t object = 0;
    bool or_null = true;
  };
  virtual ObjectSlot object_of(const perdita_hook&, const perdita_field&) const { return {}; }
  // Whether programs of the hook may use the packet access of classic BPF.
  virtual bool legacy_loads(const perdita_hook&) const { return false; }
  virtual TailCalls tail_calls() const { return {}; }
  // The hook that a program's section names, or null.
  virtual const perdita_hook* hook_for_section(std::string_view section) const = 0;
  virtual const std::vector<std::string>& sections(const perdita_hook& hook) const = 0;
  // SHA-256 over the platform file's bytes, in hex.
  virtual const std::string& digest() const = 0;
  // The raw BTF of the firmware's types: CO-RE relocations resolve against it.
  virtual const std::vector<uint8_t>& btf() const = 0;
  virtual const std::vector<uint8_t>& bytes() const = 0;
};

// Reads a platform file.
Result<std::shared_ptr<const Platform>> parse(std::vector<uint8_t> bytes);
// Reads a platform from a file, or the only *.platform in a folder.
Result<std::shared_ptr<const Platform>> load(const std::filesystem::path& file_or_folder);
// Compiles a platform header with clang and makes the platform file's bytes. The same header gives the same bytes,
// wherever it stands.
Result<std::vector<uint8_t>> build(const std::filesystem::path& header);
// The firmware's C tables and thunks for the platform; `header` is what the generated file includes.
std::string table(const Platform& platform, std::string_view header);
// The header that goes with it: PERDITA_HOOK_<name>, PERDITA_CAPABILITY_<name>, and the tables' declaration.
std::string table_header(const Platform& platform);

}  // namespace perdita::platform
