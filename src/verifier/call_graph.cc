// SPDX-License-Identifier: Apache-2.0
#include "verifier/call_graph.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/form.h"

namespace perdita::verifier {
namespace {

void collect_calls(const object::Prog& prog, CallGraph& graph) {
  for (const object::Subprogram& subprogram : prog.subprograms) {
    auto& calls = graph.calls.emplace_back();
    for (uint32_t pc = subprogram.first; pc < subprogram.first + subprogram.count; pc++) {
      const isa::Insn& insn = prog.code[pc];
      if (isa::form_of(insn.opcode) == isa::Form::call && insn.src() == isa::kCallLocal) {
        calls.push_back({pc, static_cast<uint32_t>(subprogram_at(prog, int64_t{pc} + 1 + insn.imm))});
      }
      if (insn.opcode == isa::kLddw) pc++;
    }
  }
}

}  // namespace

void report_recursion(Report& report, const object::Prog& prog, uint32_t pc, uint32_t subprogram) {
  report.error(
      pc, {"recursion", fmt::format("'{}' calls itself, directly or through others", prog.subprograms[subprogram].name),
           "calls that do not come back to their caller", "a cycle of calls",
           "rewrite the recursion as a loop with a bound"});
}

void report_call_depth(Report& report, uint32_t pc, uint32_t frames, const std::string& from) {
  report.error(pc, {"call-depth", "the chain of calls is too long", fmt::format("at most {} frames", isa::kMaxFrames),
                    fmt::format("{} frames from '{}' on", frames, from), "inline a function: static __always_inline"});
}

int subprogram_at(const object::Prog& prog, int64_t instruction) {
  for (size_t i = 0; i < prog.subprograms.size(); i++) {
    if (prog.subprograms[i].first == instruction) return static_cast<int>(i);
  }
  return -1;
}

bool build_call_graph(const object::Prog& prog, const std::vector<std::vector<CallSite>>& callbacks, Report& report,
                      CallGraph& graph) {
  collect_calls(prog, graph);
  for (size_t i = 0; i < callbacks.size(); i++) {
    graph.calls[i].insert(graph.calls[i].end(), callbacks[i].begin(), callbacks[i].end());
  }
  enum class Mark : uint8_t { unseen, open, done };
  std::vector<Mark> marks(graph.calls.size(), Mark::unseen);
  std::vector<uint32_t> frames(graph.calls.size(), 1);  // longest chain that begins here
  std::vector<std::pair<uint32_t, size_t>> path{{0, 0}};
  marks[0] = Mark::open;
  while (!path.empty()) {
    auto& [caller, at] = path.back();
    if (at == graph.calls[caller].size()) {
      marks[caller] = Mark::done;
      graph.callees_first.push_back(caller);
      path.pop_back();
      continue;
    }
    const CallSite& site = graph.calls[caller][at];
    if (marks[site.callee] == Mark::open) {
      report_recursion(report, prog, site.instruction, site.callee);
      return false;
    }
    if (marks[site.callee] == Mark::unseen) {
      marks[site.callee] = Mark::open;
      path.emplace_back(site.callee, 0);
      continue;  // comes back to the same call when the callee is done
    }
    frames[caller] = std::max(frames[caller], frames[site.callee] + 1);
    if (frames[caller] > isa::kMaxFrames) {
      report_call_depth(report, site.instruction, frames[caller], prog.subprograms[caller].name);
      return false;
    }
    at++;
  }
  return true;
}

uint32_t deepest_chain(const CallGraph& graph, const std::vector<uint32_t>& own) {
  std::vector<uint32_t> depth(own.size(), 0);
  for (uint32_t subprogram : graph.callees_first) {
    uint32_t below = 0;
    for (const CallSite& site : graph.calls[subprogram]) below = std::max(below, depth[site.callee]);
    depth[subprogram] = own[subprogram] + below;
  }
  return depth[0];
}

}  // namespace perdita::verifier
