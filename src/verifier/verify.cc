// SPDX-License-Identifier: Apache-2.0
//
// The pipeline, program by program:
//   structure    bytecode by the rules; subprograms as the table says
//   references   helpers, functions, maps, capabilities: all there, all permitted
//   call graph   no recursion, frames within the limit
//   graphs       blocks and loops of each subprogram; which registers are live
//   fixpoint     what every instruction does to what is known; every check happens here (analyse.h)
//   call graph   once more, with the callbacks that were found
//   bounds       instructions, machine instructions, stack
//   facts        what the states say about single instructions, and which upper halves nobody reads
#include <fmt/format.h>

#include <algorithm>

#include "verifier/analyse.h"
#include "verifier/facts.h"
#include "verifier/liveness.h"
#include "verifier/log.h"
#include "verifier/proof.h"
#include "verifier/references.h"
#include "verifier/structure.h"

namespace perdita::verifier {
namespace {

const perdita_hook* find_hook(const object::Prog& prog, const platform::Platform& platform, const Options& options,
                              Report& report) {
  bool named = !options.hook.empty();
  const perdita_hook* hook = named ? platform.hook(options.hook) : platform.hook_for_section(prog.section);
  // A program from an image has its hook's name for a section, and its period apart from it.
  if (hook == nullptr && !named && prog.period_us != 0) hook = platform.hook(prog.section);
  if (hook != nullptr) return hook;
  report.error({"unknown-hook",
                named ? fmt::format("the platform has no hook '{}'", options.hook)
                      : fmt::format("no hook of the platform takes programs of section '{}'", prog.section),
                fmt::format("a hook of platform '{}'", platform.tables().name), named ? options.hook : prog.section,
                "name one of the platform's hooks in SEC(\"…\"), or choose it with --hook"});
  return nullptr;
}

Finding finding_of(const GraphFlaw& flaw) {
  std::string_view code = flaw.code;
  if (code == "irreducible-loop") {
    return {
        code, "a loop is entered at more than one place", "loops with one entry", "",
        "do not jump into a loop with goto; where there is none, the compiler joined the tests of two loops: put one "
        "of them into a function of its own, __noinline"};
  }
  if (code == "too-complex") {
    return {code, "too many loops lie in one another", fmt::format("at most {} loops in loops", kMaxLoopDepth), "",
            "move inner loops to functions of their own"};
  }
  return {code, "control leaves the subprogram", "jumps inside one subprogram", "", ""};
}

bool build_flow(const Subject& subject, Report& report, Flow& flow) {
  for (const object::Subprogram& subprogram : subject.prog.subprograms) {
    Graph& graph = flow.graphs.emplace_back();
    if (auto flaw = build_graph(subject.prog, subprogram, graph)) {
      report.error(flaw->instruction, finding_of(*flaw));
      return false;
    }
    flow.live.push_back(live_registers(subject, graph));
  }
  return true;
}

// Gathers facts, and writes the log where one is asked for.
class Watchers : public Observer {
 public:
  Watchers(const Subject& subject, bool log) : facts(subject), text(subject), log_(log) {}
  void at(const State& state, uint32_t pc) override {
    facts.at(state, pc);
    if (log_) text.at(state, pc);
  }
  void begin() override {
    facts.begin();
    text.begin();
  }
  bool of_rejected() const override { return log_; }

  FactCollector facts;
  Log text;

