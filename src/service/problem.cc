// SPDX-License-Identifier: Apache-2.0
#include "service/problem.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "pipeline/verdict_json.h"

namespace perdita::service {
namespace {

using Json = nlohmann::json;

std::string text_at(const Json& document, const char* name) {
  auto found = document.find(name);
  return found != document.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Response problem(int status, const std::string& code, const std::string& message, const std::string& hint) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.message = message;
  diagnostic.hint = hint;
  return problem(status, diagnostic);
}

Response problem(int status, const Diagnostic& diagnostic) {
  // Text from an object may hold anything: what is no UTF-8 is replaced.
  std::string body =
      pipeline::to_json(diagnostic).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return {status, "application/problem+json", body + "\n", {{"Cache-Control", "no-store"}}};
}

Diagnostic from_problem(const Response& response, const std::string& base_url) {
  Json document = Json::parse(response.body, nullptr, false);
  Diagnostic diagnostic;
  if (!document.is_object() || text_at(document, "code").empty()) {
    diagnostic.code = "service-answer";
    diagnostic.place.file = base_url;
    diagnostic.message = fmt::format("the service answered {} and nothing that can be understood", response.status);
    diagnostic.hint = "is this the address of a `perdita serve`?";
    return diagnostic;
  }
  diagnostic.code = text_at(document, "code");
  diagnostic.message = text_at(document, "message");
  diagnostic.place.file = text_at(document, "file");
  diagnostic.place.source = text_at(document, "source");
  auto line = document.find("line");
  if (line != document.end() && line->is_number_unsigned()) diagnostic.place.line = line->get<uint32_t>();
  diagnostic.need = text_at(document, "need");
  diagnostic.have = text_at(document, "have");
  diagnostic.hint = text_at(document, "hint");
  diagnostic.outcome = response.status == 503                             ? Outcome::unreachable
                       : response.status == 400 || response.status == 413 ? Outcome::unusable_input
                                                                          : Outcome::refused;
  return diagnostic;
}

}  // namespace perdita::service
