// SPDX-License-Identifier: Apache-2.0
#include "kernel_bench.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>

#include "isa/assemble.h"
#include "object/load.h"
#include "oracle/oracle.h"
#include "verifier/testing/test_platform.h"

namespace perdita::verifier {
namespace {

using nlohmann::json;
using oracle::Oracle;
using oracle::Subject;

constexpr int kTurns = 11, kFewTurns = 3;
constexpr double kSlow = 20'000;  // microseconds: from there on a few turns are enough
constexpr unsigned kGenerated = 200;

struct Times {
  double ours = 1e12, kernel = 1e12, load = 1e12;
};

// The least of several turns of each; nothing where not both accept.
std::optional<Times> times_of(const Subject& subject, Oracle& asked, uint64_t& processed) {
  if (!asked.judge(subject).accepted || !asked.judge_in_kernel(subject).accepted) return std::nullopt;
  Times best;
  for (int turn = 0; turn < kTurns && (turn < kFewTurns || std::max(best.ours, best.kernel) < kSlow); turn++) {
    const auto began = std::chrono::steady_clock::now();
    const ProgVerdict ours = asked.judge(subject);
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - began;
    best.ours = std::min(best.ours, took.count());
    const oracle::KernelVerdict kernel = asked.judge_in_kernel(subject);
    best.kernel = std::min(best.kernel, static_cast<double>(kernel.verification_us));
    best.load = std::min(best.load, kernel.load_us);
    processed = kernel.processed;
  }
  return best;
}

json row_of(const Times& times, size_t instructions, const char* kind) {
  return {{"kind", kind},
          {"instructions", instructions},
          {"us", times.ours},
          {"kernel_us", times.kernel},
          {"kernel_load_us", times.load},
          {"ratio", times.ours / std::max(times.kernel, 1.0)}};
}

std::string repeated(uint64_t times, const std::function<std::string(uint64_t)>& part) {
  std::string text;
  for (uint64_t i = 0; i < times; i++) text += part(i);
  return text;
}

std::string number(uint64_t n) { return std::to_string(n); }

// As socket filters; the packets' as XDP.
struct Family {
  const char* name;
  bpf_prog_type type;
  std::vector<uint64_t> sizes;
  std::function<std::string(uint64_t)> text;
};

std::vector<Family> families() {
  const std::string out = "r0 = 0\nexit\n";
  const std::vector<uint64_t> sizes = {100, 1000, 10000};
  const bpf_prog_type filter = BPF_PROG_TYPE_SOCKET_FILTER;
  return {
      {"straight: arithmetic", filter, sizes,
       [=](uint64_t n) {
         return "r2 = *(u32 *)(r1 + 8)\nr3 = 5\n" +
                repeated(n / 4,
                         [](uint64_t i) { return "r3 += r2\nr3 ^= " + number(i) + "\nr2 &= 65535\nr3 >>= 1\n"; }) +
                out;
       }},
      {"straight: lookups with checks", filter, sizes,
       [=](uint64_t n) {
         return repeated(n / 8,
                         [](uint64_t i) {
                           return "*(u32 *)(r10 - 4) = " + number(i % 16) +
                                  "\nr2 = r10\nr2 += -4\nr1 = map[0]\ncall 1\nif r0 == 0 goto +1\nr1 = *(u64 *)(r0 + "
                                  "8)\n";
                         }) +
                out;
       }},
      {"straight: stores to the stack", filter, sizes,
       [=](uint64_t n) {
         return "r2 = *(u32 *)(r1 + 8)\n" +
                repeated(n / 2,
                         [](uint64_t i) {
                           const std::string at = number(8 + i % 60 * 8);
                           return "*(u64 *)(r10 - " + at + ") = r2\nr2 = *(u64 *)(r10 - " + at + ")\n";
                         }) +
                out;
       }},
      {"straight: packet, checked at each step",
       BPF_PROG_TYPE_XDP,
       {100, 1000},
       [=](uint64_t n) {
         return "r6 = *(u64 *)(r1 + 0)\nr7 = *(u64 *)(r1 + 8)\nr0 = 0\n" +
                repeated(n / 4,
                         [](uint64_t i) {
                           return "r2 = r6\nr2 += " + number(i + 1) + "\nif r2 > r7 goto out\nr3 = *(u8 *)(r6 + " +
                                  number(i) + ")\n";
                         }) +
                "out: exit\n";
       }},
      {"branches: if (x > c) a += k",
       filter,
       {10, 16, 100, 400},
       [=](uint64_t n) {
         return "r6 = r1\nr2 = *(u32 *)(r1 + 8)\nr3 = 0\n" +
                repeated(n,
                         [](uint64_t i) {
                           return "if r2 > " + number(i * 7 % 1000) + " goto +1\nr3 += " + number(i % 5) + "\n";
                         }) +
                out;
       }},
      {"branches: on different numbers",
       filter,
       {8, 12, 16},
       [=](uint64_t n) {
         return "r6 = r1\nr3 = 0\n" +
                repeated(n,
                         [](uint64_t i) {
                           return "r2 = *(u32 *)(r6 + " + number(16 + i % 4 * 4) + ")\nif r2 > " + number(i) +
                                  " goto +1\nr3 += " + number(uint64_t{1} << i) + "\n";
                         }) +
                "r3 &= 15\nr1 = map[3][0]+0\nr1 += r3\nr0 = *(u8 *)(r1 + 0)\n" + out;
       }},
      {"loop: for (i = 0; i < n; i++)",
       filter,
       {10, 100, 1000, 10000},
       [=](uint64_t n) { return "r0 = 0\nr1 = 0\na: r0 += r1\nr1 += 1\nif r1 < " + number(n) + " goto a\n" + out; }},
      {"loop: with an array inside",
       filter,
       {10, 100, 1000},
       [=](uint64_t n) {
         return "r6 = *(u32 *)(r1 + 8)\nr7 = 0\na: r2 = r6\nr2 += r7\nr2 &= 15\nr1 = map[3][0]+0\nr1 += r2\n"
                "r3 = *(u8 *)(r1 + 0)\nr6 += r3\nr7 += 1\nif r7 < " +
                number(n) + " goto a\n" + out;
       }},
  };
}

}  // namespace

void kernel_rows(const std::filesystem::path& objects, const std::filesystem::path& linux_platform,
                 const std::function<void(const std::string& name, json row)>& print) {
  if (const std::string why = oracle::kernel_refusal(); !why.empty()) return print("none", {{"skipped", why}});
  auto platform = platform::load(linux_platform);
  if (!platform) return print("none", {{"skipped", platform.error().message}});
  Oracle asked(**platform);
  uint64_t processed = 0;
  auto measure = [&](const Subject& subject, const std::string& name, const char* kind, uint64_t size) {
    const auto times = times_of(subject, asked, processed);
    if (!times) return;
    json row = row_of(*times, subject.module.progs[0].code.size(), kind);
    row["kernel_processed"] = processed;
    if (size != 0) row["size"] = size;
    print(name, row);
  };

  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(objects)) {
    if (entry.path().extension() == ".o") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    auto module = object::load(bytes, path.filename().string(), platform->get());
    if (!module) continue;
    for (const Subject& subject : oracle::subjects_of(*module, **platform)) measure(subject, subject.name, "C", 0);
  }

  // Many small ones as one.
  Times sum{0, 0, 0};
  size_t instructions = 0;
  for (const oracle::Dialect& dialect : oracle::dialects()) {
    for (unsigned seed = 1; seed <= kGenerated; seed++) {
      const Subject subject = oracle::generated(seed, dialect);
      const auto times = times_of(subject, asked, processed);
      if (!times) continue;
      sum.ours += times->ours;
      sum.kernel += times->kernel;
      sum.load += times->load;
      instructions += subject.module.progs[0].code.size();
    }
  }
  print("generated, all that both accept", row_of(sum, instructions, "generated"));

  for (const Family& family : families()) {
    for (const uint64_t size : family.sizes) {
      const auto code = isa::assemble(family.text(size));
      const auto subject =
          code ? oracle::subject_of(family.name, *code, oracle::dialect_for(family.type)) : std::nullopt;
      if (subject) measure(*subject, family.name, "growing", size);
    }
  }
}

}  // namespace perdita::verifier
