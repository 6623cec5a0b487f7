// SPDX-License-Identifier: Apache-2.0
//
// Test only. A concrete machine that runs a program of a test module one instruction at a time on random inputs:
// memory in regions at simulated addresses, each access checked against its object, uninitialised stack remembered.
// What instructions mean comes from isa/reference.h. Memory that others share (maps, what helpers and functions return)
// takes random values, so a verifier that remembers too much is caught.
#pragma once

#include <array>
#include <bitset>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "object/module.h"
#include "perdita/contract.h"
#include "platform/platform.h"
#include "verifier/cost.h"
#include "verifier/testing/entropy.h"

namespace perdita::verifier::testing {

class Machine {
 public:
  static constexpr uint64_t kContext = 0x20000000, kPacket = 0x40000000, kStack = 0x60000000, kMaps = 0x80000000;
  static constexpr uint64_t kKeys = 0x70000000, kReservations = 0x78000000;
  static constexpr uint64_t kFrameStep = 0x1000, kMapStep = 0x1000000, kReservationStep = 0x10000;
  // Handles: no address of anything.
  static constexpr uint64_t kMapHandle = 0xdead0000, kSubprogramHandle = 0xfeed0000;

  Machine(const object::Module& module, const platform::Platform& platform, const perdita_hook& hook, Entropy& random);

  // Runs the instruction at pc(). False at the end of the program, or on a fault, which fault() then says.
  bool step();

  uint32_t pc() const { return pc_; }
  uint64_t reg(unsigned index) const { return regs_[index]; }
  void set_reg(unsigned index, uint64_t value) { regs_[index] = value; }
  uint64_t packet_size() const { return packet_.size(); }
  const std::vector<uint32_t>& call_sites() const { return call_sites_; }
  uint64_t saved(size_t frame, unsigned index) const { return frames_[frame].saved[index]; }
  size_t frame_count() const { return frames_.size(); }
  static uint64_t frame_top(size_t frame) { return kStack + (frame + 1) * kFrameStep; }
  uint64_t stack_word(size_t frame, int offset, unsigned size) const;
  const std::bitset<512>& stack_initialised(size_t frame) const { return frames_[frame].initialised; }
  uint64_t map_base(size_t map) const { return kMaps + map * kMapStep; }
  // A key that the callback of this frame was given.
  static uint64_t key_address(size_t frame) { return kKeys + frame * kFrameStep; }
  // The size of what is reserved at this address, or nothing.
  std::optional<uint64_t> reserved_bytes(uint64_t address) const;
  size_t reservation_count() const { return reservations_.size(); }
  const object::Module& module() const { return module_; }
  // Context, packet, maps, stacks and reservations hold the same.
  bool same_memory(const Machine& other) const;

  const std::string& fault() const { return fault_; }
  const Cost& cost() const { return cost_; }
  // Per instruction: how often it was executed.
  const std::vector<uint64_t>& executions() const { return executions_; }
  // Lowest stack offset touched, per subprogram.
  const std::vector<int>& deepest() const { return deepest_; }

 private:
  struct Frame {
    uint32_t subprogram = 0;
    std::array<uint64_t, 4> saved{};  // the caller's r6 to r9
    std::array<uint8_t, 512> bytes{};
    std::bitset<512> initialised;
    bool is_callback = false;
    std::vector<uint8_t> key;  // what for_each_map_elem shows the callback
  };
  // A helper that calls back, while it does.
  struct Iteration {
    uint64_t done = 0, most = 0;
    uint32_t callback = 0;  // first instruction
    const isa::MapDef* map = nullptr;
    size_t map_index = 0;
    uint64_t data = 0;
  };

  bool fail(const std::string& what);
  uint64_t random_word();
  uint64_t guided_word();
  uint64_t random_size();  // of a packet
  void fill_randomly(uint8_t* bytes, uint64_t size);
  // The bytes behind an address, or null with a fault.
  uint8_t* access(uint64_t address, uint64_t size, bool write, bool read);
  uint8_t* access_stack(uint64_t address, uint64_t size, bool write, bool read);
  uint8_t* access_map(uint64_t address, uint64_t size, bool write);
  uint8_t* access_reservation(uint64_t address, uint64_t size);
  uint8_t* access_key(uint64_t address, uint64_t size, bool write);
  bool load(const isa::Insn& insn);
  bool store(const isa::Insn& insn);
  bool atomic(const isa::Insn& insn);
  bool call_contract(const perdita_function& function);
  bool check_argument(const perdita_function& function, unsigned index, const isa::MapDef* map, uint64_t& memory_bytes);
  uint64_t result_of(const perdita_function& function, size_t map);
  bool load_wide(const isa::Insn& insn);
  bool call(const isa::Insn& insn);
  bool leave();
  bool call_back(const perdita_function& helper);
  bool iterate();
  void end_frame();
  bool tail_call();
  uint64_t reserve(uint64_t size);

  const object::Module& module_;
  const platform::Platform& platform_;
  const perdita_hook& hook_;
  Entropy& random_;
  std::vector<uint8_t> context_, packet_;
  std::map<uint64_t, std::vector<uint8_t>> elements_;  // values of maps by address
  std::array<uint64_t, 11> regs_{};
  std::vector<Frame> frames_;
  std::vector<uint32_t> call_sites_;
  std::vector<Iteration> iterations_;                      // one for each callback among the frames
  std::map<uint64_t, std::vector<uint8_t>> reservations_;  // by address
  std::map<uint64_t, size_t> reserved_at_depth_;           // callbacks running when it was reserved, by address
  uint64_t next_reservation_ = 0;
  std::vector<int> deepest_;
  std::vector<uint64_t> executions_;
  uint32_t pc_ = 0;
  std::string fault_;
  Cost cost_;
};

}  // namespace perdita::verifier::testing
