// SPDX-License-Identifier: Apache-2.0
//
// Order and join of states: the laws of a lattice on states that random programs lead to, and by hand where types,
// identities and packet facts meet.
#include "verifier/lattice.h"

#include <gtest/gtest.h>

#include <random>

#include "isa/assemble.h"
#include "verifier/describe.h"
#include "verifier/testing/collected_states.h"
#include "verifier/testing/program_generator.h"
#include "verifier/testing/test_platform.h"

namespace perdita::verifier {
namespace {

State one_frame() {
  State state;
  state.frames.emplace_back();
  return state;
}

RegValue packet_pointer(uint32_t id, int64_t fixed, uint64_t most) {
  RegValue value = RegValue::pointer(RegKind::packet, fixed);
  value.id = id;
  if (id != kNoId) value.value = domain::unsigned_scalar<64, 32>(0, most);
  return value;
}

RegValue lookup_result(RegKind kind, uint32_t id, uint16_t map) {
  RegValue value = RegValue::of_kind(kind);
  value.id = id;
  value.map = map;
  return value;
}

TEST(Lattice, LawsOnStatesOfRandomPrograms) {
  uint64_t pairs = 0;
  for (unsigned seed = 1; seed <= 150; seed++) {
    std::mt19937_64 random(seed);
    const char* hook = seed % 2 == 0 ? "tick" : "packet";
    auto code = isa::assemble(testing::ProgramGenerator(random, hook).make());
    ASSERT_TRUE(code);
    object::Module module = testing::module_with(*code, hook);
    testing::CollectedStates states(3000);
    testing::collect_states(module, states);
    uint32_t next_id = 1u << 30;
    for (const auto& [place, known] : states.all()) {
      for (size_t i = 0; i < known.size() && i < 6; i++) {
        ASSERT_TRUE(covers(known[i], known[i])) << "seed " << seed << " at " << place.second;
        const State& other = known[random() % known.size()];
        State joined = join(known[i], other, next_id);
        auto shown = [&](const State& state) { return "\n" + log_form(module, state); };
        ASSERT_TRUE(covers(joined, known[i])) << "seed " << seed << shown(known[i]) << shown(other) << shown(joined);
        ASSERT_TRUE(covers(joined, other)) << "seed " << seed << shown(known[i]) << shown(other) << shown(joined);
        ASSERT_GE(joined.cost.instructions, std::max(known[i].cost.instructions, other.cost.instructions));
        pairs++;
      }
    }
  }
  EXPECT_GT(pairs, 10000u);
}

TEST(Lattice, APacketHasTheBytesThatBothSidesKnow) {
  State a = one_frame(), b = one_frame();
  a.packet_size = b.packet_size = domain::unsigned_scalar<64, 32>(0, 1500);
  a.regs[6] = b.regs[6] = packet_pointer(5, 0, 255);
  a.raise_packet_range(5, 20);
  b.raise_packet_range(5, 8);
  uint32_t next_id = 100;
  State joined = join(a, b, next_id);
  EXPECT_EQ(joined.packet_range(joined.regs[6].id), 8);
  EXPECT_FALSE(covers(a, b));
  EXPECT_TRUE(covers(b, a));
}

TEST(Lattice, BytesBeyondAPointerCountFromWhereItIs) {
  State a = one_frame(), b = one_frame();
  a.packet_size = domain::unsigned_scalar<64, 32>(30, 1500);
  b.packet_size = domain::unsigned_scalar<64, 32>(40, 1500);
  a.regs[6] = packet_pointer(kNoId, 4, 0);   // 26 bytes left
  b.regs[6] = packet_pointer(kNoId, 24, 0);  // 16 bytes left
  uint32_t next_id = 100;
  State joined = join(a, b, next_id);
  const RegValue& pointer = joined.regs[6];
  EXPECT_EQ(joined.packet_range(pointer.id) - pointer.fixed, 16);
  EXPECT_TRUE(whole_offset(pointer).contains(4));
  EXPECT_TRUE(whole_offset(pointer).contains(24));
}

TEST(Lattice, NumbersStayTheSameOnlyWhereBothSidesSaySo) {
  State a = one_frame(), b = one_frame();
  Scalar64 byte = domain::unsigned_scalar<64, 32>(0, 255);
  a.regs[1] = a.regs[2] = RegValue::scalar(byte, 7);
  b.regs[1] = RegValue::scalar(byte, 8);
  b.regs[2] = RegValue::scalar(byte, 9);
  EXPECT_FALSE(covers(a, b));  // a says that r1 and r2 are equal
  EXPECT_TRUE(covers(b, a));
  uint32_t next_id = 100;
  State joined = join(a, b, next_id);
  EXPECT_TRUE(joined.regs[1].id == kNoId || joined.regs[1].id != joined.regs[2].id);
}

TEST(Lattice, AValueOrNullIsWhatBothAre) {
  State a = one_frame(), b = one_frame();
  a.regs[0] = RegValue::constant(0);
  b.regs[0] = lookup_result(RegKind::map_value, 7, 1);
  uint32_t next_id = 100;
  State joined = join(a, b, next_id);
  EXPECT_EQ(joined.regs[0].kind, RegKind::map_value_or_null);
  EXPECT_EQ(joined.regs[0].map, 1);
  EXPECT_TRUE(covers(joined, a) && covers(joined, b));
  b.regs[0].fixed = 8;  // null plus 8 is no null
  EXPECT_EQ(join(a, b, next_id).regs[0].kind, RegKind::mixed);
  a.regs[0] = lookup_result(RegKind::map_value_or_null, 8, 2);  // another map
  b.regs[0].fixed = 0;
  EXPECT_EQ(join(a, b, next_id).regs[0].kind, RegKind::mixed);
}

TEST(Lattice, OneNullCheckDoesNotDecideForTwoLookups) {
  State a = one_frame(), b = one_frame();
  a.regs[1] = a.regs[2] = lookup_result(RegKind::map_value_or_null, 7, 0);
  b.regs[1] = lookup_result(RegKind::map_value_or_null, 7, 0);
  b.regs[2] = lookup_result(RegKind::map_value_or_null, 8, 0);
  EXPECT_FALSE(covers(a, b));
  uint32_t next_id = 100;
  State joined = join(a, b, next_id);
  joined.decide_null(joined.regs[1].id, false);
  EXPECT_EQ(joined.regs[2].kind, RegKind::map_value_or_null);
}

TEST(Lattice, StackIsInitialisedWhereItIsOnBothSides) {
  State a = one_frame(), b = one_frame();
  a.edit_stack(0).store(-8, 8, RegValue::constant(1));
  b.edit_stack(0).store(-8, 4, RegValue::constant(1));
  uint32_t next_id = 100;
  State joined = join(a, b, next_id);
  EXPECT_EQ(joined.stack(0).readable(-8, 4), StackRead::ok);
  EXPECT_EQ(joined.stack(0).readable(-8, 8), StackRead::uninitialised);
  EXPECT_FALSE(covers(a, b));
}

TEST(Lattice, APointerOnOneSideLeavesNothingToRead) {
  State a = one_frame(), b = one_frame();
  a.edit_stack(0).store(-8, 8, RegValue::pointer(RegKind::context));
  b.edit_stack(0).store(-8, 8, RegValue::constant(1));
  uint32_t next_id = 100;
  EXPECT_EQ(join(a, b, next_id).stack(0).readable(-8, 1), StackRead::uninitialised);
  EXPECT_FALSE(covers(a, b));
  EXPECT_FALSE(covers(b, a));
}

TEST(Lattice, PointersOfDifferentKindsAreMixed) {
  State a = one_frame(), b = one_frame();
  a.regs[1] = RegValue::pointer(RegKind::context);
  b.regs[1] = RegValue::pointer(RegKind::stack);
  uint32_t next_id = 100;
  EXPECT_EQ(join(a, b, next_id).regs[1].kind, RegKind::mixed);
  EXPECT_FALSE(covers(a, b));
}

}  // namespace
}  // namespace perdita::verifier
