// SPDX-License-Identifier: Apache-2.0
#include "worker/answer.h"

#include <nlohmann/json.hpp>

#include "object/refusal.h"
#include "worker/untrusted_cbor.h"

namespace perdita::worker {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxTextBytes = 4096;

// Text may break lines in a hint, nothing more.
std::string text(const Json& json, const char* key) {
  const auto& value = json.at(key).get_ref<const std::string&>();
  std::string out;
  size_t at = 0;
  while (at <= value.size()) {
    size_t end = std::min(value.find('\n', at), value.size());
    if (at != 0) out += '\n';
    out += object::printable(std::string_view(value).substr(at, end - at), kMaxTextBytes);
    at = end + 1;
    if (out.size() > kMaxTextBytes) break;
  }
  return out;
}

uint32_t number(const Json& json, const char* key) {
  uint64_t value = json.at(key).get<uint64_t>();
  if (!json.at(key).is_number_unsigned() || value > UINT32_MAX) throw std::out_of_range(key);
  return static_cast<uint32_t>(value);
}

Diagnostic from_json(const Json& json) {
  Diagnostic diagnostic;
  diagnostic.code = text(json, "code");
  // A worker can refuse or call its input unusable; whether something is reachable is not its to say.
  diagnostic.outcome = number(json, "outcome") == static_cast<uint32_t>(Outcome::unusable_input)
                           ? Outcome::unusable_input
                           : Outcome::refused;
  diagnostic.message = text(json, "message");
  diagnostic.place.file = text(json, "file");
  diagnostic.place.line = number(json, "line");
  diagnostic.place.column = number(json, "column");
  diagnostic.place.source = text(json, "source");
  if (json.contains("instruction")) diagnostic.place.instruction = number(json, "instruction");
  diagnostic.need = text(json, "need");
  diagnostic.have = text(json, "have");
  diagnostic.hint = text(json, "hint");
  return diagnostic;
}

Diagnostic no_answer() {
  Diagnostic diagnostic;
  diagnostic.code = "worker-answer";
  diagnostic.message = "the process that looked at the input answered with something that is no answer";
  diagnostic.hint = "the input may be an attack on its reader; if it is an object of your own, report it";
  return diagnostic;
}

}  // namespace

Json to_json(const Diagnostic& diagnostic) {
  const Place& place = diagnostic.place;
  Json json = {{"code", diagnostic.code},
               {"outcome", static_cast<int>(diagnostic.outcome)},
               {"message", diagnostic.message},
               {"file", place.file},
               {"line", place.line},
               {"column", place.column},
               {"source", place.source},
               {"need", diagnostic.need},
               {"have", diagnostic.have},
               {"hint", diagnostic.hint}};
  if (place.instruction) json["instruction"] = *place.instruction;
  return json;
}

std::vector<uint8_t> write_answer(const Result<std::vector<uint8_t>>& answer) {
  Json json = answer ? Json{{"ok", Json::binary(*answer)}} : Json{{"error", to_json(answer.error())}};
  return Json::to_cbor(json);
}

Result<std::vector<uint8_t>> read_answer(const std::vector<uint8_t>& bytes) {
  if (bytes.size() > kMaxAnswerBytes) return no_answer();
  try {
    Json json = parse_untrusted_cbor(bytes);
    if (json.is_object() && json.size() == 1 && json.contains("ok")) return std::move(json["ok"].get_binary());
    if (json.is_object() && json.size() == 1 && json.contains("error")) return from_json(json["error"]);
  } catch (const std::exception&) {  // nlohmann reports every misfit by an exception
    return no_answer();
  }
  return no_answer();
}

}  // namespace perdita::worker
