// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/delivery.h"
#include "cli/deploy.h"
#include "cli/device_address.h"
#include "cli/inputs.h"
#include "compiler/period.h"
#include "isa/status.h"

namespace perdita::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments {
  std::string address, prog, package, key_file, object, platform;
  SealArguments seal;
};

std::string fault_name(uint32_t number) {
  return number == 0 ? "" : status_name(static_cast<Status>(static_cast<uint8_t>(number)));
}

Json document_of(const deliver::Prog& prog) {
  return {{"name", prog.name},
          {"package", prog.package},
          {"hook", prog.hook},
          {"attached", prog.attached},
          {"engine", prog.engine},
          {"runs", prog.runs},
          {"misses", prog.misses},
          {"faults", prog.faults},
          {"time_ns", prog.time_ns},
          {"longest_ns", prog.longest_ns},
          {"last_result", prog.last_result},
          {"last_fault", prog.last_fault == 0 ? Json() : Json(fault_name(prog.last_fault))},
          {"last_fault_pc", prog.last_fault == 0 ? Json() : Json(prog.last_fault_pc)},
          {"bound_instructions", prog.bound_instructions},
          {"stack_bytes", prog.stack_bytes},
          {"period_us", prog.period_us == 0 ? Json() : Json(prog.period_us)},
          {"last_fault_sequence", prog.last_fault_sequence == 0 ? Json() : Json(prog.last_fault_sequence)},
          {"last_fault_address", prog.last_fault_sequence == 0 ? Json() : Json(prog.last_fault_address)}};
}

// As the program's section says it: "timer/100ms".
std::string hook_text(const deliver::Prog& prog) {
  return prog.period_us == 0 ? prog.hook : fmt::format("{}/{}", prog.hook, compiler::period_text(prog.period_us));
}

std::string line_of(const deliver::Prog& prog) {
  std::string fault;
  if (prog.last_fault != 0)
    fault = fmt::format(", last fault {} at {}", fault_name(prog.last_fault), prog.last_fault_pc);
  return fmt::format("{:<20} {:<16} {:<12} {:<9} {:<11} {} runs, {} misses, {} faults, last result {}{}\n", prog.name,
                     prog.package, hook_text(prog), prog.attached ? "attached" : "detached", prog.engine, prog.runs,
                     prog.misses, prog.faults, prog.last_result, fault);
}

int list(Terminal& terminal, const Arguments& arguments) {
  auto progs = board_at(arguments.address).progs();
  if (!progs) return terminal.fail(progs.error());
  Json document = Json::array();
  for (const auto& prog : *progs) {
    document.push_back(document_of(prog));
    terminal.result(line_of(prog));
  }
  if (terminal.json) terminal.document(document);
  if (progs->empty()) terminal.message("no programs there");
  return kDone;
}

Diagnostic not_one(const Arguments& arguments, size_t count) {
  Diagnostic diagnostic;
  diagnostic.code = count == 0 ? "prog-not-installed" : "prog-ambiguous";
  diagnostic.message = count == 0 ? fmt::format("no program '{}' is installed there", arguments.prog)
                                  : fmt::format("{} packages have a program '{}'", count, arguments.prog);
  diagnostic.hint = count == 0 ? fmt::format("perdita prog list {}", arguments.address) : "say which: PACKAGE/PROG";
  return diagnostic;
}

Diagnostic not_in_object(const Arguments& arguments, const std::string& prog) {
  Diagnostic diagnostic;
  diagnostic.code = "prog-unknown";
  diagnostic.message = fmt::format("no program '{}' in {}", prog, arguments.object);
  diagnostic.hint = "--object names the object that the installed package was made from";
  return diagnostic;
}

Result<deliver::Prog> find(const deliver::Board& board, const Arguments& arguments) {
  auto progs = board.progs();
  if (!progs) return progs.error();
  std::vector<deliver::Prog> found;
  for (const auto& prog : *progs) {
    if (names(arguments.prog, prog.package, prog.name)) found.push_back(prog);
  }
  if (found.size() != 1) return not_one(arguments, found.size());
  return found.front();
}

