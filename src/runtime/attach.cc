// SPDX-License-Identifier: Apache-2.0
#include "runtime/attach.h"

#include "runtime/periodic.h"

namespace perdita::runtime {
namespace {

void append(Runtime& runtime, Prog& prog) {
  Prog** link = &runtime.hooks[prog.hook_index].first;
  while (*link != nullptr) link = &(*link)->next;
  prog.next = nullptr;
  prog.attached = true;
  prog.due_ns = 0;
  *link = &prog;
}

// The program of `fresh` that stands for `prog` of the package that it replaces.
Prog* successor(const Prog& prog, const Package* fresh) {
  Prog* found = fresh != nullptr ? find_prog(*fresh, prog.name) : nullptr;
  return found != nullptr && found->hook_index == prog.hook_index ? found : nullptr;
}

}  // namespace

void attach(Runtime& runtime, Prog& prog) {
  Lock lock(port_of(runtime));
  append(runtime, prog);
}

void detach(Runtime& runtime, Prog& prog) {
  Lock lock(port_of(runtime));
  Prog** link = &runtime.hooks[prog.hook_index].first;
  while (*link != nullptr && *link != &prog) link = &(*link)->next;
  if (*link != nullptr) *link = prog.next;
  prog.attached = false;
}

void exchange_attached(Runtime& runtime, const Package* old, Package* fresh, bool attached) {
  for (Hook& hook : runtime.hooks) {
    Prog** link = &hook.first;
    while (*link != nullptr) {
      Prog* prog = *link;
      if (prog->package != old) {
        link = &prog->next;
        continue;
      }
      Prog* takes_over = attached ? successor(*prog, fresh) : nullptr;
      if (takes_over == nullptr) {
        *link = prog->next;
        continue;
      }
      takes_over->next = prog->next;
      takes_over->due_ns = due_instead(*prog, *takes_over);
      takes_over->attached = true;
      *link = takes_over;
      link = &takes_over->next;
    }
  }
  if (fresh == nullptr || !attached) return;
  for (Prog& prog : fresh->progs) {
    if (!prog.attached) append(runtime, prog);
  }
}

}  // namespace perdita::runtime
