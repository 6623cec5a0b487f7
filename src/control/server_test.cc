// SPDX-License-Identifier: Apache-2.0
//
// The server as a peer sees it: golden datagrams, methods, blocks, duplicates, and that errors change nothing.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/coap_peer.h"
#include "control/control_under_test.h"

namespace perdita::control {
namespace {

using nlohmann::json;

constexpr uint8_t kCon = 0, kNon = 1, kAck = 2, kReset = 3;
constexpr uint8_t kPost = 2, kPut = 3, kDelete = 4;

class Server : public ::testing::Test {
 protected:
  FakeRuntime runtime_;
  ControlUnderTest control_{runtime_};
  uint16_t next_id_ = 100;

  TestReply send(TestRequest request, uint8_t peer = 1) {
    request.id = next_id_++;
    const ByteVector bytes = control_.receive(request.bytes(), peer);
    TestReply reply(bytes);
    EXPECT_EQ(reply.token, request.token);
    EXPECT_EQ(reply.type, request.type == kCon ? kAck : kNon);
    if (request.type == kCon) {
      EXPECT_EQ(reply.id, request.id);
    }
    return reply;
  }
  TestReply get(const std::string& path) { return send(TestRequest{}.path(path)); }
  // nlohmann takes only text keys from CBOR; ours are numbers, so they are spelled here.
  static json decode(const ByteVector& cbor);