// One place of the fault: where it was, or where a call under way would have returned to.
Json place_of(uint32_t pc, bool is_return, const object::Prog* source) {
  Json place = {{"instruction", is_return && pc > 0 ? pc - 1 : pc}};
  if (source == nullptr) return place;
  for (const auto& line : source->lines) {
    if (line.instruction > place["instruction"].get<uint32_t>()) break;
    place["file"] = line.file;
    place["line"] = line.line;
    place["column"] = line.column;
    place["source"] = line.text;
  }
  return place;
}

// The places of the last fault, the instruction that faulted first, then the calls that led to it.
Json places_of(const deliver::Prog& prog, const object::Prog* source) {
  Json places = Json::array();
  if (prog.last_fault_sequence == 0) return places;
  places.push_back(place_of(prog.last_fault_pc, false, source));
  for (const uint32_t pc : prog.last_fault_return_pcs) places.push_back(place_of(pc, true, source));
  return places;
}

std::string text_of(const Json& place) {
  const std::string instruction = fmt::format("instruction {}", place["instruction"].get<uint32_t>());
  if (!place.contains("file")) return instruction;
  return fmt::format("{}:{}:{} ({}): {}", place["file"].get<std::string>(), place["line"].get<uint32_t>(),
                     place["column"].get<uint32_t>(), instruction, place["source"].get<std::string>());
}

Result<object::Module> read_source(const Arguments& arguments) {
  auto input = read_input(arguments.object);
  if (!input) return input.error();
  if (input->kind != Kind::object) return wrong_kind(*input, "an object");
  auto platform = find_platform(arguments.platform);
  return read_module(*input, platform ? platform->get() : nullptr);
}

int show(Terminal& terminal, const Arguments& arguments) {
  auto prog = find(board_at(arguments.address), arguments);
  if (!prog) return terminal.fail(prog.error());
  object::Module module;
  const object::Prog* source = nullptr;
  if (!arguments.object.empty()) {
    auto read = read_source(arguments);
    if (!read) return terminal.fail(read.error());
    module = std::move(*read);
    for (const auto& candidate : module.progs) {
      if (candidate.name == prog->name) source = &candidate;
    }
    if (source == nullptr) return terminal.fail(not_in_object(arguments, prog->name));
  }
  Json document = document_of(*prog);
  const Json places = places_of(*prog, source);
  document["last_fault_places"] = places;
  if (terminal.json) terminal.document(document);
  document.erase("last_fault_places");
  for (const auto& [name, value] : document.items()) {
    terminal.result(fmt::format("{:<20} {}\n", name, value.is_string() ? value.get<std::string>() : value.dump()));
  }
  for (size_t i = 0; i < places.size(); i++) {
    terminal.result(fmt::format("{:<20} {}\n", i == 0 ? "faulted at" : "  called from", text_of(places[i])));
  }
  return kDone;
}

// Seals an order for a package and sends it. An empty program: all of the package's.
int order(Terminal& terminal, const Arguments& arguments, compiler::Order order, const std::string& package,
          const std::string& prog, const std::string& did) {
  auto key = compiler::SigningKey::load(arguments.key_file);
  if (!key) return terminal.fail(key.error());
  deliver::Board board = board_at(arguments.address);
  auto sequence =
      arguments.seal.sequence != 0 ? Result<uint64_t>(arguments.seal.sequence) : next_sequence(board, package);
  if (!sequence) return terminal.fail(sequence.error());
  auto options = seal_options(arguments.seal, package, *sequence);
  if (!options) return terminal.fail(options.error());
  auto sealed = compiler::seal_order(order, prog, *options, *key);
  if (!sealed) return terminal.fail(sealed.error());
  return deliver_and_show(terminal, board, arguments.address, *sealed, did);
}

