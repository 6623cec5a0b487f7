// SPDX-License-Identifier: Apache-2.0
//
// The fixpoint, as often as it takes: with loops summarised as soon as that is cheaper; where that finds errors, once
// more with loops followed iteration by iteration for longer, which knows more about each of them.
#pragma once

#include <memory>

#include "verifier/fixpoint.h"

namespace perdita::verifier {

struct AnalysedProgram {
  std::unique_ptr<Analysis> analysis;  // what the analysis found beside the result
  FixpointResult result;
};

// Errors go to `report`; where there are none the result holds. `observer` (may be null) has seen the states of the
// attempt that is reported: its begin() is called before each.
AnalysedProgram analyse(const Subject& subject, const Flow& flow, Report& report, Observer* observer);

}  // namespace perdita::verifier
