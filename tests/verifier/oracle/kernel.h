// SPDX-License-Identifier: Apache-2.0
//
// Test only. The kernel of this machine, by bpf(2): maps, what its verifier says about a program, how long that took,
// and what the program does. Programs are those of a module that was judged for Linux: instructions whose references
// are indices of maps (isa/insn.h); here they become file descriptors. Nothing stays behind: all of it ends with the
// objects below.
#pragma once

#include <linux/bpf.h>

#include <string>
#include <vector>

#include "isa/insn.h"
#include "oracle/contents.h"

namespace perdita::verifier::oracle {

// Why programs cannot be loaded into this machine's kernel; empty: they can.
std::string kernel_refusal();

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  int number() const { return number_; }

 private:
  int number_ = -1;
};

// A map in the kernel for each of a module's, where it takes one by the definition alone.
class KernelMaps {
 public:
  explicit KernelMaps(const std::vector<object::Map>& maps);
  // -1: there is none.
  int descriptor(size_t map) const { return descriptors_.at(map).number(); }
  // Makes the maps hold exactly this; constants hold what they held from the start. False with errno.
  bool fill(const Contents& contents);
  Contents read() const;

 private:
  Elements read(size_t map) const;

  std::vector<isa::MapDef> defs_;
  std::vector<Descriptor> descriptors_;
};

struct KernelVerdict {
  bool accepted = false;
  int error = 0;                 // errno where rejected
  std::string said;              // what its verifier says, without its figures
  uint64_t verification_us = 0;  // by its own clock: what BPF_PROG_LOAD takes beside compiling
  double load_us = 0;            // of the whole call
  uint64_t processed = 0;        // instructions that its verifier looked at
  Descriptor prog;
};

// On whose behalf a program is loaded. The kernel lets `everything` read a stack that nobody wrote and make numbers of
// addresses; to who has no CAP_PERFMON (nor CAP_SYS_ADMIN) it does not, and holds them to its rules against
// speculation.
enum class Rights : uint8_t { everything, without_perfmon };

// Nothing is loaded where an instruction names a map that the kernel does not have: error is ENOENT.
KernelVerdict kernel_load(bpf_prog_type type, const std::vector<isa::Insn>& code, const KernelMaps& maps,
                          Rights rights = Rights::everything);

struct KernelRun {
  int error = 0;  // errno: it was not run
  uint32_t result = 0;
  Bytes packet;
  Bytes context;  // struct __sk_buff; nothing for XDP
};

// One run on a packet of at least 14 bytes. `context` is a struct __sk_buff, or nothing.
KernelRun kernel_run(const Descriptor& prog, const Bytes& packet, const Bytes& context);

}  // namespace perdita::verifier::oracle
