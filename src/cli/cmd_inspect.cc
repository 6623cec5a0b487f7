// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/inputs.h"
#include "compiler/compile.h"
#include "compiler/key.h"
#include "compiler/period.h"
#include "object/dump.h"
#include "perdita/perdita.h"
#include "pipeline/hex.h"
#include "wire/image.h"
#include "wire/package.h"

namespace perdita::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments {
  std::string file, platform;
};

// What a file holds, as a document and as text.
struct Description {
  Json document;
  std::string text;
};

std::string text_of(Text text) { return {text.data(), text.size()}; }
std::string hex_of(Bytes bytes) { return pipeline::to_hex(bytes.data(), bytes.size()); }
Bytes view_of(const pipeline::Blob& bytes) { return {bytes.data(), bytes.size()}; }

Json module_document(const object::Module& module) {
  Json progs = Json::array();
  for (const auto& prog : module.progs) {
    progs.push_back({{"name", prog.name}, {"section", prog.section}, {"instructions", prog.code.size()}});
  }
  Json maps = Json::array();
  for (const auto& map : module.maps) {
    maps.push_back({{"name", map.name},
                    {"type", static_cast<uint32_t>(map.def.type)},
                    {"key_size", map.def.key_size},
                    {"value_size", map.def.value_size},
                    {"max_entries", map.def.max_entries},
                    {"flags", map.def.flags},
                    {"pinned", map.pinned}});
    if (map.types) maps.back()["types"] = pipeline::to_hex(map.types->data(), map.types->size());
  }
  return {{"programs", progs}, {"maps", maps}, {"functions", module.functions}};
}

Result<Description> describe_object(const Input& input, const Arguments& arguments) {
  auto platform = find_platform(arguments.platform);
  if (!platform && !arguments.platform.empty()) return platform.error();
  auto module = read_module(input, platform ? platform->get() : nullptr);
  if (!module) return module.error();
  return Description{module_document(*module), object::dump_summary(*module)};
}

void add_claim(Description& out, const wire::ClaimView& claim) {
  Json capabilities = Json::array();
  wire::ItemCursor names = claim.capabilities;
  Text name;
  while (wire::next(names, name)) capabilities.push_back(text_of(name));
  Json bounds = Json::array();
  out.text += fmt::format("  claim of verifier {}: {}\n", text_of(claim.verifier), hex_of(claim.digest));
  wire::ItemCursor progs = claim.bounds;
  wire::ClaimBoundsView bound;
  while (wire::next(progs, bound)) {
    Json machine = Json::object();
    wire::ItemCursor engines = bound.machine;
    uint64_t worst_case = 0;
    out.text += fmt::format("    at most {} instructions, {} bytes of stack", bound.instructions, bound.stack_bytes);
    while (wire::next(engines, name, worst_case)) {
      machine[text_of(name)] = worst_case;
      out.text += fmt::format(", {} machine instructions ({})", worst_case, text_of(name));
    }
    out.text += "\n";
    bounds.push_back(
        {{"instructions", bound.instructions}, {"stack_bytes", bound.stack_bytes}, {"machine_instructions", machine}});
  }
  Json fact_bytes = Json::array();
  wire::ItemCursor strings = claim.facts;
  Bytes facts;
  while (wire::next(strings, facts)) {
    fact_bytes.push_back(facts.size());
    out.text += fmt::format("    {} bytes of facts for code generators\n", facts.size());
  }
  out.document["claim"] = {{"verifier", text_of(claim.verifier)},
                           {"digest", hex_of(claim.digest)},
                           {"capabilities", capabilities},
                           {"bounds", bounds},
                           {"fact_bytes", fact_bytes}};
}

// Of machine code: what it was made of, and how much of it there is.
Description describe_native(const wire::ImageView& view) {
  Description out;
  Json progs = Json::array();
  wire::ItemCursor cursor = view.progs;
  wire::ProgView prog{};
  while (wire::next(cursor, view, prog)) {
    progs.push_back(
        {{"name", text_of(prog.name)}, {"section", text_of(prog.hook)}, {"code_bytes", prog.native.size()}});
    out.text += fmt::format("  program {} on {}: {} bytes of machine code\n", text_of(prog.name), text_of(prog.hook),
                            prog.native.size());
  }
  const std::string bytecode = hex_of(view.native.bytecode);
  out.document = {{"programs", progs},
                  {"native", {{"bytecode", bytecode}, {"generator", view.native.generator}, {"abi", view.native.abi}}}};
  out.text += fmt::format("  made of bytecode image {} by generator {}, calling convention {}\n", bytecode,
                          view.native.generator, view.native.abi);
  return out;
}

