// SPDX-License-Identifier: Apache-2.0
#include "isa/facts.h"
#include "runtime/native.h"
#include "runtime/report.h"
#include "runtime/runtime.h"
#include "wire/image.h"

namespace perdita::runtime {
namespace {

constexpr uint32_t aligned(uint64_t bytes) { return static_cast<uint32_t>((bytes + 7) & ~uint64_t{7}); }

void fill_table(NativePart& part, const NativeDraft& draft) {
  const Package& package = draft.package;
  part.table.routines = draft.engine.routines;
  auto* word = reinterpret_cast<uintptr_t*>(&part + 1);
  for (const LinkedCall& helper : package.helpers) *word++ = reinterpret_cast<uintptr_t>(helper.call);
  for (const LinkedCall& function : package.functions) *word++ = reinterpret_cast<uintptr_t>(function.call);
  for (const Map* map : package.maps) {
    *word++ = reinterpret_cast<uintptr_t>(map);
    *word++ = reinterpret_cast<uintptr_t>(map->elements);
  }
}

// Machine code that the image brings stays where it is: 8-aligned, as the image is, and filled up to such a multiple.
void take_code(const NativeDraft& draft) {
  wire::ItemCursor cursor = draft.image.progs;
  wire::ProgView view{};
  const uint8_t* first = nullptr;
  for (Prog& prog : draft.package.progs) {
    if (!wire::next(cursor, draft.image, view)) return;
    prog.native = view.native.data();
    if (first == nullptr) first = view.native.data();
    draft.package.native->code = Bytes(first, aligned(static_cast<size_t>(view.native.end() - first)));
  }
}

// Makes it, in the largest piece of memory there is: code from its start on, the generator's workspace at its end.
class Compilation {
 public:
  explicit Compilation(const NativeDraft& draft) : draft_(draft) {}

  Status run() {
    const Package& package = draft_.package;
    room_bytes_ = draft_.memory.largest_free_bytes();
    block_ = static_cast<uint8_t*>(draft_.memory.allocate(room_bytes_, draft_.owner));
    if (block_ == nullptr) return no_room(package, 1);
    for (uint32_t i = 0; i < draft_.image.helpers.count; i++) helpers_[i] = package.helpers[i].contract->helper;
    wire::ItemCursor facts = draft_.image.claim.facts;
    uint32_t end = 0;
    for (Prog& prog : package.progs) {
      Bytes known;
      if (draft_.image.claim.facts.count != 0 && !wire::next(facts, known)) return Status::bad_value;
      const Status status = compile(prog, known, end);
      if (status != Status::ok) return status;
    }
    draft_.memory.shrink(block_, end);
    draft_.package.native->code = Bytes(block_, end);
    return Status::ok;
  }

 private:
  Status no_room(const Package& package, uint64_t need) {
    return draft_.report.refuse(Status::out_of_memory, text(package.name), need, room_bytes_);
  }

  // At `end`, which moves on.
  Status compile(Prog& prog, Bytes facts, uint32_t& end) {
    const Package& package = draft_.package;
    if (!facts.empty() && !isa::facts_fit(prog.code, facts)) return draft_.report.refuse(Status::bad_value, prog.name);
    const jit::Program program = {prog.code,
                                  prog.subprograms,
                                  facts,
                                  {helpers_, package.helpers.size()},
                                  static_cast<uint32_t>(package.functions.size())};
    const uint32_t workspace_bytes = aligned(draft_.engine.generator->workspace_bytes(program));
    if (workspace_bytes > room_bytes_ - end) return no_room(package, uint64_t{end} + workspace_bytes);
    const uint32_t workspace_at = (room_bytes_ - workspace_bytes) & ~7u;
    if (workspace_at < end) return no_room(package, uint64_t{end} + workspace_bytes);
    const MutableBytes code = {block_ + end, workspace_at - end};
    const jit::Generated generated =
        draft_.engine.generator->generate(program, {block_ + workspace_at, workspace_bytes}, code, {});
    switch (generated.failure) {
      case jit::Failure::none:
        break;
      case jit::Failure::buffer_too_small:
        return no_room(package, uint64_t{end} + generated.code_bytes + workspace_bytes);
      default:
        return draft_.report.refuse(Status::too_large, prog.name);
    }
    prog.native = code.data();
    end += generated.code_bytes;
    for (; end % 8 != 0; end++) block_[end] = 0;
    return Status::ok;
  }

  const NativeDraft& draft_;
  uint8_t* block_ = nullptr;
  uint32_t room_bytes_ = 0;
  uint32_t helpers_[wire::kMaxImports];
};

}  // namespace

Status prepare_native(const NativeDraft& draft) {
  fill_table(*draft.package.native, draft);
  if (draft.image.is_native) {
    take_code(draft);
  } else {
    const Status status = Compilation(draft).run();
    if (status != Status::ok) return status;
  }
  // What a package brings was written as data, too, as it came in.
  const Bytes code = draft.package.native->code;
  draft.port.core.sync_code(draft.port.user, code.data(), code.size());
  return Status::ok;
}

}  // namespace perdita::runtime
