// SPDX-License-Identifier: Apache-2.0
//
// Test firmware (tests/board/test_instance.py, script/bench size): what an installed package of one program with one
// subprogram takes of the block that the application hands over, beside stack, maps and image, headers of blocks
// included. Installed as a delivery does it once signatures are checked.
#include "board.h"
#include "console.h"
#include "quiet_port.h"
#include "runtime/install.h"

using namespace perdita;           // NOLINT: this file is a test of these namespaces
using namespace perdita::runtime;  // NOLINT

namespace {

// docs/spec/image.md, example without a claim: program `zero` on hook `tick`. This board's digests are zeros.
constexpr uint8_t kImage[] = {0x84, 0xa6, 0x01, 0x01, 0x02, 0x68, 'b',  'y',  't',  'e',  'c',  'o',  'd',  'e',
                              0x03, 0x81, 0x86, 0x64, 'z',  'e',  'r',  'o',  0x64, 't',  'i',  'c',  'k',  0x50,
                              0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
                              0,    0,    0x00, 0x02, 0x81, 0x82, 0x00, 0x19, 0x02, 0x00, 0x04, 0x80, 0x05, 0x80,
                              0x06, 0x80, 0xf6, 0x43, 0,    0,    0,    0x50, 0xb7, 0,    0,    0,    0,    0,
                              0,    0,    0x95, 0,    0,    0,    0,    0,    0,    0};

uint32_t failures;

void check(bool holds, const char* what) {
  if (holds) return;
  failures++;
  board::print("FAILED ");
  board::print(what);
  board::print("\n");
}

void print_bytes(const char* what, uint32_t bytes) {
  board::print("instance: ");
  board::print(what);
  board::print(" ");
  board::print_number(bytes);
  board::print("\n");
}

}  // namespace

extern "C" {

int main() {
  board::console_init();
  static perdita_hook hook;
  hook.name = "tick";
  hook.result_min = INT64_MIN;
  hook.result_max = INT64_MAX;
  static const perdita_platform platform = {"test", &hook, nullptr, nullptr, 1, 0, 0};
  static perdita_key author;
  author.roles = PERDITA_ROLE_AUTHOR;
  author.hooks = 1;
  static perdita_config config;
  config.platform = &platform;
  config.port = &board::kQuietPort;
  config.keys = &author;
  config.key_count = 1;
  config.target = board::kTarget;
  config.allow_unclaimed = 1;
  config.guarded_steps = 100;
  config.guarded_stack_bytes = 512;
  static uint64_t memory[512];
  perdita_runtime* runtime = nullptr;
  check(perdita_init(&runtime, memory, sizeof memory, &config) == perdita_status_ok, "the runtime did not start");

  perdita_memory_info before;
  perdita_memory(runtime, &before);
  wire::PackageView package{};
  package.name = text("demo");
  package.sequence = 1;
  package.attach = true;
  package.payload = Bytes(kImage);
  Signers signers{};
  signers.keys[0] = &author;
  perdita_report told;
  Report report(told);
  check(install(*runtime, package, signers, report) == Status::ok, "the package was refused");
  check(perdita_fire(runtime, 0, nullptr) == 0 && runtime->packages->progs[0].stats.runs == 1, "it does not run");

  perdita_memory_info after;
  perdita_memory(runtime, &after);
  perdita_package_info info;
  check(perdita_package_at(runtime, 0, &info) == 1, "it is not shown");
  check(after.used_bytes - before.used_bytes == info.memory_bytes + after.stack_bytes[0],
        "the account does not add up");
  const uint32_t image_bytes = (info.image_bytes + 7) & ~7u;
  const uint32_t instance_bytes = info.memory_bytes - info.map_bytes - image_bytes;
  print_bytes("package", sizeof(Package));
  print_bytes("prog", sizeof(Prog));
  print_bytes("subprogram", sizeof(Subprogram));
  print_bytes("header of the block", Memory::kAlignment);
  print_bytes("array, hash, queue or ring beside its elements", sizeof(PackageMap));
  print_bytes("program array beside its slots", sizeof(ProgArray));
  print_bytes("pinned map beside its elements", sizeof(PinnedMap));
  print_bytes("all", instance_bytes);
  check(instance_bytes == kInstanceBytes, "something takes memory that has no name here");
  check(instance_bytes <= kMostInstanceBytes, "an instance takes more than it may");
  board::print(failures == 0 ? "instance: done\n" : "instance: done, with failures\n");
  for (;;) {
  }
}

}  // extern "C"
