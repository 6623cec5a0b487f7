// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/deploy.h"

namespace perdita::cli {

void add_deploy(Command& root) {
  Command command = root.add(
      "deploy", "Send a program to a board",
      "A package goes as it is. An object or an image is first verified and sealed: here with --key, or by a service "
      "with\n"
      "--service; its sequence number is then one above what the board took last. The board checks everything again.\n"
      "With --target T it holds machine code, made here or by the service, for boards of that core whose engine is\n"
      "native; with --target auto the board is asked, and gets bytecode where it runs no machine code.\n"
      "\n"
      "  perdita deploy counter.package --to coap://192.0.2.7\n"
      "  perdita deploy counter.o --to coap://192.0.2.7 --key demo.key --platform demo.platform\n"
      "  perdita deploy counter.o --to coap://192.0.2.7 --key demo.key --platform demo.platform --target auto\n"
      "  perdita deploy counter.o --to coap://192.0.2.7 --service http://127.0.0.1:8080");
  auto arguments = std::make_shared<DeployArguments>();
  command.positional("FILE", arguments->file, "An object, an image or a package");
  command.option("--to", arguments->address, "DEVICE", "The board: coap://HOST[:PORT]", true);
  add_deploy_arguments(command, *arguments);
  command.action([arguments](Terminal& terminal) { return deploy(terminal, *arguments); });
}

}  // namespace perdita::cli
