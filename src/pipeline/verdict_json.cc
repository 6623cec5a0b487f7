// SPDX-License-Identifier: Apache-2.0
#include "pipeline/verdict_json.h"

#include <nlohmann/json.hpp>

#include "isa/helpers.h"
#include "worker/answer.h"

namespace perdita::pipeline {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json helper_names(const std::vector<uint32_t>& numbers) {
  Json names = Json::array();
  for (uint32_t number : numbers) {
    const perdita_function* helper = isa::find_helper(number);
    names.push_back(helper != nullptr ? std::string(helper->name) : "helper " + std::to_string(number));
  }
  return names;
}

Json diagnostics_of(const std::vector<Diagnostic>& diagnostics) {
  Json list = Json::array();
  for (const Diagnostic& diagnostic : diagnostics) list.push_back(to_json(diagnostic));
  return list;
}

Json bounds_of(const verifier::ProgVerdict& prog) {
  if (!prog.accepted) return {};
  Json machine = Json::object();
  for (const auto& [engine, worst_case] : prog.bounds.machine_instructions) machine[engine] = worst_case;
  return {{"instructions", prog.bounds.instructions},
          {"stack_bytes", prog.bounds.stack_bytes},
          {"machine_instructions", machine}};
}

Json document_head(bool accepted, const std::string& platform_digest) {
  return {{"verdict", accepted ? "accepted" : "rejected"},
          {"platform", platform_digest},
          {"verifier", verifier::version()},
          {"programs", Json::array()}};
}

Diagnostic unpack_diagnostic(const nlohmann::json& packed) {
  Diagnostic diagnostic;
  packed.at("code").get_to(diagnostic.code);
  // An error that claims to be a success is none; anything unknown is a refusal.
  unsigned outcome = packed.at("outcome").get<unsigned>();
  bool known =
      outcome >= static_cast<unsigned>(Outcome::refused) && outcome <= static_cast<unsigned>(Outcome::unreachable);
  diagnostic.outcome = known ? static_cast<Outcome>(outcome) : Outcome::refused;
  packed.at("message").get_to(diagnostic.message);
  packed.at("file").get_to(diagnostic.place.file);
  packed.at("line").get_to(diagnostic.place.line);
  packed.at("column").get_to(diagnostic.place.column);
  packed.at("source").get_to(diagnostic.place.source);
  packed.at("need").get_to(diagnostic.need);
  packed.at("have").get_to(diagnostic.have);
  packed.at("hint").get_to(diagnostic.hint);
  if (packed.contains("instruction")) diagnostic.place.instruction = packed.at("instruction").get<uint32_t>();
  return diagnostic;
}

nlohmann::json pack_prog(const verifier::ProgVerdict& prog) {
  nlohmann::json diagnostics = nlohmann::json::array();
  for (const Diagnostic& diagnostic : prog.diagnostics) diagnostics.push_back(worker::to_json(diagnostic));
  return {{"name", prog.name},
          {"section", prog.section},
          {"hook", prog.hook},
          {"accepted", prog.accepted},
          {"instructions", prog.instructions},
          {"worst_instructions", prog.bounds.instructions},
          {"stack_bytes", prog.bounds.stack_bytes},
          {"machine_instructions", prog.bounds.machine_instructions},
          {"code_bytes", prog.code_bytes},
          {"subprogram_stack_bytes", prog.subprogram_stack_bytes},
          {"capabilities", prog.capabilities},
          {"helpers", prog.helpers},
          {"functions", prog.functions},
          {"maps", prog.maps},
          {"diagnostics", diagnostics},
          {"log", prog.log}};
}

verifier::ProgVerdict unpack_prog(const nlohmann::json& packed) {
  verifier::ProgVerdict prog;
  packed.at("name").get_to(prog.name);
  packed.at("section").get_to(prog.section);
  packed.at("hook").get_to(prog.hook);
  packed.at("accepted").get_to(prog.accepted);
  packed.at("instructions").get_to(prog.instructions);
  packed.at("worst_instructions").get_to(prog.bounds.instructions);
  packed.at("stack_bytes").get_to(prog.bounds.stack_bytes);
  packed.at("machine_instructions").get_to(prog.bounds.machine_instructions);
  packed.at("code_bytes").get_to(prog.code_bytes);
  packed.at("subprogram_stack_bytes").get_to(prog.subprogram_stack_bytes);
  packed.at("capabilities").get_to(prog.capabilities);
  packed.at("helpers").get_to(prog.helpers);
  packed.at("functions").get_to(prog.functions);
  packed.at("maps").get_to(prog.maps);
  for (const auto& diagnostic : packed.at("diagnostics")) prog.diagnostics.push_back(unpack_diagnostic(diagnostic));
  packed.at("log").get_to(prog.log);
  return prog;
}

}  // namespace

