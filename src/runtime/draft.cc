// SPDX-License-Identifier: Apache-2.0
#include "runtime/draft.h"

#include <string.h>

#include "isa/hook_result.h"
#include "runtime/claim.h"
#include "runtime/fire.h"
#include "runtime/link.h"
#include "runtime/native.h"
#include "runtime/periodic.h"
#include "runtime/pin.h"
#include "runtime/prog_array.h"
#include "runtime/stacks.h"

namespace perdita::runtime {
namespace {

// In front of a map's elements, in one block with them.
constexpr uint32_t kMapBytes = (sizeof(PackageMap) + 7u) & ~7u;
constexpr uint32_t kProgArrayBytes = (sizeof(ProgArray) + 7u) & ~7u;
constexpr uint32_t kPinnedMapBytes = (sizeof(PinnedMap) + 7u) & ~7u;

uint32_t all_capabilities(const perdita_platform& platform) {
  return platform.capability_count >= 32 ? UINT32_MAX : (1u << platform.capability_count) - 1;
}

// Packages come and go; numbers in use are skipped once the counter has gone round.
Owner fresh_owner(Runtime& runtime) {
  do {
    runtime.last_owner++;
  } while (runtime.last_owner <= kRuntimeOwner || runtime.memory.owned_bytes(runtime.last_owner) != 0);
  return runtime.last_owner;
}

}  // namespace

Draft::Draft(Runtime& runtime, const wire::PackageView& package, const wire::ImageView& incoming,
             const Signers& signers, Report& report)
    : runtime_(runtime),
      wire_package_(package),
      incoming_(incoming),
      signers_(signers),
      report_(report),
      owner_(fresh_owner(runtime)),
      replaced_(find_package(runtime, package.name)) {}

Status Draft::prepare() {
  using Step = Status (Draft::*)();
  constexpr Step kSteps[] = {&Draft::make_package,     &Draft::link_imports, &Draft::make_maps,     &Draft::make_progs,
                             &Draft::fill_prog_arrays, &Draft::make_native,  &Draft::reserve_stacks};
  for (const Step step : kSteps) {
    const Status status = (this->*step)();
    if (status != Status::ok) return status;
  }
  return Status::ok;
}

Status Draft::allocate(void*& out, uint64_t size_bytes) {
  const Memory& memory = runtime_.memory;
  out = size_bytes <= memory.total_bytes() ? runtime_.memory.allocate(static_cast<uint32_t>(size_bytes), owner_)
                                           : nullptr;
  if (out != nullptr) return Status::ok;
  return report_.refuse(Status::out_of_memory, wire_package_.name, size_bytes, memory.largest_free_bytes());
}

// Where in a block at that address everything stands: fills in tables_ and returns the address of what is behind them,
// the image. From 0 on that is the tables' size. No header of its own for what lives and dies with the package.
uintptr_t Draft::lay_out(uintptr_t address) {
  const auto cut = [&]<typename T>(T*& table, uint32_t count) {
    static_assert(alignof(T) <= Memory::kAlignment);
    table = reinterpret_cast<T*>(address);
    address += (count * uint32_t{sizeof(T)} + 7) & ~7u;  // NOLINT(bugprone-sizeof-expression): or a pointer
  };
  uint32_t subprograms = 0;
  wire::ItemCursor cursor = incoming_.progs;
  for (wire::ProgView prog{}; wire::next(cursor, incoming_, prog);) subprograms += prog.subprograms.count;
  bool any_prog_array = false;
  cursor = incoming_.maps;
  for (wire::MapView map{}; wire::next(cursor, incoming_, map);) any_prog_array |= is_prog_array(map.def);

  cut(package_, 1);
  cut(tables_.progs, incoming_.progs.count);
  cut(tables_.subprograms, subprograms);
  cut(tables_.tail_bounds, any_prog_array ? incoming_.progs.count : 0);
  if (!any_prog_array) tables_.tail_bounds = nullptr;
  cut(tables_.functions, incoming_.functions.count);
  cut(tables_.helpers, incoming_.helpers.count);
  cut(tables_.maps, incoming_.maps.count);
  tables_.native = nullptr;
  if (runs_native(incoming_, *runtime_.config)) {
    cut(tables_.native, 1);
    uintptr_t* words = nullptr;  // behind it
    cut(words, native_words(incoming_.helpers.count, incoming_.functions.count, incoming_.maps.count));
  }
  return address;
}

// The package's bytes may be forgotten, and lie where they lie: what runs is a copy, 8-aligned.
Status Draft::make_package() {
  const Bytes payload = wire_package_.payload;
  void* block = nullptr;
  Status status = allocate(block, uint64_t{lay_out(0)} + payload.size());
  if (status != Status::ok) return status;
  uint8_t* const image = reinterpret_cast<uint8_t*>(lay_out(reinterpret_cast<uintptr_t>(block)));
  memcpy(image, payload.data(), payload.size());
  package_->image = Bytes(image, payload.size());
  package_->sequence = wire_package_.sequence;
  copy_name(package_->name, wire_package_.name);
  status = wire::read_image(package_->image, image_);
  if (status != Status::ok) return status;

  package_->claimed = image_.has_claim;
  package_->native = tables_.native;
  granted_ = all_capabilities(platform_of(runtime_));
  return image_.has_claim ? claimed_capabilities(image_, platform_of(runtime_), granted_, report_) : Status::ok;
}

Status Draft::link_imports() {
  package_->functions = {tables_.functions, image_.functions.count};
  package_->helpers = {tables_.helpers, image_.helpers.count};

  wire::ItemCursor cursor = image_.functions;
  wire::FunctionView function{};
  for (uint32_t i = 0; i < image_.functions.count && wire::next(cursor, function); i++) {
    const Status status = find_function(function, *runtime_.config, tables_.functions[i], report_);
    if (status != Status::ok) return status;
  }
  cursor = image_.helpers;
  wire::HelperView helper{};
  for (uint32_t i = 0; i < image_.helpers.count && wire::next(cursor, helper); i++) {
    const Status status = find_helper(helper, *runtime_.config, tables_.helpers[i], report_);
    if (status != Status::ok) return status;
  }
  return Status::ok;
}

Status Draft::make_maps() {
  package_->maps = {tables_.maps, image_.maps.count};
  wire::ItemCursor cursor = image_.maps;
  wire::MapView view{};
  for (uint32_t i = 0; i < image_.maps.count && wire::next(cursor, image_, view); i++) {
    const Status status = make_map(view, tables_.maps[i]);
    if (status != Status::ok) return status;
  }
  return Status::ok;
}

Status Draft::make_map(const wire::MapView& view, Map*& map) {
  Status status = check_map(view.def);
  if (status != Status::ok) return report_.refuse(status, view.name);
  if (view.pinned) return make_pinned(view, map);
  map = kept(view);
  if (map != nullptr) return Status::ok;

  const uint32_t map_bytes = is_prog_array(view.def) ? kProgArrayBytes : kMapBytes;
  void* block = nullptr;
  status = allocate(block, map_bytes + map_storage_bytes(view.def));
  if (status != Status::ok) return report_.refuse(status, view.name);
  PackageMap* fresh = static_cast<PackageMap*>(block);
  init_map(*fresh, view.def, static_cast<uint8_t*>(block) + map_bytes);
  fresh->name = view.name;
  fresh->section = view.section;
  fresh->initial = view.initial;
  if (!view.initial.empty()) memcpy(fresh->elements, view.initial.data(), view.initial.size());
  map = fresh;
  return Status::ok;
}

// The map of that name that the author's packages share, or the first of them. Tables of programs are not shared: their
// programs leave with their package.
Status Draft::make_pinned(const wire::MapView& view, Map*& map) {
  if (view.def.type == isa::MapType::prog_array) return report_.refuse(Status::bad_map, view.name);
  const perdita_key& owner = owner_of_pins(signers_);
  if (PinnedMap* pin = find_pin(runtime_, owner, view.name)) {
    map = pin;
    return check_pin(*pin, view, report_);
  }
  void* block = nullptr;
  const Status status = allocate(block, kPinnedMapBytes + map_storage_bytes(view.def));
  if (status != Status::ok) return report_.refuse(status, view.name);
  PinnedMap* fresh = static_cast<PinnedMap*>(block);
  init_map(*fresh, view.def, static_cast<uint8_t*>(block) + kPinnedMapBytes);
  make_pin(*fresh, owner, view);
  map = fresh;
  return Status::ok;
}

// The replaced package's map that lives on in this one: of the same name, definition and section, with the same initial
// data. Constants never do: they are what this image says they are; nor do program arrays, whose programs go.
PackageMap* Draft::kept(const wire::MapView& view) const {
  if (replaced_ == nullptr || view.section == wire::MapSection::rodata || is_prog_array(view.def)) return nullptr;
  for (Map* map : replaced_->maps) {
    PackageMap* candidate = static_cast<PackageMap*>(map);
    if (!candidate->pinned && equal(candidate->name, view.name) && candidate->def == view.def &&
        candidate->section == view.section && equal(candidate->initial, view.initial)) {
      return candidate;
    }
  }
  return nullptr;
}

Status Draft::make_progs() {
  package_->progs = {tables_.progs, image_.progs.count};
  Subprogram* subprograms = tables_.subprograms;
  wire::ItemCursor cursor = image_.progs;
  wire::ItemCursor bounds = image_.claim.bounds;
  wire::ProgView view{};
  for (uint32_t i = 0; i < image_.progs.count && wire::next(cursor, image_, view); i++) {
    Prog& prog = tables_.progs[i];
    Status status = make_prog(view, prog, subprograms);
    if (status == Status::ok) status = admit(prog, bounds);
    if (status != Status::ok) return status;
    subprograms += prog.subprograms.size();
  }
  // Whoever replaces takes what is there off its hooks, and has to be allowed that as well.
  const uint32_t hooks = package_->hooks | (replaced_ != nullptr ? replaced_->hooks : 0);
  return check_permission(signers_, platform_of(runtime_), hooks, package_->capabilities, report_);
}

// Program arrays: what the image says, and what the replaced package's hold.
Status Draft::fill_prog_arrays() {
  wire::ItemCursor cursor = image_.maps;
  wire::MapView view{};
  for (Map* map : package_->maps) {
    if (!wire::next(cursor, image_, view) || !is_prog_array(view.def)) continue;
    ProgArray& array = *static_cast<ProgArray*>(map);
    array.package = package_;
    array.bounds = tables_.tail_bounds;
    array.tail_instructions = view.tail_instructions;
    array.tail_stack_bytes = view.tail_stack_bytes;
    const ProgArray* old = nullptr;
    for (const Map* candidate : replaced_ != nullptr ? replaced_->maps : Span<Map* const>()) {
      if (is_prog_array(candidate->def) && equal(candidate->name, view.name)) {
        old = static_cast<const ProgArray*>(candidate);
      }
    }
    const Status status = fill_prog_array(array, view, *package_, old, report_);
    if (status != Status::ok) return status;
  }
  return Status::ok;
}

Status Draft::make_prog(const wire::ProgView& view, Prog& prog, Subprogram* subprograms) {
  prog.name = view.name;
  prog.code = view.code;
  Status status = find_hook(view, *runtime_.config, prog.hook_index, report_);
  if (status != Status::ok) return status;
  const perdita_hook& hook = platform_of(runtime_).hooks[prog.hook_index];
  prog.port = runtime_.config->port;
  prog.link = package_;
  prog.hook = &hook;
  prog.activity = &runtime_.levels[hook.level];
  prog.narrow_result = isa::result_is_int32(hook);
  prog.period_us = view.period_us;
  status = check_period(prog, hook, report_);
  if (status != Status::ok) return status;
  prog.subprograms = {subprograms, view.subprograms.count};
  wire::ItemCursor cursor = view.subprograms;
  wire::SubprogramView subprogram{};
  for (uint32_t i = 0; i < view.subprograms.count && wire::next(cursor, subprogram); i++) {
    subprograms[i] = {subprogram.first, subprogram.stack_bytes};
  }
  return Status::ok;
}

// Code, capabilities and bounds: what decides whether and how the program may run.
Status Draft::admit(Prog& prog, wire::ItemCursor& bounds) {
  const perdita_config& config = *runtime_.config;
  uint32_t capabilities = 0;
  uint32_t allowed = granted_;
  if (image_.is_native) {
    // Which program calls what is not to be seen: that none calls what its hook may not is proved.
    capabilities = capabilities_of(*package_);
  } else {
    const Status status = check_code(prog, *package_, capabilities, report_);
    if (status != Status::ok) return status;
    allowed &= prog.hook->capabilities;
  }
  const uint32_t missing = capabilities & ~allowed;
  if (missing != 0) {
    return report_.refuse(Status::not_permitted, text(config.platform->capabilities[__builtin_ctz(missing)]));
  }
  package_->hooks = static_cast<uint16_t>(package_->hooks | 1u << prog.hook_index);
  package_->capabilities |= capabilities;
  if (image_.has_claim) return admit_claimed(prog, bounds);
  prog.run = run_unproved;
  prog.steps = config.guarded_steps;
  prog.stack = {nullptr, config.guarded_stack_bytes & ~7u};
  return Status::ok;
}

Status Draft::admit_claimed(Prog& prog, wire::ItemCursor& bounds) {
  const perdita_config& config = *runtime_.config;
  wire::ClaimBoundsView claimed{};
  if (!wire::next(bounds, claimed)) return report_.refuse(Status::claim_mismatch, prog.name);
  prog.run = config.engine == PERDITA_ENGINE_NATIVE        ? config.native->run
             : config.engine == PERDITA_ENGINE_INTERPRETER ? run_interpreter
                                                           : run_unproved;
  prog.steps = claimed.instructions;
  prog.stack = {nullptr, claimed.stack_bytes};
  const Machine machine = machine_of(image_, config);
  if (tables_.tail_bounds != nullptr) {
    tables_.tail_bounds[&prog - tables_.progs] = tail_bounds(claimed, *prog.hook, machine);
  }
  return check_budget(claimed, *prog.hook, machine, prog.name, report_);
}

Status Draft::make_native() {
  if (package_->native == nullptr) return Status::ok;
  const perdita_config& config = *runtime_.config;
  return config.native->prepare({runtime_.memory, owner_, *config.port, *config.native, image_, *package_, report_});
}

Status Draft::reserve_stacks() {
  for (uint32_t level = 0; level < PERDITA_MAX_LEVELS; level++) {
    const uint32_t others = needed_stack_bytes(runtime_, level, replaced_ != nullptr ? replaced_->previous : nullptr);
    const uint32_t own = largest_stack(*package_, level);
    stack_bytes_[level] = own > others ? own : others;
    if (stack_bytes_[level] <= runtime_.levels[level].stack_bytes) continue;
    void* block = nullptr;
    const Status status = allocate(block, stack_bytes_[level]);
    if (status != Status::ok) return status;
    stacks_[level] = static_cast<uint8_t*>(block);
  }
  return Status::ok;
}

}  // namespace perdita::runtime
