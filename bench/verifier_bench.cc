// SPDX-License-Identifier: Apache-2.0
//
// perdita_verifier_bench OBJECTS PLATFORM.h LINUX_OBJECTS LINUX_PLATFORM: what verification costs and what it finds
// out. Prints JSON, one object a line:
//   {"table": "examples", …}   each program of the objects in the folder: verdict, bound, the worst that a search over
//                              random inputs found, time, memory
//   {"table": "probes", …}     the programs of the notes on other verifiers
//   {"table": "scaling", …}    programs made to grow: straight code, branches, lookups, loops, calls
//   {"table": "kernel", …}     programs for Linux: our time and its verifier's (kernel_bench.h)
// perdita_verifier_bench LINUX_OBJECTS LINUX_PLATFORM: the last table only.
// Time is the least of three runs, in microseconds; memory is what the heap held at most.
#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <new>
#include <nlohmann/json.hpp>

#include "isa/assemble.h"
#include "kernel_bench.h"
#include "object/load.h"
#include "verifier/proof.h"
#include "verifier/testing/containment.h"
#include "verifier/testing/test_platform.h"

namespace {

// Of the heap, by all that this program allocates with new.
uint64_t held = 0, most_held = 0;

void* counted(size_t size) {
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  held += malloc_usable_size(memory);
  most_held = std::max(most_held, held);
  return memory;
}

void uncounted(void* memory) {
  if (memory != nullptr) held -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) { return counted(size); }
void* operator new[](size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { uncounted(memory); }
void operator delete[](void* memory) noexcept { uncounted(memory); }
void operator delete(void* memory, size_t) noexcept { uncounted(memory); }
void operator delete[](void* memory, size_t) noexcept { uncounted(memory); }

namespace perdita::verifier {
namespace {

using nlohmann::json;

constexpr unsigned kSearches = 100000;
constexpr double kSlow = 0.5;  // seconds: from there on one run is enough

json measured(const object::Module& module, const platform::Platform& platform) {
  Verdict verdict;
  double best = 1e9;
  uint64_t memory = 0;
  for (int run = 0; run < 3 && (run == 0 || best < kSlow); run++) {
    uint64_t before = most_held = held;
    auto began = std::chrono::steady_clock::now();
    verdict = verify(module, platform, {});
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    memory = most_held - before;
  }
  const ProgVerdict& prog = verdict.progs[0];
  auto instructions = static_cast<double>(prog.instructions);
  json row = {{"instructions", prog.instructions},
              {"verdict", prog.accepted ? "accept" : prog.diagnostics[0].code},
              {"us", best * 1e6},
              {"us_per_instruction", best * 1e6 / instructions},
              {"bytes_per_instruction", static_cast<double>(memory) / instructions}};
  if (prog.accepted) row["bound"] = prog.bounds.instructions;
  return row;
}

void print(const char* table, const std::string& name, json row) {
  row["table"] = table;
  row["name"] = name;
  std::puts(row.dump().c_str());
  std::fflush(stdout);
}

void examples(const std::filesystem::path& folder, const platform::Platform& platform) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    std::ifstream file(path, std::ios::binary);
    std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    auto module = object::load(bytes, path.filename().string(), &platform);
    if (!module) {
      print("examples", path.stem().string(), {{"verdict", module.error().code}});
      continue;
    }
    for (const object::Prog& prog : module->progs) {
      object::Module one = *module;
      one.progs = {prog};
      json row = measured(one, platform);
      testing::Containment search(one, platform);
      std::mt19937_64 random(1);
      std::string failure;
      for (unsigned i = 0; search.followed() && i < kSearches && search.instructions() < 100 * uint64_t{kSearches};
           i++) {
        failure = search.run(random);
        if (!failure.empty()) break;
      }
      if (search.worst_seen() != 0) row["found"] = search.worst_seen();
      if (!failure.empty()) row["failure"] = failure;
      print("examples", path.stem().string() + "/" + prog.name, row);
    }
  }
}

json of_text(const std::string& text, const std::string& hook) {
  auto code = isa::assemble(text);
  if (!code) return {{"verdict", "no program: " + code.error().message}};
  return measured(testing::module_with(*code, hook), testing::TestPlatform());
}

std::string repeated(uint64_t times, const std::function<std::string(uint64_t)>& part) {
  std::string text;
  for (uint64_t i = 0; i < times; i++) text += part(i);
  return text;
}

std::string number(uint64_t n) { return std::to_string(n); }

constexpr const char* kExit = "r0 = 0\nexit\n";

// 400 independent `if (x > c) a += k;`, then an index check.
std::string branches(uint64_t count) {
  return "r6 = r1\nr2 = *(u32 *)(r1 + 8)\nr3 = 0\n" +
         repeated(
             count,
             [](uint64_t i) { return "if r2 > " + number(i * 7 % 1000) + " goto +1\nr3 += " + number(i % 5) + "\n"; }) +
         "if r3 > 15 goto out\nr1 = map[3][0]+0\nr1 += r3\nr0 = *(u8 *)(r1 + 0)\nout:\nr0 = 0\nexit\n";
}

void probes() {
  const std::string out = kExit;
  struct Probe {
    const char* name;
    const char* hook;
    std::string text;
    const char* expected;
  };
  const Probe all[] = {
      {"10 x 10 nested loop in registers", "tick",
       "r0 = 0\nr1 = 0\na: r2 = 0\nb: r0 += 1\nr2 += 1\nif r2 < 10 goto b\nr1 += 1\nif r1 < 10 goto a\n" + out,
       "accept"},
      {"count down 1000 to 0", "tick", "r1 = 1000\na: r1 += -1\nif r1 != 0 goto a\n" + out, "accept"},
      {"r >>= 1 until 0", "tick", "r1 = *(u32 *)(r1 + 8)\na: r1 >>= 1\nif r1 != 0 goto a\n" + out, "accept"},
      {"i += 3 until i == 999", "tick", "r1 = 0\na: r1 += 3\nif r1 != 999 goto a\n" + out, "accept"},
      {"1,000 iterations, counter sign-extended", "tick",
       "r1 = 0\na: r2 = r1\nr2 <<= 32\nr2 s>>= 32\nif r2 s> 999 goto b\nr1 += 1\ngoto a\nb: " + out, "accept"},
      {"packet check kept in another register", "packet",
       "r6 = *(u64 *)(r1 + 0)\nr7 = *(u64 *)(r1 + 8)\nr2 = r6\nr2 += 14\nr3 = 0\nif r2 > r7 goto +1\nr3 = 1\n"
       "if r3 == 0 goto out\nr0 = *(u8 *)(r6 + 13)\nout: " +
           out,
       "accept"},
      {"400 independent branches, then an index check", "tick", branches(400), "accept"},
      {"r1 = 10; 1: w1 -= 1; if r1 > 0 goto 1b", "tick", "r1 = 10\na: w1 -= 1\nif r1 > 0 goto a\n" + out, "accept"},
      {"index masked, shifted, multiplied, or-ed", "tick",
       "r2 = *(u32 *)(r1 + 8)\nr2 &= 7\nr2 <<= 2\nr2 *= 4\nr2 |= 3\nr1 = map[6][0]+0\nr1 += r2\nr0 = *(u8 *)(r1 + "
       "0)\n" +
           out,
       "accept"},
      {"load of 32 bits at stack + 3", "tick", "*(u64 *)(r10 - 8) = 0\nr1 = *(u32 *)(r10 - 5)\n" + out, "accept"},
      {"7 / x with x possibly 0", "tick", "r2 = *(u32 *)(r1 + 8)\nr0 = 7\nr0 /= r2\n" + out, "accept"},
      {"use after ringbuf_submit", "tick",
       "r1 = map[7]\nr2 = 8\nr3 = 0\ncall 131\nif r0 == 0 goto out\nr6 = r0\nr1 = r0\nr2 = 0\ncall 132\nr0 = *(u64 "
       "*)(r6 + 0)\nout: " +
           out,
       "use-after-release"},
      {"a reservation leaked on one path", "tick",
       "r6 = r1\nr1 = map[7]\nr2 = 8\nr3 = 0\ncall 131\nif r0 == 0 goto out\nr2 = *(u32 *)(r6 + 8)\nif r2 == 3 goto "
       "out\n"
       "r1 = r0\nr2 = 0\ncall 132\nout: " +
           out,
       "reservation-leaked"},
  };
  for (const Probe& probe : all) {
    json row = of_text(probe.text, probe.hook);
    row["expected"] = probe.expected;
    print("probes", probe.name, row);
  }
}

void scaling() {
  struct Family {
    const char* name;
    const char* hook;
    std::vector<uint64_t> sizes;
    std::function<std::string(uint64_t)> text;
  };
  const std::string out = kExit;
  const std::vector<uint64_t> code = {100, 1000, 10000, 100000}, bounds = {10, 100, 1000, 10000, 100000, 1000000};
  const Family all[] = {
      {"straight: arithmetic", "tick", code,
       [&](uint64_t n) {
         return "r2 = *(u32 *)(r1 + 8)\nr3 = 5\n" +
                repeated(n / 4,
                         [](uint64_t i) { return "r3 += r2\nr3 ^= " + number(i) + "\nr2 &= 65535\nr3 >>= 1\n"; }) +
                out;
       }},
      {"straight: if (x > c) a += k", "tick", code, [](uint64_t n) { return branches(n / 2); }},
      {"straight: lookups with checks", "tick", code,
       [&](uint64_t n) {
         return repeated(
                    n / 8,
                    [](uint64_t i) {
                      return "*(u32 *)(r10 - 4) = " + number(i % 16) +
                             "\nr2 = r10\nr2 += -4\nr1 = map[0]\ncall 1\nif r0 == 0 goto +1\nr1 = *(u64 *)(r0 + 8)\n";
                    }) +
                out;
       }},
      {"straight: stores to the stack", "tick", code,
       [&](uint64_t n) {
         return "r2 = *(u32 *)(r1 + 8)\n" +
                repeated(n / 2,
                         [](uint64_t i) {
                           std::string at = number(8 + i % 60 * 8);
                           return "*(u64 *)(r10 - " + at + ") = r2\nr2 = *(u64 *)(r10 - " + at + ")\n";
                         }) +
                out;
       }},
      {"loop: for (i = 0; i < n; i++)", "tick", bounds,
       [&](uint64_t n) { return "r0 = 0\nr1 = 0\na: r0 += r1\nr1 += 1\nif r1 < " + number(n) + " goto a\n" + out; }},
      {"loop: with a branch inside", "tick", bounds,
       [&](uint64_t n) {
         return "r2 = *(u32 *)(r1 + 8)\nr0 = 0\nr1 = 0\na: if r2 > r1 goto +1\nr0 += 1\nr1 += 1\nif r1 < " + number(n) +
                " goto a\n" + out;
       }},
      {"loop: nested, n times 10",
       "tick",
       {10, 100, 1000, 10000, 100000},
       [&](uint64_t n) {
         return "r0 = 0\nr1 = 0\na: r2 = 0\nb: r0 += r2\nr2 += 1\nif r2 < 10 goto b\nr1 += 1\nif r1 < " + number(n) +
                " goto a\n" + out;
       }},
      {"calls of one subprogram",
       "tick",
       {10, 100, 1000, 10000},
       [&](uint64_t n) {
         return repeated(n, [](uint64_t i) { return "r1 = " + number(i) + "\ncall f\n"; }) + out +
                "f: r0 = r1\nr0 += 1\nif r0 > 5 goto +1\nr0 = 5\nexit\n";
       }},
  };
  for (const Family& family : all) {
    for (uint64_t size : family.sizes) {
      json row = of_text(family.text(size), family.hook);
      row["size"] = size;
      print("scaling", family.name, row);
    }
  }
}

void kernel(const std::filesystem::path& objects, const std::filesystem::path& linux_platform) {
  kernel_rows(objects, linux_platform,
              [](const std::string& name, json row) { print("kernel", name, std::move(row)); });
}

int run(const std::filesystem::path& folder, const std::filesystem::path& header) {
  auto bytes = platform::build(header);
  if (!bytes) return 1;
  auto platform = platform::parse(*bytes);
  if (!platform) return 1;
  examples(folder, **platform);
  probes();
  scaling();
  return 0;
}

}  // namespace
}  // namespace perdita::verifier

int main(int argc, char** argv) {
  int failed = argc == 5 ? perdita::verifier::run(argv[1], argv[2]) : 0;
  if (argc == 5 || argc == 3) {
    perdita::verifier::kernel(argv[argc - 2], argv[argc - 1]);
    return failed;
  }
  std::fprintf(stderr, "perdita_verifier_bench [OBJECTS PLATFORM.h] LINUX_OBJECTS LINUX_PLATFORM\n");
  return 2;
}
