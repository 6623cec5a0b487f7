// SPDX-License-Identifier: Apache-2.0
#include "verifier/analyse.h"

#include <string_view>

namespace perdita::verifier {
namespace {

constexpr uint64_t kManyIterations = 1u << 14;

// Errors that more about numbers may mend.
constexpr std::string_view kOfNumbers[] = {
    "out-of-bounds",  "pointer-offset-limit", "loop-not-bounded",    "too-complex",       "argument-size",
    "argument-range", "mixed-types",          "uninitialised-stack", "pointer-as-number", "result-range"};

AnalysedProgram attempt(const Subject& subject, const Flow& flow, Report& report, const LoopOptions& options,
                        Observer* observer) {
  AnalysedProgram analysed;
  analysed.analysis = std::make_unique<Analysis>(subject, report);
  if (observer != nullptr) observer->begin();
  analysed.result = run_fixpoint(*analysed.analysis, flow, options, observer);
  return analysed;
}

}  // namespace

AnalysedProgram analyse(const Subject& subject, const Flow& flow, Report& report, Observer* observer) {
  Report first(subject.prog), second(subject.prog), third(subject.prog, 1);  // of the third, any error is enough
  Report* told = &first;
  AnalysedProgram analysed = attempt(subject, flow, first, {}, observer);
  const bool long_enough = first.has("too-complex");
  if (!first.any()) return analysed;
  // Further attempts, and most of those fail: they have a part of the steps.
  if (!long_enough) {
    AnalysedProgram exact = attempt(
        subject, flow, second,
        {.exact_iterations = kManyIterations, .states = kManyStates, .budget_share = 4, .tried_states = kMaxStates},
        observer);
    if (!second.any()) return exact;
    // Where loops were followed for longer, errors are about fewer iterations at once, so they say more; but that it
    // took too long says nothing.
    if (analysed.result.summarised && !second.has("too-complex")) {
      told = &second;
      analysed = std::move(exact);
    }
  }
  if (told->only(kOfNumbers)) {
    AnalysedProgram linear =
        attempt(subject, flow, third, {.exact_iterations = 1, .states = kFewStates, .budget_share = 4, .linear = true},
                observer);
    if (!third.any()) return linear;
  }
  if (observer != nullptr && observer->of_rejected()) {
    Report again(subject.prog);
    attempt(subject, flow, again, {}, observer);
  }
  report.add_all_of(std::move(*told));
  return analysed;
}

}  // namespace perdita::verifier
