// SPDX-License-Identifier: Apache-2.0
#include "verifier/analyse.h"

#include <algorithm>

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
  if (first.any() && analysed.result.summarised) {
    Report second(subject.prog);
    AnalysedProgram exact = attempt(subject, flow, second, {.exact_iterations = kManyIterations}, observer);
    // Its errors are about fewer states at once, so they say more; but that it took too long says nothing.
    if (!second.has("too-complex")) {
      report.add_all_of(std::move(second));
      return exact;
    }
  }
  report.add_all_of(std::move(first));
  return analysed;
}

}  // namespace perdita::verifier
