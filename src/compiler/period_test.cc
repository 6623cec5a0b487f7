// SPDX-License-Identifier: Apache-2.0
#include "compiler/period.h"

#include <gtest/gtest.h>

namespace perdita::compiler {
namespace {

TEST(Period, Text) {
  EXPECT_EQ(parse_period("100ms"), 100'000u);
  EXPECT_EQ(parse_period("1500us"), 1500u);
  EXPECT_EQ(parse_period("4294s"), 4'294'000'000u);
  EXPECT_EQ(parse_period("4294967295us"), UINT32_MAX);
  for (const char* wrong : {"", "100", "ms", "0ms", "-1ms", "+1ms", " 1ms", "1 ms", "1.5s", "1m", "1MS", "0x10ms",
                            "4295s", "4294967296us", "99999999999s", "1msx"}) {
    EXPECT_EQ(parse_period(wrong), std::nullopt) << wrong;
  }
  for (const uint32_t us : {1u, 999u, 1000u, 1500u, 2'000'000u, 3'600'000'000u, UINT32_MAX}) {
    EXPECT_EQ(parse_period(period_text(us)), us);
  }
  EXPECT_EQ(period_text(2'000'000), "2s");
  EXPECT_EQ(period_text(1500), "1500us");
}

object::Prog prog(const std::string& section, uint32_t period_us = 0) {
  object::Prog prog;
  prog.name = "p";
  prog.section = section;
  prog.period_us = period_us;
  return prog;
}

std::string code_of(const Result<uint32_t>& result) { return result ? std::to_string(*result) : result.error().code; }

TEST(Period, OfAProgram) {
  perdita_hook timer{};
  timer.name = "timer";
  timer.period_min_us = 1000;
  timer.period_max_us = 1'000'000;
  EXPECT_EQ(code_of(period_of(prog("timer/1ms"), timer)), "1000");
  EXPECT_EQ(code_of(period_of(prog("timer/fast/1s"), timer)), "1000000");
  EXPECT_EQ(code_of(period_of(prog("timer/999us"), timer)), "period-range");
  EXPECT_EQ(code_of(period_of(prog("timer/2s"), timer)), "period-range");
  EXPECT_EQ(code_of(period_of(prog("timer"), timer)), "period-missing");
  EXPECT_EQ(code_of(period_of(prog("timer/"), timer)), "period-missing");
  EXPECT_EQ(code_of(period_of(prog("timer/often"), timer)), "period-missing");
  EXPECT_EQ(code_of(period_of(prog("timer", 5000), timer)), "5000");
  EXPECT_EQ(period_of(prog("timer/2s"), timer).error().need, "1ms to 1s");
  EXPECT_EQ(period_of(prog("timer/2s"), timer).error().have, "2s");

  perdita_hook sensor{};
  sensor.name = "sensor";
  EXPECT_EQ(code_of(period_of(prog("sensor/10ms"), sensor)), "0");
  EXPECT_EQ(code_of(period_of(prog("sensor", 5000), sensor)), "period-not-here");
}

}  // namespace
}  // namespace perdita::compiler