 private:
  bool log_;
};

uint32_t multiple_of_8(int below) { return (static_cast<uint32_t>(-below) + 7u) & ~7u; }

void fill_bounds(const Analysis& analysis, const CallGraph& calls, Cost worst, ProgVerdict& verdict) {
  for (int lowest : analysis.deepest) verdict.subprogram_stack_bytes.push_back(multiple_of_8(lowest));
  // A chain of tail calls runs this program up to its call and then at most so many others, each within what its array
  // declares: admission sees to it that these go on only through arrays that declare no more.
  const uint64_t tail = tail_bound(analysis.tail_instructions);
  verdict.bounds.tail_instructions = tail;
  verdict.bounds.instructions = saturated_sum(worst.instructions, tail);
  verdict.bounds.stack_bytes =
      std::max(deepest_chain(calls, verdict.subprogram_stack_bytes), analysis.tail_stack_bytes);
  worst.add_stack(verdict.bounds.stack_bytes);
  auto engines = isa::engine_costs();
  for (size_t i = 0; i < engines.size() && i < kMaxEngines; i++) {
    verdict.bounds.machine_instructions[engines[i].engine] = saturated_sum(worst.machine[i], tail);
  }
}

// What holds where a block begins holds for all of it. A block that is run costs its instructions, and all of them are
// no more than the bound; where a tail call ends it before, the bound counts the way on from where that fails.
std::vector<uint64_t> flow_bounds(const Flow& flow, const object::Prog& prog, uint64_t instructions,
                                  std::vector<uint64_t> executions) {
  InstructionCosts costs(0);
  for (const Graph& graph : flow.graphs) {
    for (const Block& block : graph.blocks) {
      const uint64_t size = costs.of(prog.code, block.first, block.last).instructions;
      executions[block.first] = std::min(executions[block.first], instructions / size);
      for (size_t pc = block.first + 1u; pc <= block.last && pc < executions.size(); pc++) {
        executions[pc] = executions[block.first];
      }
    }
  }
  return executions;
}

void verify_on_hook(const Subject& subject, const perdita_platform& platform, bool log, Report& report,
                    ProgVerdict& verdict) {
  if (!check_structure(subject.module, subject.prog, report)) return;
  collect_references(subject, platform, report, verdict);
  CallGraph calls;
  Flow flow;
  if (report.any() || !build_call_graph(subject.prog, {}, report, calls) || !build_flow(subject, report, flow)) return;
  Watchers watchers(subject, log);
  AnalysedProgram analysed = analyse(subject, flow, report, &watchers);
  verdict.log = watchers.text.take();
  if (report.any()) return;
  const auto& callbacks = analysed.analysis->callbacks;
  if (std::any_of(callbacks.begin(), callbacks.end(), [](const auto& sites) { return !sites.empty(); })) {
    calls = {};
    if (!build_call_graph(subject.prog, callbacks, report, calls)) return;
  }
  fill_bounds(*analysed.analysis, calls, analysed.result.worst, verdict);
  verdict.executions =
      flow_bounds(flow, subject.prog, analysed.result.worst.instructions, std::move(analysed.result.executions));
  verdict.call_costs = std::move(analysed.analysis->call_costs);
  verdict.facts = watchers.facts.take();
}

ProgVerdict verify_prog(const object::Module& module, const object::Prog& prog, const platform::Platform& platform,
                        const Options& options) {
  ProgVerdict verdict;
  verdict.name = prog.name;
  verdict.section = prog.section;
  verdict.instructions = static_cast<uint32_t>(prog.code.size());
  Report report(prog);
  if (const perdita_hook* hook = find_hook(prog, platform, options, report)) {
    verdict.hook = hook->name;
    Subject subject{module, prog, *hook, functions_of(module, platform), platform};
    verify_on_hook(subject, platform.tables(), options.log, report, verdict);
  }
  verdict.accepted = !report.any();
  verdict.diagnostics = report.take();
  return verdict;
}

ProgVerdict no_such_program(const std::string& name) {
  ProgVerdict verdict;
  verdict.name = name;
  Diagnostic diagnostic;
  diagnostic.code = "unknown-program";
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.message =
      name.empty() ? "the object holds no program" : fmt::format("the object holds no program '{}'", name);
  diagnostic.hint = "programs are functions in a section that names a hook: SEC(\"…\")";
  verdict.diagnostics.push_back(std::move(diagnostic));
  return verdict;
}

}  // namespace

std::string_view version() { return "7"; }

Verdict verify(const object::Module& module, const platform::Platform& platform, const Options& options) {
  Verdict verdict;
  for (const object::Prog& prog : module.progs) {
    if (options.prog.empty() ? prog.on_demand : prog.name != options.prog) continue;
    verdict.progs.push_back(verify_prog(module, prog, platform, options));
  }
  if (verdict.progs.empty()) verdict.progs.push_back(no_such_program(options.prog));
  verdict.accepted = true;
  for (const ProgVerdict& prog : verdict.progs) verdict.accepted = verdict.accepted && prog.accepted;
  return verdict;
}

}  // namespace perdita::verifier
