// SPDX-License-Identifier: Apache-2.0
//
// HTTP/1.1 as the service needs it: a server that hands every request to one function, and a client. The library is
// known to http.cc alone. The handler runs on several threads at a time; what it throws becomes a 500.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "diag/result.h"

namespace perdita::service {

struct Request {
  std::string method;
  std::string path;
  std::map<std::string, std::string> query;    // of several with one name the first
  std::map<std::string, std::string> headers;  // names in lower case; of several with one name the first
  std::string body;
};

struct Response {
  int status = 200;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

using Handler = std::function<Response(const Request&)>;

struct HttpLimits {
  size_t body_bytes = 4u << 20;
  size_t threads = 16;            // requests answered at a time
  size_t queued = 64;             // connections that wait for a thread; more are closed
  unsigned timeout_seconds = 10;  // for a client to send or take the next bytes
};

class HttpServer {
 public:
  // Takes the address, "host:port" or "[v6]:port"; port 0 is any free one.
  static Result<std::unique_ptr<HttpServer>> bind(const std::string& address, const HttpLimits& limits,
                                                  Handler handler);
  ~HttpServer();
  int port() const;
  const std::string& host() const;
  void serve();  // until stop()
  void stop();   // from any other thread, once serve() is or will be called; requests under way are answered

 private:
  struct Library;
  explicit HttpServer(std::unique_ptr<Library> library);
  std::unique_ptr<Library> library_;
};

// One request to http://host[:port]/…; unreachable where nobody answers within the timeout.
Result<Response> send(const std::string& base_url, const Request& request, unsigned timeout_seconds);

// A value made safe for the query of a URL (RFC 3986, section 2.1).
std::string percent_encoded(const std::string& value);

}  // namespace perdita::service
