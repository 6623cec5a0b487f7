// SPDX-License-Identifier: Apache-2.0
#include "wire/reliance.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "compiler/host_crypto.h"
#include "isa/helpers.h"

namespace perdita::wire {
namespace {

constexpr const char* kCapabilities[] = {"sensor", "led"};

// Tables that a test may change, each in a copy of its own.
struct Tables {
  perdita_field fields[2] = {{"now", 0, 8, PERDITA_FIELD_SCALAR, 0}, {"count", 8, 4, PERDITA_FIELD_SCALAR, 1}};
  perdita_hook hook = {"tick", 16, nullptr, 2, 1, PERDITA_COMBINE_MAX, 4, 1, 3, 20000, 64, -5, 5, 0, 0, 0};
  perdita_arg args[4] = {{PERDITA_ARG_SCALAR, PERDITA_ARG_RANGE, 4, 1, 0, 0, 0, -3, 3},
                         {PERDITA_ARG_MEM_OUT, 0, 0, 0, 3, 64, 0, 0, 0},
                         {PERDITA_ARG_SCALAR, 0, 4, 0, 0, 0, 0, 0, 0},
                         {PERDITA_ARG_MAP, 0, 0, 0, 0, 0, 6, 0, 0}};
  perdita_function function = {"read", 0, nullptr, nullptr, 4, 0, {PERDITA_RESULT_SCALAR, 4, 1, -40, 125}, 300, 4, 64};
  const char* capabilities[2] = {"sensor", "led"};

  std::string hook_hex() {
    return digest([&](const perdita_platform& platform, uint8_t(&digest)[kRelianceBytes]) {
      hook.fields = fields;
      return hook_reliance(platform, hook, compiler::crypto_port(), MutableBytes(scratch_), digest);
    });
  }
  std::string function_hex() {
    return digest([&](const perdita_platform& platform, uint8_t(&digest)[kRelianceBytes]) {
      function.args = args;
      return function_reliance(platform, function, compiler::crypto_port(), MutableBytes(scratch_), digest);
    });
  }

