// SPDX-License-Identifier: Apache-2.0
//
// A package under construction: all that installing it can fail at. Its memory belongs to an owner of its own, so
// giving up is one release and leaves nothing behind. Thread context.
#pragma once

#include "runtime/report.h"
#include "runtime/runtime.h"
#include "runtime/trust.h"
#include "wire/package.h"

namespace perdita::runtime {

class Draft {
 public:
  // `incoming` is the package's image where it lies.
  Draft(Runtime& runtime, const wire::PackageView& package, const wire::ImageView& incoming, const Signers& signers,
        Report& report);

  // Copies and links the image, finds or makes its maps, checks code, permission and budget, reserves stacks. Nothing
  // that runs changes.
  Status prepare();
  void give_up() { runtime_.memory.release_all(owner_); }

  Package& package() { return *package_; }
  // The image's copy, which the package's views point into.
  const wire::ImageView& image() const { return image_; }
  // The package that this one replaces, or null.
  Package* replaced() { return replaced_; }
  // The larger stack for a level, or null where the present one does.
  uint8_t* stack(uint32_t level) { return stacks_[level]; }
  uint32_t stack_bytes(uint32_t level) const { return stack_bytes_[level]; }

 private:
  // What a package's one block holds behind the package: the tables, in this order, and the image.
  struct Tables {
    Prog* progs;
    Subprogram* subprograms;  // of all programs
    TailBounds* tail_bounds;  // one per program, where there are program arrays; else null
    LinkedCall* functions;
    LinkedCall* helpers;
    Map** maps;
    NativePart* native;  // where programs will be machine code; else null
  };
  Status allocate(void*& out, uint64_t size_bytes);
  uintptr_t lay_out(uintptr_t address);
  Status make_package();
  Status link_imports();
  Status make_maps();
  Status make_map(const wire::MapView& view, Map*& map);
  Status make_pinned(const wire::MapView& view, Map*& map);
  PackageMap* kept(const wire::MapView& view) const;
  Status make_progs();
  Status fill_prog_arrays();
  Status make_native();
  Status make_prog(const wire::ProgView& view, Prog& prog, Subprogram* subprograms);
  Status admit(Prog& prog, wire::ItemCursor& bounds);
  Status admit_claimed(Prog& prog, wire::ItemCursor& bounds);
  Status reserve_stacks();

  Runtime& runtime_;
  const wire::PackageView& wire_package_;
  const wire::ImageView& incoming_;
  const Signers& signers_;
  Report& report_;
  Owner owner_;
  wire::ImageView image_{};
  Package* package_ = nullptr;
  Tables tables_{};
  Package* replaced_;
  uint32_t granted_ = 0;  // capabilities
  uint8_t* stacks_[PERDITA_MAX_LEVELS] = {};
  uint32_t stack_bytes_[PERDITA_MAX_LEVELS] = {};
};

}  // namespace perdita::runtime
