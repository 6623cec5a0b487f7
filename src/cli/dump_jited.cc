// SPDX-License-Identifier: Apache-2.0
#include "cli/dump_jited.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/disassemble.h"
#include "cli/inputs.h"
#include "cli/target.h"
#include "cli/verdict_text.h"
#include "compiler/compile.h"
#include "compiler/native_code.h"
#include "object/dump.h"
#include "pipeline/pipeline.h"
#include "wire/image.h"

namespace perdita::cli {
namespace {

struct Arguments {
  std::string file, platform, prog;
  std::string target = "armv7m";
  bool source = false;
};

using Json = nlohmann::ordered_json;

std::string lines_of(const std::vector<MachineInstruction>& code, size_t first, size_t end) {
  std::string out;
  for (size_t i = first; i < end; i++) out += fmt::format("           {:5x}: {}\n", code[i].offset, code[i].text);
  return out;
}

size_t index_at(const std::vector<MachineInstruction>& code, uint32_t offset) {
  return static_cast<size_t>(std::ranges::lower_bound(code, offset, {}, &MachineInstruction::offset) - code.begin());
}

bool is_data(const MachineInstruction& one) { return one.text.starts_with('.'); }

// Where a subprogram's prologue begins: as many instructions before its first one's code as its costs say beyond that;
// of the first one at the beginning, with what stands before the code.
size_t prologue_of(const std::vector<MachineInstruction>& code, const compiler::NativeCode& native, uint32_t first,
                   size_t body, size_t body_end) {
  if (first == 0) return 0;
  const auto at = [&code](size_t index) { return code.begin() + static_cast<ptrdiff_t>(index); };
  const auto data = static_cast<size_t>(std::count_if(at(body), at(body_end), is_data));
  const size_t instructions = native.costs[first];
  const size_t in_body = body_end - body - data;
  return body - std::min(body, instructions > in_body ? instructions - in_body : size_t{0});
}

// What stands before and behind each instruction of bytecode.
object::Margin margin_of(const object::Prog& prog, const compiler::NativeCode& native,
                         const std::vector<MachineInstruction>& code) {
  object::Margin margin;
  margin.before.resize(prog.code.size());
  margin.behind.resize(prog.code.size());
  std::vector<size_t> prologues;  // by subprogram, and the end
  for (const auto& subprogram : prog.subprograms) {
    const uint32_t first = subprogram.first;
    const uint32_t next = first + (prog.code[first].opcode == isa::kLddw ? 2 : 1);
    const size_t body = index_at(code, native.starts[first]);
    prologues.push_back(prologue_of(code, native, first, body, index_at(code, native.starts[next])));
    margin.before[first] = lines_of(code, prologues.back(), body);
  }
  prologues.push_back(code.size());
  size_t subprogram = 0;
  for (uint32_t pc = 0; pc < prog.code.size(); pc++) {
    while (subprogram + 1 < prog.subprograms.size() && prog.subprograms[subprogram + 1].first <= pc) subprogram++;
    const uint32_t next = pc + (prog.code[pc].opcode == isa::kLddw ? 2 : 1);
    // Behind a subprogram's last instruction stands the next one's prologue.
    const size_t end = std::min(index_at(code, native.starts[next]), prologues[subprogram + 1]);
    margin.behind[pc] = lines_of(code, index_at(code, native.starts[pc]), end);
    pc = next - 1;
  }
  return margin;
}

Diagnostic no_such_prog(const Arguments& arguments) {
  Diagnostic diagnostic;
  diagnostic.code = "prog-unknown";
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.message = fmt::format("no program '{}' in it", arguments.prog);
  diagnostic.place.file = arguments.file;
  return diagnostic;
}

int show(Terminal& terminal, const Json& document, const Arguments& arguments) {
  if (document.empty()) return terminal.fail(no_such_prog(arguments));
  for (const auto& prog : document) terminal.result(prog.at("text").get<std::string>());
  if (terminal.json) terminal.document(document);
  return kDone;
}

// Machine code alone: what it came from is not in it.
int dump_native(Terminal& terminal, const Arguments& arguments, const wire::ImageView& image) {
  const std::string target(image.target.data(), image.target.size());
  Json document = Json::array();
  wire::ItemCursor cursor = image.progs;
  wire::ProgView view{};
  while (wire::next(cursor, image, view)) {
    const std::string name(view.name.data(), view.name.size());
    if (!arguments.prog.empty() && name != arguments.prog) continue;
    auto code = disassemble(target, view.native);
    if (!code) return terminal.fail(code.error());
    document.push_back({{"name", name},
                        {"target", target},
                        {"code_bytes", view.native.size()},
                        {"text", name + ":\n" + lines_of(*code, 0, code->size())}});
  }
  return show(terminal, document, arguments);
}

// An object is verified first: what its proof says is part of what code is made of.
Result<pipeline::Blob> bytecode_of(const Input& input, const object::Module& module, const platform::Platform* platform,
                                   std::optional<pipeline::Verified>& rejected) {
  if (input.kind == Kind::package) return image_in(input);
  if (input.kind == Kind::image) return input.bytes;
  pipeline::VerifyRequest request;
  request.image = true;
  auto verified = pipeline::verify(module, *platform, request);
  if (!verified) return verified.error();
  if (!verified->verdict.accepted) {
    rejected = std::move(*verified);
    return pipeline::Blob();
  }
  return verified->image;
}

int dump_jited(Terminal& terminal, const Arguments& arguments) {
  auto input = read_input(arguments.file);
  if (!input) return terminal.fail(input.error());
  auto held = input->kind == Kind::package ? image_in(*input) : Result<pipeline::Blob>(input->bytes);
  if (!held) return terminal.fail(held.error());
  wire::ImageView image;
  if (wire::read_image({held->data(), held->size()}, image) == Status::ok && image.is_native) {
    return dump_native(terminal, arguments, image);
  }
  const jit::Target* const target = jit::find_target({arguments.target.data(), arguments.target.size()});
  auto known = check_code_target(arguments.target);
  if (!known) return terminal.fail(known.error());
  if (target == nullptr) {
    return terminal.fail(not_there_yet("machine code of " + arguments.target, "perdita dump xlated prints bytecode"));
  }
  std::shared_ptr<const platform::Platform> platform;
  if (input->kind == Kind::object) {
    auto found = find_platform(arguments.platform);
    if (!found) return terminal.fail(found.error());
    platform = *found;
  }
  auto module = read_module(*input, platform.get());
  if (!module) return terminal.fail(module.error());
  std::optional<pipeline::Verified> rejected;
  auto bytecode = bytecode_of(*input, *module, platform.get(), rejected);
  if (!bytecode) return terminal.fail(bytecode.error());
  if (rejected) return show_rejection(terminal, arguments.file, *rejected, *platform);
  auto native = compiler::generate_all(*bytecode, *target);
  if (!native) return terminal.fail(native.error());
  Json document = Json::array();
  for (size_t i = 0; i < module->progs.size(); i++) {
    const object::Prog& prog = module->progs[i];
    if (!arguments.prog.empty() && prog.name != arguments.prog) continue;
    const compiler::NativeCode& one = native->at(i);
    auto code = disassemble(target->name, {one.code.data(), one.code.size()});
    if (!code) return terminal.fail(code.error());
    document.push_back(
        {{"name", prog.name},
         {"target", target->name},
         {"code_bytes", one.code.size()},
         {"text", object::dump_instructions(*module, prog, arguments.source, margin_of(prog, one, *code))}});
  }
  return show(terminal, document, arguments);
}

}  // namespace

void add_dump_jited(Command& dump) {
  auto arguments = std::make_shared<Arguments>();
  Command jited = dump.add(
      "jited", "Machine code, beneath the bytecode that it was made of",
      "Of an object (which is verified first), an image or a package. Offsets are bytes from the program's first. Of\n"
      "machine code that an image brings nothing else is known.\n"
      "\n"
      "  perdita dump jited counter.o --platform demo.platform --target armv7m --source");
  jited.positional("FILE", arguments->file, "An object, an image or a package");
  jited.choice("--target", arguments->target, target_names(), "Whose code");
  jited.flag("--source", arguments->source, "Print each source line before its instructions");
  jited.option("--prog", arguments->prog, "NAME", "Only this program");
  jited.option("--platform", arguments->platform, "FILE", "The platform, for an object");
  jited.action([arguments](Terminal& terminal) { return dump_jited(terminal, *arguments); });
}

}  // namespace perdita::cli
