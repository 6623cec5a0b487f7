// SPDX-License-Identifier: Apache-2.0
//
// Observing (RFC 7641) as peers see it, with a clock of the test's own: who is told what, when it is told again, when
// it is given up, and what becomes of the records.
#include "control/observers.h"

#include <gtest/gtest.h>

#include <optional>

#include "control/coap_peer.h"
#include "control/control_under_test.h"
#include "wire/cbor_reader.h"

namespace perdita::control {
namespace {

constexpr uint64_t kMs = 1'000'000;
constexpr uint32_t kObserve = 6;

struct RecordPage {
  std::vector<ByteVector> records;
  std::vector<uint32_t> cut;  // whole lengths of records that are not whole
  std::optional<uint32_t> next;
  uint32_t position = 0, lost = 0;
};

RecordPage read_page(const ByteVector& bytes) {
  RecordPage page;
  wire::CborReader reader({bytes.data(), bytes.size()});
  const uint32_t keys = reader.map();
  reader.key(1);
  const uint32_t count = reader.array();
  for (uint32_t i = 0; i < count; i++) {
    if (reader.peek() == wire::CborType::array) {
      reader.array(2);
      page.cut.push_back(uint32_t(reader.unsigned_integer(UINT32_MAX)));
    }
    const Bytes record = reader.bytes();
    page.records.emplace_back(record.begin(), record.end());
  }
  if (keys == 4) {
    reader.key(2);
    page.next = uint32_t(reader.unsigned_integer(UINT32_MAX));
  }
  reader.key(3);
  page.position = uint32_t(reader.unsigned_integer(UINT32_MAX));
  reader.key(4);
  page.lost = uint32_t(reader.unsigned_integer(UINT32_MAX));
  EXPECT_EQ(reader.finish(), Status::ok);
  return page;
}

ByteVector record_of(uint8_t number, size_t size = 4) { return ByteVector(size, number); }

class Observe : public ::testing::Test {
 protected:
  Observe() { runtime_.maps.push_back(ring_map("pack", "events", 4096)); }

  FakeRing& ring(size_t map = 0) { return *runtime_.maps.at(map).ring; }
  TestRequest request(const std::string& path, std::optional<uint8_t> observe, uint8_t token) {
    TestRequest request;
    request.id = next_id_++;
    request.token = {token};
    if (observe) request.option(kObserve, *observe == 0 ? ByteVector{} : ByteVector{*observe});
    return request.path(path);
  }
  TestReply send(const TestRequest& request, uint8_t peer) {
    return TestReply(control_.receive(request.bytes(), peer));
  }
  TestReply watch(uint8_t peer = 1, uint8_t token = 7, const std::string& path = "maps/pack/events") {
    return send(request(path, 0, token), peer);
  }
  RecordPage listed() {
    ByteVector all;
    for (uint32_t number = 0;; number++) {
      const TestReply block = send(request("maps/pack/events", {}, 99).block(23, number, false, 6), 99);
      all.insert(all.end(), block.payload.begin(), block.payload.end());
      if ((block.number(23) & 8) == 0) return read_page(all);
    }
  }
  bool registered(const TestReply& reply) { return reply.options.contains(kObserve); }

  // The next notification; it must be for that peer.
  TestReply told(uint8_t peer = 1) {
    uint8_t to = 0;
    const ByteVector datagram = control_.poll(to);
    EXPECT_FALSE(datagram.empty());
    EXPECT_EQ(to, peer);
    const TestReply notification(datagram);
    EXPECT_EQ(notification.type, 0) << "confirmable";
    return notification;
  }
  RecordPage told_page(uint8_t peer = 1) {
    last_ = told(peer);
    EXPECT_TRUE(last_.options.contains(kObserve));
    EXPECT_EQ(last_.number(12), 60u);
    return read_page(last_.payload);
  }
  bool silent() {
    uint8_t to = 0;
    return control_.poll(to).empty();
  }
  void answer(uint8_t type, const TestReply& notification, uint8_t peer = 1) {
    const ByteVector message = {uint8_t(0x40 | type << 4), 0, uint8_t(notification.id >> 8), uint8_t(notification.id)};
    EXPECT_TRUE(control_.receive(message, peer).empty());
  }
  void acknowledge(uint8_t peer = 1) { answer(2, last_, peer); }

