// SPDX-License-Identifier: Apache-2.0
//
// Types that mean the same bytes to a program (64-bit) and to the firmware (32-bit): integers of fixed width, arrays of
// them, and structures of those with every member naturally aligned (docs/spec/platform.md, "Shared types").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/btf.h"
#include "platform/flaw.h"

namespace perdita::platform {

struct Scalar {
  std::string c_name;  // as the header spells it: "uint32_t", or a typedef of that
  uint8_t width = 4;   // bytes
  bool is_signed = false;

  int64_t min() const;
  int64_t max() const;  // of uint64_t: INT64_MAX, the largest that contracts can state
};

struct SharedField {
  std::string name;    // "a", or "a.b" in a nested structure
  uint32_t structure;  // type id of the structure that holds it directly, and which of its members it is
  int member;
  uint16_t offset = 0, size = 0;
  Scalar scalar;  // of the array's elements where it is one
  bool is_array = false;
};

struct SharedStruct {
  std::string c_name;  // "struct sensor_ctx", or a typedef's name
  uint32_t size = 0;
  bool has_padding = false;
  std::vector<SharedField> fields;  // ascending, without overlap
};

constexpr uint32_t kMaxNameBytes = 31;
constexpr uint32_t kMaxFields = 64;
constexpr uint32_t kMaxStructBytes = 65535;

// Whether it can be an identifier in C, of at most kMaxNameBytes.
bool is_identifier(std::string_view name);

class SharedTypes {
 public:
  // Keeps references to both.
  SharedTypes(const std::vector<Type>& types, FlawLatch& flaws) : types_(types), flaws_(flaws) {}

  // Behind const and typedefs.
  uint32_t resolve(uint32_t id) const;
  bool is_const(uint32_t id) const;
  // Each complains and returns something empty where the type is not shared. `what` names the place in messages.
  Scalar scalar(uint32_t id, const std::string& what) const;
  SharedStruct structure(uint32_t id, const std::string& what) const;
  // The name of a structure or integer as C spells it; complains about one that cannot be spelled.
  std::string c_name(uint32_t id, const std::string& what) const;

 private:
  void add_fields(uint32_t structure, const std::string& prefix, uint32_t base, int depth, SharedStruct& shared) const;
  void refuse(uint32_t id, const std::string& what) const;

  const std::vector<Type>& types_;
  FlawLatch& flaws_;
};

}  // namespace perdita::platform
