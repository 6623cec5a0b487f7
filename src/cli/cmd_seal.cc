// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/delivery.h"
#include "cli/inputs.h"
#include "cli/seal.h"
#include "cli/target.h"
#include "cli/verdict_text.h"
#include "pipeline/file.h"
#include "pipeline/hex.h"
#include "pipeline/pipeline.h"

namespace perdita::cli {
namespace {

struct Arguments {
  SealInput input;
  std::string file, output;
};

int seal(Terminal& terminal, const Arguments& arguments) {
  auto input = read_input(arguments.file);
  if (!input) return terminal.fail(input.error());
  auto sealed = make_package(terminal, *input, arguments.input, 1);
  if (!sealed) return terminal.fail(sealed.error());
  if (sealed->rejected) return show_rejection(terminal, arguments.file, *sealed->rejected, *sealed->platform);
  std::string output = output_name(arguments.output, *input, ".package");
  auto written = pipeline::write_file(output, sealed->package);
  if (!written) return terminal.fail(written.error());
  terminal.progress("");
  std::string digest = pipeline::sha256_hex(sealed->package);
  const pipeline::PackageContent& content = sealed->content;
  if (terminal.json) {
    nlohmann::ordered_json document = {
        {"package", output},     {"bytes", sealed->package.size()}, {"digest", digest},
        {"name", content.name},  {"sequence", content.sequence},    {"key", sealed->key_id},
        {"claim", content.claim}};
    document.update(pipeline::code_document(content));
    terminal.document(document);
  }
  terminal.result(fmt::format("{}: {} bytes, package {} number {}{}, signed by {} {}, SHA-256 {}\n", output,
                              sealed->package.size(), content.name, content.sequence, machine_code_text(content),
                              sealed->key_id, content.claim ? "with the verifier's claim" : "without a claim", digest));
  return kDone;
}

}  // namespace

void add_seal(Command& root) {
  Command command = root.add(
      "seal", "Sign what a board may take: an object or an image as a package",
      "An object or an image is verified and signed by the same process: the package then carries the verifier's "
      "claim.\n"
      "With --no-claim, or a key that has no verifier's role, it carries authorship alone, and boards as built by\n"
      "default refuse it. A package gets one more signature, by an author's key.\n"
      "With --target T it holds machine code, for boards whose engine is native.\n"
      "\n"
      "  perdita seal counter.o --platform demo.platform --key demo.key --sequence 7 -o counter.package\n"
      "  perdita seal counter.package --key second.key -o counter.package");
  auto arguments = std::make_shared<Arguments>();
  command.positional("FILE", arguments->file, "An object, an image or a package");
  command.option("--key", arguments->input.key_file, "FILE", "The signing key", true);
  command.option("--platform", arguments->input.platform, "FILE", "The platform, or a folder with one");
  command.option("--hook", arguments->input.hook, "NAME",
                 "Verify for this hook instead of the one that the section names");
  command.choice("--target", arguments->input.target, target_names(), "Whose code it holds");
  command.flag("--no-claim", arguments->input.no_claim, "Sign authorship only");
  add_seal_arguments(command, arguments->input.seal, "Its sequence number, above the board's last; by default 1");
  command.option("-o,--output", arguments->output, "FILE", "The package; by default NAME.package here");
  command.action([arguments](Terminal& terminal) { return seal(terminal, *arguments); });
}

}  // namespace perdita::cli
