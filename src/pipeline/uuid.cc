// SPDX-License-Identifier: Apache-2.0
#include "pipeline/uuid.h"

#include <fmt/core.h>

#include "pipeline/hex.h"

namespace perdita::pipeline {

Result<Uuid> parse_uuid(std::string_view text, std::string_view what) {
  std::string digits;
  bool well_formed = text.size() == 36;
  for (size_t i = 0; well_formed && i < text.size(); i++) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash) well_formed = text[i] == '-';
    if (!dash) digits += text[i];
  }
  auto bytes = well_formed ? from_hex(digits) : std::nullopt;
  Uuid uuid{};
  if (bytes && bytes->size() == uuid.size()) {
    std::copy(bytes->begin(), bytes->end(), uuid.begin());
    return uuid;
  }
  Diagnostic diagnostic;
  diagnostic.code = "uuid-malformed";
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.message = fmt::format("{} is not a UUID", what);
  diagnostic.have = std::string(text);
  diagnostic.need = fmt::format("8-4-4-4-12 hexadecimal digits, as in {}", kDemoVendor);
  return diagnostic;
}

std::string to_text(const Uuid& uuid) {
  std::string digits = to_hex(uuid.data(), uuid.size());
  return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" + digits.substr(12, 4) + "-" + digits.substr(16, 4) +
         "-" + digits.substr(20);
}

Result<compiler::Addressee> parse_addressee(std::string_view vendor, std::string_view device_class,
                                            std::string_view device) {
  compiler::Addressee addressee;
  auto vendor_id = parse_uuid(vendor, "the vendor");
  if (!vendor_id) return vendor_id.error();
  auto class_id = parse_uuid(device_class, "the class of device");
  if (!class_id) return class_id.error();
  addressee.vendor_id = *vendor_id;
  addressee.class_id = *class_id;
  if (device.empty()) return addressee;
  auto device_id = parse_uuid(device, "the device");
  if (!device_id) return device_id.error();
  addressee.device_id = *device_id;
  return addressee;
}

}  // namespace perdita::pipeline
