// SPDX-License-Identifier: Apache-2.0
#include "emulate/board.h"

#include <fmt/core.h>

#include <array>
#include <sstream>

#include "emulate/firmware.h"
#include "emulate/outside.h"

namespace perdita::emulate {
namespace {

template <typename T>
void append(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string job_bytes(const std::vector<Program>& programs) {
  std::string out;
  append(out, JobFile{kJobMagic, static_cast<uint32_t>(programs.size())});
  for (const Program& program : programs) {
    const auto subprograms = whole_frames(program.code, program.frame_bytes);
    append(out,
           Job{program.engine, static_cast<uint32_t>(subprograms.size()), static_cast<uint32_t>(program.code.size()),
               static_cast<uint32_t>(program.memory.size()), program.steps, isa::kMaxFrames * isa::kFrameStackBytes,
               static_cast<uint32_t>(program.facts.size()), 0});
    for (const auto& subprogram : subprograms) append(out, subprogram);
    for (const auto& insn : program.code) append(out, insn);
    for (const auto& part : {program.memory, program.facts}) {
      out.append(part.begin(), part.end());
      out.resize(out.size() + padded(static_cast<uint32_t>(part.size())) - part.size());
    }
  }
  return out;
}

Diagnostic failed(std::string message, std::string have, std::string hint) {
  Diagnostic diagnostic;
  diagnostic.code = "emulate-board";
  diagnostic.message = std::move(message);
  diagnostic.have = std::move(have);
  diagnostic.hint = std::move(hint);
  return diagnostic;
}

// A line of the runner, see job.h. Nothing where it is another line.
std::optional<Ran> read_line(const std::string& line) {
  std::istringstream words(line);
  std::string word;
  if (!(words >> word) || word != "run") return std::nullopt;
  std::array<uint32_t, 10> numbers{};
  for (uint32_t& number : numbers) {
    if (!(words >> std::hex >> number)) return std::nullopt;
  }
  return Ran{static_cast<Status>(numbers[0]),
             numbers[1],
             uint64_t{numbers[2]} << 32 | numbers[3],
             numbers[4],
             numbers[5],
             numbers[6],
             numbers[7],
             numbers[8],
             numbers[9]};
}

}  // namespace

std::optional<std::filesystem::path> find_runner(const std::string& target) {
  if (const char* given = std::getenv("PERDITA_RUNNER")) return given;
  return find_firmware(target, "runner");
}

Result<std::vector<Ran>> run_on_board(const std::filesystem::path& runner, const std::vector<Program>& programs,
                                      const std::string& emulator_arguments) {
  const std::string bytes = job_bytes(programs);
  if (bytes.size() > kMostJobBytes) {
    return failed(fmt::format("the jobs have {} bytes", bytes.size()), "",
                  fmt::format("at most {} fit", kMostJobBytes));
  }
  const TemporaryFile jobs(bytes);
  std::vector<Ran> ran;
  LastWords last;
  const bool started =
      each_line_of(emulator_command(runner, jobs.path(), emulator_arguments), [&](const std::string& line) {
        last.hear(line);
        if (const auto one = read_line(line)) ran.push_back(*one);
      });
  if (!started) return failed("the emulator does not start", "", "script/bootstrap installs it");
  if (ran.size() != programs.size() || !last.text().starts_with("end")) {
    return failed(fmt::format("the board ran {} of {} programs", ran.size(), programs.size()), last.text(),
                  "script/build builds the runner, script/bootstrap installs QEMU");
  }
  return ran;
}

}  // namespace perdita::emulate
