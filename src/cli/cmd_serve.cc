// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "service/service.h"

namespace perdita::cli {
namespace {

int serve(Terminal& terminal, service::ServeOptions& options, uint64_t workers, uint64_t body_kib) {
  if (workers > 64 || body_kib > 65536) {
    Diagnostic diagnostic;
    diagnostic.code = "serve-limits";
    diagnostic.outcome = Outcome::unusable_input;
    diagnostic.message = "a limit is outside its range";
    diagnostic.need = "--workers up to 64, --max-object-kib up to 65536";
    return terminal.fail(diagnostic);
  }
  options.workers = workers;
  options.limits.body_bytes = body_kib * 1024;
  auto ended = service::serve(options, [&terminal](const std::string& url) {
    if (terminal.json) terminal.document({{"url", url}});
    terminal.result(fmt::format("listening on {}\n", url));
    std::fflush(stdout);  // whoever started this in the background waits for the line
  });
  if (!ended) return terminal.fail(ended.error());
  terminal.message("ended");
  return kDone;
}

}  // namespace

void add_serve(Command& root) {
  Command command = root.add(
      "serve", "The service: verify and sign over HTTP",
      "Answers POST /v1/verify and POST /v1/packages with verdicts and signed packages, and keeps both in a store, "
      "with\n"
      "a log of everything it signed (docs/guide/service.md; GET /v1/openapi.json). SIGTERM ends it. It has no access\n"
      "control of its own: whoever reaches it gets what passes the verifier signed.\n"
      "\n"
      "  perdita serve --listen 127.0.0.1:8080 --store perdita.sqlite --key demo.key --platform demo.platform");
  struct Arguments {
    service::ServeOptions options;
    uint64_t workers = 2, body_kib = 4096;
  };
  auto arguments = std::make_shared<Arguments>();
  command.option("--listen", arguments->options.listen, "HOST:PORT", "Where to answer; port 0 takes any free one");
  command.option("--store", arguments->options.store, "FILE", "The store, made where there is none");
  command.option("--key", arguments->options.key_file, "FILE", "The signing key, author and verifier", true);
  command.option("--platform", arguments->options.platform, "FILE", "The platform, or a folder with one", true);
  command.number("--workers", arguments->workers, "N", "Objects worked on at a time");
  command.number("--max-object-kib", arguments->body_kib, "KIB", "The largest object taken");
  command.action([arguments](Terminal& terminal) {
    return serve(terminal, arguments->options, arguments->workers, arguments->body_kib);
  });
}

}  // namespace perdita::cli
