// SPDX-License-Identifier: Apache-2.0
//
// For bench/native.py: programs for the board (bench/native/board.cc), with the facts of their proofs.
//
//   perdita_native_bench TARGET PLATFORM-HEADER JOBS OBJECT...
//
// Verifies each object's one program, writes the file of jobs, and the native code beside each object (.bin).
#include <fmt/core.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "bench/native/job.h"
#include "diag/render.h"
#include "isa/insn.h"
#include "jit/generate.h"
#include "object/load.h"
#include "platform/platform.h"
#include "verifier/proof.h"

namespace {

using namespace perdita;  // NOLINT: a program of its own

void append(std::string& out, const void* bytes, size_t size) {
  out.append(static_cast<const char*>(bytes), size);
  out.resize((out.size() + 7) & ~size_t{7});
}

int fail(const std::string& message) {
  fmt::print(stderr, "native_bench: error: {}\n", message);
  return 1;
}

// The job, and the native code; or what is wrong.
std::string add(const jit::Target& target, std::string& jobs, const std::string& path,
                const platform::Platform& platform, std::string& native) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto module = object::load(bytes, path, &platform);
  if (!module) return render(module.error(), false);
  const verifier::Verdict verdict = verifier::verify(*module, platform, {});
  for (const auto& prog : verdict.progs) {
    for (const auto& diagnostic : prog.diagnostics) return render(diagnostic, false);
  }
  const object::Prog& prog = module->progs.front();
  const verifier::ProgVerdict& proof = verdict.progs.front();
  std::vector<isa::Subprogram> subprograms;
  for (size_t i = 0; i < prog.subprograms.size(); i++) {
    subprograms.push_back({prog.subprograms[i].first, proof.subprogram_stack_bytes[i]});
  }
  bench::Job job{};
  prog.name.copy(job.name, sizeof job.name - 1);
  job.subprograms = static_cast<uint32_t>(subprograms.size());
  job.instructions = static_cast<uint32_t>(prog.code.size());
  job.helpers = static_cast<uint32_t>(proof.helpers.size());
  job.maps = static_cast<uint32_t>(module->maps.size());
  job.fact_bytes = static_cast<uint32_t>(proof.facts.size());
  append(jobs, &job, sizeof job);
  append(jobs, subprograms.data(), subprograms.size() * sizeof subprograms[0]);
  append(jobs, prog.code.data(), prog.code.size() * sizeof prog.code[0]);
  append(jobs, proof.helpers.data(), proof.helpers.size() * sizeof(uint32_t));
  for (const object::Map& map : module->maps) {
    const bench::MapBytes size = {map.def.value_size * map.def.max_entries, static_cast<uint32_t>(map.initial.size())};
    append(jobs, &size, sizeof size);
    append(jobs, map.initial.data(), map.initial.size());
  }
  append(jobs, proof.facts.data(), proof.facts.size());

  const jit::Program program = {{prog.code.data(), prog.code.size()},
                                {subprograms.data(), subprograms.size()},
                                {proof.facts.data(), proof.facts.size()},
                                {proof.helpers.data(), proof.helpers.size()},
                                0};
  std::vector<uint32_t> workspace(target.workspace_bytes(program) / 4 + 1);
  const MutableBytes work = {reinterpret_cast<uint8_t*>(workspace.data()), workspace.size() * 4};
  native.resize(1 << 17);
  const jit::Generated generated =
      target.generate(program, work, {reinterpret_cast<uint8_t*>(native.data()), native.size()}, {});
  if (generated.failure != jit::Failure::none) return path + ": the generator refuses";
  native.resize(generated.code_bytes);
  return "";
}

}  // namespace

int main(int count, char** values) {
  if (count < 5) return fail("usage: perdita_native_bench TARGET PLATFORM-HEADER JOBS OBJECT...");
  const jit::Target* target = nullptr;
  for (const jit::Target* one : {&jit::armv7m, &jit::rv32imc, &jit::xtensa}) {
    if (std::strcmp(one->name, values[1]) == 0) target = one;
  }
  if (target == nullptr) return fail(fmt::format("no generator for '{}'", values[1]));
  const auto built = platform::build(values[2]);
  if (!built) return fail(render(built.error(), false));
  const auto platform = platform::parse(*built);
  if (!platform) return fail(render(platform.error(), false));
  std::string jobs;
  const bench::File file = {bench::kMagic, static_cast<uint32_t>(count - 4)};
  append(jobs, &file, sizeof file);
  for (int i = 4; i < count; i++) {
    std::string native;
    const std::string wrong = add(*target, jobs, values[i], **platform, native);
    if (!wrong.empty()) return fail(wrong);
    const std::string path = values[i];
    std::ofstream(path.substr(0, path.rfind('.')) + ".bin", std::ios::binary) << native;
  }
  if (jobs.size() > bench::kMostBytes) return fail("the jobs are too large");
  std::ofstream(values[3], std::ios::binary) << jobs;
  return 0;
}
