// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/dump_jited.h"
#include "cli/inputs.h"
#include "compiler/compile.h"
#include "isa/facts_text.h"
#include "object/dump.h"

namespace perdita::cli {
namespace {

struct Arguments {
  std::string file, platform, prog;
  bool source = false, facts = false;
};

// A platform only where an object might need one to load; without any, objects that need none still load.
std::shared_ptr<const platform::Platform> platform_if_any(const std::string& option) {
  auto platform = find_platform(option);
  return platform ? *platform : nullptr;
}

// What the claim says of each instruction, by program and instruction.
Result<std::vector<std::vector<std::string>>> notes_of(const Input& input, const object::Module& module) {
  auto image = input.kind == Kind::package ? image_in(input) : Result<pipeline::Blob>(input.bytes);
  if (!image) return image.error();
  auto facts = input.kind == Kind::object ? std::vector<pipeline::Blob>() : compiler::facts_in(*image);
  if (!facts) return facts.error();
  if (facts->empty()) {
    Diagnostic diagnostic;
    diagnostic.code = "facts-none";
    diagnostic.outcome = Outcome::unusable_input;
    diagnostic.message = "there are no facts in it";
    diagnostic.place.file = input.path.string();
    diagnostic.need = "an image or a package with a verifier's claim";
    diagnostic.hint = "`perdita compile` verifies an object and writes what was proved";
    return diagnostic;
  }
  std::vector<std::vector<std::string>> notes;
  for (size_t i = 0; i < facts->size(); i++) {
    const std::vector<isa::Insn>& code = module.progs[i].code;
    auto& of_prog = notes.emplace_back(code.size());
    isa::FactReader reader({(*facts)[i].data(), (*facts)[i].size()});
    for (size_t pc = 0; pc < code.size(); pc++) {
      of_prog[pc] = isa::facts_text(code[pc], reader.next(code[pc]));
      if (code[pc].opcode == isa::kLddw) pc++;
    }
  }
  return notes;
}

int dump_xlated(Terminal& terminal, const Arguments& arguments) {
  auto input = read_input(arguments.file);
  if (!input) return terminal.fail(input.error());
  if (!arguments.platform.empty()) {
    auto named = find_platform(arguments.platform);
    if (!named) return terminal.fail(named.error());
  }
  auto platform = platform_if_any(arguments.platform);
  auto module = read_module(*input, platform.get());
  if (!module) return terminal.fail(module.error());
  std::vector<std::vector<std::string>> notes(module->progs.size());
  if (arguments.facts) {
    auto found = notes_of(*input, *module);
    if (!found) return terminal.fail(found.error());
    notes = *found;
  }
  nlohmann::ordered_json document = nlohmann::ordered_json::array();
  for (size_t i = 0; i < module->progs.size(); i++) {
    const object::Prog& prog = module->progs[i];
    if (!arguments.prog.empty() && prog.name != arguments.prog) continue;
    std::string text = object::dump_instructions(*module, prog, arguments.source, {notes[i], {}, {}});
    document.push_back(
        {{"name", prog.name}, {"section", prog.section}, {"instructions", prog.code.size()}, {"text", text}});
    terminal.result(text);
  }
  if (document.empty()) {
    Diagnostic diagnostic;
    diagnostic.code = "prog-unknown";
    diagnostic.outcome = Outcome::unusable_input;
    diagnostic.message = fmt::format("no program '{}' in it", arguments.prog);
    diagnostic.place.file = arguments.file;
    for (const auto& prog : module->progs) diagnostic.have += (diagnostic.have.empty() ? "" : ", ") + prog.name;
    return terminal.fail(diagnostic);
  }
  if (terminal.json) terminal.document(document);
  return kDone;
}

}  // namespace

void add_dump(Command& root) {
  Command dump =
      root.add("dump", "Print a program's instructions",
               "  perdita dump xlated counter.o --source\n  perdita dump xlated counter.package --prog count");
  auto arguments = std::make_shared<Arguments>();
  Command xlated = dump.add("xlated", "Bytecode, as the verifier and the board see it",
                            "Of an object, an image or a package. Source lines are known of objects only.\n"
                            "\n"
                            "  perdita dump xlated counter.o --source");
  xlated.positional("FILE", arguments->file, "An object, an image or a package");
  xlated.flag("--source", arguments->source, "Print each source line before its instructions");
  xlated.flag("--facts", arguments->facts, "Beside each instruction, what its proof says: of an image or a package");
  xlated.option("--prog", arguments->prog, "NAME", "Only this program");
  xlated.option("--platform", arguments->platform, "FILE", "The platform, where relocations need one");
  xlated.action([arguments](Terminal& terminal) { return dump_xlated(terminal, *arguments); });

  add_dump_jited(dump);
}

}  // namespace perdita::cli
