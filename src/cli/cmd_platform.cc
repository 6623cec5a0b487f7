// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/inputs.h"
#include "pipeline/file.h"
#include "pipeline/hex.h"
#include "platform/diff.h"
#include "platform/platform.h"

namespace perdita::cli {
namespace {

struct Arguments {
  std::string first, second, output, include;
  std::vector<std::string> programs;
  bool header = false;
};

int build(Terminal& terminal, const Arguments& arguments) {
  auto bytes = platform::build(arguments.first);
  if (!bytes) return terminal.fail(bytes.error());
  Input named{arguments.first, {}, Kind::unknown};
  std::filesystem::path stem(base_name(named.path));  // demo.platform.h -> demo.platform -> demo
  std::string output = arguments.output.empty() ? stem.stem().string() + ".platform" : arguments.output;
  auto written = pipeline::write_file(output, *bytes);
  if (!written) return terminal.fail(written.error());
  std::string digest = pipeline::sha256_hex(*bytes);
  if (terminal.json) terminal.document({{"platform", output}, {"bytes", bytes->size()}, {"digest", digest}});
  terminal.result(fmt::format("{}: {} bytes, SHA-256 {}\n", output, bytes->size(), digest));
  return kDone;
}

int table(Terminal& terminal, const Arguments& arguments) {
  auto platform = platform::load(arguments.first);
  if (!platform) return terminal.fail(platform.error());
  std::string include =
      arguments.include.empty() ? fmt::format("{}.platform.h", (*platform)->tables().name) : arguments.include;
  std::string text = arguments.header ? platform::table_header(**platform) : platform::table(**platform, include);
  if (terminal.json) terminal.document({{"source", text}});
  terminal.result(text);
  return kDone;
}

const char* word(platform::ChangeKind kind) {
  switch (kind) {
    case platform::ChangeKind::added:
      return "added";
    case platform::ChangeKind::removed:
      return "removed";
    case platform::ChangeKind::changed:
      break;
  }
  return "changed";
}

const char* word(platform::EntryKind kind) {
  switch (kind) {
    case platform::EntryKind::platform:
      return "platform";
    case platform::EntryKind::capability:
      return "capability";
    case platform::EntryKind::hook:
      return "hook";
    case platform::EntryKind::function:
      break;
  }
  return "function";
}

nlohmann::ordered_json document_of(const std::vector<platform::Change>& changes) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const auto& change : changes) {
    nlohmann::ordered_json properties = nlohmann::ordered_json::array();
    for (const auto& property : change.properties) {
      properties.push_back({{"property", property.property}, {"before", property.before}, {"after", property.after}});
    }
    list.push_back({{"entry", word(change.entry)},
                    {"name", change.name},
                    {"change", word(change.kind)},
                    {"properties", properties},
                    {"breaks", change.breaks}});
  }
  return list;
}

int diff(Terminal& terminal, const Arguments& arguments) {
  auto before = platform::load(arguments.first);
  if (!before) return terminal.fail(before.error());
  auto after = platform::load(arguments.second);
  if (!after) return terminal.fail(after.error());
  auto changes = platform::diff(**before, **after);
  std::string text = platform::render(changes);
  nlohmann::ordered_json programs = nlohmann::ordered_json::array();
  bool breaks = false;
  for (const std::string& file : arguments.programs) {
    auto input = read_input(file);
    if (!input) return terminal.fail(input.error());
    auto module = read_module(*input, before->get());
    if (!module) return terminal.fail(module.error());
    for (const auto& touched : platform::touched(changes, **before, *module)) {
      breaks = breaks || touched.change->breaks;
      programs.push_back({{"file", file},
                          {"program", touched.prog},
                          {"entry", word(touched.change->entry)},
                          {"name", touched.change->name},
                          {"breaks", touched.change->breaks}});
      text += fmt::format("{}: program {} relies on the {} {}{}\n", file, touched.prog, word(touched.change->entry),
                          touched.change->name, touched.change->breaks ? ": it must be sealed anew" : "");
    }
  }
  if (terminal.json) terminal.document({{"changes", document_of(changes)}, {"programs", programs}});
  terminal.result(text);
  if (text.empty()) terminal.message("no difference");
  return breaks ? kNo : kDone;
}

}  // namespace

void add_platform(Command& root) {
  Command platform =
      root.add("platform", "Describe a firmware to its programs",
               "A firmware's hooks and functions are described once, in a C header (docs/guide/platform.md).\n"
               "\n"
               "  perdita platform build demo.platform.h -o demo.platform\n"
               "  perdita platform table demo.platform > demo_platform.c\n"
               "  perdita platform diff old.platform new.platform counter.package");
  auto arguments = std::make_shared<Arguments>();
  Command make = platform.add("build", "Make the platform file from the header",
                              "  perdita platform build demo.platform.h -o demo.platform");
  make.positional("HEADER", arguments->first, "The firmware's header");
  make.option("-o,--output", arguments->output, "FILE", "The platform file; by default NAME.platform here");
  make.action([arguments](Terminal& terminal) { return build(terminal, *arguments); });

  Command tables = platform.add("table", "Print the firmware's tables and thunks as C",
                                "  perdita platform table demo.platform > demo_platform.c\n"
                                "  perdita platform table demo.platform --header > demo_platform.h");
  tables.positional("PLATFORM", arguments->first, "The platform file");
  tables.flag("--header", arguments->header, "The header with the hooks' numbers instead");
  tables.option("--include", arguments->include, "NAME",
                "How the tables include the firmware's header; by default NAME.platform.h");
  tables.action([arguments](Terminal& terminal) { return table(terminal, *arguments); });

  Command compare = platform.add("diff", "Say what changed between two versions, and which programs that breaks",
                                 "Exit code 1 where a program named here would be refused by the second firmware.\n"
                                 "\n"
                                 "  perdita platform diff old.platform new.platform counter.package filter.o");
  compare.positional("BEFORE", arguments->first, "The platform file of the first version");
  compare.positional("AFTER", arguments->second, "The platform file of the second");
  compare.positionals("PROGRAMS", arguments->programs, "Objects, images or packages made for the first", false);
  compare.action([arguments](Terminal& terminal) { return diff(terminal, *arguments); });
}

}  // namespace perdita::cli
