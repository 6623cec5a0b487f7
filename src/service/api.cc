// SPDX-License-Identifier: Apache-2.0
#include "service/api.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "jit/generate.h"
#include "pipeline/hex.h"
#include "pipeline/package_content.h"
#include "pipeline/target.h"
#include "pipeline/uuid.h"
#include "pipeline/verdict_json.h"
#include "service/openapi.h"
#include "service/problem.h"
#include "verifier/proof.h"
#include "wire/image.h"

namespace perdita::service {
namespace {

using Json = nlohmann::ordered_json;
using pipeline::Blob;

constexpr const char* kJson = "application/json";
constexpr const char* kPackageType = "application/suit-envelope+cose";
constexpr const char* kPlatformType = "application/cbor";
constexpr const char* kForever = "public, max-age=31536000, immutable";
constexpr const char* kRetrySeconds = "5";
constexpr const char* kReport = "report it, with the object";

std::string dump(const Json& document) { return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

Response json_response(int status, const Json& document) {
  return {status, kJson, dump(document), {{"Cache-Control", "no-store"}}};
}

std::string header(const Request& request, const char* name) {
  auto found = request.headers.find(name);
  return found == request.headers.end() ? std::string() : found->second;
}

bool wants(const Request& request, const char* type) {
  return header(request, "accept").find(type) != std::string::npos;
}

std::string parameter(const Request& request, const char* name, std::string_view fallback = "") {
  auto found = request.query.find(name);
  return found == request.query.end() ? std::string(fallback) : found->second;
}

Diagnostic bad_query(const std::string& message, const std::string& need) {
  Diagnostic diagnostic;
  diagnostic.code = "query-wrong";
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.message = message;
  diagnostic.need = need;
  diagnostic.hint = "GET /v1/openapi.json describes every request";
  return diagnostic;
}

// A misspelt parameter must not be dropped silently: it may be the one that matters.
std::optional<Diagnostic> unknown_parameter(const Request& request, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : request.query) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return bad_query(fmt::format("no parameter '{}' here", name), fmt::format("{}", fmt::join(known, ", ")));
    }
  }
  return std::nullopt;
}

bool is_name(const std::string& name) {
  if (name.empty() || name.size() > wire::kMaxNameBytes) return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) { return c > ' ' && c < 0x7f && c != '/'; });
}

Result<compiler::SealOptions> seal_options(const Request& request) {
  compiler::SealOptions options;
  options.name = parameter(request, "name");
  if (!is_name(options.name)) {
    return bad_query(
        "the package needs a name",
        fmt::format("name=…, 1 to {} printable ASCII characters, no blank, no slash", wire::kMaxNameBytes));
  }
  std::string sequence = parameter(request, "sequence", "1");
  auto [end, error] = std::from_chars(sequence.data(), sequence.data() + sequence.size(), options.sequence);
  if (error != std::errc() || end != sequence.data() + sequence.size() || options.sequence == 0) {
    return bad_query("this is no sequence number", "sequence=…, 1 to 18446744073709551615");
  }
  std::string attach = parameter(request, "attach", "true");
  if (attach != "true" && attach != "false") return bad_query("attach is neither true nor false", "attach=true|false");
  options.attach = attach == "true";
  auto addressee =
      pipeline::parse_addressee(parameter(request, "vendor", pipeline::kDemoVendor),
                                parameter(request, "class", pipeline::kDemoClass), parameter(request, "device"));
  if (!addressee) return addressee.error();
  options.addressee = *addressee;
  return options;
}

// Whose code is asked for: one that there is, or is to be.
Result<std::string> code_target(const Request& request) {
  std::string target = parameter(request, "target", pipeline::kBytecode);
  const auto& names = pipeline::target_names();
  if (std::find(names.begin(), names.end(), target) == names.end()) {
    return bad_query(fmt::format("there is no target '{}'", target), fmt::format("{}", fmt::join(names, ", ")));
  }
  auto known = pipeline::check_code_target(target);
  if (!known) return known.error();
  return target;
}

