// SPDX-License-Identifier: Apache-2.0
#include "verifier/analyse.h"

namespace perdita::verifier {
namespace {

constexpr uint64_t kManyIterations = 1u << 14;

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
  Report first(subject.prog);
  AnalysedProgram analysed = attempt(subject, flow, first, {}, observer);
  if (first.any() && !first.has("too-complex")) {
    // A last attempt, and most of those fail: it has a quarter of the steps.
    Report second(subject.prog);
    AnalysedProgram exact = attempt(
        subject, flow, second,
        {.exact_iterations = kManyIterations, .states = kManyStates, .budget_share = 4, .tried_states = kMaxStates},
        observer);
    // Where loops were followed for longer, errors are about fewer iterations at once, so they say more; but that it
    // took too long says nothing.
    if (!second.any() || (analysed.result.summarised && !second.has("too-complex"))) {
      report.add_all_of(std::move(second));
      return exact;
    }
    if (observer != nullptr && observer->of_rejected()) {
      Report again(subject.prog);
      attempt(subject, flow, again, {}, observer);
    }
  }
  report.add_all_of(std::move(first));
  return analysed;
}

}  // namespace perdita::verifier
