// SPDX-License-Identifier: Apache-2.0
//
// `perdita`: the stages of a program's way, each a command; and, started by itself with a hidden word, the child
// process in which a stage looks at foreign bytes.
#include <optional>

#include "cli/commands.h"
#include "pipeline/pipeline.h"

namespace {

void declare(perdita::cli::Command& root) {
  using namespace perdita::cli;
  add_new(root);
  add_build(root);
  add_verify(root);
  add_compile(root);
  add_platform(root);
  add_key(root);
  add_seal(root);
  add_inspect(root);
  add_dump(root);
  add_run(root);
  add_serve(root);
  add_deploy(root);
  add_prog(root);
  add_map(root);
  add_hook(root);
  add_trace(root);
  add_device(root);
}

}  // namespace

int main(int argc, char** argv) {
  if (auto code = perdita::pipeline::run_as_stage(argc, argv)) return *code;
  return perdita::cli::run_command_line(argc, argv, declare);
}
