// SPDX-License-Identifier: Apache-2.0
//
// For bench/native.py: a bare program as native code on the emulated board. Program bytes as hexadecimal on standard
// input, memory bytes as the argument. A line without facts and one with all facts that hold for this run, the most
// that a proof could say: result, machine instructions executed, bytes of code, machine instructions that compiling
// took.
#include <fmt/core.h>

#include <cstring>
#include <iostream>
#include <iterator>

#include "emulate/board.h"
#include "emulate/trace.h"

namespace {

std::vector<uint8_t> bytes_of(const std::string& hex) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

}  // namespace

int main(int count, char** values) {
  using namespace perdita;  // NOLINT: a program of its own
  if (count != 2) {
    fmt::print(stderr, "usage: perdita_native_bench MEMORY <PROGRAM, both hexadecimal\n");
    return 2;
  }
  const auto runner = emulate::find_runner("armv7m");
  if (!runner) {
    fmt::print(stderr, "native_bench: error: the runner firmware is not built: script/build mps2-an385\n");
    return 1;
  }
  emulate::Program program;
  program.engine = emulate::kJobNative;
  program.memory = bytes_of(values[1]);
  const auto code = bytes_of(std::string{std::istreambuf_iterator<char>(std::cin), {}});
  program.code.resize(code.size() / sizeof(isa::Insn));
  std::memcpy(program.code.data(), code.data(), program.code.size() * sizeof(isa::Insn));
  if (const std::string refused = emulate::refusal(program); !refused.empty()) {
    fmt::print(stderr, "native_bench: error: {}\n", refused);
    return 1;
  }
  std::vector<emulate::Program> programs = {program, program};
  std::mt19937_64 nothing;
  programs[1].facts = emulate::fact_string(program.code, emulate::trace(program).facts, nothing, 0);
  const auto ran = emulate::run_on_board(*runner, programs);
  if (!ran) {
    fmt::print(stderr, "native_bench: error: {}: {}\n", ran.error().message, ran.error().have);
    return 1;
  }
  for (const emulate::Ran& one : *ran) {
    fmt::print("{} {} {} {}\n", one.result, one.instructions, one.code_bytes, one.compile_instructions);
  }
  return 0;
}
