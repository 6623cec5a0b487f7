// SPDX-License-Identifier: Apache-2.0
#include "service/http.h"

#include <fmt/core.h>
#include <httplib.h>

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "service/problem.h"

namespace perdita::service {
namespace {

// Threads over a queue of bounded length. The library hands over a connection as a function that also closes it, so a
// full queue makes the accepting thread wait: further clients wait in the kernel's backlog, which is bounded too.
class BoundedQueue : public httplib::TaskQueue {
 public:
  BoundedQueue(size_t threads, size_t queued) : queued_(queued) {
    for (size_t i = 0; i < threads; i++) threads_.emplace_back([this] { work(); });
  }

  void enqueue(std::function<void()> task) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return tasks_.size() < queued_; });
    tasks_.push_back(std::move(task));
    changed_.notify_all();
  }

  void shutdown() override {
    {
      std::unique_lock lock(mutex_);
      ending_ = true;
      changed_.notify_all();
    }
    for (auto& thread : threads_) thread.join();
  }

 private:
  void work() {
    for (;;) {
      std::function<void()> task;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
        if (tasks_.empty()) return;
        task = std::move(tasks_.front());
        tasks_.pop_front();
        changed_.notify_all();
      }
      task();
    }
  }

  size_t queued_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = static_cast<char>(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// RFC 3986, section 2.1; a per cent sign that begins no escape stands for itself.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); i++) {
    bool escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    out += escape ? static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return out;
}

// The query of the target alone: the library would add what it takes for a form in the body.
std::map<std::string, std::string> query_of(std::string_view target) {
  std::map<std::string, std::string> query;
  size_t mark = target.find('?');
  std::string_view rest = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  while (!rest.empty()) {
    size_t end = std::min(rest.find('&'), rest.size());
    std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    size_t equals = std::min(pair.find('='), pair.size());
    std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
    if (!pair.empty()) query.emplace(percent_decoded(pair.substr(0, equals)), percent_decoded(value));
  }
  return query;
}

Request from_library(const httplib::Request& request, std::string body) {
  Request ours;
  ours.method = request.method;
  ours.path = request.path;
  ours.query = query_of(request.target);
  for (const auto& [name, value] : request.headers) ours.headers.emplace(lower(name), value);
  ours.body = std::move(body);
  return ours;
}

void to_library(const Response& ours, httplib::Response& response) {
  response.status = ours.status;
  for (const auto& [name, value] : ours.headers) response.set_header(name, value);
  if (ours.status != 304) response.set_content(ours.body, ours.content_type);
}

// What the library refuses by itself (a body too long, a request it cannot read) gets a problem document, too.
void explain(const httplib::Request&, httplib::Response& response) {
  if (!response.body.empty()) return;
  to_library(problem(response.status, "http-refused",
                     response.status == 413 ? "the body is longer than this service takes"
                                            : "the request cannot be read as HTTP/1.1",
                     response.status == 413 ? "objects have some kilobytes: check that it is the file you mean" : ""),
             response);
}

std::string what(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "unknown";
  }
}

Diagnostic bad_address(const std::string& address, const std::string& why) {
  Diagnostic diagnostic;
  diagnostic.code = "address-unusable";
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.message = fmt::format("cannot listen on {}: {}", address, why);
  diagnostic.need = "HOST:PORT, as in 127.0.0.1:8080; port 0 takes any free one";
  return diagnostic;
}

// "host:port" or "[v6]:port" in its parts; false where it is neither.
bool split_address(const std::string& address, std::string& host, int& port) {
  size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == address.size()) return false;
  host = address.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  port = 0;
  for (char c : address.substr(colon + 1)) {
    if (c < '0' || c > '9') return false;
    port = port * 10 + (c - '0');
    if (port > 65535) return false;
  }
  return !host.empty();
}

}  // namespace

struct HttpServer::Library {
  httplib::Server server;
  std::string host;
  int port = 0;
  // The library ignores stop() until it runs; it asks for its task queue once it does.
  std::mutex mutex;
  std::condition_variable changed;
  bool runs = false;
};

HttpServer::HttpServer(std::unique_ptr<Library> library) : library_(std::move(library)) {}
HttpServer::~HttpServer() = default;
int HttpServer::port() const { return library_->port; }
const std::string& HttpServer::host() const { return library_->host; }
void HttpServer::serve() { library_->server.listen_after_bind(); }
void HttpServer::stop() {
  std::unique_lock lock(library_->mutex);
  library_->changed.wait(lock, [this] { return library_->runs; });
  library_->server.stop();
}

