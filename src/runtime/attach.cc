// SPDX-License-Identifier: Apache-2.0
#include "runtime/attach.h"

#include "runtime/periodic.h"

namespace perdita::runtime {
namespace {

void stand(Prog& prog, Prog** link, Prog* next) {
  prog.next = next;
  prog.attached = true;
  prog.stats.faults_attached = 0;
  *link = &prog;
}

void append(Runtime& runtime, Prog& prog) {
  Prog** link = &runtime.hooks[prog.hook_index].first;
  while (*link != nullptr) link = &(*link)->next;
  prog.due_ns = 0;
  stand(prog, link, nullptr);
}

// The program of `fresh` that stands for `prog` of the package that it replaces.
Prog* successor(const Prog& prog, const Package* fresh) {
  Prog* found = fresh != nullptr ? find_prog(*fresh, prog.name) : nullptr;
  return found != nullptr && found->hook_index == prog.hook_index ? found : nullptr;
}

}  // namespace

void attach(Runtime& runtime, Prog& prog) {
  Lock lock(port_of(runtime));
  prog.wanted = true;
  append(runtime, prog);
}

void detach(Runtime& runtime, Prog& prog) {
  Lock lock(port_of(runtime));
  prog.wanted = false;
  take_off(runtime, prog);
}

void take_off(Runtime& runtime, Prog& prog) {
  Prog** link = &runtime.hooks[prog.hook_index].first;
  while (*link != nullptr && *link != &prog) link = &(*link)->next;
  if (*link != nullptr) *link = prog.next;
  prog.attached = false;
}

void exchange_attached(Runtime& runtime, const Package* old, Package* fresh) {
  for (Hook& hook : runtime.hooks) {
    Prog** link = &hook.first;
    while (*link != nullptr) {
      Prog* const prog = *link;
      if (&package_of(*prog) != old) {
        link = &prog->next;
        continue;
      }
      prog->attached = false;
      Prog* const takes_over = successor(*prog, fresh);
      if (takes_over == nullptr || !takes_over->wanted) {
        *link = prog->next;
        continue;
      }
      takes_over->due_ns = due_instead(*prog, *takes_over);
      stand(*takes_over, link, prog->next);
      link = &takes_over->next;
    }
  }
  if (fresh == nullptr) return;
  for (Prog& prog : fresh->progs) {
    if (prog.wanted && !prog.attached) append(runtime, prog);
  }
}

}  // namespace perdita::runtime
