// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/emulated_board.h"
#include "cli/host_board.h"
#include "cli/inputs.h"
#include "cli/target.h"
#include "cli/verdict_text.h"
#include "pipeline/file.h"
#include "pipeline/pipeline.h"

namespace perdita::cli {
namespace {

constexpr const char* kPackageName = "run";
constexpr const char* kHost = "host";

struct Arguments {
  std::string file, platform, prog, hook, context, packet;
  std::string engine = "interpreter", target = kHost;
  uint64_t repeat = 1;
};

Diagnostic unusable(std::string code, std::string message, const std::string& file, std::string need) {
  Diagnostic diagnostic;
  diagnostic.code = std::move(code);
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.message = std::move(message);
  diagnostic.place.file = file;
  diagnostic.need = std::move(need);
  return diagnostic;
}

// A hook's context structure with its packet, 8-aligned; the structure's pointers are filled in.
class Context {
 public:
  static Result<Context> make(const perdita_hook& hook, const Arguments& arguments) {
    Context context;
    auto bytes = read_optional(arguments.context);
    if (!bytes) return bytes.error();
    if (bytes->size() > hook.context_size) {
      return unusable(
          "run-context", fmt::format("the context has {} bytes", bytes->size()), arguments.context,
          fmt::format("at most the {} of the hook {}; the rest becomes zero", hook.context_size, hook.name));
    }
    auto packet = read_optional(arguments.packet);
    if (!packet) return packet.error();
    if (packet->size() > hook.packet_max_bytes) {
      return unusable("run-packet", fmt::format("the packet has {} bytes", packet->size()), arguments.packet,
                      hook.packet_max_bytes == 0 ? fmt::format("none: the hook {} has no packets", hook.name)
                                                 : fmt::format("at most {}", hook.packet_max_bytes));
    }
    context.structure_ = words(*bytes, hook.context_size);
    context.packet_ = words(*packet, packet->size());
    context.original_ = context.structure_;
    context.original_packet_ = context.packet_;
    context.packet_bytes_ = packet->size();
    context.hook_ = &hook;
    return context;
  }

  // Fresh for each invocation: a program may have written to it.
  void* reset() {
    structure_ = original_;
    packet_ = original_packet_;
    auto data = static_cast<uint64_t>(reinterpret_cast<uintptr_t>(packet_.data()));
    for (size_t i = 0; i < hook_->field_count; i++) {
      const perdita_field& field = hook_->fields[i];
      uint64_t address = field.kind == PERDITA_FIELD_DATA ? data : data + packet_bytes_;
      auto* slot = reinterpret_cast<uint8_t*>(structure_.data()) + field.offset;
      if (field.kind != PERDITA_FIELD_SCALAR) std::memcpy(slot, &address, sizeof address);
    }
    return structure_.data();
  }

  static Result<pipeline::Blob> read_optional(const std::string& file) {
    return file.empty() ? Result<pipeline::Blob>(pipeline::Blob()) : pipeline::read_file(file);
  }

 private:
  static std::vector<uint64_t> words(const pipeline::Blob& bytes, size_t size) {
    std::vector<uint64_t> out(size / sizeof(uint64_t) + 1);
    if (!bytes.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
    return out;
  }

  std::vector<uint64_t> structure_, packet_, original_, original_packet_;
  size_t packet_bytes_ = 0;
  const perdita_hook* hook_ = nullptr;
};

// The program to run: the one that is named, or the only one.
Result<const object::Prog*> choose(const object::Module& module, const Arguments& arguments) {
  std::string have;
  for (const auto& prog : module.progs) {
    if (prog.name == arguments.prog || (arguments.prog.empty() && module.progs.size() == 1)) return &prog;
    have += (have.empty() ? "" : ", ") + prog.name;
  }
  Diagnostic diagnostic = unusable(
      "prog-unknown",
      arguments.prog.empty() ? "it holds several programs" : fmt::format("no program '{}' in it", arguments.prog),
      arguments.file, "--prog NAME");
  diagnostic.have = have;
  return diagnostic;
}

void add_source(Diagnostic& diagnostic, const object::Prog& prog) {
  if (!diagnostic.place.instruction) return;
  for (const auto& line : prog.lines) {
    if (line.instruction > *diagnostic.place.instruction) break;
    diagnostic.place.file = line.file;
    diagnostic.place.line = line.line;
    diagnostic.place.column = line.column;
    diagnostic.place.source = line.text;
  }
}

struct Ran {
  Invoked last;
  std::string output;
  std::optional<uint64_t> machine_instructions = {};  // of the last invocation, under emulation
};

class Running {
 public:
  Running(const object::Module& module, const object::Prog& prog, std::shared_ptr<const platform::Platform> platform,
          const perdita_hook& hook, const Arguments& arguments)
      : module_(module), prog_(prog), platform_(std::move(platform)), hook_(hook), arguments_(arguments) {}

