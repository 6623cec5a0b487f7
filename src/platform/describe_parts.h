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

  // The bit number; complains about a capability that is not declared.
  uint8_t capability(const std::string& name);
};

HookDescription describe_hook(PlatformSource& source, uint32_t variable, std::string name);
FunctionDescription describe_function(PlatformSource& source, uint32_t function);

}  // namespace perdita::platform