Json to_json(const Diagnostic& diagnostic) {
  const Place& place = diagnostic.place;
  return {{"code", diagnostic.code},
          {"instruction", place.instruction ? Json(*place.instruction) : Json()},
          {"file", text_or_null(place.file)},
          {"line", place.line != 0 ? Json(place.line) : Json()},
          {"column", place.column != 0 ? Json(place.column) : Json()},
          {"source", text_or_null(place.source)},
          {"message", diagnostic.message},
          {"need", text_or_null(diagnostic.need)},
          {"have", text_or_null(diagnostic.have)},
          {"hint", text_or_null(diagnostic.hint)}};
}

Json verdict_document(const Verified& verified, const std::string& platform_digest) {
  Json document = document_head(verified.verdict.accepted, platform_digest);
  for (size_t i = 0; i < verified.verdict.progs.size(); i++) {
    const verifier::ProgVerdict& prog = verified.verdict.progs[i];
    Json entry = {{"name", prog.name},
                  {"section", prog.section},
                  {"hook", text_or_null(prog.hook)},
                  {"verdict", prog.accepted ? "accepted" : "rejected"},
                  {"instructions", prog.instructions},
                  {"bounds", bounds_of(prog)},
                  {"code_bytes", prog.accepted ? Json(prog.code_bytes) : Json()},
                  {"capabilities", prog.capabilities},
                  {"helpers", helper_names(prog.helpers)},
                  {"functions", prog.functions},
                  {"maps", prog.maps},
                  {"diagnostics", diagnostics_of(prog.diagnostics)},
                  {"seconds", verified.efforts.at(i).seconds},
                  {"peak_kib", verified.efforts.at(i).peak_kib}};
    if (!prog.log.empty()) entry["log"] = prog.log;
    document["programs"].push_back(entry);
  }
  return document;
}

Json refused_document(const Diagnostic& diagnostic, const std::string& platform_digest) {
  Json document = document_head(false, platform_digest);
  document["diagnostics"] = diagnostics_of({diagnostic});
  return document;
}

nlohmann::json pack(const Verified& verified) {
  nlohmann::json progs = nlohmann::json::array();
  for (const auto& prog : verified.verdict.progs) progs.push_back(pack_prog(prog));
  nlohmann::json efforts = nlohmann::json::array();
  for (const Effort& effort : verified.efforts) efforts.push_back({effort.seconds, effort.peak_kib});
  return {{"accepted", verified.verdict.accepted},
          {"progs", progs},
          {"efforts", efforts},
          {"image", nlohmann::json::binary(verified.image)},
          {"package", nlohmann::json::binary(verified.package)}};
}

Verified unpack_verified(const nlohmann::json& packed) {
  Verified verified;
  packed.at("accepted").get_to(verified.verdict.accepted);
  for (const auto& prog : packed.at("progs")) verified.verdict.progs.push_back(unpack_prog(prog));
  for (const auto& effort : packed.at("efforts")) {
    verified.efforts.push_back({effort.at(0).get<double>(), effort.at(1).get<uint64_t>()});
  }
  // Efforts are one per program; a document indexes them so.
  verified.efforts.resize(verified.verdict.progs.size());
  verified.image = packed.at("image").get_binary();
  verified.package = packed.at("package").get_binary();
  return verified;
}

}  // namespace perdita::pipeline