  // Everything of a block-wise GET, block by block.
  ByteVector get_blocks(const std::string& path, uint32_t exponent, const std::string& query = "") {
    ByteVector all;
    ByteVector tag;
    for (uint32_t number = 0;; number++) {
      TestRequest request;
      request.path(path);
      if (!query.empty()) request.query(query);
      request.block(23, number, false, exponent);
      const TestReply reply = send(request);
      EXPECT_EQ(reply.code_text(), "2.05");
      if (reply.code_text() != "2.05") return {};
      EXPECT_EQ(reply.number(23) >> 4, number);
      EXPECT_EQ(reply.number(23) & 7, exponent);
      if (number == 0 && reply.options.contains(4)) tag = reply.options.at(4);
      if (number > 0) {
        EXPECT_EQ(reply.options.at(4), tag);
      }
      all.insert(all.end(), reply.payload.begin(), reply.payload.end());
      if ((reply.number(23) & 8) == 0) return all;
      EXPECT_EQ(reply.payload.size(), size_t{16} << exponent);
    }
  }
};

// A small reader of the CBOR this server makes, keys as text: {"1": …}.
json read_cbor(const ByteVector& bytes, size_t& at) {
  const auto take = [&] { return bytes.at(at++); };
  const uint8_t head = take();
  const uint8_t info = head & 31;
  uint64_t value = info;
  if (info >= 24 && info < 28) {
    value = 0;
    for (int i = 0; i < 1 << (info - 24); i++) value = value << 8 | take();
  }
  switch (head >> 5) {
    case 0:
      return value;
    case 1:
      return -1 - int64_t(value);
    case 2: {
      json list = json::array();
      for (uint64_t i = 0; i < value; i++) list.push_back(take());
      return list;
    }
    case 3: {
      std::string text;
      for (uint64_t i = 0; i < value; i++) text += char(take());
      return text;
    }
    case 4: {
      json list = json::array();
      if (info == 31) {
        while (bytes.at(at) != 0xff) list.push_back(read_cbor(bytes, at));
        at++;
      } else {
        for (uint64_t i = 0; i < value; i++) list.push_back(read_cbor(bytes, at));
      }
      return list;
    }
    case 5: {
      json map = json::object();
      for (uint64_t i = 0; i < value; i++) {
        const uint64_t key = read_cbor(bytes, at);
        map[std::to_string(key)] = read_cbor(bytes, at);
      }
      return map;
    }
    default:
      return info == 21;
  }
}

json Server::decode(const ByteVector& cbor) {
  size_t at = 0;
  json value = read_cbor(cbor, at);
  EXPECT_EQ(at, cbor.size()) << "bytes behind the item";
  return value;
}

TEST_F(Server, GoldenPing) {
  EXPECT_EQ(control_.receive({0x40, 0x00, 0x12, 0x34}), (ByteVector{0x70, 0x00, 0x12, 0x34}));
}

TEST_F(Server, GoldenNotFound) {
  // CON GET /x, id 1, token 05.
  const ByteVector request = {0x41, 0x01, 0x00, 0x01, 0x05, 0xb1, 'x'};
  ByteVector expected = {0x61, 0x84, 0x00, 0x01, 0x05, 0xff};
  for (const char c : std::string("no such resource")) expected.push_back(uint8_t(c));
  EXPECT_EQ(control_.receive(request), expected);
}

TEST_F(Server, GoldenRefusal) {
  runtime_.answer = {perdita_status_old_sequence, "blink", 8, 7};
  // CON POST /packages, id 2, payload 01; answered 4.03 with { 1: 24, 2: "old_sequence", 3: "blink", 4: 8, 5: 7 }.
  const ByteVector request = {0x40, 0x02, 0x00, 0x02, 0xb8, 'p', 'a', 'c', 'k', 'a', 'g', 'e', 's', 0xff, 0x01};
  ByteVector expected = {0x60, 0x83, 0x00, 0x02, 0xc1, 60, 0xff, 0xa5, 0x01, 0x18, 24, 0x02, 0x6c};
  for (const char c : std::string("old_sequence")) expected.push_back(uint8_t(c));
  for (const uint8_t byte : {0x03, 0x65, int('b'), int('l'), int('i'), int('n'), int('k'), 0x04, 0x08, 0x05, 0x07}) {
    expected.push_back(byte);
  }
  EXPECT_EQ(control_.receive(request), expected);
}

TEST_F(Server, IgnoresWhatIsNotForIt) {
  EXPECT_TRUE(control_.receive({}).empty());
  EXPECT_TRUE(control_.receive({0x40, 0x01, 0x00}).empty());
  EXPECT_TRUE(control_.receive({0xc0, 0x01, 0x00, 0x01}).empty());  // version 3
  TestRequest request;
  request.path("device");
  for (const uint8_t type : {kAck, kReset}) {
    request.type = type;
    EXPECT_TRUE(control_.receive(request.bytes()).empty());
  }
  EXPECT_TRUE(control_.receive({0x50, 0x00, 0x00, 0x01}).empty());  // empty NON
}

TEST_F(Server, RejectsMalformedConfirmableAndIgnoresTheRest) {
  EXPECT_EQ(control_.receive({0x40, 0x01, 0x00, 0x09, 0xff}), (ByteVector{0x70, 0x00, 0x00, 0x09}));
  EXPECT_TRUE(control_.receive({0x50, 0x01, 0x00, 0x09, 0xff}).empty());
  EXPECT_EQ(control_.receive({0x4f, 0x01, 0x00, 0x09}), (ByteVector{0x70, 0x00, 0x00, 0x09}));
  // A response, and each reserved class of codes (RFC 7252, section 12.1).
  for (const uint8_t code : {0x20, 0x45, 0x84, 0xa0, 0xc0, 0xff}) {
    EXPECT_EQ(control_.receive({0x40, code, 0x00, 0x09}), (ByteVector{0x70, 0x00, 0x00, 0x09}));
    EXPECT_TRUE(control_.receive({0x50, code, 0x00, 0x09}).empty());
  }
}

TEST_F(Server, AnswersNonConfirmableInKind) {
  TestRequest request;
  request.type = kNon;
  const TestReply one = send(request.path("device"));
  const TestReply two = send(request);
  EXPECT_EQ(one.code_text(), "2.05");
  EXPECT_NE(one.id, two.id);
}

TEST_F(Server, ListsItsResources) {
  const TestReply reply = get(".well-known/core");
  EXPECT_EQ(reply.code_text(), "2.05");
  EXPECT_EQ(reply.number(12), 40u);
  for (const char* path : {"device", "hooks", "progs", "packages", "maps", "log"}) {
    EXPECT_NE(reply.text().find("</" + std::string(path) + ">;rt="), std::string::npos);
    EXPECT_EQ(get(path).code_text(), "2.05") << path;
  }
  EXPECT_EQ(send(TestRequest{}.path(".well-known/core").query("rt=x")).code_text(), "2.05");
}

TEST_F(Server, ShowsTheDevice) {
  runtime_.config.class_id[0] = 7;
  const TestReply reply = get("device");
  EXPECT_EQ(reply.number(12), 60u);
  const json device = decode(reply.payload);
  EXPECT_EQ(device["1"], "demo");
  EXPECT_EQ(device["4"][0], 7);
  EXPECT_EQ(device["6"], "armv7m");
  EXPECT_EQ(device["7"], 1);
  EXPECT_EQ(device["8"], false);
  EXPECT_EQ(device["9"], json({24000, 1000, 23000}));
  EXPECT_EQ(device["10"], 4096);
  EXPECT_EQ(device["13"], json({"leds", "log"}));
  EXPECT_EQ(device["15"], false);
  runtime_.config.allow_map_changes = 1;
  EXPECT_EQ(decode(get("device").payload)["15"], true);
}

TEST_F(Server, SaysWhatKindOfHookItIs) {
  EXPECT_EQ(decode(get("hooks").payload)["1"][0].size(), 7u);
  runtime_.hooks[0].period_min_us = 1000;
  runtime_.hooks[0].period_max_us = 60'000'000;
  runtime_.hooks[1].request = 1;
  const json hooks = decode(get("hooks").payload)["1"];
  EXPECT_EQ(hooks[0]["8"], json({1000, 60'000'000}));
  EXPECT_FALSE(hooks[0].contains("9"));
  EXPECT_FALSE(hooks[1].contains("8"));
  EXPECT_EQ(hooks[1]["9"], true);
}

TEST_F(Server, ShowsProgsPackagesMapsHooks) {
  perdita_prog_info prog{};
  set_name(prog.name, "count");
  set_name(prog.package, "counter");
  prog.hook = 1;
  prog.attached = 1;
  prog.runs = 1ull << 40;
  prog.last_result = -3;
  runtime_.progs.push_back(prog);
  perdita_package_info package{};
  set_name(package.name, "counter");
  package.sequence = 9;
  runtime_.packages.push_back(package);
  runtime_.maps.push_back({map_info("counter", "readings", 4, 8), {}});

  const json progs = decode(get("progs").payload);
  ASSERT_EQ(progs["1"].size(), 1u);
  EXPECT_FALSE(progs.contains("2"));
  EXPECT_EQ(progs["1"][0]["3"], "packet");
  EXPECT_EQ(progs["1"][0]["6"], 1ull << 40);
  EXPECT_EQ(progs["1"][0]["13"], -3);
  EXPECT_EQ(decode(get("packages").payload)["1"][0]["2"], 9);
  EXPECT_EQ(decode(get("maps").payload)["1"][0]["1"], "readings");
  EXPECT_EQ(decode(get("hooks").payload)["1"][1]["1"], "packet");
  const json state = decode(get("packages/counter").payload);
  EXPECT_EQ(state["1"], 9);
  EXPECT_EQ(state["2"]["1"], "counter");
  EXPECT_EQ(state["2"]["3"], json(std::vector<uint8_t>(32, 0xd0)));
  const json unknown = decode(get("packages/other").payload);
  EXPECT_EQ(unknown, json({{"1", 0}}));
  EXPECT_EQ(get("packages/no blank").code_text(), "4.04");
  EXPECT_EQ(get("packages/" + std::string(40, 'a')).code_text(), "4.04");
}

TEST_F(Server, OnlyOneDoorChangesState) {
  for (const uint8_t method : {kPost, kPut, kDelete}) {
    for (const char* path : {"device", "progs", "maps/a/b", "packages/x", "", "nowhere", "a/b/c/d"}) {
      TestRequest request;
      request.code = method;
      EXPECT_EQ(send(request.path(path)).code_text(), "4.01") << path;
    }
  }
  for (const uint8_t method : {kPut, kDelete}) {
    TestRequest request;
    request.code = method;
    request.payload = {1};
    EXPECT_EQ(send(request.path("packages")).code_text(), "4.01");
  }
  for (uint8_t method = 5; method < 32; method++) {
    TestRequest request;
    request.code = method;
    EXPECT_EQ(send(request.path("packages")).code_text(), "4.05");
  }
  EXPECT_TRUE(runtime_.delivered.empty());
}

TEST_F(Server, EveryStatusHasItsCode) {
  const std::map<perdita_status, std::string> special = {
      {perdita_status_ok, "2.04"}, {perdita_status_too_large, "4.13"}, {perdita_status_busy, "5.03"}};
#define CASE(name, number, text)                                                                                      \
  {                                                                                                                   \
    runtime_.answer = {perdita_status_##name, "p", 1, 2};                                                             \
    TestRequest request;                                                                                              \
    request.code = kPost;                                                                                             \
    request.payload = {number};                                                                                       \
    const TestReply reply = send(request.path("packages"));                                                           \
    const bool unsigned_bytes = (number > 0 && number < 16) || (number >= 16 && number <= 20) || number == 28;        \
    const std::string code = special.contains(perdita_status_##name) ? special.at(perdita_status_##name)              \
                                                                     : std::string(unsigned_bytes ? "4.01" : "4.03"); \
    EXPECT_EQ(reply.code_text(), code) << #name;                                                                      \
    const json body = decode(reply.payload);                                                                          \
    EXPECT_EQ(body["1"], number);                                                                                     \
    EXPECT_EQ(body["2"], #name);                                                                                      \
    EXPECT_EQ(body["3"], "p");                                                                                        \
    EXPECT_EQ(body["4"], 1);                                                                                          \
    EXPECT_EQ(body["5"], 2);                                                                                          \
  }
  PERDITA_STATUS_LIST(CASE)
#undef CASE
}

TEST_F(Server, ChecksOptions) {
  EXPECT_EQ(send(TestRequest{}.option(1, {}).path("device")).code_text(), "4.02");       // If-Match
  EXPECT_EQ(send(TestRequest{}.path("device").option(65001, {1})).code_text(), "4.02");  // unknown critical
  EXPECT_EQ(send(TestRequest{}.path("device").option(65000, {1})).code_text(), "2.05");  // unknown elective
  EXPECT_EQ(send(TestRequest{}.option(3, {'h'}).option(7, {22, 51}).path("device")).code_text(), "2.05");
  EXPECT_EQ(send(TestRequest{}.path("device").option(17, {60})).code_text(), "2.05");
  EXPECT_EQ(send(TestRequest{}.path("device").option(17, {0, 60})).code_text(), "2.05");
  EXPECT_EQ(send(TestRequest{}.path("device").option(17, {40})).code_text(), "4.06");
  EXPECT_EQ(send(TestRequest{}.path("device").option(17, {60}).option(17, {60})).code_text(), "4.02");  // repeated
  EXPECT_EQ(send(TestRequest{}.path("device").option(17, {0, 0, 60})).code_text(), "4.02");             // too long
  EXPECT_EQ(send(TestRequest{}.path("device").option(35, {'x'})).code_text(), "5.05");
  EXPECT_EQ(send(TestRequest{}.path(std::string(256, 'a'))).code_text(), "4.02");
  EXPECT_EQ(send(TestRequest{}.path("device").query("a=b")).code_text(), "4.00");
  EXPECT_EQ(send(TestRequest{}.path("device").query("from=3")).code_text(), "4.00");
  EXPECT_EQ(send(TestRequest{}.path("progs").query("from=4294967296")).code_text(), "4.00");
  EXPECT_EQ(send(TestRequest{}.path("progs").query("from=4294967295")).code_text(), "2.05");
  EXPECT_EQ(send(TestRequest{}.path("progs").query("from=1").query("from=1")).code_text(), "4.00");
  EXPECT_EQ(send(TestRequest{}.path("device").block(23, 0, false, 7)).code_text(), "4.00");
  EXPECT_EQ(send(TestRequest{}.path("device").block(27, 0, false, 6)).code_text(), "4.00");
  TestRequest request;
  request.code = kPost;
  request.payload = {1};
  EXPECT_EQ(send(TestRequest(request).path("packages").option(12, {0})).code_text(), "4.15");
  EXPECT_EQ(send(TestRequest(request).path("packages").option(17, {0})).code_text(), "4.06");
  EXPECT_EQ(send(TestRequest(request).path("packages").option(65001, {})).code_text(), "4.02");
  EXPECT_TRUE(runtime_.delivered.empty());
  // A non-confirmable request with an unknown critical option gets nothing (RFC 7252, section 5.4.1).
  request.type = kNon;
  EXPECT_TRUE(control_.receive(TestRequest(request).path("packages").option(65001, {}).bytes()).empty());
}

TEST_F(Server, RepeatedRequestIsCarriedOutOnce) {
  TestRequest request;
  request.code = kPost;
  request.payload = {1, 2, 3};
  request.path("packages");
  const ByteVector first = control_.receive(request.bytes());
  runtime_.answer.status = perdita_status_old_sequence;  // what a second delivery would be told
  EXPECT_EQ(control_.receive(request.bytes()), first);
  EXPECT_EQ(runtime_.delivered.size(), 1u);
  // Another peer, another id, other bytes, and the same long after: each a request of its own.
  control_.receive(request.bytes(), 2);
  EXPECT_EQ(runtime_.delivered.size(), 2u);
  request.payload = {4};
  control_.receive(request.bytes());
  EXPECT_EQ(runtime_.delivered.size(), 3u);
  runtime_.now_ns += 248'000'000'000;
  control_.receive(request.bytes());
  EXPECT_EQ(runtime_.delivered.size(), 4u);
  request.type = kNon;
  EXPECT_FALSE(control_.receive(request.bytes()).empty());
  EXPECT_TRUE(control_.receive(request.bytes()).empty());
  EXPECT_EQ(runtime_.delivered.size(), 5u);
}

class Upload : public Server {
 protected:
  ByteVector body_;
  Upload() {
    for (size_t i = 0; i < 3000; i++) body_.push_back(uint8_t(i * 7 + i / 256));
  }
  TestReply block(uint32_t number, uint32_t exponent, uint8_t peer = 1) {
    const size_t size = size_t{16} << exponent;
    const size_t start = number * size;
    const size_t end = std::min(body_.size(), start + size);
    TestRequest request;
    request.code = kPost;
    request.path("packages").block(27, number, end < body_.size(), exponent);
    if (start < end) request.payload.assign(body_.begin() + long(start), body_.begin() + long(end));
    return send(request, peer);
  }
};

TEST_F(Upload, JoinsBlocksOfEverySize) {
  for (uint32_t exponent = 0; exponent <= 6; exponent++) {
    runtime_.delivered.clear();
    const uint32_t count = uint32_t((body_.size() + (size_t{16} << exponent) - 1) >> (exponent + 4));
    for (uint32_t number = 0; number + 1 < count; number++) {
      const TestReply reply = block(number, exponent);
      ASSERT_EQ(reply.code_text(), "2.31");
      EXPECT_EQ(reply.number(27), number << 4 | 8 | exponent);
      ASSERT_TRUE(runtime_.delivered.empty());
    }
    const TestReply last = block(count - 1, exponent);
    EXPECT_EQ(last.code_text(), "2.04");
    EXPECT_EQ(last.number(27), (count - 1) << 4 | exponent);
    ASSERT_EQ(runtime_.delivered.size(), 1u);
    EXPECT_EQ(runtime_.delivered[0], body_);
  }
}

TEST_F(Upload, GapOrSecondPeerDoesNotDeliver) {
  EXPECT_EQ(block(1, 6).code_text(), "4.08");
  EXPECT_EQ(block(0, 6).code_text(), "2.31");
  EXPECT_EQ(block(2, 6).code_text(), "4.08");
  const TestReply other = block(0, 6, 2);
  EXPECT_EQ(other.code_text(), "5.03");
  EXPECT_EQ(other.number(14), 30u);
  runtime_.now_ns += 29'000'000'000;
  EXPECT_EQ(block(0, 6, 2).number(14), 1u);
  EXPECT_EQ(block(1, 6).code_text(), "2.31");
  EXPECT_EQ(block(2, 6).code_text(), "2.04");
  EXPECT_EQ(block(0, 6, 2).code_text(), "2.31");  // free again
  runtime_.now_ns += 31'000'000'000;
  EXPECT_EQ(block(0, 6, 3).code_text(), "2.31");  // stale
  EXPECT_EQ(block(1, 6, 2).code_text(), "5.03");
  EXPECT_EQ(runtime_.delivered.size(), 1u);
}

TEST_F(Upload, TooLargeIsToldWithTheLimit) {
  body_.resize(4097);
  for (uint32_t number = 0; number < 4; number++) ASSERT_EQ(block(number, 6).code_text(), "2.31");
  const TestReply reply = block(4, 6);
  EXPECT_EQ(reply.code_text(), "4.13");
  EXPECT_EQ(reply.number(60), 4096u);
  const json diagnostic = decode(reply.payload);
  EXPECT_EQ(diagnostic["4"], 4097);
  EXPECT_EQ(diagnostic["5"], 4096);
  // Told at once where the size is announced.
  TestRequest request;
  request.code = kPost;
  request.path("packages").block(27, 0, true, 0).option(60, {0x10, 0x01});
  request.payload.resize(16);
  EXPECT_EQ(send(request).code_text(), "4.13");
  EXPECT_TRUE(runtime_.delivered.empty());
}

TEST_F(Upload, ReadsAreAnsweredMeanwhile) {
  runtime_.maps.push_back({map_info("p", "big", 4, 60), {}});
  runtime_.maps[0].info.max_entries = 50;
  for (uint32_t i = 0; i < 50; i++) {
    runtime_.maps[0].entries.emplace_back(ByteVector{uint8_t(i), 0, 0, 0}, ByteVector(60, uint8_t(i)));
  }
  ASSERT_EQ(block(0, 6).code_text(), "2.31");
  EXPECT_EQ(get("device").code_text(), "2.05");
  const json page = decode(get("maps/p/big").payload);
  EXPECT_GT(page["1"].size(), 10u);
  EXPECT_EQ(page["2"], page["1"].size());
  // An entry larger than a small block must wait.
  EXPECT_EQ(send(TestRequest{}.path("maps/p/big").block(23, 0, false, 0)).code_text(), "5.03");
  ASSERT_EQ(block(1, 6).code_text(), "2.31");
  EXPECT_EQ(block(2, 6).code_text(), "2.04");
  EXPECT_EQ(runtime_.delivered.at(0), body_);
}

// A cut request may still be a whole one without its blocks or its payload; what it carries then is nothing.
TEST_F(Upload, EveryTruncationOfARequestIsHarmless) {
  TestRequest request;
  request.code = kPost;
  request.path("packages").block(27, 0, true, 2);
  request.payload.assign(64, 0x77);
  const ByteVector whole = request.bytes();
  for (size_t size = 0; size < whole.size(); size++) {
    control_.receive(ByteVector(whole.begin(), whole.begin() + long(size)));
    for (const ByteVector& package : runtime_.delivered) {
      ASSERT_TRUE(package.empty()) << size;
    }
  }
  EXPECT_EQ(get("device").code_text(), "2.05");
}

TEST_F(Server, EveryBitFlipOfARequestIsAnsweredOrIgnored) {
  TestRequest request;
  request.code = kPost;
  request.option(3, {'h'}).path("packages").option(12, {60}).block(27, 0, false, 2);
  request.payload.assign(40, 0x77);
  const ByteVector whole = request.bytes();
  size_t delivered_elsewhere = 0;
  for (size_t bit = 0; bit < whole.size() * 8; bit++) {
    ByteVector flipped = whole;
    flipped[bit / 8] = uint8_t(flipped[bit / 8] ^ 1u << bit % 8);
    runtime_.delivered.clear();
    const ByteVector reply = control_.receive(flipped);
    if (!reply.empty()) {
      const TestReply read(reply);  // is well-formed
      const bool names_request = read.type == kAck || read.type == kReset;
      if (names_request) {
        EXPECT_EQ(read.id, uint16_t(flipped[2] << 8 | flipped[3])) << bit;
      }
    }
    // Where the path or the method was hit, nothing may be delivered.
    const size_t path_at = 4 + 2 + 2;
    const bool hits_path = bit / 8 >= path_at && bit / 8 < path_at + 9;
    if ((hits_path || bit / 8 == 1) && !runtime_.delivered.empty()) delivered_elsewhere++;
  }
  EXPECT_EQ(delivered_elsewhere, 0u);
  EXPECT_EQ(get("device").code_text(), "2.05");
}

class Maps : public Server {
 protected:
  void fill(uint32_t count, uint32_t value_size) {
    FakeMap map{map_info("counter", ".data", 4, value_size), {}};
    map.info.max_entries = count;
    for (uint32_t i = 0; i < count; i++) {
      map.entries.emplace_back(ByteVector{uint8_t(i), uint8_t(i >> 8), 0, 0}, ByteVector(value_size, uint8_t(i)));
    }
    runtime_.maps = {map};
  }
  void check_entries(const json& entries, uint32_t first) {
    for (size_t i = 0; i < entries.size(); i++) {
      ASSERT_EQ(entries[i][0][0], (first + i) & 255);
      ASSERT_EQ(entries[i][1].size(), runtime_.maps[0].info.value_size);
      if (!entries[i][1].empty()) {
        ASSERT_EQ(entries[i][1][0], (first + i) & 255);
      }
    }
  }
};

// Every size of a value across the lengths of CBOR heads and of blocks, every size of block.
TEST_F(Maps, EntriesOfEverySizeInBlocksOfEverySize) {
  for (const uint32_t value_size : {1u, 8u, 23u, 24u, 255u, 256u, 700u}) {
    for (uint32_t exponent = 0; exponent <= 6; exponent++) {
      fill(5, value_size);
      const json map = decode(get_blocks("maps/counter/.data", exponent));
      ASSERT_EQ(map["1"].size(), 5u);
      EXPECT_FALSE(map.contains("2"));
      check_entries(map["1"], 0);
    }
  }
}

TEST_F(Maps, LargeMapsComeInPages) {
  fill(1000, 8);
  uint32_t from = 0;
  uint32_t pages = 0;
  for (bool more = true; more; pages++) {
    const std::string query = from == 0 ? "" : "from=" + std::to_string(from);
    const json page = decode(get_blocks("maps/counter/.data", 6, query));
    ASSERT_GT(page["1"].size(), 0u);
    check_entries(page["1"], from);
    from += uint32_t(page["1"].size());
    more = page.contains("2");
    if (more) {
      ASSERT_EQ(page["2"], from);
    }
  }
  EXPECT_EQ(from, 1000u);
  EXPECT_GT(pages, 2u);
}

TEST_F(Maps, BlocksOfOneAnswerAreOfOneMoment) {
  fill(100, 16);
  const TestReply first = send(TestRequest{}.path("maps/counter/.data").block(23, 0, false, 6));
  runtime_.maps[0].entries[99].second.assign(16, 0xaa);  // behind the first block
  const TestReply second = send(TestRequest{}.path("maps/counter/.data").block(23, 1, false, 6));
  EXPECT_EQ(second.options.at(4), first.options.at(4));
  // Without the snapshot the tag differs, and the client knows.
  const TestReply stranger = send(TestRequest{}.path("maps/counter/.data").block(23, 1, false, 6), 2);
  EXPECT_NE(stranger.options.at(4), first.options.at(4));
  EXPECT_EQ(send(TestRequest{}.path("maps/counter/.data").block(23, 500, false, 6)).code_text(), "4.00");
}

TEST_F(Maps, AnEntryLargerThanAllIsToldSo) {
  fill(1, 5000);
  const TestReply reply = get("maps/counter/.data");
  EXPECT_EQ(reply.code_text(), "5.00");
  EXPECT_EQ(decode(reply.payload)["2"], "too_large");
  EXPECT_EQ(get("maps/counter/other").code_text(), "4.04");
}

TEST_F(Server, KeepsTheLog) {
  const std::string text = "hello";
  perdita_control_log(control_.handle(), text.data(), text.size());
  const json log = decode(get("log").payload);
  EXPECT_EQ(log["1"], 5);
  EXPECT_EQ(log["2"], json({'h', 'e', 'l', 'l', 'o'}));
  EXPECT_EQ(runtime_.locks, 0);
}

TEST(Control, ChecksItsMemory) {
  FakeRuntime runtime;
  std::vector<uint64_t> memory(perdita_control_size(1024) / 8);
  perdita_control* control = nullptr;
  const size_t size = memory.size() * 8;
  EXPECT_EQ(perdita_control_init(&control, memory.data(), size - 8, 1024, runtime.handle()),
            perdita_status_out_of_memory);
  EXPECT_EQ(perdita_control_init(&control, memory.data(), size, 100, runtime.handle()),
            perdita_status_invalid_argument);
  EXPECT_EQ(
      perdita_control_init(&control, reinterpret_cast<uint8_t*>(memory.data()) + 4, size - 8, 512, runtime.handle()),
      perdita_status_invalid_argument);
  EXPECT_EQ(perdita_control_init(&control, memory.data(), size, 1024, nullptr), perdita_status_invalid_argument);
  EXPECT_EQ(control, nullptr);
}

}  // namespace
}  // namespace perdita::control
