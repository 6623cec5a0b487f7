// SPDX-License-Identifier: Apache-2.0
#include "isa/helpers.h"

#include <gtest/gtest.h>

#include <cstring>

namespace perdita::isa {
namespace {

TEST(Helpers, StandAscendingAndAreFoundByNumber) {
  uint32_t last = 0;
  for (const perdita_function& helper : helpers()) {
    EXPECT_GT(helper.helper, last);
    last = helper.helper;
    EXPECT_EQ(find_helper(helper.helper), &helper);
  }
  EXPECT_EQ(find_helper(0), nullptr);
  EXPECT_EQ(find_helper(4), nullptr);
  EXPECT_EQ(find_helper(UINT32_MAX), nullptr);
}

// Linux's numbers are a contract with every compiled program.
TEST(Helpers, CarryLinuxNumbers) {
  const struct {
    uint32_t number;
    const char* name;
  } expected[] = {{1, "map_lookup_elem"},
                  {2, "map_update_elem"},
                  {3, "map_delete_elem"},
                  {5, "ktime_get_ns"},
                  {6, "trace_printk"},
                  {7, "get_prandom_u32"},
                  {8, "get_smp_processor_id"},
                  {12, "tail_call"},
                  {87, "map_push_elem"},
                  {88, "map_pop_elem"},
                  {89, "map_peek_elem"},
                  {130, "ringbuf_output"},
                  {131, "ringbuf_reserve"},
                  {132, "ringbuf_submit"},
                  {133, "ringbuf_discard"},
                  {134, "ringbuf_query"},
                  {164, "for_each_map_elem"},
                  {177, "trace_vprintk"},
                  {181, "loop"}};
  ASSERT_EQ(helpers().size(), std::size(expected));
  for (const auto& row : expected) {
    ASSERT_NE(find_helper(row.number), nullptr) << row.name;
    EXPECT_STREQ(find_helper(row.number)->name, row.name);
  }
}

// What a reader of contracts relies on without checking it again.
TEST(Helpers, ContractsAreWellFormed) {
  for (const perdita_function& helper : helpers()) {
    SCOPED_TRACE(helper.name);
    ASSERT_LE(helper.arg_count, PERDITA_MAX_ARGS);
    EXPECT_EQ(helper.call, nullptr);
    EXPECT_GT(helper.cost_instructions, 0u);
    EXPECT_GT(helper.stack_bytes, 0u);
    EXPECT_LE(helper.result.min, helper.result.max);
    bool map_seen = false;
    for (unsigned i = 0; i < helper.arg_count; i++) {
      const perdita_arg& arg = helper.args[i];
      SCOPED_TRACE(i + 1);
      switch (arg.kind) {
        case PERDITA_ARG_MAP:
          EXPECT_NE(arg.map_types, 0u);
          map_seen = true;
          break;
        case PERDITA_ARG_MAP_KEY:
        case PERDITA_ARG_MAP_VALUE:
        case PERDITA_ARG_MAP_VALUE_OUT:
          EXPECT_TRUE(map_seen) << "names the size of a map that comes later";
          break;
        case PERDITA_ARG_MEM_IN:
          ASSERT_GE(arg.size_arg, 1);
          ASSERT_LE(arg.size_arg, helper.arg_count);
          EXPECT_EQ(helper.args[arg.size_arg - 1].kind, PERDITA_ARG_SCALAR);
          break;
        case PERDITA_ARG_CALLBACK:
          EXPECT_TRUE(arg.size == PERDITA_CALLBACK_LOOP || arg.size == PERDITA_CALLBACK_MAP_ELEMENT);
          break;
        case PERDITA_ARG_CONTEXT:
        case PERDITA_ARG_CALLBACK_DATA:
        case PERDITA_ARG_RESERVATION:
          break;
        case PERDITA_ARG_SCALAR:
          EXPECT_TRUE(arg.width == 1 || arg.width == 2 || arg.width == 4 || arg.width == 8);
          break;
        default:
          ADD_FAILURE() << "argument of kind " << int{arg.kind};
      }
    }
    if (helper.result.kind == PERDITA_RESULT_MAP_VALUE_OR_NULL) {
      EXPECT_TRUE(map_seen);
    }
  }
}

TEST(Helpers, CostGrowsWithWhatIsWorkedOn) {
  const perdita_function& lookup = *find_helper(1);
  const perdita_function& update = *find_helper(2);
  const MapDef array{MapType::array, 4, 8, 1000, 0};
  const MapDef small{MapType::hash, 4, 8, 10, 0};
  const MapDef more_entries{MapType::hash, 4, 8, 11, 0};
  const MapDef larger_keys{MapType::hash, 5, 8, 10, 0};
  const MapDef evicting{MapType::lru_hash, 4, 8, 10, 0};
  EXPECT_EQ(helper_cost(lookup, &array, 4), lookup.cost_instructions + 4 * lookup.cost_instructions_per_byte);
  EXPECT_GT(helper_cost(lookup, &small, 4), helper_cost(lookup, &array, 4));
  EXPECT_GT(helper_cost(lookup, &more_entries, 4), helper_cost(lookup, &small, 4));
  EXPECT_GT(helper_cost(lookup, &larger_keys, 5), helper_cost(lookup, &small, 4));
  EXPECT_EQ(helper_cost(lookup, &evicting, 4), helper_cost(lookup, &small, 4));
  EXPECT_GT(helper_cost(update, &evicting, 12), helper_cost(update, &small, 12));
  // More values, more numbers; up to twelve of them.
  const perdita_function& print = *find_helper(177);
  EXPECT_GT(helper_cost(print, nullptr, 60), helper_cost(print, nullptr, 50) + 900);
  EXPECT_EQ(helper_cost(print, nullptr, 201) - helper_cost(print, nullptr, 200), print.cost_instructions_per_byte);
}

TEST(Helpers, CostOfTheLargestMapDoesNotOverflow) {
  const MapDef largest{MapType::hash, kMaxKeyBytes, kMaxValueBytes, kMaxEntries, 0};
  for (const perdita_function& helper : helpers()) {
    EXPECT_LT(helper_cost(helper, &largest, uint64_t{1} << 32), uint64_t{1} << 40) << helper.name;
  }
}

}  // namespace
}  // namespace perdita::isa