  // On a board of its own: with the proof, or guarded without one.
  Result<Ran> run(const compiler::SigningKey& key, const pipeline::Blob& package, bool guarded) {
    auto board = HostBoard::start(platform_, key.public_key(), guarded);
    if (!board) return board.error();
    auto taken = (*board)->deliver(package);
    if (!taken) return taken.error();
    auto context = Context::make(hook_, arguments_);
    if (!context) return context.error();
    Ran ran;
    for (uint64_t i = 0; i < arguments_.repeat; i++) {
      auto invoked = (*board)->invoke(kPackageName, prog_.name, context->reset());
      if (!invoked) {
        Diagnostic fault = invoked.error();
        add_source(fault, prog_);
        return fault;
      }
      ran.last = *invoked;
    }
    ran.output = (*board)->output();
    return ran;
  }

  // On an emulated board.
  Result<Ran> run_emulated(const compiler::SigningKey& key, const pipeline::Blob& package) {
    // What is wrong with context and packet is said as for a run here.
    auto context = Context::make(hook_, arguments_);
    if (!context) return context.error();
    auto bytes = Context::read_optional(arguments_.context);
    if (!bytes) return bytes.error();
    auto packet = Context::read_optional(arguments_.packet);
    if (!packet) return packet.error();
    const perdita_engine engine = arguments_.engine == "native"        ? PERDITA_ENGINE_NATIVE
                                  : arguments_.engine == "interpreter" ? PERDITA_ENGINE_INTERPRETER
                                                                       : PERDITA_ENGINE_GUARDED;
    auto done =
        cli::run_emulated({arguments_.target, engine, kPackageName, prog_.name, *bytes, *packet, arguments_.repeat},
                          module_, *platform_, key.public_key(), package);
    if (!done) {
      Diagnostic fault = done.error();
      add_source(fault, prog_);
      return fault;
    }
    return Ran{{done->result, 0, done->stack_bytes, done->code_bytes}, done->output, done->machine_instructions};
  }

