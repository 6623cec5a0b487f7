// SPDX-License-Identifier: Apache-2.0
#include "worker/load_stage.h"

#include <cstring>
#include <string>

#include "object/load.h"
#include "worker/module_cbor.h"

namespace perdita::worker {
namespace {

constexpr std::string_view kName = "load";

// The request: four byte strings, each behind its length. A parser of a richer format would be one more thing that
// reads a stranger's bytes.
void put(std::vector<uint8_t>& request, const void* bytes, size_t size) {
  uint64_t length = size;
  const auto* prefix = reinterpret_cast<const uint8_t*>(&length);
  request.insert(request.end(), prefix, prefix + sizeof(length));
  const auto* begin = static_cast<const uint8_t*>(bytes);
  if (size != 0) request.insert(request.end(), begin, begin + size);
}

std::vector<uint8_t> take(const std::vector<uint8_t>& request, size_t& at) {
  uint64_t length = 0;
  if (request.size() - at < sizeof(length)) return {};
  memcpy(&length, request.data() + at, sizeof(length));
  at += sizeof(length);
  if (length > request.size() - at) return {};
  std::vector<uint8_t> bytes(request.begin() + static_cast<std::ptrdiff_t>(at),
                             request.begin() + static_cast<std::ptrdiff_t>(at + length));
  at += length;
  return bytes;
}

Result<std::vector<uint8_t>> run_load(const std::vector<uint8_t>& request) {
  size_t at = 0;
  std::vector<uint8_t> file_name = take(request, at);
  std::vector<uint8_t> platform_btf = take(request, at);
  std::vector<uint8_t> object = take(request, at);
  const auto purpose = take(request, at).empty() ? object::Purpose::run : object::Purpose::judge;
  Result<object::Module> module =
      object::load(object, std::string(file_name.begin(), file_name.end()), &platform_btf, purpose);
  if (!module) return module.error();
  return pack_module(*module);
}

}  // namespace

Stage load_stage() { return {kName, run_load}; }

Result<object::Module> load(const std::vector<uint8_t>& bytes, std::string_view file_name,
                            const platform::Platform* platform, const Limits& limits) {
  static const std::vector<uint8_t> kNone;
  const std::vector<uint8_t>& btf = platform == nullptr ? kNone : platform->btf();
  std::vector<uint8_t> request;
  request.reserve(bytes.size() + file_name.size() + btf.size() + 40);
  put(request, file_name.data(), file_name.size());
  put(request, btf.data(), btf.size());
  put(request, bytes.data(), bytes.size());
  put(request, "judge", object::purpose_for(platform) == object::Purpose::judge ? 5 : 0);
  Result<std::vector<uint8_t>> answer = run(kName, request, limits);
  Result<object::Module> module = answer ? unpack_module(*answer) : Result<object::Module>(answer.error());
  if (module) return module;
  Diagnostic diagnostic = module.error();
  if (diagnostic.place.file.empty()) diagnostic.place.file = file_name;
  return diagnostic;
}

}  // namespace perdita::worker
