// SPDX-License-Identifier: Apache-2.0
#include "cli/board_target.h"

#include <fmt/core.h>

#include "cli/target.h"
#include "jit/generate.h"

namespace perdita::cli {
namespace {

constexpr const char* kNativeEngine = "native";

bool has_generator_for(const std::string& target) {
  return jit::find_target({target.data(), target.size()}) != nullptr;
}

Diagnostic no_native_engine(const deliver::Device& device, const std::string& asked) {
  Diagnostic diagnostic;
  diagnostic.code = "board-engine";
  diagnostic.message = fmt::format("the board runs no machine code: nothing for {} was made", asked);
  diagnostic.need = "a firmware whose engine is native";
  diagnostic.have = fmt::format("engine {}, of target {}", device.engine, device.target);
  diagnostic.hint = "leave --target out: its engine runs bytecode; docs/guide/native.md says how to build the other";
  return diagnostic;
}

Diagnostic other_core(const deliver::Device& device, const std::string& asked) {
  Diagnostic diagnostic;
  diagnostic.code = "board-target";
  diagnostic.message = fmt::format("the board's core is {}: it cannot run machine code for {}", device.target, asked);
  diagnostic.need = fmt::format("--target {}", device.target);
  diagnostic.have = fmt::format("--target {}", asked);
  diagnostic.hint = has_generator_for(device.target) ? "--target auto takes what the board says"
                                                     : "leave --target out: the board makes its own code of bytecode";
  return diagnostic;
}

}  // namespace

const std::vector<std::string>& board_target_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all = target_names();
    all.insert(all.begin() + 1, kAutoTarget);
    return all;
  }();
  return names;
}

Result<std::string> target_for(const deliver::Board& board, const std::string& asked) {
  const bool is_auto = asked == kAutoTarget;
  if (!is_auto) {
    auto known = check_code_target(asked);
    if (!known) return known.error();
  }
  if (asked == kBytecode) return asked;
  auto device = board.device();
  if (!device) return device.error();
  const bool runs_native = device->engine == kNativeEngine;
  if (is_auto) return runs_native && has_generator_for(device->target) ? device->target : std::string(kBytecode);
  if (!runs_native) return no_native_engine(*device, asked);
  if (device->target != asked) return other_core(*device, asked);
  return asked;
}

}  // namespace perdita::cli