 private:
  const object::Module& module_;
  const object::Prog& prog_;
  std::shared_ptr<const platform::Platform> platform_;
  const perdita_hook& hook_;
  const Arguments& arguments_;
};

Result<compiler::SealOptions> options_for_here() {
  compiler::SealOptions options;
  options.name = kPackageName;
  options.attach = false;
  auto addressee = pipeline::parse_addressee(pipeline::kDemoVendor, pipeline::kDemoClass, "");
  if (!addressee) return addressee.error();
  options.addressee = *addressee;
  return options;
}

int run(Terminal& terminal, const Arguments& arguments) {
  const bool emulated = arguments.target != kHost;
  if (arguments.engine == "native" && !emulated) {
    return terminal.fail(not_there_yet("machine code for this machine", "--target armv7m: an emulated board runs it"));
  }
  if (emulated) {
    auto known = check_emulated_target(arguments.target);
    if (!known) return terminal.fail(known.error());
  }
  auto input = read_input(arguments.file);
  if (!input) return terminal.fail(input.error());
  auto platform = find_platform(arguments.platform);
  if (!platform) return terminal.fail(platform.error());
  auto module = read_module(*input, platform->get());
  if (!module) return terminal.fail(module.error());
  auto prog = choose(*module, arguments);
  if (!prog) return terminal.fail(prog.error());
  const perdita_hook* hook =
      arguments.hook.empty() ? (*platform)->hook_for_section((*prog)->section) : (*platform)->hook(arguments.hook);
  if (hook == nullptr) {
    return terminal.fail(unusable("run-hook",
                                  fmt::format("the platform has no hook for the section '{}'", (*prog)->section),
                                  arguments.file, "--hook NAME"));
  }
  auto key = compiler::SigningKey::generate("run", PERDITA_ROLE_AUTHOR | PERDITA_ROLE_VERIFIER);
  if (!key) return terminal.fail(key.error());
  auto options = options_for_here();
  if (!options) return terminal.fail(options.error());

  Running running(*module, **prog, *platform, *hook, arguments);
  auto unclaimed = pipeline::seal_unclaimed(*module, **platform, arguments.hook, *options, *key);
  if (!unclaimed) return terminal.fail(unclaimed.error());
  bool guarded = arguments.engine == "guarded";
  pipeline::Verified verified;
  if (!guarded) {
    pipeline::VerifyRequest request;
    request.options.hook = arguments.hook;
    request.seal = pipeline::SealRequest{&*key, *options};
    terminal.progress("verifying …");
    auto answer = pipeline::verify(*module, **platform, request);
    if (!answer) return terminal.fail(answer.error());
    if (!answer->verdict.accepted) {
      terminal.message("only the guarded engine runs what is not proved: --engine guarded");
      return show_rejection(terminal, arguments.file, *answer, **platform);
    }
    verified = std::move(*answer);
  }
  terminal.progress("running …");
  // The guarded engine counts; tests hold what it does otherwise to the interpreter.
  auto counted = running.run(*key, *unclaimed, true);
  if (!counted) return terminal.fail(counted.error());
  auto ran = emulated  ? running.run_emulated(*key, guarded ? *unclaimed : verified.package)
             : guarded ? counted
                       : running.run(*key, verified.package, false);
  if (!ran) return terminal.fail(ran.error());
  terminal.progress("");
  nlohmann::json machine = ran->machine_instructions ? nlohmann::json(*ran->machine_instructions) : nlohmann::json();
  if (terminal.json) {
    terminal.document({{"result", ran->last.result},
                       {"engine", arguments.engine},
                       {"target", arguments.target},
                       {"bpf_instructions", counted->last.instructions},
                       {"machine_instructions", machine},
                       {"code_bytes", ran->last.code_bytes},
                       {"stack_bytes", ran->last.stack_bytes},
                       {"output", ran->output}});
  }
  std::string took = fmt::format("{} instructions", counted->last.instructions);
  if (ran->machine_instructions) {
    took += fmt::format(", {} of {}", *ran->machine_instructions, arguments.target);
  }
  terminal.result(
      fmt::format("{}{}: {} ({}, {})\n", ran->output, (*prog)->name, ran->last.result, took, arguments.engine));
  return kDone;
}

}  // namespace

void add_run(Command& root) {
  Command command = root.add("run", "Run a program on this machine, or on an emulated board",
                             "Installs the program in a runtime as boards have it and fires it once, or --repeat "
                             "times. The platform's functions\n"
                             "are simulated: they answer with the number nearest to zero that their contract allows. "
                             "Clock and random numbers\n"
                             "are the same in every run. With --target armv7m, rv32imc or xtensa a board under "
                             "emulation does it, and\n"
                             "counts its machine instructions exactly; native code runs nowhere else.\n"
                             "\n"
                             "  perdita run counter.o --platform demo.platform --ctx sample.bin --json\n"
                             "  perdita run counter.o --platform demo.platform --engine native --target armv7m --json\n"
                             "  perdita run filter.o --platform demo.platform --packet udp.bin --engine guarded");
  auto arguments = std::make_shared<Arguments>();
  command.positional("FILE", arguments->file, "An object, an image or a package");
  command.option("--platform", arguments->platform, "FILE", "The platform, or a folder with one");
  command.option("--prog", arguments->prog, "NAME", "The program, where there are several");
  command.option("--hook", arguments->hook, "NAME", "Run for this hook instead of the one that the section names");
  command.option("--ctx", arguments->context, "FILE", "The bytes of the context structure; zeros where it is shorter");
  command.option("--packet", arguments->packet, "FILE", "The packet that the context points to");
  command.choice("--engine", arguments->engine, {"guarded", "interpreter", "native"}, "What runs it");
  command.option("--target", arguments->target, "T", "The machine: host, or whose board is emulated");
  command.number("--repeat", arguments->repeat, "N", "How often; state in maps stays between");
  command.action([arguments](Terminal& terminal) { return run(terminal, *arguments); });
}

}  // namespace perdita::cli