// Verdicts say what generators make of a program: another version of one may make another size and bound.
Json generators() {
  Json versions = Json::object();
  for (const jit::Target* target : jit::targets()) versions[target->name] = target->version;
  return versions;
}

// Whose turn it is: the caller's (400, 422), everybody's later (503), or the service's own (500).
int status_of(const Diagnostic& diagnostic) {
  for (std::string_view own : {"store-", "stage-", "key-", "file-"}) {
    if (diagnostic.code.rfind(own, 0) == 0) return 500;
  }
  switch (diagnostic.outcome) {
    case Outcome::unusable_input:
      return 400;
    case Outcome::unreachable:
      return 503;
    default:
      return 422;
  }
}

Response failure(const Diagnostic& diagnostic) { return problem(status_of(diagnostic), diagnostic); }

Response busy() {
  Response response = problem(503, "service-busy", "all workers are busy", "try again in a few seconds");
  response.headers.emplace_back("Retry-After", kRetrySeconds);
  return response;
}

Response rejected(const Json& verdict) {
  Diagnostic diagnostic;
  diagnostic.code = "verdict-rejected";
  diagnostic.message = "the verifier rejects the object: nothing was signed";
  diagnostic.hint = "the verdict says why, with the source lines";
  Json document = pipeline::to_json(diagnostic);
  document["verdict"] = verdict;
  return {422, "application/problem+json", dump(document), {{"Cache-Control", "no-store"}}};
}

std::string quoted(const std::string& digest) { return "\"" + digest + "\""; }

// Bytes addressed by their digest: any cache may keep them for ever (RFC 9110, section 8.8.3; RFC 8246).
Response immutable(const Request& request, int status, const char* type, const std::string& digest, const Blob& bytes) {
  Response response{status, type, std::string(bytes.begin(), bytes.end()), {}};
  response.headers = {{"ETag", quoted(digest)}, {"Cache-Control", kForever}};
  if (status == 200 && header(request, "if-none-match").find(quoted(digest)) != std::string::npos) {
    response.status = 304;
    response.body.clear();
  }
  return response;
}

// A package as a document.
Json description(const pipeline::PackageContent& content, const std::string& digest, size_t bytes) {
  Json document = {{"digest", digest},     {"location", "/v1/packages/" + digest}, {"bytes", bytes},
                   {"name", content.name}, {"sequence", content.sequence},         {"key", content.key_ids.front()}};
  document.update(pipeline::code_document(content));
  return document;
}

Blob body_of(const Request& request) { return {request.body.begin(), request.body.end()}; }

}  // namespace

struct Api::Entry {
  Route route;
  Response (Api::*handler)(const Request&);
};

const std::vector<Api::Entry>& Api::entries() {
  static const std::vector<Entry> entries = {
      {{"GET", "/v1/health"}, &Api::health},          {{"GET", "/v1/openapi.json"}, &Api::openapi},
      {{"GET", "/v1/platform"}, &Api::platform},      {{"POST", "/v1/verify"}, &Api::verify},
      {{"POST", "/v1/packages"}, &Api::make_package}, {{"GET", "/v1/packages/{sha256}"}, &Api::package},
  };
  return entries;
}

Api::Api(ApiConfig config) : config_(std::move(config)), slots_(config_.workers) {}

std::vector<Route> Api::routes() {
  std::vector<Route> routes;
  for (const Entry& entry : entries()) routes.push_back(entry.route);
  return routes;
}

