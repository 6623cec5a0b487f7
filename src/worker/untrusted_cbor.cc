// SPDX-License-Identifier: Apache-2.0
#include "worker/untrusted_cbor.h"

#include <stdexcept>

namespace perdita::worker {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxDepth = 16;
constexpr size_t kMaxValues = 8u << 20;  // lines of 16 programs of 65536 instructions, six values each, and some

// Refuses by returning false, which ends the reader before it goes deeper.
class Count : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t, const string_t&) override { return value(); }
  bool string(string_t&) override { return value(); }
  bool binary(binary_t&) override { return value(); }
  bool start_object(std::size_t) override { return enter(); }
  bool key(string_t&) override { return value(); }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  bool value() { return ++values_ <= kMaxValues; }
  bool enter() { return value() && ++depth_ <= kMaxDepth; }
  bool leave() {
    depth_--;
    return true;
  }

  size_t values_ = 0;
  size_t depth_ = 0;
};

}  // namespace

Json parse_untrusted_cbor(const std::vector<uint8_t>& bytes) {
  Count count;
  if (!Json::sax_parse(bytes, &count, Json::input_format_t::cbor)) throw std::invalid_argument("no CBOR of a worker");
  return Json::from_cbor(bytes);
}

}  // namespace perdita::worker
