// SPDX-License-Identifier: Apache-2.0
//
// `perdita serve`: the API over HTTP, until SIGTERM or SIGINT. Requests under way are then answered, the store is
// closed, and serve() returns.
#pragma once

#include <functional>
#include <string>
#include <variant>

#include "diag/result.h"
#include "service/http.h"

namespace perdita::service {

struct ServeOptions {
  std::string listen = "127.0.0.1:8080";  // port 0: any free one
  std::string store = "perdita.sqlite";
  std::string key_file;
  std::string platform;  // file or folder
  size_t workers = 2;    // objects worked on at a time
  HttpLimits limits;
};

// Calls `ready` with the URL once requests are taken. Call it before any other thread runs: it blocks the two signals
// in the calling thread and waits for them in one of its own.
Result<std::monostate> serve(const ServeOptions& options, const std::function<void(const std::string& url)>& ready);

}  // namespace perdita::service