  FakeRuntime runtime_;
  ControlUnderTest control_{runtime_};
  uint16_t next_id_ = 1;
  TestReply last_{ByteVector{0x40, 0, 0, 0}};
};

TEST_F(Observe, APlainGetTakesNothing) {
  for (uint8_t i = 0; i < 3; i++) ring().output(record_of(i, i));
  for (int times = 0; times < 2; times++) {
    const RecordPage page = listed();
    EXPECT_EQ(page.records, (std::vector<ByteVector>{{}, {1}, {2, 2}}));
    EXPECT_FALSE(page.next);
    EXPECT_EQ(page.position, ring().producer);
  }
  EXPECT_TRUE(silent());
}

// Pages of records, where every record is found once, also over the place where positions begin at 0 again.
TEST_F(Observe, AListingComesInPages) {
  ControlUnderTest small(runtime_, 512);
  for (const uint32_t start : {0u, 0u - 1024u, 0u - 4000u}) {
    ring().consumer = ring().producer = start;
    ring().records.clear();
    uint8_t count = 0;
    while (ring().output(record_of(count, 56))) count++;
    std::vector<ByteVector> all;
    std::string query = "from=0";
    for (int pages = 0; pages < 20; pages++) {
      TestRequest ask = request("maps/pack/events", {}, 3);
      const RecordPage page = read_page(TestReply(small.receive(ask.query(query).bytes())).payload);
      all.insert(all.end(), page.records.begin(), page.records.end());
      if (!page.next) break;
      EXPECT_NE(*page.next, 0u);
      query = "from=" + std::to_string(*page.next);
    }
    ASSERT_EQ(all.size(), count) << start;
    for (uint8_t i = 0; i < count; i++) EXPECT_EQ(all[i], record_of(i, 56));
  }
}

TEST_F(Observe, RecordsComeOnceAndAreTakenWhenAcknowledged) {
  ring().output(record_of(1));
  const TestReply reply = watch();
  EXPECT_EQ(reply.code_text(), "2.05");
  EXPECT_TRUE(registered(reply));
  EXPECT_TRUE(read_page(reply.payload).records.empty()) << "nobody acknowledges this one";
  EXPECT_EQ(told_page().records, std::vector<ByteVector>{record_of(1)});
  EXPECT_EQ(last_.token, ByteVector{7});
  EXPECT_TRUE(silent()) << "one at a time";
  ring().output(record_of(2));
  EXPECT_TRUE(silent());
  EXPECT_EQ(ring().records.size(), 2u) << "not acknowledged, not taken";
  const uint32_t first = last_.number(kObserve);
  acknowledge();
  EXPECT_EQ(ring().records.size(), 1u);
  EXPECT_EQ(told_page().records, std::vector<ByteVector>{record_of(2)});
  EXPECT_EQ((last_.number(kObserve) - first) & 0xffffff, 1u);
  acknowledge();
  acknowledge();  // a second time changes nothing
  EXPECT_TRUE(ring().records.empty());
  EXPECT_TRUE(silent());
}

TEST_F(Observe, BackOffAndGivingUp) {
  watch();
  ring().output(record_of(1));
  uint8_t to = 0;
  const ByteVector first = control_.poll(to);
  const uint64_t sent_ns = runtime_.now_ns;
  uint64_t timeout_ns = 0;
  for (uint64_t attempt = 1; attempt <= kMaxRetransmit; attempt++) {
    ring().output(record_of(uint8_t(attempt)));  // what comes meanwhile does not change a repetition
    ByteVector again;
    while (again.empty()) {
      runtime_.now_ns += kMs;
      again = control_.poll(to);
    }
    const uint64_t passed_ns = runtime_.now_ns - sent_ns;
    if (attempt == 1) timeout_ns = passed_ns;
    EXPECT_EQ(passed_ns, timeout_ns * ((1u << attempt) - 1));
    EXPECT_EQ(again, first);
    EXPECT_EQ(to, 1);
  }
  EXPECT_GE(timeout_ns, 2000 * kMs);
  EXPECT_LE(timeout_ns, 3000 * kMs);
  runtime_.now_ns = sent_ns + 31 * timeout_ns - kMs;
  EXPECT_TRUE(silent());
  acknowledge();  // of nothing that is under way
  runtime_.now_ns += kMs;
  EXPECT_TRUE(silent());
  runtime_.now_ns += 3600'000 * kMs;
  EXPECT_TRUE(silent()) << "struck";
  EXPECT_EQ(ring().records.size(), 1u + kMaxRetransmit) << "nothing was taken";
}

TEST_F(Observe, ALateAcknowledgementStopsRepetitions) {
  watch();
  ring().output(record_of(1));
  told_page();
  runtime_.now_ns += 3000 * kMs;
  told_page();
  acknowledge();
  EXPECT_TRUE(ring().records.empty());
  runtime_.now_ns += 30'000 * kMs;
  EXPECT_TRUE(silent());
}

TEST_F(Observe, OnlyWhoWasToldCanAnswer) {
  watch();
  ring().output(record_of(1));
  told_page();
  answer(2, last_, 2);
  answer(3, last_, 2);
  TestReply other = last_;
  other.id++;
  answer(2, other);
  EXPECT_EQ(ring().records.size(), 1u);
  // Neither is a response that carries the number.
  EXPECT_TRUE(control_.receive({0x60, 0x45, uint8_t(last_.id >> 8), uint8_t(last_.id)}, 1).empty());
  EXPECT_EQ(ring().records.size(), 1u);
}

TEST_F(Observe, AResetEndsIt) {
  watch();
  ring().output(record_of(1));
  told_page();
  answer(3, last_);
  ring().output(record_of(2));
  runtime_.now_ns += 3600'000 * kMs;
  EXPECT_TRUE(silent());
  EXPECT_EQ(ring().records.size(), 2u);
}

TEST_F(Observe, DeregistersByObserve1) {
  watch();
  ring().output(record_of(1));
  const TestReply stranger = send(request("maps/pack/events", 1, 8), 1);
  EXPECT_FALSE(registered(stranger));
  told_page();
  const TestReply reply = send(request("maps/pack/events", 1, 7), 1);
  EXPECT_FALSE(registered(reply));
  EXPECT_EQ(read_page(reply.payload).records.size(), 1u) << "answered like any GET";
  runtime_.now_ns += 3600'000 * kMs;
  EXPECT_TRUE(silent());
}

TEST_F(Observe, RegisteringAgainGoesOn) {
  watch();
  ring().output(record_of(1));
  told_page();
  EXPECT_TRUE(registered(watch()));
  EXPECT_TRUE(silent()) << "one is still under way";
  acknowledge();
  ring().output(record_of(2));
  EXPECT_EQ(told_page().records, std::vector<ByteVector>{record_of(2)});
  acknowledge();
  // The same token for something else is another observation.
  watch(1, 7, "log");
  ring().output(record_of(3));
  EXPECT_TRUE(silent());
}

TEST_F(Observe, TheTableIsOfFour) {
  for (uint8_t peer = 1; peer <= Observers::kSlots; peer++) EXPECT_TRUE(registered(watch(peer)));
  ring().output(record_of(1));
  const TestReply reply = watch(50);
  EXPECT_EQ(reply.code_text(), "2.05");
  EXPECT_FALSE(registered(reply));
  EXPECT_EQ(read_page(reply.payload).records.size(), 1u);
  send(request("maps/pack/events", 1, 7), 2);
  EXPECT_TRUE(registered(watch(50)));
}

// All see every record; they are taken when the last one has them.
TEST_F(Observe, TheSlowestHoldsBack) {
  watch(1);
  watch(2);
  ring().output(record_of(1));
  const TestReply one = told(1);
  const TestReply two = told(2);
  answer(2, one, 1);
  EXPECT_EQ(ring().records.size(), 1u);
  ring().output(record_of(2));
  last_ = told(1);
  EXPECT_EQ(read_page(last_.payload).records, std::vector<ByteVector>{record_of(2)});
  acknowledge(1);
  answer(2, two, 2);
  EXPECT_EQ(ring().records.size(), 1u);
  last_ = told(2);
  EXPECT_EQ(read_page(last_.payload).records, std::vector<ByteVector>{record_of(2)});
  // Where the slowest goes, what the others have is free.
  answer(3, last_, 2);
  EXPECT_TRUE(ring().records.empty());
}

// An observer that vanished holds a ring buffer up for as long as repetitions take and no longer; the program goes on.
TEST_F(Observe, AVanishedOneCostsRecordsAndTheyAreCounted) {
  watch(1);
  watch(2);
  uint32_t made = 0;
  std::vector<ByteVector> seen;
  uint32_t lost = 0;
  for (int step = 0; step < 3000; step++) {
    ring().output(record_of(uint8_t(made++)));
    runtime_.now_ns += 50 * kMs;
    uint8_t to = 0;
    for (ByteVector datagram = control_.poll(to); !datagram.empty(); datagram = control_.poll(to)) {
      if (to != 1) continue;
      const TestReply notification(datagram);
      const RecordPage page = read_page(notification.payload);
      seen.insert(seen.end(), page.records.begin(), page.records.end());
      lost = page.lost;
      answer(2, notification);
    }
  }
  EXPECT_GT(lost, 0u);
  EXPECT_EQ(seen.size() + lost, made);
  EXPECT_EQ(seen.back(), record_of(uint8_t(made - 1))) << "it runs freely again";
}

TEST_F(Observe, OneRingBufferOfTwoPackages) {
  runtime_.maps.push_back({map_info("other", "events", 0, 0), {}, runtime_.maps[0].ring});
  watch(1);
  watch(2, 7, "maps/other/events");
  ring().output(record_of(1));
  const TestReply one = told(1);
  last_ = told(2);
  EXPECT_EQ(read_page(last_.payload).records.size(), 1u) << "both wake up";
  acknowledge(2);
  EXPECT_EQ(ring().records.size(), 1u);
  answer(2, one, 1);
  EXPECT_TRUE(ring().records.empty());
}

TEST_F(Observe, RecordsThatDoNotWakeWait) {
  watch();
  EXPECT_TRUE(silent());
  ring().output(record_of(1), false);
  EXPECT_TRUE(silent());
  ring().output(record_of(2));
  EXPECT_EQ(told_page().records.size(), 2u);
  acknowledge();
  // A record that was lost is told even so.
  while (ring().output(record_of(3, 1000), false)) {
  }
  EXPECT_EQ(told_page().lost, 1u);
}

TEST_F(Observe, DiscardedRecordsAreFreedUntold) {
  watch();
  for (uint8_t i = 0; i < 10; i++) {
    ring().output(record_of(i));
    ring().records.back().discarded = true;
  }
  EXPECT_TRUE(silent());
  EXPECT_TRUE(ring().records.empty());
}

TEST_F(Observe, ARecordThatIsBeingWrittenHoldsBackTheRest) {
  watch();
  ring().output(record_of(1));
  ring().records.back().busy = true;
  ring().output(record_of(2));
  EXPECT_TRUE(silent());
  ring().records.front().busy = false;
  ring().woken = true;
  EXPECT_EQ(told_page().records.size(), 2u);
}

TEST_F(Observe, AFloodComesInPagesAndALongRecordCut) {
  watch();
  uint8_t count = 0;
  for (; count < 20; count++) ring().output(record_of(count, 120));
  std::vector<ByteVector> seen;
  while (!ring().records.empty()) {
    const RecordPage page = told_page();
    ASSERT_FALSE(page.records.empty());
    seen.insert(seen.end(), page.records.begin(), page.records.end());
    acknowledge();
  }
  ASSERT_EQ(seen.size(), count);
  for (uint8_t i = 0; i < count; i++) EXPECT_EQ(seen[i], record_of(i, 120));
  ring().output(record_of(9, 2000));
  ring().output(record_of(8));
  const RecordPage page = told_page();
  EXPECT_EQ(page.cut, std::vector<uint32_t>{2000});
  ASSERT_EQ(page.records.size(), 1u);
  EXPECT_GT(page.records[0].size(), 900u);
  EXPECT_LE(last_.payload.size(), 1024u);
  EXPECT_EQ(listed().records[0].size(), 2000u) << "a GET has all of it, until this is acknowledged";
  acknowledge();
  EXPECT_EQ(told_page().records, std::vector<ByteVector>{record_of(8)});
}

// Every size of record, and what is repeated is the same to the byte.
TEST_F(Observe, RecordsOfEverySize) {
  watch();
  for (size_t size = 0; size < 1400; size++) {
    ring().output(record_of(uint8_t(size), size));
    const RecordPage page = told_page();
    ASSERT_EQ(page.records.size(), 1u);
    ASSERT_EQ(page.cut.empty(), page.records[0].size() == size) << size;
    const ByteVector first = last_.payload;
    ring().output(record_of(1));
    runtime_.now_ns += 3000 * kMs;
    told_page();
    ASSERT_EQ(last_.payload, first);
    acknowledge();
    told_page();
    acknowledge();
  }
}

TEST_F(Observe, AReplacedPackageGoesOnAndARemovedOneIsTold) {
  watch(1);
  ring().output(record_of(1));
  last_ = told(1);
  // Replaced, its ring buffer kept, and at another place of the list.
  runtime_.maps.insert(runtime_.maps.begin(), FakeMap{map_info("a", "b", 4, 4), {}});
  runtime_.changes++;
  EXPECT_TRUE(silent());
  acknowledge();
  ring(1).output(record_of(2));
  EXPECT_EQ(told_page().records, std::vector<ByteVector>{record_of(2)});
  // Replaced with another ring buffer of that name, whose positions are others.
  runtime_.maps[1] = ring_map("pack", "events", 4096);
  runtime_.changes++;
  ring(1).output(record_of(3));
  acknowledge();  // of a record that is no more
  EXPECT_EQ(ring(1).records.size(), 1u);
  EXPECT_EQ(told_page().records, std::vector<ByteVector>{record_of(3)});
  // Replaced with a map that is no ring buffer, or removed.
  runtime_.maps.pop_back();
  runtime_.changes++;
  last_ = told();
  EXPECT_EQ(last_.code_text(), "4.04");
  EXPECT_FALSE(registered(last_));
  runtime_.now_ns += 3000 * kMs;
  EXPECT_EQ(told().id, last_.id) << "until it is acknowledged";
  acknowledge();
  runtime_.now_ns += 3600'000 * kMs;
  EXPECT_TRUE(silent());
  EXPECT_EQ(watch().code_text(), "4.04");
}

TEST_F(Observe, SilenceIsBroken) {
  watch();
  runtime_.now_ns += kSilenceNs - 1;
  EXPECT_TRUE(silent());
  runtime_.now_ns += 1;
  EXPECT_TRUE(told_page().records.empty());
  acknowledge();
  runtime_.now_ns += kSilenceNs;
  for (int attempt = 0; attempt <= kMaxRetransmit; attempt++) {
    told_page();
    runtime_.now_ns += 48'000 * kMs;
  }
  EXPECT_TRUE(silent());
  for (uint8_t peer = 2; peer < 2 + Observers::kSlots; peer++) EXPECT_TRUE(registered(watch(peer)));
}

TEST_F(Observe, OnlyWhatCanBe) {
  EXPECT_FALSE(registered(watch(1, 7, "device")));
  runtime_.maps.push_back({map_info("pack", "table", 4, 4), {}});
  EXPECT_FALSE(registered(watch(1, 7, "maps/pack/table")));
  EXPECT_EQ(watch(1, 7, "maps/pack/none").code_text(), "4.04");
  TestRequest part = request("maps/pack/events", 0, 7);
  EXPECT_FALSE(registered(send(part.query("from=8"), 1)));
  TestRequest small = request("maps/pack/events", 0, 7);
  EXPECT_FALSE(registered(send(small.block(23, 0, false, 2), 1)));
  // Of four bytes the option is not understood, and elective.
  TestRequest strange;
  EXPECT_FALSE(registered(send(strange.option(kObserve, {0, 0, 0, 0}).path("maps/pack/events"), 1)));
  ring().output(record_of(1));
  EXPECT_TRUE(silent());
}

TEST_F(Observe, TheLogAsItComes) {
  const auto log = [&](const std::string& text) { perdita_control_log(control_.handle(), text.data(), text.size()); };
  const auto read = [&](const TestReply& reply, uint64_t& total) {
    wire::CborReader reader({reply.payload.data(), reply.payload.size()});
    reader.map();
    reader.key(1);
    total = reader.unsigned_integer(UINT64_MAX);
    reader.key(2);
    const Bytes bytes = reader.bytes();
    EXPECT_EQ(reader.finish(), Status::ok);
    return std::string(bytes.begin(), bytes.end());
  };
  uint64_t total = 0;
  log("before\n");
  EXPECT_EQ(read(watch(1, 7, "log"), total), "before\n");
  EXPECT_TRUE(silent());
  log("one\n");
  log("two\n");
  last_ = told();
  EXPECT_EQ(read(last_, total), "one\ntwo\n");
  EXPECT_EQ(total, 15u);
  log("three\n");
  acknowledge();
  last_ = told();
  EXPECT_EQ(read(last_, total), "three\n");
  acknowledge();
  EXPECT_TRUE(silent());
  // More than it keeps, while a notification is under way: the counts show what is lost.
  log("x");
  told();
  log(std::string(600, 'y'));
  runtime_.now_ns += 3000 * kMs;
  last_ = told();
  EXPECT_EQ(read(last_, total), "");
  EXPECT_EQ(total, 22u);
  acknowledge();
  last_ = told();
  EXPECT_EQ(read(last_, total), std::string(512, 'y'));
  EXPECT_EQ(total, 622u);
}

}  // namespace
}  // namespace perdita::control
