// SPDX-License-Identifier: Apache-2.0
//
// What an invocation may touch, for the guarded engine: the frames of its own that are in use, the values of its
// package's maps, the packet, the declared fields of the context, what it has reserved and not released, and the key
// that a callback was given. And what it may pass to a function. Any level; a check is linear in the package's maps and
// the context's fields.
#pragma once

#include "runtime/frames.h"

namespace perdita::runtime {

class Guard {
 public:
  // Reads the packet's limits from the context now: the program cannot move them afterwards. `machine`, where it is not
  // null, says which callbacks are under way.
  explicit Guard(const Invocation& invocation, const Machine* machine = nullptr);

  // Frames in use reach down to `lowest`.
  void set_frame(uint64_t lowest) { frame_low_ = lowest; }

  // ok, bad_access, read_only.
  Status access(uint64_t address, uint64_t size_bytes, bool write) const;

  // ok, bad_argument: `args` against the contract.
  Status arguments(const perdita_function& function, const uint64_t* args) const;

 private:
  Status context_access(uint64_t offset, uint64_t size_bytes, bool write) const;
  bool holds_key(uint64_t address, uint64_t size_bytes) const;
  bool holds_reserved(uint64_t address, uint64_t size_bytes) const;
  bool is_reservation(uint64_t address) const;
  bool is_callback(uint64_t handle) const;
  Map* map_of(uint64_t handle) const;
  bool argument(const perdita_function& function, uint32_t index, const Map* map, const uint64_t* args) const;
  bool memory(uint64_t address, uint64_t size_bytes, bool read, bool write) const;

  const Invocation& invocation_;
  const Machine* machine_;
  uint64_t frame_low_, stack_top_;
  uint64_t packet_ = 0, packet_bytes_ = 0;
};

}  // namespace perdita::runtime