Response Api::answer(const Request& request) {
  std::string allowed;
  std::string method = request.method == "HEAD" ? "GET" : request.method;  // HTTP leaves the body out
  for (const Entry& entry : entries()) {
    std::string_view pattern = entry.route.path;
    size_t brace = pattern.find('{');
    bool matches = brace == std::string_view::npos
                       ? request.path == pattern
                       : request.path.size() > brace && request.path.compare(0, brace, pattern, 0, brace) == 0;
    if (!matches) continue;
    if (method == entry.route.method) return (this->*entry.handler)(request);
    allowed += (allowed.empty() ? "" : ", ") + std::string(entry.route.method);
  }
  if (allowed.empty()) {
    return problem(404, "no-such-resource", fmt::format("there is no {} here", request.path),
                   "GET /v1/openapi.json lists what is there");
  }
  Response response =
      problem(405, "method-not-allowed", fmt::format("{} is not possible here", request.method), "use " + allowed);
  response.headers.emplace_back("Allow", allowed);
  return response;
}

Response Api::health(const Request&) {
  auto signings = config_.store->signings();
  if (!signings) return failure(signings.error());
  return json_response(200, {{"status", "ok"},
                             {"version", PERDITA_VERSION},
                             {"verifier", verifier::version()},
                             {"platform", config_.platform->digest()},
                             {"signings", *signings}});
}

Response Api::platform(const Request& request) {
  const std::string& digest = config_.platform->digest();
  if (wants(request, kPlatformType)) {
    Response response = immutable(request, 200, kPlatformType, digest, config_.platform->bytes());
    // The path stays, the platform behind it may change with the next start.
    response.headers = {{"ETag", quoted(digest)}, {"Cache-Control", "no-cache"}, {"Vary", "Accept"}};
    return response;
  }
  const perdita_platform& tables = config_.platform->tables();
  Json hooks = Json::array();
  for (size_t i = 0; i < tables.hook_count; i++) hooks.push_back(tables.hooks[i].name);
  Json functions = Json::array();
  for (size_t i = 0; i < tables.function_count; i++) functions.push_back(tables.functions[i].name);
  const compiler::PublicKey& key = config_.key->public_key();
  auto key_id = key.id();
  Response response = json_response(200, {{"name", tables.name},
                                          {"digest", digest},
                                          {"hooks", hooks},
                                          {"functions", functions},
                                          {"key",
                                           {{"name", key.name},
                                            {"id", pipeline::to_hex(key_id.data(), key_id.size())},
                                            {"public", pipeline::to_hex(key.bytes.data(), key.bytes.size())}}}});
  response.headers.emplace_back("Vary", "Accept");
  return response;
}

Response Api::openapi(const Request&) { return {200, kJson, std::string(openapi_document()), {}}; }

Response Api::verify(const Request& request) {
  if (auto wrong = unknown_parameter(request, {"prog", "hook", "name", "target"})) return failure(*wrong);
  Blob object = body_of(request);
  if (object.empty()) return failure(bad_query("the body is empty", "the bytes of an object"));
  pipeline::VerifyRequest wanted;
  wanted.options.prog = parameter(request, "prog");
  wanted.options.hook = parameter(request, "hook");
  const std::string target = parameter(request, "target");
  if (!target.empty()) {
    auto known = pipeline::check_bound_target(target);
    if (!known) return failure(known.error());
  }
  VerdictKey key{pipeline::sha256_hex(object), config_.platform->digest(), std::string(verifier::version()),
                 Json{{"prog", wanted.options.prog},
                      {"hook", wanted.options.hook},
                      {"target", target},
                      {"generators", generators()}}
                     .dump(-1, ' ', false, Json::error_handler_t::replace)};
  auto known = config_.store->find_verdict(key);
  if (!known) return failure(known.error());
  if (*known) return {200, kJson, **known, {{"Cache-Control", "no-store"}, {"Perdita-Cache", "hit"}}};

  Slots::Hold slot(slots_, config_.patience);
  if (!slot) return busy();
  auto verified = config_.verifying(object, parameter(request, "name", "object"), wanted);
  if (!verified) return failure(verified.error());
  for (auto& prog : verified->verdict.progs) pipeline::keep_target(prog, target);
  std::string document = dump(pipeline::verdict_document(*verified, config_.platform->digest()));
  auto kept = config_.store->keep_object(object);
  if (!kept) return failure(kept.error());
  auto remembered = config_.store->keep_verdict(key, document);
  if (!remembered) return failure(remembered.error());
  return {200, kJson, document, {{"Cache-Control", "no-store"}, {"Perdita-Cache", "miss"}}};
}