 private:
  template <typename Compute>
  std::string digest(Compute compute) {
    const perdita_platform platform = {"p", &hook, &function, capabilities, 1, 1, 2};
    uint8_t digest[kRelianceBytes] = {};
    EXPECT_EQ(compute(platform, digest), Status::ok);
    return std::string(digest, digest + sizeof digest);
  }
  uint8_t scratch_[kRelianceFormBytes];
};

using Change = std::function<void(Tables&)>;

TEST(Reliance, EveryRuleOfAHookReachesTheDigest) {
  const Change changes[] = {
      [](Tables& t) { t.hook.name = "tock"; },
      [](Tables& t) { t.hook.context_size = 24; },
      [](Tables& t) { t.hook.field_count = 1; },
      [](Tables& t) { t.fields[1].name = "coune"; },
      [](Tables& t) { t.fields[1].offset = 12; },
      [](Tables& t) { t.fields[1].size = 2; },
      [](Tables& t) { t.fields[0].kind = PERDITA_FIELD_DATA; },
      [](Tables& t) { t.fields[0].writable = 1; },
      [](Tables& t) { t.hook.level = 0; },
      [](Tables& t) { t.hook.combine = PERDITA_COMBINE_LAST; },
      [](Tables& t) { t.hook.data_alignment = 8; },
      [](Tables& t) { t.hook.packet_writable = 0; },
      [](Tables& t) { t.hook.packet_max_bytes = 65; },
      [](Tables& t) { t.hook.result_min = -6; },
      [](Tables& t) { t.hook.result_max = 6; },
      [](Tables& t) { t.hook.period_max_us = 7; },
      [](Tables& t) { t.hook.request = 1; },
  };
  std::set<std::string> digests = {Tables().hook_hex()};
  for (const Change& change : changes) {
    Tables tables;
    change(tables);
    EXPECT_TRUE(digests.insert(tables.hook_hex()).second);
  }
}

TEST(Reliance, WhatAdmissionComparesDoesNotReachAHooksDigest) {
  const std::string before = Tables().hook_hex();
  Tables tables;
  tables.hook.budget_instructions = 1;
  tables.hook.capabilities = 0;
  tables.hook.packet_writable = 2;  // any truth is true
  tables.capabilities[0] = "renamed";
  EXPECT_EQ(tables.hook_hex(), before);

  Tables slow, slower;
  slow.hook.period_min_us = slow.hook.period_max_us = 7;
  slower.hook.period_min_us = 7;
  slower.hook.period_max_us = 70;
  EXPECT_EQ(slow.hook_hex(), slower.hook_hex());
}

TEST(Reliance, EveryRuleOfAFunctionReachesTheDigest) {
  const Change changes[] = {
      [](Tables& t) { t.function.name = "reae"; },
      [](Tables& t) { t.function.helper = 1; },
      [](Tables& t) { t.function.arg_count = 3; },
      [](Tables& t) { t.args[0].kind = PERDITA_ARG_CONTEXT; },
      [](Tables& t) { t.args[0].flags = 0; },
      [](Tables& t) { t.args[0].width = 8; },
      [](Tables& t) { t.args[0].is_signed = 0; },
      [](Tables& t) { t.args[0].min = -4; },
      [](Tables& t) { t.args[0].max = 4; },
      [](Tables& t) { t.args[1].kind = PERDITA_ARG_MEM_IN; },
      [](Tables& t) { t.args[1].flags = PERDITA_ARG_NULL_OK; },
      [](Tables& t) { t.args[1].size_arg = 4; },
      [](Tables& t) { t.args[1].size = 65; },
      [](Tables& t) { t.args[2].flags = PERDITA_ARG_ZERO_OK; },
      [](Tables& t) { t.args[3].map_types = 2; },
      [](Tables& t) { t.function.capability = 1; },
      [](Tables& t) { t.function.capability = PERDITA_NO_CAPABILITY; },
      [](Tables& t) { t.capabilities[0] = "sensors"; },
      [](Tables& t) { t.function.result.kind = PERDITA_RESULT_VOID; },
      [](Tables& t) { t.function.result.kind = PERDITA_RESULT_MAP_VALUE_OR_NULL; },
      [](Tables& t) { t.function.result.width = 8; },
      [](Tables& t) { t.function.result.is_signed = 0; },
      [](Tables& t) { t.function.result.min = -41; },
      [](Tables& t) { t.function.result.max = 126; },
      [](Tables& t) { t.function.cost_instructions = 301; },
      [](Tables& t) { t.function.cost_instructions_per_byte = 5; },
      [](Tables& t) { t.function.stack_bytes = 72; },
  };
  std::set<std::string> digests = {Tables().function_hex()};
  for (const Change& change : changes) {
    Tables tables;
    change(tables);
    EXPECT_TRUE(digests.insert(tables.function_hex()).second);
  }
}

uint64_t no_call(void*, const uint64_t*) { return 0; }

TEST(Reliance, WhatMeansNothingDoesNotReachAFunctionsDigest) {
  const std::string before = Tables().function_hex();
  Tables tables;
  tables.function.call = no_call;
  tables.args[0].size = 9;  // of a scalar
  tables.args[0].map_types = 9;
  tables.args[1].width = 4;  // of memory
  tables.args[1].min = 1;
  tables.args[2].max = 7;       // of a scalar without a range
  tables.args[3].size_arg = 2;  // of a map
  // The capability's bit moves, its name stays.
  std::swap(tables.capabilities[0], tables.capabilities[1]);
  tables.function.capability = 1;
  EXPECT_EQ(tables.function_hex(), before);

  Tables without_result;
  without_result.function.result.kind = PERDITA_RESULT_VOID;
  const std::string nothing = without_result.function_hex();
  without_result.function.result.max = 1;
  EXPECT_EQ(without_result.function_hex(), nothing);
}

TEST(Reliance, ABufferThatIsTooSmallIsRefusedAndNeverPassed) {
  Tables tables;
  tables.hook.fields = tables.fields;
  const perdita_platform platform = {"p", &tables.hook, &tables.function, kCapabilities, 1, 1, 2};
  uint8_t whole[kRelianceFormBytes];
  size_t size = 0;
  ASSERT_EQ(hook_form(platform, tables.hook, MutableBytes(whole), size), Status::ok);
  for (size_t room = 0; room < size; room++) {
    std::vector<uint8_t> buffer(room);
    size_t needed = 0;
    EXPECT_EQ(hook_form(platform, tables.hook, MutableBytes(buffer.data(), room), needed), Status::too_large);
    EXPECT_EQ(needed, size);
  }
}

TEST(Reliance, AFormHasALimit) {
  const std::string name(31, 'f');
  std::vector<perdita_field> fields(40, {name.c_str(), 0, 1, PERDITA_FIELD_SCALAR, 0});
  Tables tables;
  tables.hook.fields = fields.data();
  tables.hook.field_count = 40;
  const perdita_platform platform = {"p", &tables.hook, &tables.function, kCapabilities, 1, 1, 2};
  std::vector<uint8_t> roomy(4096);
  size_t size = 0;
  EXPECT_EQ(hook_form(platform, tables.hook, MutableBytes(roomy.data(), roomy.size()), size), Status::too_large);
}

TEST(Reliance, ACapabilityWithoutANameIsRefused) {
  Tables tables;
  tables.function.args = tables.args;
  tables.function.capability = 2;
  const perdita_platform platform = {"p", &tables.hook, &tables.function, kCapabilities, 1, 1, 2};
  uint8_t scratch[kRelianceFormBytes];
  uint8_t digest[kRelianceBytes];
  EXPECT_EQ(function_reliance(platform, tables.function, compiler::crypto_port(), MutableBytes(scratch), digest),
            Status::bad_value);
}

TEST(Reliance, EveryHelperHasOneOfItsOwn) {
  const perdita_platform platform = {"p", nullptr, nullptr, kCapabilities, 0, 0, 2};
  std::set<std::string> digests;
  for (const perdita_function& helper : isa::helpers()) {
    uint8_t scratch[kRelianceFormBytes];
    uint8_t digest[kRelianceBytes];
    ASSERT_EQ(function_reliance(platform, helper, compiler::crypto_port(), MutableBytes(scratch), digest), Status::ok)
        << helper.name;
    EXPECT_TRUE(digests.insert(std::string(digest, digest + sizeof digest)).second) << helper.name;
  }
}

}  // namespace
}  // namespace perdita::wire