Result<Description> describe_image(const pipeline::Blob& image) {
  wire::ImageView view;
  const bool native = wire::read_image(view_of(image), view) == Status::ok && view.is_native;
  auto module = native ? Result<object::Module>(object::Module()) : compiler::lift(image);
  if (!module) return module.error();
  Description out =
      native ? describe_native(view) : Description{module_document(*module), object::dump_summary(*module)};
  out.document["target"] = text_of(view.target);
  out.text += fmt::format("  target {}, {} bytes\n", text_of(view.target), image.size());
  out.document["claim"] = nullptr;
  if (view.has_claim) add_claim(out, view.claim);
  if (!view.has_claim) out.text += "  no claim\n";
  return out;
}

const char* operation_name(wire::Operation operation) {
  switch (operation) {
    case wire::Operation::attach:
      return "attach";
    case wire::Operation::detach:
      return "detach";
    case wire::Operation::map_update:
      return "map-update";
    case wire::Operation::map_delete:
      return "map-delete";
    case wire::Operation::remove:
      break;
  }
  return "remove";
}

Result<Description> describe_package(const Input& input) {
  wire::PackageView view;
  Status status = wire::read_package(view_of(input.bytes), view);
  auto image = image_in(input);
  bool is_order = status == Status::ok && view.kind == wire::PayloadKind::order;
  if (!image && !is_order) return image.error();
  Description out;
  out.document = {{"name", text_of(view.name)},
                  {"sequence", view.sequence},
                  {"bytes", input.bytes.size()},
                  {"digest", pipeline::sha256_hex(input.bytes)},
                  {"vendor", hex_of(view.vendor_id)},
                  {"class", hex_of(view.class_id)},
                  {"device", view.device_id.empty() ? Json() : Json(hex_of(view.device_id))},
                  {"attach", view.attach},
                  {"signatures", Json::array()}};
  out.text = fmt::format("  package {} number {}, {} bytes, for vendor {} class {}{}\n", text_of(view.name),
                         view.sequence, input.bytes.size(), hex_of(view.vendor_id), hex_of(view.class_id),
                         view.device_id.empty() ? "" : " device " + hex_of(view.device_id));
  for (uint32_t i = 0; i < view.signature_count; i++) {
    const wire::SignatureView& signature = view.signatures[i];
    out.document["signatures"].push_back({{"algorithm", signature.algorithm}, {"key", hex_of(signature.key_id)}});
    out.text += fmt::format("  signed by {} (not checked here)\n", hex_of(signature.key_id));
  }
  if (is_order) {
    wire::OrderView order;
    status = wire::read_order(view.payload, order);
    if (status != Status::ok) {
      Diagnostic diagnostic;
      diagnostic.code = "package-unreadable";
      diagnostic.outcome = Outcome::unusable_input;
      diagnostic.message = fmt::format("the package's order cannot be read: {}", status_text(status));
      diagnostic.place.file = input.path.string();
      return diagnostic;
    }
    std::string prog = order.prog.empty() ? "" : text_of(order.prog);
    out.document["order"] = {{"operation", operation_name(order.operation)},
                             {"program", prog.empty() ? Json() : Json(prog)}};
    if (!order.map.empty()) {
      out.document["order"]["map"] = text_of(order.map);
      out.document["order"]["key"] = hex_of(order.key);
      out.document["order"]["value"] = hex_of(order.value);
      out.document["order"]["flags"] = order.flags;
      out.text += fmt::format("  order: {} {}, key {}, value {}, flags {}\n", operation_name(order.operation),
                              text_of(order.map), hex_of(order.key), hex_of(order.value), order.flags);
      return out;
    }
    out.text +=
        fmt::format("  order: {} {}\n", operation_name(order.operation), prog.empty() ? "all its programs" : prog);
    return out;
  }
  auto inner = describe_image(*image);
  if (!inner) return inner.error();
  out.document["image"] = inner->document;
  out.text += inner->text;
  return out;
}

