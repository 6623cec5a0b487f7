// SPDX-License-Identifier: Apache-2.0
#include "service/service.h"

#include <fmt/core.h>
#include <signal.h>

#include <thread>

#include "perdita/perdita.h"
#include "pipeline/pipeline.h"
#include "service/api.h"

namespace perdita::service {
namespace {

// Waits in a thread for a signal that ends the service. Ending it otherwise wakes the thread with a signal of its own.
class EndSignal {
 public:
  explicit EndSignal(std::function<void()> on_end) {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
    thread_ = std::thread([this, on_end = std::move(on_end)] {
      int number = 0;
      while (sigwait(&set_, &number) != 0) {
      }
      on_end();
    });
  }
  ~EndSignal() {
    pthread_kill(thread_.native_handle(), SIGTERM);  // already gone where the signal came: joinable all the same
    thread_.join();
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  EndSignal(const EndSignal&) = delete;
  EndSignal& operator=(const EndSignal&) = delete;

 private:
  sigset_t set_{}, before_{};
  std::thread thread_;
};

Diagnostic wrong_key(const std::string& file) {
  Diagnostic diagnostic;
  diagnostic.code = "key-role";
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.message = "this key cannot sign for the service";
  diagnostic.place.file = file;
  diagnostic.need = "a key with the roles author and verifier";
  diagnostic.hint = "make one: perdita key new NAME";
  return diagnostic;
}

}  // namespace

Result<std::monostate> serve(const ServeOptions& options, const std::function<void(const std::string&)>& ready) {
  auto platform = platform::load(options.platform);
  if (!platform) return platform.error();
  auto key = compiler::SigningKey::load(options.key_file);
  if (!key) return key.error();
  constexpr uint8_t kBothRoles = PERDITA_ROLE_AUTHOR | PERDITA_ROLE_VERIFIER;
  if ((key->public_key().roles & kBothRoles) != kBothRoles) return wrong_key(options.key_file);
  auto store = Store::open(options.store);
  if (!store) return store.error();

  ApiConfig config;
  config.platform = *platform;
  config.key = &*key;
  config.store = store->get();
  config.workers = options.workers;
  config.verifying = [platform = *platform](const pipeline::Blob& object, const std::string& name,
                                            const pipeline::VerifyRequest& request) -> Result<pipeline::Verified> {
    auto module = pipeline::load(object, name, platform.get());
    if (!module) return module.error();
    return pipeline::verify(*module, *platform, request);
  };
  Api api(std::move(config));
  // A client that goes away must not end the service.
  signal(SIGPIPE, SIG_IGN);
  auto server =
      HttpServer::bind(options.listen, options.limits, [&api](const Request& request) { return api.answer(request); });
  if (!server) return server.error();
  EndSignal end([&server] { (*server)->stop(); });
  std::string host = (*server)->host();
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  ready(fmt::format("http://{}:{}", host, (*server)->port()));
  (*server)->serve();
  return std::monostate{};
}

}  // namespace perdita::service
