// SPDX-License-Identifier: Apache-2.0
#include "control/coap_message.h"

#include <gtest/gtest.h>

#include "control/coap_peer.h"

namespace perdita::control {
namespace {

Bytes view(const ByteVector& bytes) { return {bytes.data(), bytes.size()}; }

Parsed parse(const ByteVector& bytes, Message& message) { return parse_message(view(bytes), message); }

// RFC 7252, appendix A, figure 16: CON GET /temperature, id 0x7d34, no token.
TEST(CoapMessage, ReadsTheExampleOfTheRfc) {
  const ByteVector datagram = {0x40, 0x01, 0x7d, 0x34, 0xbb, 't', 'e', 'm', 'p', 'e', 'r', 'a', 't', 'u', 'r', 'e'};
  Message message;
  ASSERT_EQ(parse(datagram, message), Parsed::ok);
  EXPECT_EQ(message.type, MessageType::confirmable);
  EXPECT_EQ(message.code, code::kGet);
  EXPECT_EQ(message.id, 0x7d34);
  OptionReader options(message.options);
  OptionView option;
  ASSERT_TRUE(options.next(option));
  EXPECT_EQ(option.number, option::kUriPath);
  EXPECT_EQ(option.value.size(), 11u);
  EXPECT_FALSE(options.next(option));
}

TEST(CoapMessage, WritesTheReplyOfTheRfc) {
  // Same figure: 2.05 with "22.3 C", piggybacked.
  const ByteVector expected = {0x60, 0x45, 0x7d, 0x34, 0xff, '2', '2', '.', '3', ' ', 'C'};
  ByteVector out(64);
  MessageWriter writer({out.data(), out.size()}, MessageType::acknowledgement, code::kContent, 0x7d34, {});
  std::copy_n("22.3 C", 6, writer.payload().data());
  out.resize(writer.finish(6));
  EXPECT_EQ(out, expected);
}

TEST(CoapMessage, TellsMalformedFromForeign) {
  Message message;
  EXPECT_EQ(parse({}, message), Parsed::not_coap);
  EXPECT_EQ(parse({0x40, 1, 0}, message), Parsed::not_coap);
  EXPECT_EQ(parse({0x80, 1, 0, 1}, message), Parsed::not_coap);                              // version 2
  EXPECT_EQ(parse({0x49, 1, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9}, message), Parsed::malformed);  // token of 9
  EXPECT_EQ(parse({0x42, 1, 0, 1, 7}, message), Parsed::malformed);                          // token cut
  EXPECT_EQ(parse({0x40, 0, 0, 1, 0}, message), Parsed::malformed);                 // an empty message with bytes
  EXPECT_EQ(parse({0x40, 1, 0, 1, 0xff}, message), Parsed::malformed);              // marker without payload
  EXPECT_EQ(parse({0x40, 1, 0, 1, 0xf0}, message), Parsed::malformed);              // delta 15
  EXPECT_EQ(parse({0x40, 1, 0, 1, 0x0f}, message), Parsed::malformed);              // length 15
  EXPECT_EQ(parse({0x40, 1, 0, 1, 0xd0}, message), Parsed::malformed);              // extension missing
  EXPECT_EQ(parse({0x40, 1, 0, 1, 0xe0, 0xff, 0xff}, message), Parsed::malformed);  // number above 65535
  EXPECT_EQ(parse({0x40, 1, 0, 1, 0xb5, 'a'}, message), Parsed::malformed);         // value cut
}

// Every option number and length class comes back as written by the independent writer.
TEST(CoapMessage, ReadsEveryOptionHead) {
  for (const uint32_t number : {0u, 1u, 12u, 13u, 14u, 268u, 269u, 270u, 524u, 2000u, 65535u}) {
    for (const size_t length : {size_t{0}, size_t{1}, size_t{12}, size_t{13}, size_t{268}, size_t{269}, size_t{900}}) {
      TestRequest request;
      request.option(number, ByteVector(length, 0x5a));
      request.payload = {1};
      const ByteVector bytes = request.bytes();
      Message message;
      ASSERT_EQ(parse(bytes, message), Parsed::ok);
      OptionReader options(message.options);
      OptionView option;
      ASSERT_TRUE(options.next(option));
      EXPECT_EQ(option.number, number);
      EXPECT_EQ(option.value.size(), length);
      EXPECT_FALSE(options.next(option));
      EXPECT_EQ(message.payload.size(), 1u);
    }
  }
}

TEST(CoapMessage, WritesOptionsThatTheIndependentReaderReads) {
  for (const uint32_t value : {0u, 1u, 255u, 256u, 65535u, 65536u, 0xffffffffu}) {
    ByteVector out(64);
    const uint8_t tag[] = {1, 2, 3, 4};
    const ByteVector token = {9, 8, 7, 6, 5, 4, 3, 2};
    MessageWriter writer({out.data(), out.size()}, MessageType::non_confirmable, code::kContent, 77, view(token));
    writer.option(option::kETag, {tag, 4});
    writer.uint_option(option::kContentFormat, kFormatCbor);
    writer.uint_option(option::kBlock1, value);
    writer.uint_option(option::kSize1, value);
    out.resize(writer.finish(0));
    const TestReply reply(out);
    EXPECT_EQ(reply.token, token);
    EXPECT_EQ(reply.number(option::kBlock1), value);
    EXPECT_EQ(reply.number(option::kSize1), value);
    EXPECT_EQ(reply.number(option::kContentFormat), 60u);
    // The shortest form (RFC 7252, section 3.2).
    EXPECT_TRUE(reply.options.at(option::kSize1).empty() || reply.options.at(option::kSize1)[0] != 0);
  }
}

}  // namespace
}  // namespace perdita::control