Result<Description> describe_key(const Input& input) {
  auto key = compiler::load_public_key(input.path);
  if (!key) return key.error();
  auto id = key->id();
  Json roles = Json::array();
  if ((key->roles & PERDITA_ROLE_AUTHOR) != 0) roles.push_back("author");
  if ((key->roles & PERDITA_ROLE_VERIFIER) != 0) roles.push_back("verifier");
  std::string id_text = pipeline::to_hex(id.data(), id.size());
  std::string public_text = pipeline::to_hex(key->bytes.data(), key->bytes.size());
  return Description{{{"name", key->name}, {"id", id_text}, {"roles", roles}, {"public", public_text}},
                     fmt::format("  {} {} {}\n  public key {}\n", key->name, id_text, roles.dump(), public_text)};
}

Result<Description> describe_platform(const Input& input) {
  auto platform = platform::parse(input.bytes);
  if (!platform) return platform.error();
  const perdita_platform& tables = (*platform)->tables();
  Description out;
  out.document = {{"name", tables.name},
                  {"digest", (*platform)->digest()},
                  {"hooks", Json::array()},
                  {"functions", Json::array()},
                  {"capabilities", Json::array()}};
  out.text = fmt::format("  platform {}, digest {}\n", tables.name, (*platform)->digest());
  for (size_t i = 0; i < tables.hook_count; i++) {
    const perdita_hook& hook = tables.hooks[i];
    const auto& sections = (*platform)->sections(hook);
    out.document["hooks"].push_back({{"name", hook.name},
                                     {"sections", sections},
                                     {"context_size", hook.context_size},
                                     {"level", hook.level},
                                     {"budget_instructions", hook.budget_instructions},
                                     {"period_min_us", hook.period_min_us},
                                     {"period_max_us", hook.period_max_us}});
    std::string period;
    if (hook.period_max_us != 0)
      period = fmt::format(", period {} to {}", compiler::period_text(hook.period_min_us),
                           compiler::period_text(hook.period_max_us));
    out.text += fmt::format("  hook {}: sections {}, context of {} bytes, level {}, budget {}{}\n", hook.name,
                            fmt::join(sections, " "), hook.context_size, hook.level, hook.budget_instructions, period);
  }
  for (size_t i = 0; i < tables.function_count; i++) {
    const perdita_function& function = tables.functions[i];
    Json capability =
        function.capability == PERDITA_NO_CAPABILITY ? Json() : Json(tables.capabilities[function.capability]);
    out.document["functions"].push_back({{"name", function.name},
                                         {"arguments", function.arg_count},
                                         {"capability", capability},
                                         {"cost_instructions", function.cost_instructions}});
    out.text += fmt::format("  function {}: {} arguments, {} machine instructions{}\n", function.name,
                            function.arg_count, function.cost_instructions,
                            capability.is_null() ? "" : ", capability " + capability.get<std::string>());
  }
  for (size_t i = 0; i < tables.capability_count; i++) out.document["capabilities"].push_back(tables.capabilities[i]);
  return out;
}

Result<Description> describe(const Input& input, const Arguments& arguments) {
  switch (input.kind) {
    case Kind::object:
      return describe_object(input, arguments);
    case Kind::image:
      return describe_image(input.bytes);
    case Kind::package:
      return describe_package(input);
    case Kind::key:
      return describe_key(input);
    case Kind::platform:
      return describe_platform(input);
    case Kind::unknown:
      break;
  }
  return wrong_kind(input, "an object, an image, a package, a key or a platform");
}

int inspect(Terminal& terminal, const Arguments& arguments) {
  auto input = read_input(arguments.file);
  if (!input) return terminal.fail(input.error());
  auto description = describe(*input, arguments);
  if (!description) return terminal.fail(description.error());
  Json document = {
      {"kind", std::string(kind_name(input->kind)).substr(std::string(kind_name(input->kind)).find(' ') + 1)}};
  document.update(description->document);
  if (terminal.json) terminal.document(document);
  terminal.result(
      fmt::format("{}: {}\n{}", terminal.strong(arguments.file), kind_name(input->kind), description->text));
  return kDone;
}

}  // namespace

void add_inspect(Command& root) {
  Command command = root.add("inspect", "Say what an object, image, package, key or platform holds",
                             "The kind is told from the content. Nothing is verified, and no signature is checked.\n"
                             "\n"
                             "  perdita inspect counter.package");
  auto arguments = std::make_shared<Arguments>();
  command.positional("FILE", arguments->file, "The file");
  command.option("--platform", arguments->platform, "FILE", "The platform, where an object's relocations need one");
  command.action([arguments](Terminal& terminal) { return inspect(terminal, *arguments); });
}

}  // namespace perdita::cli
