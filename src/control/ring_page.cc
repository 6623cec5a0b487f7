// SPDX-License-Identifier: Apache-2.0
#include "control/ring_page.h"

#include "control/page.h"

namespace perdita::control {
namespace {

using wire::CborWriter;

// Keys 3 and 4, each with a 32-bit number.
constexpr size_t kPositionBytes = 2 * (1 + 5);
// Of a record that is cut: the array's head, its length, and the head of what there is of it.
constexpr size_t kCutHeads = 1 + 5 + 5;

struct Record {
  const uint8_t* data;
  uint32_t size_bytes;
};

bool write_record(CborWriter& writer, const Record& record) {
  writer.bytes({record.data, record.size_bytes});
  return true;
}

// 0 asks for the oldest record; as a number to go on with it is one less, which no record lies at.
constexpr uint32_t as_query(uint32_t position) { return position == 0 ? UINT32_MAX : position; }

}  // namespace

RingPage render_records(const perdita_runtime* runtime, uint32_t map_index, const RecordRange& range, uint32_t lost,
                        PageUse use, MutableBytes out) {
  RingPage result;
  result.position = range.from;
  if (out.size() < Page::kFrameBytes + kPositionBytes + kCutHeads) {
    result.size = Page::kFrameBytes + kPositionBytes + kCutHeads;
    return result;
  }
  Page page(out, kPositionBytes);
  bool more = false;
  for (;;) {
    uint32_t behind = result.position;
    Record record{};
    const bool exists = perdita_ring_next(runtime, map_index, &behind, &record.data, &record.size_bytes) != 0;
    if (behind - range.from > range.most_bytes) break;
    if (!exists) {
      result.position = behind;
      break;
    }
    if (!page.item([&](CborWriter& writer) { return write_record(writer, record); })) {
      more = page.items() != 0 || use == PageUse::listing;
      if (more) break;
      page.item([&](CborWriter& writer) {
        writer.array(2);
        writer.unsigned_integer(record.size_bytes);
        return write_record(writer, {record.data, uint32_t(page.room().size() - kCutHeads)});
      });
    }
    result.position = behind;
  }
  result.records = page.items();
  if (range.most_bytes != RecordRange::kAll) result.position = range.from + range.most_bytes;
  if (use == PageUse::notification) more = false;
  if (more && result.records == 0) {
    CborWriter measure({});
    uint32_t behind = result.position;
    Record record{};
    if (perdita_ring_next(runtime, map_index, &behind, &record.data, &record.size_bytes) != 0) {
      write_record(measure, record);
    }
    result.size = Page::kFrameBytes + kPositionBytes + measure.size();
    return result;
  }
  result.rendered = more ? Rendered::page : Rendered::complete;
  const size_t end = page.finish(more, as_query(result.position), 2);
  CborWriter tail(out.subspan(end));
  tail.unsigned_integer(3);
  tail.unsigned_integer(result.position);
  tail.unsigned_integer(4);
  tail.unsigned_integer(lost);
  result.size = end + tail.size();
  return result;
}

}  // namespace perdita::control
