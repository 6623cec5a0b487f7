// SPDX-License-Identifier: Apache-2.0
//
// The client against the board's own server code over real UDP, with and without loss; and Debian's coap-client-notls,
// which knows nothing of either, against that server.
#include "deliver/board.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "deliver/udp_board.h"

namespace perdita::deliver {
namespace {

using control::FakeMap;
using control::FakeRuntime;
using ByteVector = std::vector<uint8_t>;

ByteVector package_of(size_t size) {
  ByteVector package(size);
  for (size_t i = 0; i < size; i++) package[i] = uint8_t(i * 13 + i / 251);
  return package;
}

void add_map(FakeRuntime& runtime, uint32_t count) {
  FakeMap map{control::map_info("counter", "readings", 4, 8), {}};
  map.info.max_entries = count;
  for (uint32_t i = 0; i < count; i++) {
    map.entries.emplace_back(ByteVector{uint8_t(i), uint8_t(i >> 8), 0, 0}, ByteVector(8, uint8_t(i)));
  }
  runtime.maps.push_back(map);
}

TEST(Board, ShowsWhatRuns) {
  FakeRuntime runtime;
  runtime.config.allow_map_changes = 1;
  runtime.hooks[0].period_min_us = 5;
  runtime.hooks[0].period_max_us = 6;
  runtime.hooks[1].request = 1;
  perdita_prog_info prog{};
  control::set_name(prog.name, "count");
  control::set_name(prog.package, "counter");
  prog.attached = 1;
  prog.engine = PERDITA_ENGINE_INTERPRETER;
  prog.runs = 77;
  prog.last_result = -5;
  runtime.progs.push_back(prog);
  prog.period_us = 50'000;
  runtime.progs.push_back(prog);
  perdita_package_info package{};
  control::set_name(package.name, "counter");
  package.sequence = 12;
  runtime.packages.push_back(package);
  add_map(runtime, 3);
  UdpBoard udp(runtime);
  const Board board(udp.address() + "/");

  const auto device = board.device();
  ASSERT_TRUE(device) << device.error().message;
  EXPECT_EQ(device->platform, "demo");
  EXPECT_EQ(device->engine, "interpreter");
  EXPECT_EQ(device->package_bytes, 8192u);
  EXPECT_EQ(device->capabilities, (std::vector<std::string>{"leds", "log"}));
  const auto progs = board.progs();
  ASSERT_TRUE(progs);
  ASSERT_EQ(progs->size(), 2u);
  EXPECT_EQ(progs->at(0).period_us, 0u);
  EXPECT_EQ(progs->at(1).period_us, 50'000u);
  EXPECT_EQ(progs->at(0).runs, 77u);
  EXPECT_EQ(progs->at(0).hook, "sensor");
  EXPECT_EQ(progs->at(0).last_result, -5);
  const auto packages = board.packages();
  ASSERT_TRUE(packages);
  EXPECT_EQ(packages->at(0).digest[31], 0xd0);
  const auto state = board.package("counter");
  ASSERT_TRUE(state);
  EXPECT_EQ(state->sequence_floor, 12u);
  EXPECT_TRUE(state->installed);
  EXPECT_EQ(board.device()->allows_map_changes, true);
  const auto hooks = board.hooks();
  ASSERT_EQ(hooks->size(), 2u);
  EXPECT_EQ(hooks->at(0).period_min_us, 5u);
  EXPECT_EQ(hooks->at(0).period_max_us, 6u);
  EXPECT_FALSE(hooks->at(0).answers_requests);
  EXPECT_EQ(hooks->at(1).period_max_us, 0u);
  EXPECT_TRUE(hooks->at(1).answers_requests);
  EXPECT_EQ(board.maps()->at(0).entries, 3u);
  EXPECT_EQ(board.log()->total_bytes, 0u);
}

TEST(Board, ReadsMapsOfManyBlocksAndPages) {
  FakeRuntime runtime;
  add_map(runtime, 2000);
  UdpBoard udp(runtime);
  const auto entries = Board(udp.address()).entries("counter", "readings");
  ASSERT_TRUE(entries) << entries.error().message;
  ASSERT_EQ(entries->size(), 2000u);
  for (uint32_t i = 0; i < 2000; i++) {
    ASSERT_EQ(entries->at(i).key, (ByteVector{uint8_t(i), uint8_t(i >> 8), 0, 0}));
  }
}

TEST(Board, DeliversPackagesOfEveryLengthAroundABlock) {
  FakeRuntime runtime;
  std::vector<size_t> sizes = {1, 1023, 1024, 1025, 2047, 2048, 2049, 8192};
  {
    UdpBoard udp(runtime);
    for (const size_t size : sizes) {
      size_t last = 0;
      const auto report = Board(udp.address()).deliver_package(package_of(size), [&](size_t sent, size_t total) {
        EXPECT_GT(sent, last);
        EXPECT_EQ(total, size);
        last = sent;
      });
      ASSERT_TRUE(report) << report.error().message;
      EXPECT_EQ(last, size);
    }
  }
  ASSERT_EQ(runtime.delivered.size(), sizes.size());
  for (size_t i = 0; i < sizes.size(); i++) EXPECT_EQ(runtime.delivered[i], package_of(sizes[i]));
}

TEST(Board, LostDatagramsAreMadeGood) {
  FakeRuntime runtime;
  {
    UdpBoard udp(runtime);
    udp.lose_every = 4;
    const auto report = Board(udp.address(), std::chrono::seconds(60)).deliver_package(package_of(3000));
    ASSERT_TRUE(report) << report.error().message;
  }
  ASSERT_EQ(runtime.delivered.size(), 1u);  // once, although requests were repeated
  EXPECT_EQ(runtime.delivered[0], package_of(3000));
}

TEST(Board, TellsARefusalWithItsReason) {
  FakeRuntime runtime;
  runtime.answer = {perdita_status_old_sequence, "counter", 8, 7};
  UdpBoard udp(runtime);
  const auto report = Board(udp.address()).deliver_package(package_of(100));
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, "board-refused");
  EXPECT_EQ(report.error().outcome, Outcome::refused);
  EXPECT_NE(report.error().message.find("(counter)"), std::string::npos);
  EXPECT_NE(report.error().have.find("old_sequence"), std::string::npos);
  EXPECT_NE(report.error().hint.find("--sequence 8"), std::string::npos);
  const auto large = Board(udp.address()).deliver_package(package_of(9000));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, "board-refused");
  EXPECT_EQ(large.error().need, "9000");
  const auto missing = Board(udp.address()).entries("no", "such");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, "board-has-none");
}

