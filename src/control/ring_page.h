// SPDX-License-Identifier: Apache-2.0
//
// Records of a ring buffer as one page (docs/spec/control.md): { 1: [* record], ? 2: next, 3: position, 4: lost }. They
// are copied from where they lie and stay there. Freestanding; thread context; linear in the ring buffer.
#pragma once

#include "control/resources.h"

namespace perdita::control {

// Which records a page is of.
struct RecordRange {
  uint32_t from = 0;           // a position
  uint32_t most_bytes = kAll;  // of the ring buffer: what lies behind is left out
  static constexpr uint32_t kAll = UINT32_MAX;
};

// A listing says where the next page begins, and a record that is longer than `out` is no_room. A notification has no
// next page, says of a record that is too long its length and first bytes, and the same range gives the same bytes.
enum class PageUse : uint8_t { listing, notification };

struct RingPage {
  Rendered rendered = Rendered::no_room;
  size_t size = 0;        // bytes written; no_room: needed at least
  uint32_t position = 0;  // behind the last record written, and discarded ones
  uint32_t records = 0;
};

// `lost` is the count that the page tells.
RingPage render_records(const perdita_runtime* runtime, uint32_t map_index, const RecordRange& range, uint32_t lost,
                        PageUse use, MutableBytes out);

}  // namespace perdita::control