Response Api::make_package(const Request& request) {
  if (auto wrong =
          unknown_parameter(request, {"name", "sequence", "attach", "vendor", "class", "device", "hook", "target"})) {
    return failure(*wrong);
  }
  auto options = seal_options(request);
  if (!options) return failure(options.error());
  auto target = code_target(request);
  if (!target) return failure(target.error());
  Blob object = body_of(request);
  if (object.empty()) return failure(bad_query("the body is empty", "the bytes of an object"));
  pipeline::VerifyRequest wanted;
  wanted.options.hook = parameter(request, "hook");
  if (*target != pipeline::kBytecode) wanted.target = *target;
  wanted.seal = pipeline::SealRequest{config_.key, *options};

  // A verdict from the cache signs nothing: only the process that has just verified does.
  Slots::Hold slot(slots_, config_.patience);
  if (!slot) return busy();
  auto verified = config_.verifying(object, options->name, wanted);
  if (!verified) return failure(verified.error());
  if (!verified->verdict.accepted) {
    return rejected(pipeline::verdict_document(*verified, config_.platform->digest()));
  }
  auto content = pipeline::read_content(verified->package);
  if (!content) return problem(500, "service-failed", "the package that was just made does not read", kReport);
  auto object_digest = config_.store->keep_object(object);
  if (!object_digest) return failure(object_digest.error());
  auto key_id = config_.key->public_key().id();
  Signing signing{pipeline::sha256_hex(verified->package),
                  *object_digest,
                  config_.platform->digest(),
                  std::string(verifier::version()),
                  pipeline::to_hex(key_id.data(), key_id.size()),
                  options->name,
                  options->sequence,
                  *target,
                  pipeline::code_document(*content).dump()};
  // Logged before anybody sees it.
  auto kept = config_.store->keep_signed(verified->package, signing);
  if (!kept) return failure(kept.error());
  std::string location = "/v1/packages/" + signing.package_digest;
  Response response = wants(request, kJson)
                          ? json_response(201, description(*content, signing.package_digest, verified->package.size()))
                          : immutable(request, 201, kPackageType, signing.package_digest, verified->package);
  response.headers.emplace_back("Location", location);
  response.headers.emplace_back("Perdita-Digest", signing.package_digest);
  return response;
}

Response Api::package(const Request& request) {
  std::string digest = request.path.substr(std::string_view("/v1/packages/").size());
  auto bytes = pipeline::from_hex(digest);
  bool lower = std::none_of(digest.begin(), digest.end(), [](char c) { return c >= 'A' && c <= 'F'; });
  if (!bytes || bytes->size() != wire::kDigestBytes || !lower) {
    return failure(bad_query("this is no SHA-256 digest", "64 hexadecimal digits in lower case"));
  }
  auto found = config_.store->find(ArtefactKind::package, digest);
  if (!found) return failure(found.error());
  if (!*found) {
    return problem(404, "no-such-package", "no package with that digest was made here",
                   "POST the object to /v1/packages");
  }
  if (!wants(request, kJson)) {
    Response response = immutable(request, 200, kPackageType, digest, **found);
    response.headers.emplace_back("Vary", "Accept");
    return response;
  }
  auto content = pipeline::read_content(**found);
  if (!content) return problem(500, "service-failed", "a package that was made here does not read", kReport);
  Response response = json_response(200, description(*content, digest, (*found)->size()));
  response.headers.emplace_back("Vary", "Accept");
  return response;
}

}  // namespace perdita::service
