// SPDX-License-Identifier: Apache-2.0
//
// docs/guide/openapi.json, as it was when this was built.
#pragma once

#include <string_view>

namespace perdita::service {

std::string_view openapi_document();

}  // namespace perdita::service
