// SPDX-License-Identifier: Apache-2.0
#include "deliver/coap_uri.h"

#include <gtest/gtest.h>

namespace perdita::deliver {
namespace {

using Texts = std::vector<std::string>;

TEST(CoapUri, ReadsAddresses) {
  const auto plain = parse_uri("coap://board.local");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "board.local");
  EXPECT_EQ(plain->port, 5683);
  EXPECT_EQ(plain->path, Texts{});
  const auto full = parse_uri("coap://127.0.0.1:15683/maps/counter/.data%2Fx?from=3&a=%20b");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->port, 15683);
  EXPECT_EQ(full->path, (Texts{"maps", "counter", ".data/x"}));
  EXPECT_EQ(full->query, (Texts{"from=3", "a= b"}));
  const auto v6 = parse_uri("coap://[::1]:1/");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->port, 1);
  EXPECT_EQ(v6->path, Texts{});
}

TEST(CoapUri, RefusesWhatIsNone) {
  for (const char* text :
       {"", "127.0.0.1", "http://a", "coap:/a", "coap://", "coap://:1", "coap://a:", "coap://a:0", "coap://a:65536",
        "coap://a:1x", "coap://[::1", "coap://[::1]x", "coap://a/%4", "coap://a/%zz", "coap://a?%", "coap://a#b"}) {
    const auto uri = parse_uri(text);
    ASSERT_FALSE(uri) << text;
    EXPECT_EQ(uri.error().code, "coap-uri-invalid");
    EXPECT_EQ(uri.error().outcome, Outcome::unusable_input);
  }
  EXPECT_FALSE(parse_uri("coap://a/" + std::string(256, 'x')));
  EXPECT_TRUE(parse_uri("coap://a/" + std::string(255, 'x')));
}

}  // namespace
}  // namespace perdita::deliver
