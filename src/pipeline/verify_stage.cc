// SPDX-License-Identifier: Apache-2.0
#include "pipeline/verify_stage.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "compiler/native_code.h"
#include "compiler/period.h"
#include "pipeline/effort.h"
#include "pipeline/verdict_json.h"
#include "worker/module_cbor.h"

namespace perdita::pipeline {
namespace {

using Json = nlohmann::json;

Diagnostic no_such_prog(const object::Module& module, const std::string& name) {
  Diagnostic diagnostic;
  diagnostic.code = "prog-unknown";
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.message = fmt::format("no program '{}' in {}", name, module.name);
  for (const auto& prog : module.progs) diagnostic.have += (diagnostic.have.empty() ? "" : ", ") + prog.name;
  diagnostic.hint = "name one of the programs it has, or leave --prog out for all";
  return diagnostic;
}

Diagnostic bad_pipe(const std::string& why) {
  Diagnostic diagnostic;
  diagnostic.code = "stage-garbled";
  diagnostic.message = "the verifying process and this one do not understand each other";
  diagnostic.have = why;
  diagnostic.hint = "install one version of perdita; if there is only one, this is a bug: report it with the object";
  return diagnostic;
}

Json pack_key(const compiler::SigningKey& key) {
  return {{"name", key.public_key().name}, {"roles", key.public_key().roles}, {"seed", key.seed()}};
}

Result<compiler::SigningKey> unpack_key(const Json& packed) {
  return compiler::SigningKey::from_seed(packed.at("name").get<std::string>(), packed.at("roles").get<uint8_t>(),
                                         packed.at("seed").get<std::array<uint8_t, 32>>());
}

Json pack_seal(const SealRequest& seal) {
  const compiler::Addressee& addressee = seal.options.addressee;
  Json packed = {{"key", pack_key(*seal.key)},        {"name", seal.options.name},
                 {"sequence", seal.options.sequence}, {"attach", seal.options.attach},
                 {"vendor_id", addressee.vendor_id},  {"class_id", addressee.class_id}};
  if (addressee.device_id) packed["device_id"] = *addressee.device_id;
  return packed;
}

// Without its key, which the caller unpacks.
SealRequest unpack_seal(const Json& packed) {
  SealRequest seal;
  packed.at("name").get_to(seal.options.name);
  packed.at("sequence").get_to(seal.options.sequence);
  packed.at("attach").get_to(seal.options.attach);
  packed.at("vendor_id").get_to(seal.options.addressee.vendor_id);
  packed.at("class_id").get_to(seal.options.addressee.class_id);
  if (packed.contains("device_id")) packed.at("device_id").get_to(seal.options.addressee.device_id.emplace());
  return seal;
}

Result<Verified> answer(const Blob& bytes) {
  Json request = Json::from_cbor(bytes);
  auto module = worker::unpack_module(request.at("module").get_binary());
  if (!module) return module.error();
  auto platform = platform::parse(request.at("platform").get_binary());
  if (!platform) return platform.error();
  VerifyRequest wanted;
  request.at("hook").get_to(wanted.options.hook);
  request.at("prog").get_to(wanted.options.prog);
  request.at("log").get_to(wanted.options.log);
  request.at("image").get_to(wanted.image);
  request.at("target").get_to(wanted.target);
  if (request.contains("seal")) {
    auto key = unpack_key(request.at("seal").at("key"));
    if (!key) return key.error();
    wanted.seal = unpack_seal(request.at("seal"));
    wanted.seal->key = &*key;
    return run_verification(*module, **platform, wanted);
  }
  return run_verification(*module, **platform, wanted);
}

// A period that the hook does not have is no matter of safety, but a program with one runs nowhere: whoever verifies
// hears of it now, and not from the board.
void check_period(const object::Prog& prog, const platform::Platform& platform, verifier::Verdict& verdict) {
  for (verifier::ProgVerdict& one : verdict.progs) {
    const perdita_hook* hook = one.accepted ? platform.hook(one.hook) : nullptr;
    if (hook == nullptr) continue;
    auto period_us = compiler::period_of(prog, *hook);
    if (period_us) continue;
    one.accepted = false;
    one.diagnostics.push_back(period_us.error());
    verdict.accepted = false;
  }
}

// Whoever asks for a target has looked it up.
Result<Blob> compile_for(const Blob& image, const std::string& name) {
  const jit::Target* const target = jit::find_target({name.data(), name.size()});
  if (target == nullptr) return bad_pipe("no code generator for " + name);
  return compiler::compile_native(image, *target);
}

}  // namespace

Result<Verified> run_verification(const object::Module& module, const platform::Platform& platform,
                                  const VerifyRequest& request) {
  Verified verified;
  verified.verdict.accepted = true;
  for (const object::Prog& prog : module.progs) {
    if (request.options.prog.empty() ? prog.on_demand : request.options.prog != prog.name) continue;
    verifier::Options options = request.options;
    options.prog = prog.name;
    EffortMeter meter;
    verifier::Verdict verdict = verifier::verify(module, platform, options);
    check_period(prog, platform, verdict);
    verified.efforts.push_back(meter.read());
    verified.verdict.accepted = verified.verdict.accepted && verdict.accepted && verdict.progs.size() == 1;
    for (auto& prog_verdict : verdict.progs) verified.verdict.progs.push_back(std::move(prog_verdict));
  }
  if (verified.verdict.progs.empty()) return no_such_prog(module, request.options.prog);
  verified.efforts.resize(verified.verdict.progs.size());
  compiler::add_native_bounds(module, verified.verdict);
  if (!verified.verdict.accepted || !(request.image || request.seal)) return verified;

  auto image = compiler::compile(module, platform, &verified.verdict, request.options.hook);
  if (image && !request.target.empty()) image = compile_for(*image, request.target);
  if (!image) return image.error();
  if (request.image) verified.image = *image;
  if (!request.seal) return verified;
  auto package = compiler::seal_image(*image, request.seal->options, *request.seal->key);
  if (!package) return package.error();
  verified.package = std::move(*package);
  return verified;
}

Blob pack_request(const object::Module& module, const platform::Platform& platform, const VerifyRequest& request) {
  Json packed = {{"module", Json::binary(worker::pack_module(module))},
                 {"platform", Json::binary(platform.bytes())},
                 {"hook", request.options.hook},
                 {"prog", request.options.prog},
                 {"log", request.options.log},
                 {"image", request.image},
                 {"target", request.target}};
  if (request.seal) packed["seal"] = pack_seal(*request.seal);
  return Json::to_cbor(packed);
}

Result<Blob> verify_stage(const Blob& request) {
  try {
    auto verified = answer(request);
    if (!verified) return verified.error();
    return Json::to_cbor(pack(*verified));
  } catch (const Json::exception& error) {
    return bad_pipe(error.what());
  }
}

Result<Verified> unpack_reply(const Blob& reply) {
  try {
    return unpack_verified(Json::from_cbor(reply));
  } catch (const Json::exception& error) {
    return bad_pipe(error.what());
  }
}

}  // namespace perdita::pipeline
