// SPDX-License-Identifier: Apache-2.0
#include "worker/module_cbor.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "object/load.h"
#include "object/refusal.h"
#include "worker/untrusted_cbor.h"

namespace perdita::worker {
namespace {

using Json = nlohmann::json;

Json pack(const object::Prog& prog) {
  std::vector<uint8_t> code(prog.code.size() * sizeof(isa::Insn));
  if (!code.empty()) memcpy(code.data(), prog.code.data(), code.size());
  Json subprograms = Json::array();
  for (const object::Subprogram& s : prog.subprograms) subprograms.push_back({s.name, s.first, s.count});
  Json lines = Json::array();
  for (const object::SourceLine& l : prog.lines) lines.push_back({l.instruction, l.file, l.line, l.column, l.text});
  return {{"name", prog.name},
          {"section", prog.section},
          {"on_demand", prog.on_demand},
          {"number_args", prog.number_args},
          {"code", Json::binary(std::move(code))},
          {"subprograms", std::move(subprograms)},
          {"lines", std::move(lines)}};
}

Json pack(const object::Map& map) {
  Json presets = Json::array();
  for (const auto& [slot, prog] : map.presets) presets.push_back({slot, prog});
  return {{"name", map.name},
          {"type", static_cast<uint32_t>(map.def.type)},
          {"key_size", map.def.key_size},
          {"value_size", map.def.value_size},
          {"max_entries", map.def.max_entries},
          {"flags", map.def.flags},
          {"origin", static_cast<uint32_t>(map.origin)},
          {"pinned", map.pinned},
          {"initial", Json::binary(map.initial)},
          {"tail_instructions", map.tail_instructions},
          {"tail_stack", map.tail_stack_bytes},
          {"presets", std::move(presets)},
          {"inner", map.inner ? Json(*map.inner) : Json()}};
}

// nlohmann converts a negative or fractional number without a word; here it is an answer that is none.
uint32_t number(const Json& json) {
  if (!json.is_number_unsigned() || json.get<uint64_t>() > UINT32_MAX) throw std::out_of_range("number");
  return json.get<uint32_t>();
}

std::string text(const Json& json) { return object::printable(json.get_ref<const std::string&>(), 1024); }

const std::vector<uint8_t>& bytes(const Json& json) { return json.get_binary(); }

object::Prog unpack_prog(const Json& json) {
  object::Prog prog;
  prog.name = text(json.at("name"));
  prog.section = text(json.at("section"));
  prog.on_demand = json.at("on_demand").get<bool>();
  prog.number_args = static_cast<uint8_t>(number(json.at("number_args")) & 0x1f);
  const std::vector<uint8_t>& code = bytes(json.at("code"));
  if (code.size() % sizeof(isa::Insn) != 0) throw std::out_of_range("code");
  prog.code.resize(code.size() / sizeof(isa::Insn));
  if (!code.empty()) memcpy(prog.code.data(), code.data(), code.size());
  for (const Json& s : json.at("subprograms")) {
    prog.subprograms.push_back({text(s.at(0)), number(s.at(1)), number(s.at(2))});
  }
  for (const Json& l : json.at("lines")) {
    prog.lines.push_back({number(l.at(0)), text(l.at(1)), number(l.at(2)), number(l.at(3)), text(l.at(4))});
  }
  return prog;
}

object::Map unpack_map(const Json& json) {
  object::Map map;
  map.name = text(json.at("name"));
  // Whether the numbers make a map, object::check() says.
  map.def = {static_cast<isa::MapType>(number(json.at("type"))), number(json.at("key_size")),
             number(json.at("value_size")), number(json.at("max_entries")), number(json.at("flags"))};
  uint32_t origin = number(json.at("origin"));
  if (origin > static_cast<uint32_t>(object::MapOrigin::bss)) throw std::out_of_range("origin");
  map.origin = static_cast<object::MapOrigin>(origin);
  map.pinned = json.at("pinned").get<bool>();
  map.initial = bytes(json.at("initial"));
  map.tail_instructions = number(json.at("tail_instructions"));
  map.tail_stack_bytes = number(json.at("tail_stack"));
  if (!json.at("inner").is_null()) map.inner = number(json.at("inner"));
  for (const Json& preset : json.at("presets")) map.presets[number(preset.at(0))] = number(preset.at(1));
  return map;
}

Diagnostic no_module() {
  Diagnostic diagnostic;
  diagnostic.code = "worker-answer";
  diagnostic.message = "the process that read the object answered with something that is no module";
  diagnostic.hint = "the object may be an attack on its reader; if it is one of your own, report it";
  return diagnostic;
}

}  // namespace

std::vector<uint8_t> pack_module(const object::Module& module) {
  Json progs = Json::array();
  for (const object::Prog& prog : module.progs) progs.push_back(pack(prog));
  Json maps = Json::array();
  for (const object::Map& map : module.maps) maps.push_back(pack(map));
  return Json::to_cbor({{"name", module.name},
                        {"judged", module.judged},
                        {"progs", std::move(progs)},
                        {"maps", std::move(maps)},
                        {"functions", module.functions}});
}

Result<object::Module> unpack_module(const std::vector<uint8_t>& bytes) {
  object::Module module;
  try {
    Json json = parse_untrusted_cbor(bytes);
    module.name = text(json.at("name"));
    module.judged = json.at("judged").get<bool>();
    for (const Json& prog : json.at("progs")) module.progs.push_back(unpack_prog(prog));
    for (const Json& map : json.at("maps")) module.maps.push_back(unpack_map(map));
    for (const Json& function : json.at("functions")) module.functions.push_back(text(function));
  } catch (const std::exception&) {  // nlohmann reports every misfit by an exception
    return no_module();
  }
  if (std::optional<Diagnostic> broken = object::check(module)) return *broken;
  return module;
}

}  // namespace perdita::worker
