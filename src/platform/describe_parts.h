// SPDX-License-Identifier: Apache-2.0
//
// The two kinds of entries of a platform, each described in a file of its own. Complaints go to `source.flaws`.
#pragma once

#include <string>
#include <vector>

#include "platform/description.h"
#include "platform/properties.h"
#include "platform/shared_type.h"

namespace perdita::platform {

// What describing works on: all types, their properties, and the capabilities declared.
struct PlatformSource {
  const std::vector<Type>& types;
  FlawLatch& flaws;
  Properties& properties;
  SharedTypes shared;
  std::vector<std::string> capabilities;
  std::vector<ObjectDescription> objects;
  bool verify_only = false;

  // The bit number; complains about a capability that is not declared.
  uint8_t capability(const std::string& name);
  // The number; complains about an object that is not declared.
  uint8_t object(const std::string& name);
  // Complains where the platform is a firmware; `what` names what only a verify-only platform may have.
  void needs_verify_only(const std::string& what);
};

HookDescription describe_hook(PlatformSource& source, uint32_t variable, std::string name);
FunctionDescription describe_function(PlatformSource& source, uint32_t function);

}  // namespace perdita::platform
