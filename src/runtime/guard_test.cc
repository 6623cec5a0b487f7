// SPDX-License-Identifier: Apache-2.0
//
// The guarded engine against programs that nobody has looked at: every address around every region, and arbitrary
// bytes. Run under the address sanitizer, what escapes the guard does not escape the test.
#include "runtime/guard.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "isa/helpers.h"
#include "runtime/engine_bench.h"
#include "runtime/helper_calls.h"

namespace perdita::runtime {
namespace {

using namespace isa;  // NOLINT: names of opcodes

Insn make(unsigned opcode, unsigned dst, unsigned src, int offset, int32_t imm) {
  return {static_cast<uint8_t>(opcode), make_regs(dst, src), static_cast<int16_t>(offset), imm};
}

uint64_t address_of(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

struct Region {
  uint64_t start;
  uint64_t size_bytes;
  bool writable;
};

// A context with a hole and a read-only field, a packet, and three maps.
class Scene {
 public:
  Scene() {
    bench.context.assign(40, 0);
    packet.assign(24, 0x11);
    set_packet(packet.data(), packet.data() + packet.size());
    bench.hook.context_size = 40;
    bench.hook.fields = kFields;
    bench.hook.field_count = 4;
    bench.hook.packet_max_bytes = 64;
    bench.hook.packet_writable = 0;
    const MapDef defs[] = {
        {MapType::array, 4, 5, 3, 0}, {MapType::hash, 4, 12, 2, 0}, {MapType::array, 4, 8, 1, kMapReadOnlyForProg}};
    for (size_t i = 0; i < 3; i++) {
      storage_[i].resize(map_storage_bytes(defs[i]) / 8);
      init_map(maps[i], defs[i], storage_[i].data());
      pointers_[i] = &maps[i];
    }
    bench.link.maps = Span<Map* const>(pointers_);
    for (const perdita_function& helper : helpers()) {
      if (const perdita_thunk routine = helper_call(helper.helper)) calls_.push_back({&helper, routine});
    }
    bench.link.helpers = {calls_.data(), calls_.size()};
  }

  void set_packet(const void* data, const void* end) {
    const uint64_t slots[2] = {address_of(data), address_of(end)};
    memcpy(&bench.context[8], slots, sizeof slots);
  }

  std::vector<Region> regions() const {
    const uint64_t context = address_of(bench.context.data());
    std::vector<Region> all = {{context, 4, false},
                               {context + 8, 8, false},
                               {context + 16, 8, false},
                               {context + 32, 8, true},
                               {address_of(packet.data()), packet.size(), false}};
    for (size_t i = 0; i < 3; i++) {
      for (uint32_t element = 0; element < maps[i].element_count; element++) {
        const uint64_t value =
            address_of(maps[i].elements) + uint64_t{element} * maps[i].element_stride + maps[i].value_offset;
        all.push_back({value, maps[i].def.value_size, i != 2});
      }
    }
    return all;
  }

  EngineBench bench;
  std::vector<uint8_t> packet;
  Map maps[3];

 private:
  static constexpr perdita_field kFields[] = {{"a", 0, 4, PERDITA_FIELD_SCALAR, 0},
                                              {"data", 8, 8, PERDITA_FIELD_DATA, 0},
                                              {"end", 16, 8, PERDITA_FIELD_DATA_END, 0},
                                              {"b", 32, 8, PERDITA_FIELD_SCALAR, 1}};
  std::vector<uint64_t> storage_[3];
  Map* pointers_[3];
  std::vector<LinkedCall> calls_;
};

// One access of `size` at `address`, and what the guard says.
Status access(Scene& scene, uint64_t address, uint8_t size, bool write) {
  const std::vector<Insn> code = {
      make(kLddw, 3, kLddwImm, 0, static_cast<int32_t>(address)),
      make(0, 0, 0, 0, static_cast<int32_t>(address >> 32)),
      write ? make(kStx | kMem | size, 3, 4, 0, 0) : make(kLdx | kMem | size, 4, 3, 0, 0),
      make(kJmp | kExit, 0, 0, 0, 0),
  };
  const Outcome outcome = scene.bench.run(run_guarded, code);
  EXPECT_TRUE(outcome.status == Status::ok || outcome.pc == 2);
  return outcome.status;
}

TEST(Guard, EveryAddressAroundEveryRegion) {
  Scene scene;
  const std::vector<Region> regions = scene.regions();
  for (const Region& around : regions) {
    for (uint64_t address = around.start - 16; address < around.start + around.size_bytes + 16; address++) {
      for (const uint8_t size : {kB, kH, kW, kDw}) {
        for (const bool write : {false, true}) {
          Status expected = Status::bad_access;
          for (const Region& region : regions) {
            if (address < region.start || address + access_bytes(size) > region.start + region.size_bytes) continue;
            expected = write && !region.writable ? Status::read_only : Status::ok;
          }
          // What was allowed may have moved the packet's limits in the context, which counts from the next run on.
          ASSERT_EQ(access(scene, address, size, write), expected) << address - around.start << " " << write;
        }
      }
    }
  }
}

TEST(Guard, AddressesThatWrapAreRefused) {
  Scene scene;
  for (uint64_t low = 0; low < 16; low++) {
    for (const uint8_t size : {kB, kH, kW, kDw}) {
      EXPECT_EQ(access(scene, low, size, false), Status::bad_access);
      EXPECT_EQ(access(scene, UINT64_MAX - low, size, false), Status::bad_access);
      EXPECT_EQ(access(scene, (uint64_t{1} << 32) - low, size, true), Status::bad_access);
    }
  }
}

TEST(Guard, APacketThatIsNoneIsNotTouched) {
  Scene scene;
  const uint8_t* data = scene.packet.data();
  scene.set_packet(data + 8, data);
  EXPECT_EQ(access(scene, address_of(data), kB, false), Status::bad_access);
  scene.set_packet(data, data + 65);  // longer than the hook says
  EXPECT_EQ(access(scene, address_of(data), kB, false), Status::bad_access);
  scene.set_packet(data, data + 3);
  EXPECT_EQ(access(scene, address_of(data), kH, false), Status::ok);
  EXPECT_EQ(access(scene, address_of(data), kW, false), Status::bad_access);
}

// The frame's own 512 bytes, not what lies below: that is the next frame's.
TEST(Guard, StackOfTheFramesInUse) {
  Scene scene;
  for (int offset = -600; offset <= 8; offset++) {
    const std::vector<Insn> code = {make(kSt | kMem | kW, 10, 0, offset, 1), make(kJmp | kExit, 0, 0, 0, 0)};
    const bool inside = offset >= -512 && offset <= -4;
    ASSERT_EQ(scene.bench.run(run_guarded, code).status, inside ? Status::ok : Status::bad_access) << offset;
  }
}

TEST(Guard, StackStartsAsZeros) {
  Scene scene;
  for (int offset = -512; offset < 0; offset += 8) {
    const std::vector<Insn> code = {make(kLdx | kMem | kDw, 0, 10, offset, 0), make(kJmp | kExit, 0, 0, 0, 0)};
    ASSERT_EQ(scene.bench.run(run_guarded, code).result, 0u);
  }
}

// ---- arguments ----

class ArgumentTest : public testing::Test {
 protected:
  Status check(const perdita_arg& arg, uint64_t value, uint64_t size = 0) {
    const perdita_arg size_arg = {PERDITA_ARG_SCALAR, 0, 4, 0, 0, 0, 0, 0, 0};
    const perdita_arg args[] = {arg, size_arg, {PERDITA_ARG_MAP, 0, 0, 0, 0, 0, 1u << 1 | 1u << 2, 0, 0}};
    perdita_function function{};
    function.args = args;
    function.arg_count = 3;
    const uint64_t values[PERDITA_MAX_ARGS] = {value, size, address_of(&scene_.maps[map_])};
    const Invocation invocation = {&scene_.bench.port.port,
                                   &scene_.bench.link,
                                   {},
                                   {},
                                   &scene_.bench.hook,
                                   scene_.bench.context.data(),
                                   0,
                                   {},
                                   &scene_.bench.activity,
                                   0};
    return Guard(invocation).arguments(function, values);
  }

  Scene scene_;
  size_t map_ = 0;
};

TEST_F(ArgumentTest, Scalars) {
  const perdita_arg byte = {PERDITA_ARG_SCALAR, PERDITA_ARG_RANGE, 1, 1, 0, 0, 0, -3, 5};
  for (int value = -200; value < 200; value++) {
    const bool inside = static_cast<int8_t>(value) >= -3 && static_cast<int8_t>(value) <= 5;
    EXPECT_EQ(check(byte, static_cast<uint64_t>(value)), inside ? Status::ok : Status::bad_argument) << value;
  }
  const perdita_arg word = {PERDITA_ARG_SCALAR, PERDITA_ARG_RANGE, 4, 0, 0, 0, 0, 0, UINT32_MAX};
  EXPECT_EQ(check(word, UINT64_MAX), Status::ok);
  const perdita_arg any = {PERDITA_ARG_SCALAR, 0, 8, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(check(any, UINT64_MAX), Status::ok);
}

TEST_F(ArgumentTest, Pointers) {
  const uint64_t context = address_of(scene_.bench.context.data());
  const uint64_t packet = address_of(scene_.packet.data());
  EXPECT_EQ(check({PERDITA_ARG_CONTEXT, 0, 0, 0, 0, 0, 0, 0, 0}, context), Status::ok);
  EXPECT_EQ(check({PERDITA_ARG_CONTEXT, 0, 0, 0, 0, 0, 0, 0, 0}, context + 1), Status::bad_argument);
  EXPECT_EQ(check({PERDITA_ARG_CONTEXT, 0, 0, 0, 0, 0, 0, 0, 0}, 0), Status::bad_argument);
  EXPECT_EQ(check({PERDITA_ARG_MEM_IN, 0, 0, 0, 0, 24, 0, 0, 0}, packet), Status::ok);
  EXPECT_EQ(check({PERDITA_ARG_MEM_IN, 0, 0, 0, 0, 25, 0, 0, 0}, packet), Status::bad_argument);
  EXPECT_EQ(check({PERDITA_ARG_MEM_OUT, 0, 0, 0, 0, 1, 0, 0, 0}, packet), Status::bad_argument);
  EXPECT_EQ(check({PERDITA_ARG_MEM_INOUT, 0, 0, 0, 0, 1, 0, 0, 0}, packet), Status::bad_argument);
  EXPECT_EQ(check({PERDITA_ARG_MEM_OUT, 0, 0, 0, 0, 8, 0, 0, 0}, context + 32), Status::ok);
  EXPECT_EQ(check({PERDITA_ARG_MEM_OUT, 0, 0, 0, 0, 8, 0, 0, 0}, context + 8), Status::bad_argument);
  EXPECT_EQ(check({99, 0, 0, 0, 0, 8, 0, 0, 0}, packet), Status::bad_argument);
}

TEST_F(ArgumentTest, SizesAndNull) {
  const uint64_t packet = address_of(scene_.packet.data());
  const auto sized = [&](uint8_t flags, uint32_t most, uint64_t value, uint64_t size) {
    return check({PERDITA_ARG_MEM_IN, flags, 0, 0, 2, most, 0, 0, 0}, value, size) == Status::ok;
  };
  EXPECT_TRUE(sized(0, 0, packet, 24));
  EXPECT_FALSE(sized(0, 0, packet, 25));
  EXPECT_TRUE(sized(0, 24, packet, (uint64_t{1} << 32) + 24));  // as the parameter's 32 bits have it
  EXPECT_FALSE(sized(0, 23, packet, 24));
  EXPECT_FALSE(sized(0, 0, packet, UINT64_MAX));
  EXPECT_FALSE(sized(0, 0, packet, 0));
  EXPECT_TRUE(sized(PERDITA_ARG_ZERO_OK, 0, packet, 0));
  EXPECT_FALSE(sized(PERDITA_ARG_ZERO_OK, 0, 0, 0));
  EXPECT_TRUE(sized(PERDITA_ARG_ZERO_OK | PERDITA_ARG_NULL_OK, 0, 0, 0));
  EXPECT_FALSE(sized(PERDITA_ARG_ZERO_OK | PERDITA_ARG_NULL_OK, 0, 0, 1));
  EXPECT_EQ(check({PERDITA_ARG_MEM_IN, PERDITA_ARG_NULL_OK, 0, 0, 0, 8, 0, 0, 0}, 0), Status::ok);
  EXPECT_EQ(check({PERDITA_ARG_MEM_IN, 0, 0, 0, 0, 8, 0, 0, 0}, 0), Status::bad_argument);
}

TEST_F(ArgumentTest, Maps) {
  const uint64_t value = address_of(scene_.maps[0].elements);
  const uint64_t packet = address_of(scene_.packet.data());
  EXPECT_EQ(check({PERDITA_ARG_MAP_KEY, 0, 0, 0, 0, 0, 0, 0, 0}, packet + 20), Status::ok);
  EXPECT_EQ(check({PERDITA_ARG_MAP_KEY, 0, 0, 0, 0, 0, 0, 0, 0}, packet + 21), Status::bad_argument);
  EXPECT_EQ(check({PERDITA_ARG_MAP_VALUE, 0, 0, 0, 0, 0, 0, 0, 0}, packet + 19), Status::ok);
  EXPECT_EQ(check({PERDITA_ARG_MAP_VALUE, 0, 0, 0, 0, 0, 0, 0, 0}, packet + 20), Status::bad_argument);
  EXPECT_EQ(check({PERDITA_ARG_MAP_VALUE_OUT, 0, 0, 0, 0, 0, 0, 0, 0}, value), Status::ok);
  EXPECT_EQ(check({PERDITA_ARG_MAP_VALUE_OUT, 0, 0, 0, 0, 0, 0, 0, 0}, packet), Status::bad_argument);
  EXPECT_EQ(check({PERDITA_ARG_MAP, 0, 0, 0, 0, 0, 1u << 1, 0, 0}, address_of(&scene_.maps[1])), Status::ok);
  EXPECT_EQ(check({PERDITA_ARG_MAP, 0, 0, 0, 0, 0, 1u << 2, 0, 0}, address_of(&scene_.maps[1])), Status::bad_argument);
  EXPECT_EQ(check({PERDITA_ARG_MAP, 0, 0, 0, 0, 0, UINT32_MAX, 0, 0}, address_of(&scene_)), Status::bad_argument);
}

// ---- arbitrary bytecode ----

// Bytes as they come, or instructions that look like some: opcodes that exist, few registers, short jumps.
std::vector<Insn> random_program(std::mt19937& random, const Scene& scene) {
  std::vector<Insn> code(1 + random() % 40);
  for (Insn& insn : code) {
    const uint64_t bits = uint64_t{random()} << 32 | random();
    memcpy(&insn, &bits, sizeof insn);
    const uint32_t shape = random() % 16;
    if (shape == 0) continue;
    insn.regs = make_regs(random() % 11, random() % 11);
    insn.offset = static_cast<int16_t>(random() % 64) - 32;
    if (shape < 8) continue;
    insn.imm = static_cast<int32_t>(random() % 12);
    if (shape == 8) insn = make(kJmp | kCall, 0, random() % 3, 0, insn.imm);
    if (shape == 9) insn = make(kLddw, random() % 6, kLddwMap + random() % 2, 0, static_cast<int32_t>(random() % 3));
    if (shape == 10) insn = make(kAlu64 | kMov | kX, random() % 6, random() % 2 == 0 ? 10 : 1, 0, 0);
    if (shape == 11) insn = make(kLdx | kMem | kDw, random() % 6, 1, random() % 2 == 0 ? 8 : 16, 0);
    if (shape == 12) insn = make(kStx | kMem | (random() & 0x18), random() % 11, random() % 11, insn.offset, 0);
    if (shape == 13) insn = make(kAlu64 | kAdd | kK, random() % 10, 0, 0, insn.offset);
  }
  // Handles and addresses as a program could have them from elsewhere.
  if (random() % 2 == 0 && code.size() > 4) {
    const uint64_t loose = random() % 2 == 0 ? address_of(&scene.maps[random() % 3]) : address_of(scene.packet.data());
    code[0] = make(kLddw, 1 + random() % 3, kLddwImm, 0, static_cast<int32_t>(loose));
    code[1] = make(0, 0, 0, 0, static_cast<int32_t>(loose >> 32));
  }
  return code;
}

TEST(GuardedFuzz, NoBytecodeEscapes) {
  std::mt19937 random(20261122);
  size_t ended = 0;
  size_t faults[256] = {};
  for (int round = 0; round < 60000; round++) {
    Scene scene;
    scene.bench.steps = 500;
    const std::vector<uint8_t> packet = scene.packet;
    const std::vector<uint8_t> context = scene.bench.context;
    const uint64_t constant = 0x0123456789abcdef;
    memcpy(scene.maps[2].elements, &constant, sizeof constant);
    const Outcome outcome = scene.bench.run(run_guarded, random_program(random, scene));
    ASSERT_LE(outcome.steps, 500u);
    ended += outcome.status == Status::ok ? 1 : 0;
    faults[static_cast<uint8_t>(outcome.status)]++;
    // What may only be read is as it was, and so is what may not be touched at all.
    ASSERT_EQ(scene.packet, packet) << round;
    ASSERT_EQ(memcmp(scene.maps[2].elements, &constant, sizeof constant), 0) << round;
    ASSERT_EQ(memcmp(scene.bench.context.data(), context.data(), 32), 0) << round;
    ASSERT_EQ(scene.bench.port.depth, 0u);
  }
  // The generator reaches everything the guard can say.
  EXPECT_GT(ended, 100u);
  for (const Status status : {Status::bad_access, Status::bad_argument, Status::bad_jump, Status::bad_instruction,
                              Status::out_of_steps, Status::read_only}) {
    EXPECT_GT(faults[static_cast<uint8_t>(status)], 5u) << status_name(status);
  }
}

}  // namespace
}  // namespace perdita::runtime