int attach_or_detach(Terminal& terminal, const Arguments& arguments, compiler::Order wanted, const std::string& did) {
  auto prog = find(board_at(arguments.address), arguments);
  if (!prog) return terminal.fail(prog.error());
  return order(terminal, arguments, wanted, prog->package, prog->name, fmt::format("{} {} of", did, prog->name));
}

void add_order_arguments(Command& command, Arguments& arguments) {
  command.option("--key", arguments.key_file, "FILE", "The author's key: the order is signed and sent as a package",
                 true);
  command.number("--sequence", arguments.seal.sequence, "N",
                 "The order's sequence number; by default one above the board's last");
  add_addressee(command, arguments.seal);
}

void add_prog_arguments(Command& command, Arguments& arguments) {
  add_device_argument(command, arguments.address);
  command.positional("PROG", arguments.prog, "The program: PROG, or PACKAGE/PROG where several packages have one");
}

}  // namespace

void add_prog(Command& root) {
  Command prog = root.add(
      "prog", "The programs on a board",
      "Looking costs nothing; what changes state is signed with --key and sent as a package.\n"
      "\n"
      "  perdita prog list coap://192.0.2.7\n"
      "  perdita prog detach coap://192.0.2.7 count --key demo.key\n"
      "  perdita prog replace coap://192.0.2.7 counter_v2.o --name counter --key demo.key --platform demo.platform");
  auto arguments = std::make_shared<Arguments>();
  Command list_progs = prog.add("list", "List them with their counters", "  perdita prog list coap://192.0.2.7 --json");
  add_device_argument(list_progs, arguments->address);
  list_progs.action([arguments](Terminal& terminal) { return list(terminal, *arguments); });

  Command show_prog =
      prog.add("show", "Everything the board says of one", "  perdita prog show coap://192.0.2.7 count");
  add_prog_arguments(show_prog, *arguments);
  show_prog.option("--object", arguments->object, "FILE",
                   "The object it was made from: the last fault is shown with source lines");
  show_prog.option("--platform", arguments->platform, "FILE", "The platform, where the object's relocations need it");
  show_prog.action([arguments](Terminal& terminal) { return show(terminal, *arguments); });

  Command attach =
      prog.add("attach", "Attach one to its hook", "  perdita prog attach coap://192.0.2.7 count --key demo.key");
  add_prog_arguments(attach, *arguments);
  add_order_arguments(attach, *arguments);
  attach.action([arguments](Terminal& terminal) {
    return attach_or_detach(terminal, *arguments, compiler::Order::attach, "attached");
  });

  Command detach = prog.add("detach", "Detach one from its hook; its maps stay",
                            "  perdita prog detach coap://192.0.2.7 count --key demo.key");
  add_prog_arguments(detach, *arguments);
  add_order_arguments(detach, *arguments);
  detach.action([arguments](Terminal& terminal) {
    return attach_or_detach(terminal, *arguments, compiler::Order::detach, "detached");
  });

  Command remove = prog.add("remove", "Remove a package with all its programs and maps",
                            "  perdita prog remove coap://192.0.2.7 counter --key demo.key");
  add_device_argument(remove, arguments->address);
  remove.positional("PACKAGE", arguments->package, "The package");
  add_order_arguments(remove, *arguments);
  remove.action([arguments](Terminal& terminal) {
    return order(terminal, *arguments, compiler::Order::remove, arguments->package, "", "removed");
  });

  auto replacing = std::make_shared<DeployArguments>();
  replacing->must_replace = true;
  Command replace = prog.add(
      "replace", "Put a new version in a package's place, while its hooks keep firing",
      "Maps of the same name and definition keep their contents, also where machine code replaces bytecode "
      "(--target).\n"
      "\n"
      "  perdita prog replace coap://192.0.2.7 counter_v2.o --name counter --key demo.key --platform demo.platform");
  add_device_argument(replace, replacing->address);
  replace.positional("FILE", replacing->file, "An object, an image or a package");
  add_deploy_arguments(replace, *replacing);
  replace.action([replacing](Terminal& terminal) { return deploy(terminal, *replacing); });
}

}  // namespace perdita::cli
