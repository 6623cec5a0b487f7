// SPDX-License-Identifier: Apache-2.0
//
// How a command declares itself: its words, its arguments, its help, and what it does. The only place that knows the
// library which parses command lines is command.cc. Values are written to the variables given before the action runs;
// those live as long as the action (each command keeps them in one shared structure).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/terminal.h"

namespace perdita::cli {

using Action = std::function<int(Terminal&)>;  // returns the exit code

class Command {
 public:
  struct Parser;
  explicit Command(std::shared_ptr<Parser> parser) : parser_(std::move(parser)) {}

  // A command below this one. `teach` follows the usage in --help: what it does and an example.
  Command add(const std::string& name, const std::string& summary, const std::string& teach);
  void positional(const std::string& name, std::string& value, const std::string& help, bool required = true);
  void positionals(const std::string& name, std::vector<std::string>& values, const std::string& help,
                   bool required = true);
  // `names` as "-o,--output". Where `value` is not empty before, the help names it as the default.
  void option(const std::string& names, std::string& value, const std::string& metavar, const std::string& help,
              bool required = false);
  void option(const std::string& names, std::vector<std::string>& values, const std::string& metavar,
              const std::string& help);
  // At least 1. Where `value` is 0 before, the help names no default.
  void number(const std::string& names, uint64_t& value, const std::string& metavar, const std::string& help);
  void choice(const std::string& names, std::string& value, const std::vector<std::string>& choices,
              const std::string& help);
  void choices(const std::string& names, std::vector<std::string>& values, const std::vector<std::string>& choices,
               const std::string& help);
  void flag(const std::string& names, bool& value, const std::string& help);
  void action(Action action);

 private:
  std::shared_ptr<Parser> parser_;
};

// Parses a command line against what `declare` adds to the root, and runs the action it selects. Wrong use: a message,
// and 2.
int run_command_line(int argc, char** argv, const std::function<void(Command&)>& declare);

}  // namespace perdita::cli
