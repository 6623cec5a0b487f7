// SPDX-License-Identifier: Apache-2.0
#include "pipeline/pipeline.h"

#include "compiler/sodium.h"
#include "worker/load_stage.h"
#include "worker/stage.h"
#include "worker/worker.h"

namespace perdita::pipeline {
namespace {

constexpr std::string_view kVerifyStage = "verify";

}  // namespace

Result<object::Module> load(const Blob& object, const std::string& file_name, const platform::Platform* platform) {
  return worker::load(object, file_name, platform);
}

Result<Verified> verify(const object::Module& module, const platform::Platform& platform,
                        const VerifyRequest& request) {
  Blob packed = pack_request(module, platform, request);
  auto reply = worker::run(kVerifyStage, packed);
  compiler::wipe(packed.data(), packed.size());
  if (!reply) return reply.error();
  return unpack_reply(*reply);
}

Result<Blob> seal_unclaimed(const object::Module& module, const platform::Platform& platform, const std::string& hook,
                            const compiler::SealOptions& options, const compiler::SigningKey& key) {
  auto image = compiler::compile(module, platform, nullptr, hook);
  if (!image) return image.error();
  return compiler::seal_image(*image, options, key);
}

std::optional<int> run_as_stage(int argc, const char* const* argv) {
  return worker::serve(argc, argv, {worker::load_stage(), {kVerifyStage, verify_stage}});
}

}  // namespace perdita::pipeline