Result<std::unique_ptr<HttpServer>> HttpServer::bind(const std::string& address, const HttpLimits& limits,
                                                     Handler handler) {
  auto library = std::make_unique<Library>();
  httplib::Server& server = library->server;
  int port = 0;
  if (!split_address(address, library->host, port)) return bad_address(address, "it is no host and port");
  server.new_task_queue = [limits, library = library.get()] {
    std::lock_guard lock(library->mutex);
    library->runs = true;
    library->changed.notify_all();
    return new BoundedQueue(limits.threads, limits.queued);
  };
  server.set_payload_max_length(limits.body_bytes);
  server.set_read_timeout(limits.timeout_seconds);
  server.set_write_timeout(limits.timeout_seconds);
  // One request for each connection: what a refused body leaves unread is never taken for the next request, and a
  // waiting client holds no thread.
  server.set_keep_alive_max_count(1);
  // The library would let a second service share the port.
  server.set_socket_options([](socket_t socket) {
    int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  server.set_tcp_nodelay(true);
  server.set_error_handler(
      [](const httplib::Request& request, httplib::Response& response) { explain(request, response); });
  server.set_exception_handler([](const httplib::Request&, httplib::Response& response, std::exception_ptr thrown) {
    to_library(problem(500, "service-failed", fmt::format("the service made a mistake: {}", what(thrown)), ""),
               response);
  });
  // A compressed body could unpack to far more than the limit says, and one in parts is none of ours.
  server.set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
    if (!request.has_header("Content-Encoding") && !request.is_multipart_form_data()) {
      return httplib::Server::HandlerResponse::Unhandled;
    }
    to_library(problem(415, "encoding-unsupported", "compressed bodies and bodies in parts are not taken",
                       "send the bytes as they are"),
               response);
    return httplib::Server::HandlerResponse::Handled;
  });
  auto answer = [handler](const httplib::Request& request, httplib::Response& response) {
    to_library(handler(from_library(request, "")), response);
  };
  // Reads the body itself: the library would take one for a form by its type, which curl gives to any bytes.
  auto answer_body = [handler](const httplib::Request& request, httplib::Response& response,
                               const httplib::ContentReader& read) {
    std::string body;
    bool whole = read([&body](const char* bytes, size_t count) {
      body.append(bytes, count);
      return true;
    });
    if (whole) to_library(handler(from_library(request, std::move(body))), response);
    if (!whole && response.status < 400) response.status = 400;
  };
  const char* any_path = ".*";
  server.Get(any_path, answer).Options(any_path, answer);
  server.Post(any_path, answer_body).Put(any_path, answer_body).Patch(any_path, answer_body);
  server.Delete(any_path, answer_body);

  library->port = port == 0 ? server.bind_to_any_port(library->host) : port;
  bool bound = port == 0 ? library->port > 0 : server.bind_to_port(library->host, port);
  if (!bound) return bad_address(address, "the address is not of this machine, or in use");
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(library)));
}

Result<Response> send(const std::string& base_url, const Request& request, unsigned timeout_seconds) {
  Diagnostic diagnostic;
  diagnostic.place.file = base_url;
  if (base_url.rfind("http://", 0) != 0) {
    diagnostic.code = "service-url";
    diagnostic.outcome = Outcome::unusable_input;
    diagnostic.message = "this is no URL of a service";
    diagnostic.need = "http://HOST:PORT";
    return diagnostic;
  }
  httplib::Client client(base_url);
  client.set_connection_timeout(timeout_seconds);
  client.set_read_timeout(timeout_seconds);
  client.set_write_timeout(timeout_seconds);
  httplib::Request out;
  out.method = request.method;
  out.path = request.path;
  const char* separator = "?";
  for (const auto& [name, value] : request.query) {
    out.path += separator + percent_encoded(name) + "=" + percent_encoded(value);
    separator = "&";
  }
  for (const auto& [name, value] : request.headers) out.set_header(name, value);
  out.body = request.body;
  auto answer = client.send(out);
  if (!answer) {
    diagnostic.code = "service-unreachable";
    diagnostic.outcome = Outcome::unreachable;
    diagnostic.message = fmt::format("the service does not answer: {}", httplib::to_string(answer.error()));
    diagnostic.hint = "is `perdita serve` running there, and is the port right?";
    return diagnostic;
  }
  Response response;
  response.status = answer->status;
  response.content_type = answer->get_header_value("Content-Type");
  response.body = answer->body;
  for (const auto& [name, value] : answer->headers) response.headers.emplace_back(lower(name), value);
  return response;
}

std::string percent_encoded(const std::string& value) {
  std::string out;
  for (char c : value) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                 c == '_' || c == '~';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace perdita::service
