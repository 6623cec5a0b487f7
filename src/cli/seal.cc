// SPDX-License-Identifier: Apache-2.0
#include "cli/seal.h"

#include <fmt/core.h>

#include "cli/target.h"
#include "perdita/perdita.h"
#include "pipeline/hex.h"
#include "pipeline/pipeline.h"

namespace perdita::cli {
namespace {

class Sealing {
 public:
  Sealing(const Terminal& terminal, const Input& input, const SealInput& wanted, uint64_t sequence)
      : terminal_(terminal), input_(input), wanted_(wanted), sequence_(sequence) {}

  Result<Sealed> run() {
    auto known = check_code_target(wanted_.target);
    if (!known) return known.error();
    auto key = compiler::SigningKey::load(wanted_.key_file);
    if (!key) return key.error();
    auto key_id = key->public_key().id();
    sealed_.key_id = pipeline::to_hex(key_id.data(), key_id.size());
    bool verifies = (key->public_key().roles & PERDITA_ROLE_VERIFIER) != 0 && !wanted_.no_claim;
    if (wanted_.target != kBytecode && (!verifies || input_.kind == Kind::package)) return needs_claim();
    Result<pipeline::Blob> package = input_.kind == Kind::package ? compiler::add_signature(input_.bytes, *key)
                                     : verifies                   ? seal_verified(*key)
                                                                  : seal_authored(*key);
    if (!package) return package.error();
    if (sealed_.rejected) return std::move(sealed_);
    sealed_.package = std::move(*package);
    auto content = pipeline::read_content(sealed_.package);
    if (!content) return content.error();
    sealed_.content = std::move(*content);
    return std::move(sealed_);
  }

 private:
  Diagnostic needs_claim() const {
    Diagnostic diagnostic;
    diagnostic.code = "native-unproved";
    diagnostic.outcome = Outcome::unusable_input;
    diagnostic.message = fmt::format("machine code for {} is only made of what has just been verified", wanted_.target);
    diagnostic.place.file = input_.path.string();
    diagnostic.need = "an object or a bytecode image, and a key with the verifier's role";
    diagnostic.hint = "leave --target out to seal it as it is";
    return diagnostic;
  }

  Result<pipeline::Blob> seal_verified(const compiler::SigningKey& key) {
    auto options = seal_options(wanted_.seal, base_name(input_.path), sequence_);
    if (!options) return options.error();
    pipeline::VerifyRequest request;
    request.seal = pipeline::SealRequest{&key, *options};
    if (wanted_.target != kBytecode) request.target = wanted_.target;
    return verify(request);
  }

  Result<pipeline::Blob> seal_authored(const compiler::SigningKey& key) {
    auto options = seal_options(wanted_.seal, base_name(input_.path), sequence_);
    if (!options) return options.error();
    if (input_.kind == Kind::image) {
      auto image = compiler::strip_claim(input_.bytes);
      if (!image) return image.error();
      return compiler::seal_image(*image, *options, key);
    }
    if (input_.kind != Kind::object) return wrong_kind(input_, "an object, an image or a package");
    auto found = platform();
    if (!found) return found.error();
    auto module = read_module(input_, sealed_.platform.get());
    if (!module) return module.error();
    return pipeline::seal_unclaimed(*module, *sealed_.platform, wanted_.hook, *options, key);
  }

  Result<pipeline::Blob> verify(pipeline::VerifyRequest& request) {
    auto found = platform();
    if (!found) return found.error();
    terminal_.progress("loading …");
    auto module = read_module(input_, sealed_.platform.get());
    if (!module) return module.error();
    request.options.hook = wanted_.hook;
    terminal_.progress("verifying and signing …");
    auto verified = pipeline::verify(*module, *sealed_.platform, request);
    if (!verified) return verified.error();
    if (verified->verdict.accepted) return std::move(verified->package);
    sealed_.rejected = std::move(*verified);
    return pipeline::Blob();
  }

  Result<std::monostate> platform() {
    auto found = find_platform(wanted_.platform);
    if (!found) return found.error();
    sealed_.platform = *found;
    return std::monostate{};
  }

  const Terminal& terminal_;
  const Input& input_;
  const SealInput& wanted_;
  uint64_t sequence_;
  Sealed sealed_;
};

}  // namespace

Result<Sealed> make_package(const Terminal& terminal, const Input& input, const SealInput& wanted, uint64_t sequence) {
  return Sealing(terminal, input, wanted, sequence).run();
}

}  // namespace perdita::cli
