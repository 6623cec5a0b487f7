// SPDX-License-Identifier: Apache-2.0
//
// UUIDs as text (RFC 9562, section 4), and the addressee that packages have where nobody says otherwise: the
// demonstration's vendor and class of device.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "compiler/compile.h"
#include "diag/result.h"

namespace perdita::pipeline {

using Uuid = std::array<uint8_t, 16>;

// uuid5(DNS, "example.com") and uuid5(that, "perdita-demo"): RFC 9562, section 5.5.
constexpr std::string_view kDemoVendor = "cfbff0d1-9375-5685-968c-48ce8b15ae17";
constexpr std::string_view kDemoClass = "69cebe18-4619-513a-964e-30758dd490c2";

// "8-4-4-4-12" hexadecimal digits, either case. `what` names the value in the error: "the vendor".
Result<Uuid> parse_uuid(std::string_view text, std::string_view what);
std::string to_text(const Uuid& uuid);

// From the texts of options; an empty device means any device of the class.
Result<compiler::Addressee> parse_addressee(std::string_view vendor, std::string_view device_class,
                                            std::string_view device);

}  // namespace perdita::pipeline
