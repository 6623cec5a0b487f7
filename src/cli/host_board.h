// SPDX-License-Identifier: Apache-2.0
//
// A board in this process, to try programs on: the runtime as boards have it, with a clock and random numbers that are
// the same in every run, and simulated functions. It takes a package like any board, signature and admission included.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "compiler/key.h"
#include "diag/result.h"
#include "isa/status.h"
#include "perdita/perdita.h"
#include "pipeline/blob.h"
#include "pipeline/uuid.h"
#include "platform/platform.h"

namespace perdita::cli {

struct Invoked {
  int64_t result = 0;
  uint64_t instructions = 0;  // executed; known of the guarded engine only
  uint32_t stack_bytes = 0;   // given to the program
  uint32_t code_bytes = 0;
};

// Why a board would not take a package; and a fault, at its instruction.
Diagnostic not_taken(const perdita_report& report);
Diagnostic program_fault(const std::string& prog, Status status, uint32_t pc);

class HostBoard {
 public:
  // Trusts `key` for everything. `allow_unclaimed`: also takes packages without a claim, in the guarded engine.
  static Result<std::unique_ptr<HostBoard>> start(std::shared_ptr<const platform::Platform> platform,
                                                  const compiler::PublicKey& key, bool allow_unclaimed);
  ~HostBoard();

  Result<std::monostate> deliver(const pipeline::Blob& package);
  // Runs one invocation of a program of that package on the hook's context structure. A fault is a Diagnostic whose
  // place holds the instruction.
  Result<Invoked> invoke(const std::string& package, const std::string& prog, void* context);
  // What programs printed so far.
  const std::string& output() const;

 private:
  struct State;
  explicit HostBoard(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace perdita::cli
