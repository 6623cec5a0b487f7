// SPDX-License-Identifier: Apache-2.0
//
// Order and join of states: the laws of a lattice on states that random programs lead to, and by hand where types,
// identities and packet facts meet.
#include "verifier/lattice.h"

#include <gtest/gtest.h>

#include <random>
#include <utility>

#include "isa/assemble.h"
#include "verifier/describe.h"
#include "verifier/testing/collected_states.h"
#include "verifier/testing/program_generator.h"
#include "verifier/testing/test_platform.h"
#include "verifier/widen.h"

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
  for (unsigned seed = 1; seed <= 60; seed++) {
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
        ASSERT_GE(joined.cost.most().instructions,
                  std::max(known[i].cost.most().instructions, other.cost.most().instructions));
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

TEST(Lattice, APointerWithoutANameIsHeldAgainstFactsByItsWholeOffset) {
  State a = one_frame(), b = one_frame();
  a.regs[1] = lookup_result(RegKind::map_value, 7, 0);
  a.regs[1].value = domain::unsigned_scalar<64, 32>(0, 15);
  a.regs[1].offset_id = 8;
  a.regs[2] = b.regs[2] = RegValue::scalar(domain::unsigned_scalar<64, 32>(0, 15), 9);
  a.learn(8, 9, 0);
  b.regs[1] = a.regs[1];
  b.regs[1].offset_id = kNoId;
  b.regs[1].fixed = 15;
  b.regs[1].value = domain::signed_scalar<64, 32>(-15, 0);
  EXPECT_FALSE(covers(a, b));
  b.regs[2].value = domain::unsigned_scalar<64, 32>(15, 15);
  EXPECT_TRUE(covers(a, b));
}

TEST(Lattice, HalvesOfTwoPointersAreNotThoseOfOne) {
  State a = one_frame(), b = one_frame();
  auto half = [](uint32_t id) {
    RegValue value = packet_pointer(id, 0, 7);
    value.half_of = std::exchange(value.kind, RegKind::pointer_half);
    return value;
  };
  a.regs[1] = a.regs[2] = half(7);
  b.regs[1] = half(8);
  b.regs[2] = half(9);
  EXPECT_FALSE(covers(a, b));
  EXPECT_TRUE(covers(b, a));
  b.regs[2] = half(8);
  EXPECT_TRUE(covers(a, b));
}

// r1 - r2 <= 5, and r1 and r2 counted from what lies elsewhere: what counts is how far apart the registers are.
TEST(Lattice, FactsAreAboutTheNumbersWhereverTheyAreCountedFrom) {
  const Scalar64 number = domain::unsigned_scalar<64, 32>(0, 1000);
  State outer = one_frame();
  outer.regs[1] = RegValue::scalar(number, 7);
  outer.regs[2] = RegValue::scalar(number, 8);
  outer.learn(7, 8, 5);
  for (int64_t first = -3; first <= 3; first++) {
    for (int64_t second = -3; second <= 3; second++) {
      for (int64_t most = -2; most <= 12; most++) {
        State inner = one_frame();
        inner.regs[1] = RegValue::scalar(number, 17, first);
        inner.regs[2] = RegValue::scalar(number, 18, second);
        inner.learn(17, 18, most);
        EXPECT_EQ(covers(outer, inner), most + first - second <= 5) << first << " " << second << " " << most;
      }
    }
  }
}

TEST(Lattice, WhatBothSidesKnowOfTwoNumbersIsKept) {
  const Scalar64 number = domain::unsigned_scalar<64, 32>(0, 1000);
  auto with_numbers = [&number](uint32_t first, uint32_t second, int64_t most) {
    State state = one_frame();
    state.regs[1] = RegValue::scalar(number, first);
    state.regs[2] = RegValue::scalar(number, second);
    state.learn(first, second, most);
    return state;
  };
  const State a = with_numbers(7, 8, 3), b = with_numbers(17, 18, 5);
  State knows_nothing = b;
  knows_nothing.differences.clear();
  uint32_t next_id = 100;
  auto most_of = [](const State& state) { return state.most_difference(state.regs[1].id, state.regs[2].id); };
  EXPECT_EQ(most_of(join(a, b, next_id)), 5);
  EXPECT_EQ(most_of(join(b, a, next_id)), 5);
  EXPECT_GE(most_of(join(a, knows_nothing, next_id)), 1000);
}

TEST(Lattice, AFactAboutWhatTheOtherSideDoesNotKnowIsNotCovered) {
  State outer = one_frame(), inner = one_frame();
  outer.regs[1] = inner.regs[1] = RegValue::scalar(domain::unsigned_scalar<64, 32>(0, 1000), 7);
  EXPECT_TRUE(covers(outer, inner));
  outer.learn(7, 9, 5);
  EXPECT_FALSE(covers(outer, inner));
  outer.differences.clear();
  outer.learn(9, 7, 5);
  EXPECT_FALSE(covers(outer, inner));
  // Nor where another fact is.
  outer.differences.clear();
  outer.regs[2] = inner.regs[2] = RegValue::scalar(domain::unsigned_scalar<64, 32>(0, 1000), 8);
  outer.learn(7, 8, 5);
  inner.learn(7, 8, 5);
  EXPECT_TRUE(covers(outer, inner));
  outer.learn(7, 9, 5);
  EXPECT_FALSE(covers(outer, inner));
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

TEST(Lattice, APointerBesideAnyNumberLeavesNothingToRead) {
  State a = one_frame(), b = one_frame();
  a.edit_stack(0).store(-8, 8, RegValue::pointer(RegKind::context));
  b.edit_stack(0).store(-8, 8, RegValue::unknown_scalar());
  uint32_t next_id = 100;
  EXPECT_EQ(join(a, b, next_id).stack(0).readable(-8, 8), StackRead::uninitialised);
  EXPECT_EQ(join(b, a, next_id).stack(0).readable(-8, 8), StackRead::uninitialised);
  b.edit_stack(0).store(-8, 4, RegValue::constant(1));
  EXPECT_EQ(join(a, b, next_id).stack(0).readable(-8, 4), StackRead::uninitialised);
  EXPECT_EQ(join(b, a, next_id).stack(0).readable(-8, 4), StackRead::uninitialised);
}

TEST(Lattice, PointersOfDifferentKindsAreMixed) {
  State a = one_frame(), b = one_frame();
  a.regs[1] = RegValue::pointer(RegKind::context);
  b.regs[1] = RegValue::pointer(RegKind::stack);
  uint32_t next_id = 100;
  EXPECT_EQ(join(a, b, next_id).regs[1].kind, RegKind::mixed);
  EXPECT_FALSE(covers(a, b));
}

TEST(Lattice, FramesStayWhatTheyAre) {
  State a = one_frame();
  a.frames.emplace_back();
  a.frames[1].subprogram = 2;
  a.frames[1].call_site = 7;
  a.frames[1].is_callback = true;
  uint32_t next_id = 100;
  const State joined = join(a, a, next_id);
  EXPECT_EQ(joined.frames[1].subprogram, 2u);
  EXPECT_EQ(joined.frames[1].call_site, 7u);
  EXPECT_TRUE(joined.frames[1].is_callback);
  EXPECT_EQ(joined.callback_depth(), 1);
}

// An error was reported about it: nothing more is said.
TEST(Lattice, PoisonStaysPoison) {
  State a = one_frame(), b = one_frame();
  a.regs[1] = RegValue::of_kind(RegKind::poison);
  b.regs[1] = RegValue::pointer(RegKind::context);
  uint32_t next_id = 100;
  EXPECT_TRUE(join(a, b, next_id).regs[1].is_poison());
  EXPECT_TRUE(join(b, a, next_id).regs[1].is_poison());
}

TEST(Lattice, TheSameShapeIsTheSameThingsInTheSamePlaces) {
  State a = one_frame();
  a.regs[1] = lookup_result(RegKind::map_value, 7, 1);
  a.regs[2] = RegValue::constant(1);
  a.edit_stack(0).store(-8, 8, RegValue::pointer(RegKind::stack));
  State b = a;
  b.regs[1].id = 8;
  b.regs[2] = RegValue::constant(2);
  EXPECT_TRUE(same_shape(a, b));
  b.regs[1].map = 2;
  EXPECT_FALSE(same_shape(a, b));
  b = a;
  b.regs[2] = RegValue::pointer(RegKind::context);
  EXPECT_FALSE(same_shape(a, b));
  State elsewhere = one_frame(), other = one_frame();
  elsewhere.edit_stack(0).store(-16, 8, RegValue::pointer(RegKind::stack));
  other.edit_stack(0).store(-8, 8, RegValue::pointer(RegKind::context));
  b = one_frame();
  b.edit_stack(0).store(-8, 8, RegValue::pointer(RegKind::stack));
  EXPECT_FALSE(same_shape(elsewhere, b));
  EXPECT_FALSE(same_shape(other, b));
}

// Nothing has the identity of 0 (kZeroId).
TEST(Lattice, AConstantOffsetIsCountedFromNothing) {
  State a = one_frame(), b = one_frame();
  a.regs[1] = b.regs[1] = RegValue::pointer(RegKind::stack, -8);
  uint32_t next_id = 100;
  EXPECT_EQ(join(a, b, next_id).regs[1], a.regs[1]);
  b.regs[1].fixed = -16;
  const RegValue joined = join(a, b, next_id).regs[1];
  EXPECT_NE(joined.offset_id, kZeroId);
  EXPECT_TRUE(whole_offset(joined).contains(static_cast<uint64_t>(-8)));
  EXPECT_TRUE(whole_offset(joined).contains(static_cast<uint64_t>(-16)));
}

// One is counted from a number, the other is constant: the distance is kept.
TEST(Lattice, OffsetsKeepTheirDistanceFromNumbers) {
  State a = one_frame(), b = one_frame();
  a.regs[1] = RegValue::scalar(domain::unsigned_scalar<64, 32>(0, 100), 7);
  a.regs[2] = RegValue::pointer(RegKind::map_value, 4);
  a.regs[2].value = a.regs[1].value;
  a.regs[2].offset_id = 7;
  b.regs[1] = RegValue::constant(0);
  b.regs[2] = RegValue::pointer(RegKind::map_value, 4);
  uint32_t next_id = 100;
  const State joined = join(a, b, next_id);
  EXPECT_NE(joined.regs[2].offset_id, kNoId);
  EXPECT_EQ(joined.regs[2].fixed, 4);
}

// ---- reservations ----

State holding(uint32_t number, RegKind kind) {
  State state = one_frame();
  state.reservations[number] = {Holding::held, 0, 7, 16};
  state.regs[6] = RegValue::of_kind(kind);
  state.regs[6].id = number;
  return state;
}

TEST(Lattice, AReservationHeldOnOneSideOnlyIsLost) {
  State a = holding(1, RegKind::reservation), b = one_frame();
  b.regs[6] = RegValue::constant(0);
  EXPECT_FALSE(covers(a, b));
  EXPECT_FALSE(covers(b, a));
  EXPECT_FALSE(same_shape(a, b));
  uint32_t next_id = 100;
  for (const State& joined : {join(a, b, next_id), join(b, a, next_id)}) {
    EXPECT_EQ(joined.reservations[1].holding, Holding::on_some_path);
    EXPECT_EQ(joined.reservations[1].pc, 7u);  // for the message
    EXPECT_EQ(joined.regs[6].kind, RegKind::mixed);
    EXPECT_TRUE(covers(joined, a) && covers(joined, b));
  }
}

TEST(Lattice, TheSameReservationInTheSamePlaceIsTheSameShape) {
  State a = holding(1, RegKind::reservation), b = a;
  EXPECT_TRUE(same_shape(a, b));
  b.regs[2] = RegValue::constant(5);
  a.regs[2] = RegValue::constant(6);
  EXPECT_TRUE(same_shape(a, b));
  a.reservations[2] = b.reservations[2] = a.reservations[1];
  EXPECT_TRUE(same_shape(a, b));
  b.regs[6].id = 2;
  EXPECT_FALSE(same_shape(a, b));
}

TEST(Lattice, ReservationsOfDifferentSizesAreNotOne) {
  State a = holding(0, RegKind::reservation), b = holding(0, RegKind::reservation);
  b.reservations[0].size_bytes = 8;
  EXPECT_FALSE(covers(a, b));
  uint32_t next_id = 100;
  EXPECT_EQ(join(a, b, next_id).regs[6].kind, RegKind::mixed);
  b = holding(0, RegKind::reservation);
  EXPECT_TRUE(covers(a, b));
  EXPECT_EQ(join(a, b, next_id).regs[6].kind, RegKind::reservation);
  b.reservations[0].callbacks = 1;
  EXPECT_FALSE(covers(a, b));
}

TEST(Lattice, TwoReservationsAreNotOne) {
  State a = holding(0, RegKind::reservation), b = holding(1, RegKind::reservation);
  a.reservations[1] = b.reservations[1];
  b.reservations[0] = a.reservations[0];
  uint32_t next_id = 100;
  EXPECT_EQ(join(a, b, next_id).regs[6].kind, RegKind::mixed);
  EXPECT_FALSE(covers(a, b));
}

TEST(Lattice, ReleasingTakesEveryCopy) {
  State state = holding(2, RegKind::reservation);
  RegValue inside = state.regs[6];
  inside.fixed = 8;
  state.frames[0].saved.edit(1) = inside;
  state.edit_stack(0).store(-8, 8, state.regs[6]);
  state.regs[7] = state.regs[6];
  state.regs[7].id = 3;
  state.reservations[3] = state.reservations[2];
  state.release(2);
  EXPECT_EQ(state.regs[6].kind, RegKind::released);
  EXPECT_EQ(state.frames[0].saved[1].kind, RegKind::released);
  EXPECT_EQ(state.stack(0).load(-8, 8)->kind, RegKind::released);
  EXPECT_EQ(state.regs[7].kind, RegKind::reservation);
  EXPECT_EQ(state.reservations[2].holding, Holding::none);
  EXPECT_EQ(state.reservations[3].holding, Holding::held);
}

// ---- widening ----

TEST(Widening, CoversBothAndEnds) {
  uint32_t next_id = 100;
  State known = one_frame();
  known.edit_stack(0).store(-8, 8, RegValue::constant(0));
  known.edit_stack(0).store(-16, 4, RegValue::constant(5));
  known.edit_stack(0).store(-24, 8, lookup_result(RegKind::map_value, 7, 1));
  unsigned rounds = 0;
  for (;; rounds++) {
    // What an iteration makes of the largest number there may be; the second cell stays, the pointer moves.
    State next = known;
    auto cell = known.stack(0).load(-8, 8);
    ASSERT_TRUE(cell);
    uint64_t more = cell->value.wide.u.max + 1;
    next.edit_stack(0).store(-8, 8, RegValue::constant(more));
    if (auto pointer = known.stack(0).load(-24, 8)) {
      pointer->fixed += 8;
      next.edit_stack(0).store(-24, 8, *pointer);
    }
    if (covers(known, next)) break;
    State wider = widen(known, next, next_id);
    EXPECT_TRUE(covers(wider, known)) << rounds;
    EXPECT_TRUE(covers(wider, next)) << rounds;
    known = wider;
    ASSERT_LT(rounds, 12u);
  }
  EXPECT_GT(rounds, 3u);
  EXPECT_TRUE(known.stack(0).load(-16, 4)->is_constant(5));
  EXPECT_FALSE(known.stack(0).load(-24, 8));
}

}  // namespace
}  // namespace perdita::verifier
