// SPDX-License-Identifier: Apache-2.0
#include "cli/deploy.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/board_target.h"
#include "cli/delivery.h"
#include "cli/device_address.h"
#include "cli/target.h"
#include "cli/verdict_text.h"
#include "pipeline/verdict_json.h"
#include "service/client.h"
#include "wire/package.h"

namespace perdita::cli {
namespace {

std::string package_name(const Input& input, const DeployArguments& arguments) {
  if (input.kind == Kind::package) {
    wire::PackageView view;
    if (wire::read_package({input.bytes.data(), input.bytes.size()}, view) != Status::ok) return "";
    return {view.name.data(), view.name.size()};
  }
  return arguments.seal.seal.name.empty() ? base_name(input.path) : arguments.seal.seal.name;
}

Diagnostic wrong_use(std::string code, std::string message, std::string need) {
  Diagnostic diagnostic;
  diagnostic.code = std::move(code);
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.message = std::move(message);
  diagnostic.need = std::move(need);
  return diagnostic;
}

int show_reasons(const Terminal& terminal, const std::vector<Diagnostic>& reasons) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Diagnostic& reason : reasons) {
    terminal.diagnose(reason);
    list.push_back(pipeline::to_json(reason));
  }
  if (terminal.json) terminal.document({{"verdict", "rejected"}, {"diagnostics", list}});
  terminal.message("the service's verifier rejects it; nothing was sent to the board");
  return kNo;
}

int deploy_by_service(const Terminal& terminal, const deliver::Board& board, const Input& input,
                      const DeployArguments& arguments, const compiler::SealOptions& options,
                      const std::string& target) {
  if (input.kind != Kind::object) return terminal.fail(wrong_kind(input, "an object: the service verifies those"));
  terminal.progress("the service verifies and signs …");
  auto answer = service::request_package(arguments.service, input.bytes, options, arguments.seal.hook, target);
  if (!answer) return terminal.fail(answer.error());
  terminal.progress("");
  if (!answer->rejected.empty()) return show_reasons(terminal, answer->rejected);
  return deliver_and_show(terminal, board, arguments.address, answer->package, "took");
}

int deploy_sealed_here(const Terminal& terminal, const deliver::Board& board, const Input& input,
                       const DeployArguments& arguments, uint64_t sequence, const std::string& target) {
  SealInput wanted = arguments.seal;
  wanted.target = target;
  auto sealed = make_package(terminal, input, wanted, sequence);
  if (!sealed) return terminal.fail(sealed.error());
  if (sealed->rejected) return show_rejection(terminal, arguments.file, *sealed->rejected, *sealed->platform);
  return deliver_and_show(terminal, board, arguments.address, sealed->package, "took");
}

}  // namespace

void add_deploy_arguments(Command& command, DeployArguments& arguments) {
  command.option("--service", arguments.service, "URL", "Have the service there verify and sign");
  command.option("--key", arguments.seal.key_file, "FILE", "Verify here and sign with this key");
  command.option("--platform", arguments.seal.platform, "FILE", "The platform, or a folder with one");
  command.option("--hook", arguments.seal.hook, "NAME",
                 "Verify for this hook instead of the one that the section names");
  command.choice("--target", arguments.seal.target, board_target_names(),
                 "Whose code it holds; auto: the board's own machine code where it runs such");
  command.flag("--no-claim", arguments.seal.no_claim, "Sign authorship only");
  add_seal_arguments(command, arguments.seal.seal, "The sequence number; by default one above the board's last");
}

int deploy(const Terminal& terminal, const DeployArguments& arguments) {
  auto input = read_input(arguments.file);
  if (!input) return terminal.fail(input.error());
  bool is_package = input->kind == Kind::package;
  if (!is_package && input->kind != Kind::object && input->kind != Kind::image) {
    return terminal.fail(wrong_kind(*input, "an object, an image or a package"));
  }
  bool one_signer = arguments.service.empty() != arguments.seal.key_file.empty();
  if (!is_package && !one_signer) {
    return terminal.fail(wrong_use("deploy-signer", "who signs it?", "either --key FILE or --service URL"));
  }
  if (is_package && !(arguments.service.empty() && arguments.seal.key_file.empty())) {
    return terminal.fail(wrong_use("deploy-signer", "a package is signed already",
                                   "neither --key nor --service; "
                                   "`perdita seal PACKAGE --key FILE` adds a signature"));
  }
  if (is_package && arguments.seal.target != kBytecode) {
    return terminal.fail(wrong_use("deploy-target", "a package holds what it was sealed with",
                                   "an object or a bytecode image; or a package, and no --target"));
  }
  deliver::Board board = board_at(arguments.address);
  std::string name = package_name(*input, arguments);
  if (arguments.must_replace) {
    auto state = board.package(name);
    if (!state) return terminal.fail(state.error());
    if (!state->installed) {
      Diagnostic diagnostic;
      diagnostic.code = "package-not-installed";
      diagnostic.message = fmt::format("no package '{}' is installed there", name);
      diagnostic.hint = "perdita deploy installs it; --name names another one to replace";
      return terminal.fail(diagnostic);
    }
  }
  // A package that cannot be read goes to the board all the same: it says best why it refuses it.
  if (is_package) return deliver_and_show(terminal, board, arguments.address, input->bytes, "took");
  auto target = target_for(board, arguments.seal.target);
  if (!target) return terminal.fail(target.error());
  auto sequence =
      arguments.seal.seal.sequence != 0 ? Result<uint64_t>(arguments.seal.seal.sequence) : next_sequence(board, name);
  if (!sequence) return terminal.fail(sequence.error());
  if (arguments.service.empty()) return deploy_sealed_here(terminal, board, *input, arguments, *sequence, *target);
  auto options = seal_options(arguments.seal.seal, name, *sequence);
  if (!options) return terminal.fail(options.error());
  return deploy_by_service(terminal, board, *input, arguments, *options, *target);
}

}  // namespace perdita::cli