// What another version of code generator or firmware refuses, and what to do then.
TEST(Board, TellsWhichVersionsDoNotFit) {
  FakeRuntime runtime;
  UdpBoard udp(runtime);
  const auto refused = [&](perdita_report report) {
    udp.change([&](FakeRuntime& board) { board.answer = report; });
    return Board(udp.address()).deliver_package(package_of(100)).error();
  };
  const Diagnostic abi = refused({perdita_status_wrong_abi, "armv7m", 1, 2});
  EXPECT_NE(abi.have.find("wrong_abi"), std::string::npos);
  EXPECT_EQ(abi.need, "1");
  EXPECT_NE(abi.hint.find("the firmware's version"), std::string::npos);
  const Diagnostic target = refused({perdita_status_wrong_target, "bytecode", 0, 0});
  EXPECT_NE(target.message.find("(bytecode)"), std::string::npos);
  EXPECT_NE(target.hint.find("--target auto"), std::string::npos);
  // A bound that is too large is the program's matter; one that there is none of is the versions'.
  EXPECT_EQ(refused({perdita_status_over_budget, "count", 300, 200}).need, "300");
  const Diagnostic unbounded = refused({perdita_status_over_budget, "count", UINT64_MAX, 200});
  EXPECT_NE(unbounded.need.find("generator"), std::string::npos);
  EXPECT_NE(unbounded.hint.find("one version"), std::string::npos);
}

TEST(Board, NobodyThereIsUnreachable) {
  uint16_t port = 0;
  {
    FakeRuntime runtime;
    port = UdpBoard(runtime).port();
  }
  const auto device = Board("coap://127.0.0.1:" + std::to_string(port), std::chrono::milliseconds(300)).device();
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().code, "board-unreachable");
  EXPECT_EQ(device.error().outcome, Outcome::unreachable);
  EXPECT_FALSE(device.error().hint.empty());
  const auto unresolved = Board("coap://no-such-host.invalid").device();
  ASSERT_FALSE(unresolved);
  EXPECT_EQ(unresolved.error().code, "board-unresolved");
  EXPECT_EQ(Board("127.0.0.1").device().error().code, "coap-uri-invalid");
}

// ---- an independent peer ----

class CoapClient : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("command -v coap-client-notls >/dev/null") != 0) GTEST_SKIP() << "coap-client-notls is not there";
  }
  static std::string run(const std::string& arguments) {
    const std::string command = "coap-client-notls -B 10 " + arguments + " 2>&1";
    FILE* pipe = popen(command.c_str(), "r");
    std::string out;
    char buffer[4096];
    for (size_t count = 0; (count = fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, count);
    pclose(pipe);
    // It ends what it prints with a line end.
    if (out.ends_with('\n')) out.pop_back();
    return out;
  }
};

TEST_F(CoapClient, GetsAndPostsInBlocks) {
  FakeRuntime runtime;
  add_map(runtime, 300);
  const std::string file = ::testing::TempDir() + "perdita-package-" + std::to_string(getpid());
  {
    const ByteVector package = package_of(5000);
    std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(package.data()), long(package.size()));
    UdpBoard udp(runtime);
    const std::string address = udp.address();
    EXPECT_NE(run("-m get " + address + "/.well-known/core").find("</maps>;rt="), std::string::npos);
    for (const char* blocks : {"", "-b 64 ", "-b 1024 "}) {
      const std::string answer = run(std::string(blocks) + "-m get " + address + "/maps/counter/readings");
      PageOf<Entry> page;
      ASSERT_TRUE(read(ByteVector(answer.begin(), answer.end()), page)) << blocks;
      EXPECT_EQ(page.items.size(), 300u);
    }
    Report report;
    const std::string whole = run("-m post -t 60 -f " + file + " " + address + "/packages");
    EXPECT_TRUE(read(ByteVector(whole.begin(), whole.end()), report));
    const std::string small = run("-m post -t 60 -b 128 -f " + file + " " + address + "/packages");
    EXPECT_TRUE(read(ByteVector(small.begin(), small.end()), report));
    EXPECT_EQ(run("-m put -e x " + address + "/packages").substr(0, 4), "4.01");
    EXPECT_EQ(run("-m delete " + address + "/progs").substr(0, 4), "4.01");
    EXPECT_EQ(run("-m get " + address + "/nowhere").substr(0, 4), "4.04");
  }
  std::remove(file.c_str());
  ASSERT_EQ(runtime.delivered.size(), 2u);
  EXPECT_EQ(runtime.delivered[0], package_of(5000));
  EXPECT_EQ(runtime.delivered[1], package_of(5000));
}

}  // namespace
}  // namespace perdita::deliver
