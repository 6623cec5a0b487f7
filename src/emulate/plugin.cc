// SPDX-License-Identifier: Apache-2.0
//
// perdita-plugin [MEMORY] [--engine guarded|interpreter|native] [--target T] [--counts]: the plugin for the public
// suite bpf_conformance, and a way to run bare bytecode. Program bytes as hexadecimal on standard input, memory bytes
// as the first argument; r0 in hexadecimal on standard output, with --counts BPF instructions (guarded only, otherwise
// 0) and machine instructions (0 where they are not counted) behind it.
#include <fmt/core.h>

#include <cctype>
#include <cstring>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include "emulate/board.h"

namespace {

using perdita::emulate::Program;

int fail(const std::string& message) {
  fmt::print(stderr, "perdita-plugin: error: {}\n", message);
  return 1;
}

// Bytes of hexadecimal digits, blanks between bytes; nothing where it is none.
std::optional<std::vector<uint8_t>> parse_hex(const std::string& text) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < text.size();) {
    if (std::isspace(static_cast<unsigned char>(text[i])) != 0) {
      i++;
      continue;
    }
    const std::string digits = text.substr(i, 2);
    if (digits.size() != 2 || digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<uint8_t>(std::stoul(digits, nullptr, 16)));
    i += 2;
  }
  return bytes;
}

constexpr std::string_view kTargets = " host armv7m rv32imc xtensa ";

struct Arguments {
  std::string memory, engine = "guarded", target = "host";
  bool counts = false;
};

std::optional<perdita::emulate::JobEngine> engine_of(const std::string& name) {
  if (name == "guarded") return perdita::emulate::kJobGuarded;
  if (name == "interpreter") return perdita::emulate::kJobInterpreter;
  if (name == "native") return perdita::emulate::kJobNative;
  return std::nullopt;
}

// What is wrong with the arguments, or nothing.
std::string parse(int count, char** values, Arguments& arguments) {
  for (int i = 1; i < count; i++) {
    const std::string value = values[i];
    if (i == 1 && !value.starts_with("--")) {
      arguments.memory = value;
    } else if (value == "--counts") {
      arguments.counts = true;
    } else if ((value == "--engine" || value == "--target") && i + 1 < count) {
      (value == "--engine" ? arguments.engine : arguments.target) = values[++i];
    } else {
      return "'" + value +
             "': usage: perdita-plugin [MEMORY] [--engine guarded|interpreter|native] [--target "
             "host|armv7m|rv32imc|xtensa]";
    }
  }
  if (engine_of(arguments.engine) == std::nullopt) return "no engine '" + arguments.engine + "'";
  if (kTargets.find(" " + arguments.target + " ") == std::string_view::npos) {
    return "the target '" + arguments.target + "' cannot be emulated:" + std::string(kTargets);
  }
  if (arguments.engine == "native" && arguments.target == "host") {
    return "there is no native code for this machine: --target armv7m, rv32imc or xtensa";
  }
  return "";
}

perdita::Result<perdita::emulate::Ran> run(const Program& program, const std::string& target) {
  if (target == "host") return perdita::emulate::run_here(program);
  const auto runner = perdita::emulate::find_runner(target);
  if (!runner) {
    perdita::Diagnostic missing;
    missing.message = "the runner firmware for " + target + " is not built: run 'script/build'";
    return missing;
  }
  auto ran = perdita::emulate::run_on_board(*runner, {program});
  if (!ran) return ran.error();
  return ran->front();
}

}  // namespace

int main(int count, char** values) {
  Arguments arguments;
  const std::string wrong = parse(count, values, arguments);
  if (!wrong.empty()) return fail(wrong);
  const auto memory = parse_hex(arguments.memory);
  if (!memory) return fail("the memory is not hexadecimal");
  // A field of a context has at most that many.
  if (memory->size() > UINT16_MAX) return fail("more than 65535 bytes of memory");
  const std::string input{std::istreambuf_iterator<char>(std::cin), {}};
  const auto code = parse_hex(input);
  if (!code || code->empty() || code->size() % sizeof(perdita::isa::Insn) != 0) {
    return fail("the program is not hexadecimal bytes of whole instructions");
  }
  Program program;
  program.engine = *engine_of(arguments.engine);
  program.memory = *memory;
  program.code.resize(code->size() / sizeof(perdita::isa::Insn));
  std::memcpy(program.code.data(), code->data(), code->size());
  const std::string refused = perdita::emulate::refusal(program);
  if (!refused.empty()) return fail(refused);
  const auto ran = run(program, arguments.target);
  if (!ran) return fail(ran.error().message);
  if (ran->status != perdita::Status::ok) {
    return fail(fmt::format("instruction {}: {}", ran->pc, perdita::status_text(ran->status)));
  }
  if (arguments.counts) {
    fmt::print("{:x} {} {}\n", ran->result, ran->steps, ran->instructions);
  } else {
    fmt::print("{:x}\n", ran->result);
  }
  return 0;
}
