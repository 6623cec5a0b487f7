// SPDX-License-Identifier: Apache-2.0
#include "cli/seal_arguments.h"

namespace perdita::cli {

void add_addressee(Command& command, SealArguments& arguments) {
  command.option("--vendor", arguments.vendor, "UUID", "The vendor of the devices it is for");
  command.option("--class", arguments.device_class, "UUID", "The class of the devices it is for");
  command.option("--device", arguments.device, "UUID", "The one device it is for; by default any of the class");
}

void add_seal_arguments(Command& command, SealArguments& arguments, const std::string& sequence_help) {
  command.option("--name", arguments.name, "NAME", "The package's name; by default the file's");
  command.number("--sequence", arguments.sequence, "N", sequence_help);
  command.flag("--no-attach", arguments.no_attach, "Install only: attach the programs later");
  add_addressee(command, arguments);
}

Result<compiler::SealOptions> seal_options(const SealArguments& arguments, const std::string& name, uint64_t sequence) {
  compiler::SealOptions options;
  options.name = arguments.name.empty() ? name : arguments.name;
  options.sequence = arguments.sequence == 0 ? sequence : arguments.sequence;
  options.attach = !arguments.no_attach;
  auto addressee = pipeline::parse_addressee(arguments.vendor, arguments.device_class, arguments.device);
  if (!addressee) return addressee.error();
  options.addressee = *addressee;
  return options;
}

}  // namespace perdita::cli
