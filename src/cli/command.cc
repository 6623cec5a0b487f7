// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>

#include "cli/version.h"

namespace perdita::cli {

struct Command::Parser {
  CLI::App* app;
  std::shared_ptr<Action> chosen;  // of the whole command line
};

Command Command::add(const std::string& name, const std::string& summary, const std::string& teach) {
  CLI::App* app = parser_->app->add_subcommand(name, summary);
  app->footer(teach);
  app->fallthrough();  // --json and the like stand anywhere
  if (parser_->app->get_require_subcommand_min() == 0) parser_->app->require_subcommand(1);
  return Command(std::make_shared<Parser>(Parser{app, parser_->chosen}));
}

void Command::positional(const std::string& name, std::string& value, const std::string& help, bool required) {
  parser_->app->add_option(name, value, help)->required(required)->type_name("");
}

void Command::positionals(const std::string& name, std::vector<std::string>& values, const std::string& help,
                          bool required) {
  parser_->app->add_option(name, values, help)->required(required)->type_name("");
}

void Command::option(const std::string& names, std::string& value, const std::string& metavar, const std::string& help,
                     bool required) {
  auto* option = parser_->app->add_option(names, value, help)->required(required)->type_name(metavar);
  if (!value.empty()) option->default_str(value);
}

void Command::option(const std::string& names, std::vector<std::string>& values, const std::string& metavar,
                     const std::string& help) {
  parser_->app->add_option(names, values, help)->type_name(metavar)->allow_extra_args(false);
}

void Command::number(const std::string& names, uint64_t& value, const std::string& metavar, const std::string& help) {
  auto* option = parser_->app->add_option(names, value, help)->check(CLI::PositiveNumber)->type_name(metavar);
  if (value != 0) option->default_str(std::to_string(value));
}

namespace {

std::string listed(const std::vector<std::string>& choices) {
  std::string text;
  for (const std::string& choice : choices) text += (text.empty() ? "" : "|") + choice;
  return text;
}

CLI::Validator one_of(const std::vector<std::string>& choices) {
  auto check = [choices](const std::string& text) {
    bool found = std::find(choices.begin(), choices.end(), text) != choices.end();
    return found ? std::string() : fmt::format("'{}' is none of {}", text, listed(choices));
  };
  return {check, ""};
}

}  // namespace

void Command::choice(const std::string& names, std::string& value, const std::vector<std::string>& choices,
                     const std::string& help) {
  auto* option = parser_->app->add_option(names, value, help)->type_name(listed(choices))->check(one_of(choices));
  if (!value.empty()) option->default_str(value);
}

void Command::choices(const std::string& names, std::vector<std::string>& values,
                      const std::vector<std::string>& choices, const std::string& help) {
  auto* option = parser_->app->add_option(names, values, help)->type_name(listed(choices));
  option->check(one_of(choices))->allow_extra_args(false);
}

void Command::flag(const std::string& names, bool& value, const std::string& help) {
  parser_->app->add_flag(names, value, help);
}

void Command::action(Action action) {
  parser_->app->callback([chosen = parser_->chosen, action = std::move(action)] { *chosen = action; });
}

int run_command_line(int argc, char** argv, const std::function<void(Command&)>& declare) {
  CLI::App app("eBPF for microcontrollers: build a program, have it verified, sign it, deliver it.", "perdita");
  app.footer(
      "A program's way:\n"
      "  perdita platform build demo.platform.h -o demo.platform\n"
      "  perdita build counter.bpf.c -o counter.o\n"
      "  perdita verify counter.o --platform demo.platform\n"
      "  perdita seal counter.o --platform demo.platform --key demo.key -o counter.package\n"
      "  perdita deploy counter.package --to coap://192.0.2.7\n"
      "\n"
      "'perdita COMMAND --help' teaches each command. Exit codes: 0 done, 1 the answer is no, 2 wrong use or input\n"
      "that cannot be read, 3 the other side cannot be reached.");
  Terminal terminal;
  std::string color = "auto";
  auto chosen = std::make_shared<Action>();
  Command root(std::make_shared<Command::Parser>(Command::Parser{&app, chosen}));
  root.flag("--json", terminal.json, "One JSON document on standard output");
  root.flag("--quiet", terminal.quiet, "No messages, only results and errors");
  root.choice("--color", color, {"auto", "always", "never"}, "Color in the output");
  app.set_version_flag("--version", std::string("perdita ") + std::string(kVersion), "Print the version");
  declare(root);
  app.require_subcommand(1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    int code = app.exit(error);  // prints help and version to standard output, mistakes to standard error
    for (const std::string& word : app.remaining(true)) fmt::print(stderr, "Not understood: {}\n", word);
    return code == 0 ? kDone : kWrongUse;
  }
  terminal.color = color == "always" ? Color::always : color == "never" ? Color::never : Color::automatic;
  if (!*chosen) return kWrongUse;
  int code = (*chosen)(terminal);
  // A result that did not arrive whole is no result: a full disk behind a redirection, say.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    fmt::print(stderr, "perdita: the result could not be written to standard output\n");
    return code == kDone ? kNo : code;
  }
  return code;
}

}  // namespace perdita::cli
