// SPDX-License-Identifier: Apache-2.0
//
// Test only. A program in the runtime's interpreter on this machine, with the runtime's own maps and helpers: what a
// board would do, to be held against what Linux does.
#pragma once

#include <memory>

#include "isa/status.h"
#include "oracle/contents.h"
#include "oracle/dialect.h"
#include "runtime/map.h"

namespace perdita::verifier::oracle {

struct BoardRun {
  Status status = Status::ok;
  uint64_t result = 0;
  Bytes packet, context;  // of a board
  Contents maps;
};

class BoardMaps {
 public:
  explicit BoardMaps(const std::vector<object::Map>& maps);
  // Empties the maps, and makes them hold this.
  void fill(const Contents& contents);
  Contents read() const;
  std::vector<runtime::Map*> pointers();

 private:
  std::vector<isa::MapDef> defs_;
  std::vector<runtime::Map> maps_;
  std::vector<std::vector<uint64_t>> storage_;
};

// The context of a board for a context of Linux: the same numbers; pointers are the run's affair.
Bytes board_context(const Dialect& dialect, const Bytes& linux_context);

// `code` is in the board's dialect, and at most so many steps are proved for it.
BoardRun board_run(const Code& code, const Dialect& dialect, const Bytes& packet, const Bytes& context,
                   const Contents& contents, BoardMaps& maps, uint64_t steps);

}  // namespace perdita::verifier::oracle
