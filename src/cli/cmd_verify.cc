// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/target.h"
#include "cli/verdict_text.h"
#include "pipeline/pipeline.h"
#include "pipeline/verdict_json.h"

namespace perdita::cli {
namespace {

struct Arguments {
  std::string file, platform, prog, hook, target;
  bool log = false;
};

int verify(Terminal& terminal, const Arguments& arguments) {
  if (!arguments.target.empty()) {
    auto known = check_bound_target(arguments.target);
    if (!known) return terminal.fail(known.error());
  }
  auto input = read_input(arguments.file);
  if (!input) return terminal.fail(input.error());
  if (input->kind == Kind::key || input->kind == Kind::platform) {
    return terminal.fail(wrong_kind(*input, "an object, an image or a package"));
  }
  auto platform = find_platform(arguments.platform);
  if (!platform) return terminal.fail(platform.error());
  terminal.progress("loading …");
  auto module = input->kind == Kind::unknown  // the loader says best what is wrong with it
                    ? pipeline::load(input->bytes, input->path.filename().string(), platform->get())
                    : read_module(*input, platform->get());
  if (!module) {
    // An object that the loader refuses has a verdict, too; a file that is no object has none.
    const Diagnostic& why = module.error();
    if (!terminal.json || why.outcome != Outcome::refused) return terminal.fail(why);
    terminal.document(pipeline::refused_document(why, (*platform)->digest()));
    terminal.diagnose(why);
    return kNo;
  }
  pipeline::VerifyRequest request;
  request.options = {arguments.hook, arguments.prog, arguments.log};
  terminal.progress("verifying …");
  auto verified = pipeline::verify(*module, **platform, request);
  if (!verified) return terminal.fail(verified.error());
  for (auto& prog : verified->verdict.progs) keep_target(prog, arguments.target);
  return show_verdict(terminal, arguments.file, *verified, **platform);
}

}  // namespace

void add_verify(Command& root) {
  Command command = root.add(
      "verify", "Prove that an object's programs are safe, or say why not",
      "Reads an object (or an image, or a package) and proves for each program, for every input that the platform\n"
      "allows: it stays inside its memory, ends within a computed bound of steps and stack, and calls only what it "
      "may.\n"
      "Exit code 0: accepted, 1: rejected, with the source lines.\n"
      "\n"
      "  perdita verify counter.o --platform demo.platform\n"
      "  perdita verify counter.o --platform demo.platform --prog count --json");
  auto arguments = std::make_shared<Arguments>();
  command.positional("FILE", arguments->file, "An object, an image or a package");
  command.option("--platform", arguments->platform, "FILE", "The platform, or a folder with one");
  command.option("--prog", arguments->prog, "NAME", "Only this program");
  command.option("--hook", arguments->hook, "NAME", "Verify for this hook instead of the one that the section names");
  command.option("--target", arguments->target, "T", "Only this target's bounds in machine instructions");
  command.flag("--log", arguments->log, "Show the state that the verifier knows at each instruction");
  command.action([arguments](Terminal& terminal) { return verify(terminal, *arguments); });
}

}  // namespace perdita::cli
