// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/target.h"
#include "cli/verdict_text.h"
#include "pipeline/file.h"
#include "pipeline/hex.h"
#include "pipeline/pipeline.h"

namespace perdita::cli {
namespace {

struct Arguments {
  std::string file, platform, hook, output;
  std::string target = kBytecode;
};

int compile(Terminal& terminal, const Arguments& arguments) {
  auto known = check_code_target(arguments.target);
  if (!known) return terminal.fail(known.error());
  auto input = read_input(arguments.file);
  if (!input) return terminal.fail(input.error());
  if (input->kind != Kind::object) return terminal.fail(wrong_kind(*input, "an object, as `perdita build` makes it"));
  auto platform = find_platform(arguments.platform);
  if (!platform) return terminal.fail(platform.error());
  terminal.progress("loading …");
  auto module = read_module(*input, platform->get());
  if (!module) return terminal.fail(module.error());
  pipeline::VerifyRequest request;
  request.options.hook = arguments.hook;
  request.image = true;
  if (arguments.target != kBytecode) request.target = arguments.target;
  terminal.progress("verifying …");
  auto verified = pipeline::verify(*module, **platform, request);
  if (!verified) return terminal.fail(verified.error());
  if (!verified->verdict.accepted) return show_rejection(terminal, arguments.file, *verified, **platform);
  std::string output = output_name(arguments.output, *input, ".image");
  auto written = pipeline::write_file(output, verified->image);
  if (!written) return terminal.fail(written.error());
  terminal.progress("");
  std::string digest = pipeline::sha256_hex(verified->image);
  if (terminal.json) {
    terminal.document(
        {{"image", output}, {"target", arguments.target}, {"bytes", verified->image.size()}, {"digest", digest}});
  }
  terminal.result(
      fmt::format("{}: {} bytes of {}, SHA-256 {}\n", output, verified->image.size(), arguments.target, digest));
  return kDone;
}

}  // namespace

void add_compile(Command& root) {
  Command command = root.add(
      "compile", "Verify an object and make the image that a board runs",
      "The image holds the code of all programs of the object, their maps and initial data, what they rely on, and\n"
      "the verifier's claim. For a target other than bytecode that is machine code: of a bytecode image, a board with\n"
      "the native engine makes the same. It is not signed: `perdita seal` signs, after verifying again. The same "
      "object gives the\n"
      "same bytes, everywhere.\n"
      "\n"
      "  perdita compile counter.o --platform demo.platform -o counter.image\n"
      "  perdita compile counter.o --platform demo.platform --target armv7m -o counter.armv7m.image");
  auto arguments = std::make_shared<Arguments>();
  command.positional("OBJECT", arguments->file, "The object");
  command.choice("--target", arguments->target, target_names(), "What to make");
  command.option("--platform", arguments->platform, "FILE", "The platform, or a folder with one");
  command.option("--hook", arguments->hook, "NAME", "Compile for this hook instead of the one that the section names");
  command.option("-o,--output", arguments->output, "FILE", "The image; by default NAME.image here");
  command.action([arguments](Terminal& terminal) { return compile(terminal, *arguments); });
}

}  // namespace perdita::cli
