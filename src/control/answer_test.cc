// SPDX-License-Identifier: Apache-2.0
//
// Requests that programs answer, as a peer sees them: what the program is given, what becomes of what it returns.
#include <gtest/gtest.h>

#include <cstring>

#include "control/coap_peer.h"
#include "control/control_under_test.h"

namespace perdita::control {
namespace {

class Answers : public ::testing::Test {
 protected:
  Answers() {
    perdita_hook plain{};
    plain.name = "sensor";
    perdita_hook request{};
    request.name = "request";
    request.request = 1;
    request.packet_max_bytes = 100;
    runtime_.hooks = {plain, request};
    runtime_.platform.hooks = runtime_.hooks.data();
    runtime_.platform.hook_count = 2;
    add("meter", "celsius", 1);
    add("meter", "count", 0);
    add("a/b", "off", 1);
    runtime_.progs.back().attached = 0;
    add("a/b", "c", 1);
    runtime_.answers = [this](perdita_request& context, int64_t& result) {
      asked_.push_back(context);
      char* out = reinterpret_cast<char*>(static_cast<uintptr_t>(context.data));
      const size_t room = static_cast<size_t>(context.data_end - context.data);
      for (size_t i = 0; i < room; i++) EXPECT_EQ(out[i], 0) << "left over from somebody else";
      memcpy(out, answer_.data(), std::min(room, answer_.size()));
      context.content_format = format_;
      result = result_ != 0 ? result_ : int64_t(std::min(room, answer_.size()));
      return status_;
    };
  }

  void add(const std::string& package, const std::string& name, uint32_t hook) {
    perdita_prog_info prog{};
    set_name(prog.package, package);
    set_name(prog.name, name);
    prog.hook = hook;
    prog.attached = 1;
    runtime_.progs.push_back(prog);
  }
  TestReply send(const TestRequest& request) { return TestReply(control_.receive(request.bytes())); }
  // Each with an id of its own.
  TestReply get(const std::string& path, const std::string& query = "") {
    TestRequest request;
    request.id = next_id_++;
    request.path(path);
    if (!query.empty()) request.query(query);
    return send(request);
  }

  FakeRuntime runtime_;
  ControlUnderTest control_{runtime_};
  std::vector<perdita_request> asked_;
  std::string answer_ = "21.5";
  uint32_t format_ = 0;
  int64_t result_ = 0;  // 0: what was written
  perdita_status status_ = perdita_status_ok;
  uint16_t next_id_ = 1;
};

TEST_F(Answers, AreWhatTheProgramWrote) {
  const TestReply reply = get("x/meter/celsius", "channel=3");
  EXPECT_EQ(reply.code_text(), "2.05");
  EXPECT_EQ(reply.text(), "21.5");
  EXPECT_EQ(reply.number(12), 0u);
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_EQ(asked_[0].data_end - asked_[0].data, 100u);
  EXPECT_EQ(asked_[0].content_format, 42u);
  EXPECT_EQ(asked_[0].query_bytes, 9u);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(asked_[0].query)), "channel=3");
  // Formats take no byte to two; the answer moves behind them.
  for (const uint32_t format : {0u, 42u, 60u, 65000u}) {
    format_ = format;
    const TestReply again = get("x/meter/celsius");
    EXPECT_EQ(again.text(), "21.5");
    EXPECT_EQ(again.number(12), format);
  }
  EXPECT_EQ(asked_.back().query_bytes, 0u);
}

TEST_F(Answers, OnlyOfAttachedProgramsOnARequestHook) {
  for (const char* path :
       {"x/meter/count", "x/meter/none", "x/none/celsius", "x/a/b", "x/meter", "x", "x/meter/celsius/more",
        "x/a-name-that-is-longer-than-any-name/celsius", "y/meter/celsius"}) {
    EXPECT_EQ(get(path).code_text(), "4.04") << path;
  }
  TestRequest off;
  off.option(11, {'x'}).option(11, {'a', '/', 'b'}).option(11, {'o', 'f', 'f'});
  EXPECT_EQ(send(off).code_text(), "4.04");
  EXPECT_TRUE(asked_.empty());
}

TEST_F(Answers, SayWhatIsWrong) {
  result_ = -1;
  EXPECT_EQ(get("x/meter/celsius").code_text(), "4.04");
  result_ = 0;
  status_ = perdita_status_busy;
  const TestReply busy = get("x/meter/celsius");
  EXPECT_EQ(busy.code_text(), "5.03");
  EXPECT_EQ(busy.number(14), 1u);
  status_ = perdita_status_bad_access;
  EXPECT_EQ(get("x/meter/celsius").code_text(), "5.00");
  status_ = perdita_status_ok;
  TestRequest other_format;
  other_format.path("x/meter/celsius").option(17, {60});
  EXPECT_EQ(send(other_format).code_text(), "4.06");
}

TEST_F(Answers, AreNotAskedForWhatCannotBeAnswered) {
  TestRequest two;
  two.path("x/meter/celsius").query("a").query("b");
  EXPECT_EQ(send(two).code_text(), "4.00");
  EXPECT_EQ(get("x/meter/celsius", std::string(33, 'q')).code_text(), "4.00");
  TestRequest second;
  second.path("x/meter/celsius").block(23, 1, false, 6);
  EXPECT_EQ(send(second).code_text(), "4.00");
  TestRequest body;
  body.path("x/meter/celsius");
  body.payload = {1};
  EXPECT_EQ(send(body).code_text(), "4.00");
  for (const uint8_t code : {2, 3, 4}) {
    TestRequest change;
    change.code = code;
    change.path("x/meter/celsius");
    EXPECT_EQ(send(change).code_text(), "4.01");
  }
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(get("x/meter/celsius", std::string(32, 'q')).code_text(), "2.05");
}

TEST_F(Answers, FitIntoTheBlockThatWasAskedFor) {
  answer_ = std::string(200, 'z');
  EXPECT_EQ(get("x/meter/celsius").payload.size(), 100u);
  TestRequest small;
  small.path("x/meter/celsius").block(23, 0, false, 1);
  const TestReply reply = send(small);
  EXPECT_EQ(reply.payload.size(), 32u);
  EXPECT_EQ(reply.number(23), 1u);
  // More than there was room for is not believed.
  result_ = 5000;
  EXPECT_EQ(get("x/meter/celsius").payload.size(), 100u);
}

TEST_F(Answers, StandAmongTheLinks) {
  const std::string links = get(".well-known/core").text();
  EXPECT_NE(links.find(",</x/meter/celsius>;rt=\"perdita.answer\""), std::string::npos) << links;
  EXPECT_NE(links.find(",</x/a%2Fb/c>;rt=\"perdita.answer\""), std::string::npos) << links;
  EXPECT_EQ(links.find("count"), std::string::npos);
  EXPECT_EQ(links.find("off"), std::string::npos);
}

}  // namespace
}  // namespace perdita::control
