// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/template_source.h"
#include "pipeline/file.h"

namespace perdita::cli {
namespace {

constexpr size_t kMaxProjectName = 31;  // becomes the platform's and the package's name

bool is_project_name(const std::string& name) {
  bool first =
      !name.empty() && name.size() <= kMaxProjectName && std::islower(static_cast<unsigned char>(name[0])) != 0;
  return first && std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_' || c == '-';
         });
}

std::string filled(std::string text, const std::string& name) {
  constexpr std::string_view kMark = "@NAME@";
  for (size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at + name.size())) {
    text.replace(at, kMark.size(), name);
  }
  return text;
}

Diagnostic unusable(std::string code, std::string message, const std::string& file, std::string need) {
  Diagnostic diagnostic;
  diagnostic.code = std::move(code);
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.message = std::move(message);
  diagnostic.place.file = file;
  diagnostic.need = std::move(need);
  return diagnostic;
}

int make(Terminal& terminal, const std::string& name) {
  if (!is_project_name(name)) {
    return terminal.fail(unusable("new-name", fmt::format("'{}' cannot be a program's name", name), "",
                                  "1 to 31 lower-case letters, digits, - and _, a letter first"));
  }
  std::error_code error;
  if (!std::filesystem::create_directory(name, error)) {
    return terminal.fail(unusable("new-folder",
                                  error ? "cannot make the folder: " + error.message() : "the folder is there already",
                                  name, "a name that is free here"));
  }
  const std::pair<std::string, const char*> files[] = {
      {name + ".bpf.c", kTemplateProgram}, {name + ".platform.h", kTemplatePlatform}, {"README.md", kTemplateReadme}};
  nlohmann::ordered_json document = nlohmann::ordered_json::array();
  for (const auto& [file, text] : files) {
    std::string path = name + "/" + file;
    auto written = pipeline::write_file(path, filled(text, name));
    if (!written) return terminal.fail(written.error());
    document.push_back(path);
    terminal.result(path + "\n");
  }
  if (terminal.json) terminal.document({{"files", document}});
  terminal.message(fmt::format("{}/README.md says how to go on", name));
  return kDone;
}

}  // namespace

void add_new(Command& root) {
  Command command = root.add("new", "Start a program: source, platform header, how to build it",
                             "Makes a folder with a program that builds and verifies as it is.\n"
                             "\n"
                             "  perdita new watcher && cd watcher && cat README.md");
  auto name = std::make_shared<std::string>();
  command.positional("NAME", *name, "The program's name, and the folder's");
  command.action([name](Terminal& terminal) { return make(terminal, *name); });
}

}  // namespace perdita::cli
