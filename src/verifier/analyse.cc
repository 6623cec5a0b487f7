// SPDX-License-Identifier: Apache-2.0
#include "verifier/analyse.h"

#include <algorithm>
#include <string_view>

namespace perdita::verifier {
namespace {

constexpr uint64_t kManyIterations = 1u << 14;
constexpr uint64_t kLeastTightening = 10'000;  // steps that a lower bound is worth in any case
constexpr uint64_t kMostTightening = 60'000;

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

bool has_loop_in_loop(const Flow& flow) {
  return std::any_of(flow.graphs.begin(), flow.graphs.end(), [](const Graph& graph) {
    return std::any_of(graph.loops.begin(), graph.loops.end(), [&graph](const Loop& inner) {
      return std::any_of(graph.loops.begin(), graph.loops.end(),
                         [&inner](const Loop& outer) { return outer.head < inner.head && inner.last <= outer.last; });
    });
  });
}

// A lower bound, where several loops are summarised: with facts about several numbers it may be known that what one of
// them eats another one does not (loop_costs.h). Both bounds hold, so the lower one does.
void tighten(const Subject& subject, const Flow& flow, AnalysedProgram& analysed) {
  const bool nested = analysed.result.sought_summaries && has_loop_in_loop(flow);
  if (!nested && analysed.result.with_summaries.size() < 2) return;
  Report report(subject.prog, 1);
  const AnalysedProgram shared =
      attempt(subject, flow, report,
              {.exact_iterations = 0,
               .states = kFewStates,
               .most_steps = std::min(kLeastTightening + analysed.result.steps, kMostTightening),
               .linear = true},
              nullptr);
  if (!report.any()) analysed.result.worst.lower_to(shared.result.worst);
}

AnalysedProgram accepted_or_not(const Subject& subject, const Flow& flow, Report& report, Observer* observer) {
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
    if (analysed.result.sought_summaries && !second.has("too-complex")) {
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

}  // namespace

AnalysedProgram analyse(const Subject& subject, const Flow& flow, Report& report, Observer* observer) {
  AnalysedProgram analysed = accepted_or_not(subject, flow, report, observer);
  if (!report.any()) tighten(subject, flow, analysed);
  return analysed;
}

}  // namespace perdita::verifier
