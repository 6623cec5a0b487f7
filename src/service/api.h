// SPDX-License-Identifier: Apache-2.0
//
// The HTTP API, version 1 (docs/guide/openapi.json): requests to answers, without a network. Thread-safe. What works on
// objects is a seam, so that tests can put a slow or a failing one there.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "compiler/key.h"
#include "pipeline/verify_stage.h"
#include "platform/platform.h"
#include "service/http.h"
#include "service/slots.h"
#include "service/store.h"

namespace perdita::service {

// Object bytes through load and verify, and what the request asks for beyond.
using Verifying = std::function<Result<pipeline::Verified>(const pipeline::Blob& object, const std::string& name,
                                                           const pipeline::VerifyRequest& request)>;

struct ApiConfig {
  std::shared_ptr<const platform::Platform> platform;
  const compiler::SigningKey* key = nullptr;  // lives longer
  Store* store = nullptr;                     // lives longer
  Verifying verifying;
  size_t workers = 2;                         // objects worked on at a time
  std::chrono::milliseconds patience{10000};  // how long a request waits for its turn
};

// A route as the OpenAPI document names it.
struct Route {
  const char* method;
  const char* path;  // "/v1/packages/{sha256}"
};

class Api {
 public:
  explicit Api(ApiConfig config);
  Response answer(const Request& request);
  static std::vector<Route> routes();

 private:
  Response health(const Request& request);
  Response platform(const Request& request);
  Response openapi(const Request& request);
  Response verify(const Request& request);
  Response make_package(const Request& request);
  Response package(const Request& request);

  struct Entry;
  static const std::vector<Entry>& entries();

  ApiConfig config_;
  Slots slots_;
};

}  // namespace perdita::service
