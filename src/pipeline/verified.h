// SPDX-License-Identifier: Apache-2.0
//
// What the verifying stage hands back: the verdict, what reaching it cost, and what was asked to be made of it in the
// same process.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/blob.h"
#include "verifier/proof.h"

namespace perdita::pipeline {

// What verifying one program took.
struct Effort {
  double seconds = 0;
  uint64_t peak_kib = 0;  // largest resident memory of the verifying process by then
};

struct Verified {
  verifier::Verdict verdict;
  std::vector<Effort> efforts;  // one per program of the verdict
  Blob image;                   // bytecode with its claim, where asked for and accepted
  Blob package;                 // signed, where asked for and accepted
};

}  // namespace perdita::pipeline
