// SPDX-License-Identifier: Apache-2.0
#include "service/client.h"

#include <nlohmann/json.hpp>

#include "pipeline/target.h"
#include "pipeline/uuid.h"
#include "service/http.h"
#include "service/problem.h"

namespace perdita::service {
namespace {

using Json = nlohmann::json;

constexpr unsigned kTimeoutSeconds = 90;  // the service's patience, and what its workers may take

// The diagnostics of every program in a problem's verdict.
std::vector<Diagnostic> reasons(const Response& response, const std::string& base_url) {
  std::vector<Diagnostic> reasons;
  Json document = Json::parse(response.body, nullptr, false);
  if (!document.is_object()) return reasons;
  Json progs = document.value("verdict", Json::object()).value("programs", Json::array());
  for (const Json& prog : progs) {
    if (!prog.is_object()) continue;
    for (const Json& diagnostic : prog.value("diagnostics", Json::array())) {
      reasons.push_back(from_problem({422, "", diagnostic.dump(), {}}, base_url));
    }
  }
  return reasons;
}

}  // namespace

Result<PackageAnswer> request_package(const std::string& base_url, const pipeline::Blob& object,
                                      const compiler::SealOptions& options, const std::string& hook,
                                      const std::string& target) {
  Request request;
  request.method = "POST";
  request.path = "/v1/packages";
  request.query = {{"name", options.name},
                   {"sequence", std::to_string(options.sequence)},
                   {"attach", options.attach ? "true" : "false"},
                   {"vendor", pipeline::to_text(options.addressee.vendor_id)},
                   {"class", pipeline::to_text(options.addressee.class_id)}};
  if (options.addressee.device_id) request.query["device"] = pipeline::to_text(*options.addressee.device_id);
  if (!hook.empty()) request.query["hook"] = hook;
  // A service that knows no targets makes bytecode.
  if (target != pipeline::kBytecode) request.query["target"] = target;
  request.headers["Content-Type"] = "application/octet-stream";
  request.body.assign(object.begin(), object.end());
  auto response = send(base_url, request, kTimeoutSeconds);
  if (!response) return response.error();
  if (response->status == 201) {
    return PackageAnswer{pipeline::Blob(response->body.begin(), response->body.end()), {}};
  }
  Diagnostic why = from_problem(*response, base_url);
  if (why.code != "verdict-rejected") return why;
  PackageAnswer answer{{}, reasons(*response, base_url)};
  if (answer.rejected.empty()) answer.rejected.push_back(why);
  return answer;
}

}  // namespace perdita::service
